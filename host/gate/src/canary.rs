//! Which of a tenant's chains decides on a user: the active one, or another one that is on trial on some of the users.
//!
//! Not for: what came of the trial; whoever starts it keeps count.

use sha2::{Digest as _, Sha256};
use vestibule_domain::{CanonicalUser, TenantName};

use crate::chain::Chain;

/// Another chain that decides on some of the users, always the same ones.
pub struct Canary {
    /// What decides on them.
    pub chain: Chain,
    /// On how many of a hundred.
    pub percent: u8,
}

/// The chains of one tenant.
pub(crate) struct Chains {
    pub(crate) active: Chain,
    pub(crate) canary: Option<Canary>,
}

/// The chain for one user.
#[derive(Clone, Copy)]
pub(crate) struct Chosen<'a> {
    pub(crate) chain: &'a Chain,
    /// Whether it is the one on trial.
    pub(crate) is_canary: bool,
}

impl Chains {
    /// The chain for a user, who is known by now: however the name was spelled when it was entered, it is the same one.
    pub(crate) fn of(&self, tenant: &TenantName, user: &CanonicalUser) -> Chosen<'_> {
        let tried = |canary: &&Canary| percentile(tenant, user.as_str()) < canary.percent;
        match self.canary.as_ref().filter(tried) {
            Some(canary) => Chosen { chain: &canary.chain, is_canary: true },
            None => Chosen { chain: &self.active, is_canary: false },
        }
    }
}

/// Where a user stands among a hundred. Spelling with other letters counts as the same.
fn percentile(tenant: &TenantName, user: &str) -> u8 {
    let digest = Sha256::digest(format!("{tenant}\n{}", user.to_lowercase()));
    let number = digest.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    u8::try_from(number % 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_spread_evenly_and_always_alike() {
        let tenant = TenantName::default();
        let users: Vec<_> = (0..10_000).map(|number| percentile(&tenant, &format!("user-{number}"))).collect();
        let tenth = users.iter().filter(|place| **place < 10).count();
        assert!((900..1_100).contains(&tenth), "{tenth}");
        assert_eq!(percentile(&tenant, "Joe"), percentile(&tenant, "jOE"));
        assert!(users.iter().all(|place| *place < 100));
    }
}
