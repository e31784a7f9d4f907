//! What tests are written in: policies, logins and what came of them.

mod case;
mod guest;
mod login;

pub use case::Case;
pub use guest::{Guest, engine, policy};
pub use login::{a_login, at};
