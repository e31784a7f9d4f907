//! A tenant's chain as it is written down: which version of which policy, in which order, with which settings and grants.
//!
//! Not for: compiled policies; a plan is made into a chain when a login needs it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_api::{Link, Trial, TrialMode};
use vestibule_gate::MAX_LINKS;

use crate::Error;

/// Faults that are older than this, in seconds, do not count towards a rollback, where the plan says nothing else: an hour.
pub const ROLL_BACK_WITHIN: u32 = 3_600;
/// On how many users a version may fail before it is taken back, at most: each is remembered meanwhile.
const MAX_ROLL_BACK_AFTER: u32 = 10_000;
/// The longest time that faults may count, in seconds: thirty days.
const MAX_ROLL_BACK_WITHIN: u32 = 30 * 86_400;

/// A chain in its order. Activated as a whole, and never changed afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Plan(pub Vec<Link>);

/// When a revision is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    /// The policy that fails.
    pub(crate) policy: String,
    /// Its version that does.
    pub(crate) version: i64,
    /// Whether that is the one on trial, which decides on some of the users.
    pub(crate) is_canary: bool,
    /// On how many users.
    pub(crate) users: u32,
    /// Within this time.
    pub(crate) within: Duration,
}

impl Plan {
    /// Reads a plan as a revision holds it.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::Damaged(format!("a revision cannot be read: {error}")))
    }

    /// The plan as a revision holds it.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn write(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::Damaged(format!("a plan cannot be written: {error}")))
    }

    /// Every version that the plan names.
    pub fn uses(&self) -> Vec<(String, i64)> {
        let of = |link: &Link| link.versions().map(|version| (link.policy.clone(), version)).collect::<Vec<_>>();
        let versions = self.0.iter().flat_map(of);
        let mut uses: Vec<_> = versions.collect();
        uses.sort_unstable();
        uses.dedup();
        uses
    }

    /// When the revision is taken back: for faults of the versions that decide, those of a canary among them.
    pub(crate) fn guards(&self) -> Vec<Guard> {
        let mut guards = Vec::new();
        for link in &self.0 {
            let Some(users) = link.roll_back_after else { continue };
            let within = Duration::from_secs(link.roll_back_within.unwrap_or(ROLL_BACK_WITHIN).into());
            let mut guard = |version, is_canary| {
                guards.push(Guard { policy: link.policy.clone(), version, is_canary, users, within })
            };
            guard(link.version, false);
            if let Some(Trial { version, mode: TrialMode::Canary { .. } }) = link.trial {
                guard(version, true);
            }
        }
        guards
    }

    /// Whether this plan has every policy of another one, and not the version that fails.
    pub(crate) fn can_stand_in_for(&self, other: &Self, failing: &Guard) -> bool {
        let same = |link: &Link, mine: &Link| {
            let mut versions = mine.versions();
            mine.policy == link.policy
                && (link.policy != failing.policy || versions.all(|mine| mine != failing.version))
        };
        other.0.iter().all(|link| self.0.iter().any(|mine| same(link, mine)))
    }

    /// The canary, if one is on trial: it takes the whole chain of its users, so there is one at most.
    pub fn canary(&self) -> Option<(&Link, u8)> {
        self.0.iter().find_map(|link| match link.trial.as_ref()?.mode {
            TrialMode::Canary { percent } => Some((link, percent)),
            TrialMode::Shadow => None,
        })
    }

    /// The plan for a canary's users.
    #[must_use]
    pub fn with_canary_deciding(&self) -> Self {
        let deciding = |link: &Link| match &link.trial {
            Some(Trial { version, mode: TrialMode::Canary { .. } }) => {
                Link { version: *version, trial: None, ..link.clone() }
            }
            _ => link.clone(),
        };
        Self(self.0.iter().map(deciding).collect())
    }

    /// Whether the plan can be a chain, whatever its versions are.
    ///
    /// # Errors
    /// [`Error::Invalid`] says what cannot be.
    pub fn check(&self) -> Result<(), Error> {
        if self.0.len() > MAX_LINKS {
            return Err(Error::Invalid(format!("a chain has at most {MAX_LINKS} policies, not {}", self.0.len())));
        }
        let twice =
            |(index, link): &(usize, &Link)| self.0.iter().take(*index).any(|other| other.policy == link.policy);
        if let Some((_, link)) = self.0.iter().enumerate().find(twice) {
            return Err(Error::Invalid(format!("the chain names the policy `{}` twice", link.policy)));
        }
        let mut canaries = 0;
        for link in &self.0 {
            let bounded = [
                ("roll_back_after", link.roll_back_after, MAX_ROLL_BACK_AFTER),
                ("roll_back_within", link.roll_back_within, MAX_ROLL_BACK_WITHIN),
            ];
            for (key, value, most) in bounded {
                if value.is_some_and(|value| !(1..=most).contains(&value)) {
                    return Err(Error::Invalid(format!("`{key}` of `{}` is from 1 to {most}", link.policy)));
                }
            }
            let Some(trial) = &link.trial else { continue };
            if trial.version == link.version {
                return Err(Error::Invalid(format!("version {} of `{}` decides already", trial.version, link.policy)));
            }
            if let TrialMode::Canary { percent } = trial.mode {
                canaries += 1;
                if !(1..=99).contains(&percent) {
                    return Err(Error::Invalid(format!("a canary takes 1 to 99 percent of the users, not {percent}")));
                }
            }
        }
        if canaries > 1 {
            return Err(Error::Invalid("a chain has one canary at most".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use serde_json::{Map, Value};
    use vestibule_domain::Grants;

    use super::*;

    fn link(policy: &str, version: i64, trial: Option<Trial>) -> Link {
        Link {
            policy: policy.to_owned(),
            version,
            settings: Map::new(),
            grants: Grants::default(),
            trial,
            roll_back_after: None,
            roll_back_within: None,
        }
    }

    #[test]
    fn a_plan_reads_back_and_names_every_version_once() {
        let canary = Trial { version: 3, mode: TrialMode::Canary { percent: 5 } };
        let shadow = Trial { version: 2, mode: TrialMode::Shadow };
        let plan = Plan(vec![link("b", 2, Some(canary)), link("a", 1, Some(shadow))]);
        assert_eq!(Plan::read(&plan.write().unwrap()).unwrap(), plan);
        assert_eq!(plan.uses(), [("a".into(), 1), ("a".into(), 2), ("b".into(), 2), ("b".into(), 3)]);
        assert_eq!(plan.with_canary_deciding().0[0].version, 3);
        assert_eq!(plan.canary().map(|(link, percent)| (link.policy.as_str(), percent)), Some(("b", 5)));
    }

    #[test]
    fn what_cannot_be_a_chain_is_refused() {
        let canary = |percent| Some(Trial { version: 9, mode: TrialMode::Canary { percent } });
        let bad = [
            vec![link("a", 1, None), link("a", 2, None)],
            vec![link("a", 1, Some(Trial { version: 1, mode: TrialMode::Shadow }))],
            vec![link("a", 1, canary(0))],
            vec![link("a", 1, canary(1)), link("b", 1, canary(1))],
            (0..17).map(|number| link(&format!("p{number}"), 1, None)).collect(),
        ];
        for plan in bad {
            assert!(Plan(plan.clone()).check().is_err(), "{plan:?}");
        }
        assert!(Plan(vec![link("a", 1, canary(99)), link("b", 1, None)]).check().is_ok());
    }

    fn any_trial() -> impl Strategy<Value = Trial> {
        let mode = prop_oneof![Just(TrialMode::Shadow), any::<u8>().prop_map(|percent| TrialMode::Canary { percent })];
        (any::<i64>(), mode).prop_map(|(version, mode)| Trial { version, mode })
    }

    fn any_link() -> impl Strategy<Value = Link> {
        let settings =
            vec((".{0,8}", ".{0,8}"), 0..3).prop_map(|all| all.into_iter().map(|(k, v)| (k, v.into())).collect());
        let grants = (any::<bool>(), vec(".{0,8}", 0..3)).prop_map(|(directory, http)| Grants {
            directory,
            http,
            ..Grants::default()
        });
        let rest = (option::of(any_trial()), option::of(any::<u32>()), option::of(any::<u32>()));
        (".{0,16}", any::<i64>(), settings, grants, rest).prop_map(
            |(policy, version, settings, grants, (trial, roll_back_after, roll_back_within))| Link {
                policy,
                version,
                settings,
                grants,
                trial,
                roll_back_after,
                roll_back_within,
            },
        )
    }

    proptest! {
        #[test]
        fn any_plan_reads_back(links in vec(any_link(), 0..5)) {
            let plan = Plan(links);
            prop_assert_eq!(Plan::read(&plan.write().unwrap()).unwrap(), plan);
        }

        #[test]
        fn what_no_plan_says_is_refused(link in any_link(), trial in any_trial(), name in "x_[a-z]{1,8}") {
            let plan = Plan(vec![Link { trial: Some(trial), ..link }]);
            let written: Value = serde_json::from_str(&plan.write().unwrap()).unwrap();
            for place in ["/0", "/0/grants", "/0/trial"] {
                let mut with_more = written.clone();
                with_more.pointer_mut(place).unwrap()[&name] = Value::Null;
                prop_assert!(Plan::read(&with_more.to_string()).is_err(), "{}", with_more);
            }
        }
    }
}
