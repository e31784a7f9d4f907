//! Decides on a login: who it is, what the policies say, with which properties, and that the answer is remembered.
//!
//! Not for: sandboxing policies, keeping records or speaking LDAP; those are rooms of their own, which this one asks. Everything
//! that goes wrong here is a denial with a cause.
//!
//! A login's way is straight: each step is a file of functions over one `LoginContext`, and none calls back.
//!
//! | step | module |
//! |---|---|
//! | a front door makes an attempt of what it heard | [`attempt`](Attempt) |
//! | its turn comes, and its time runs | `gate`, `place`, [`patience`](Patience) |
//! | who is it, and which chain decides? | `identify`, `challenge` where a question is answered, [`canary`](Canary) |
//! | what do the policies say, on whose records? | `evaluate`, `records`, `chain_run`, and `executor` for those that compute for long |
//! | which properties follow, and what has to be saved? | `resolve` |
//! | it gets on record | `commit`, `journal`, `record` |
//! | and is answered, when it may be told | `answer` |

mod answer;
mod attempt;
mod canary;
mod chain;
mod chain_run;
mod chain_state;
mod challenge;
mod commit;
mod context;
mod evaluate;
mod executor;
mod gate;
mod identify;
mod journal;
mod log_room;
mod meter;
mod method;
mod outcome;
mod password;
mod patience;
mod place;
mod provenance;
mod record;
mod records;
mod resolve;
mod searches;
mod shadow;
mod tenant;

pub use answer::Answer;
pub use attempt::{Attempt, CallerRecord, FrontDoorDirectory, Proof, Voucher};
pub use canary::Canary;
pub use chain::{Chain, ChainError, Link, MAX_LINKS};
pub use gate::Gate;
pub use log_room::LogRoom;
pub use method::Method;
pub use password::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS, PasswordError, set_password};
pub use patience::{Caller, Patience};
pub use shadow::{Comparison, Seen, Shadow};
pub use tenant::{Tenant, TenantSettings, WithoutPolicy};
