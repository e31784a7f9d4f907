//! Decides on a login: who it is, what the policies say, with which properties, and that the answer is remembered.
//!
//! Not for: sandboxing policies, keeping records or speaking LDAP; those are rooms of their own, which this one asks. Everything
//! that goes wrong here is a denial with a cause.
//!
//! A login's way, from top to bottom:
//!
//! | step | module |
//! |---|---|
//! | a front door makes an attempt of what it heard | [`attempt`](Attempt) |
//! | its turn comes, and its time runs | `place`, [`patience`](Patience) |
//! | who is it? | `primary`, or `challenge` where a question is answered |
//! | which chain decides on the user? | [`canary`](Canary) |
//! | what is on record? | `records` |
//! | what do the policies say? | `policies`, and `lane` for those that compute for long |
//! | which properties follow, and what has to be saved? | `round` |
//! | the answer, once it is on record | `gate`, `journal` |

mod answer;
mod attempt;
mod canary;
mod chain;
mod challenge;
mod choice;
mod gate;
mod given;
mod journal;
mod known;
mod lane;
mod log_room;
mod meter;
mod method;
mod passage;
mod patience;
mod place;
mod policies;
mod primary;
mod progress;
mod records;
mod round;
mod searches;
mod shadow;
mod tenant;

pub use answer::Answer;
pub use attempt::{Attempt, Proof, Voucher};
pub use canary::Canary;
pub use chain::{Chain, ChainError, Link, MAX_LINKS};
pub use gate::Gate;
pub use given::{FrontDoorDirectory, Given};
pub use log_room::LogRoom;
pub use method::Method;
pub use patience::{Caller, Patience};
pub use primary::password::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS, PasswordError, set_password};
pub use shadow::{Comparison, Difference, Seen, Shadow};
pub use tenant::{Tenant, TenantSettings, WithoutPolicy};
