//! That something is used up, in words that say what, whose, and how much of it there is.

use std::time::Duration;

use vestibule_domain::{Cause, Fault};

use crate::owner::Owner;
use crate::resource::Resource;

/// Why something was not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{owner} may have no more {}: {asked} asked for, {held} held, {most} at most", resource.name())]
pub struct Refused {
    /// What there is no more of.
    pub resource: Resource,
    /// Who asked.
    pub owner: Owner,
    /// How much was asked for, in the resource's unit: all that was to be held at once, if it was asked for by and by.
    pub asked: u64,
    /// How much the owner held.
    pub held: u64,
    /// How much the owner might have had at that moment: its own limit, or what others had left over.
    pub most: u64,
    /// How much one owner may have when nobody else has any.
    pub ever: u64,
}

/// What a refusal comes to for a login that cannot go on without what it asked for.
impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::new(Cause::Overloaded, refused.to_string())
    }
}

impl Refused {
    /// After how long another try makes sense. None where waiting does not help: so much is never given to one owner.
    pub fn retry_after(&self) -> Option<Duration> {
        let waiting_helps = self.asked <= self.ever;
        waiting_helps.then_some(Duration::from_secs(1))
    }
}
