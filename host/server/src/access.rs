//! Who is asking, and what they may: tokens, their scopes, and the machine's own administrator.
//!
//! Not for: users who log in.

mod caller;
mod scope;
mod token;

pub(crate) use caller::Caller;
pub use caller::Peer;
pub use scope::Scopes;
pub use token::{Issued, Tokens};
