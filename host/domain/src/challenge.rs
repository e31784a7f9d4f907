//! Why the answer to a dynamic challenge is not taken.
//!
//! Not for: the wire forms of question and answer; those are in [`crate::wire`].

use crate::cause;

cause::causes! {
    /// Why an answer is refused. The question has to be put anew.
    pub enum Cause {
        /// No such question was put to this tenant's users.
        Unknown = "challenge-unknown",
        /// The question was put too long ago.
        Expired = "challenge-expired",
        /// The question was answered before.
        Replayed = "challenge-replayed",
        /// The question was put to somebody else.
        Stolen = "challenge-stolen",
        /// The policy that put the question is no longer the active one.
        Outdated = "challenge-outdated",
    }
}
