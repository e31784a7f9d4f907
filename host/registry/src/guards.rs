//! Versions whose faults take their revision back, and whether there is anything to go back to.
//!
//! Not for: going back; see [`crate::activate`]. No login waits for any of this.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::plan::{Guard, Plan};

/// How long after a search for a stand-in the next one begins, if that one failed.
const AGAIN: Duration = Duration::from_secs(10);

/// The guards of a revision.
pub(crate) struct Guards(Vec<Arc<Watched>>);

/// A guard, and what is known of older revisions.
pub(crate) struct Watched {
    pub(crate) guard: Guard,
    stand_in: Mutex<StandIn>,
}

#[derive(Default)]
struct StandIn {
    /// Whether one of them can stand in, once it was looked for.
    is_there: Option<bool>,
    sought: Option<Instant>,
}

impl Guards {
    pub(crate) fn of(plan: &Plan) -> Self {
        let watched = |guard| Arc::new(Watched { guard, stand_in: Mutex::default() });
        Self(plan.guards().into_iter().map(watched).collect())
    }

    /// The guard of a policy's version: of its canary, or of the one beside it. None if nothing could take its place as far as is known:
    /// then there is nothing to count.
    pub(crate) fn of_policy(&self, policy: &str, is_canary: bool) -> Option<&Arc<Watched>> {
        let of_it = |watched: &&Arc<Watched>| watched.guard.policy == policy && watched.guard.is_canary == is_canary;
        self.0.iter().find(of_it).filter(|watched| watched.stand_in.lock().is_there != Some(false))
    }
}

impl Watched {
    /// Whether it is time to look for a stand-in. Whoever hears so looks for it.
    pub(crate) fn is_to_be_sought(&self, now: Instant) -> bool {
        let mut known = self.stand_in.lock();
        let is_due = known.sought.is_none_or(|sought| now.saturating_duration_since(sought) >= AGAIN);
        let is_to_be_sought = known.is_there.is_none() && is_due;
        if is_to_be_sought {
            known.sought = Some(now);
        }
        is_to_be_sought
    }

    /// Takes note of whether there is one.
    pub(crate) fn found(&self, is_there: bool) {
        self.stand_in.lock().is_there = Some(is_there);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guards() -> Guards {
        let plan = r#"[{ "policy": "p", "version": 1, "roll_back_after": 3, "trial": { "version": 2, "mode": "canary", "percent": 5 } },
                       { "policy": "q", "version": 1 }]"#;
        Guards::of(&Plan::read(plan).unwrap())
    }

    #[test]
    fn a_canary_and_the_version_beside_it_are_guarded_each_for_itself() {
        let guards = guards();
        let version = |policy, is_canary| guards.of_policy(policy, is_canary).map(|watched| watched.guard.version);
        assert_eq!((version("p", false), version("p", true)), (Some(1), Some(2)));
        assert_eq!((version("q", true), version("q", false)), (None, None));
    }

    #[test]
    fn where_nothing_can_come_back_nothing_is_counted() {
        let guards = guards();
        guards.of_policy("p", false).unwrap().found(false);
        assert!(guards.of_policy("p", false).is_none() && guards.of_policy("p", true).is_some());
    }

    #[test]
    fn a_stand_in_is_sought_by_one_at_a_time_and_again_if_that_failed() {
        let (guards, start) = (guards(), Instant::now());
        let watched = guards.of_policy("p", false).unwrap();
        assert!(watched.is_to_be_sought(start) && !watched.is_to_be_sought(start + AGAIN / 2));
        assert!(watched.is_to_be_sought(start + AGAIN));
        watched.found(true);
        assert!(!watched.is_to_be_sought(start + AGAIN * 3));
    }
}
