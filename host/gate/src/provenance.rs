//! Which policies answer for the group that a login comes into, or that is stored.
//!
//! Not for: properties that a policy gives by name, which the sandbox compares with its grants.

use serde::{Deserialize, Serialize};
use vestibule_domain::profile::{CONN_GROUP, CONN_IP};
use vestibule_domain::{Grants, Properties};

use crate::chain::Chain;

/// The policies that were the last ones to change the group and the address, which may find a group, by their places in the chain.
/// While nobody has, nothing privileged changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupProvenance {
    group: Option<usize>,
    address: Option<usize>,
}

impl GroupProvenance {
    /// A policy has changed these.
    pub(crate) fn note(&mut self, link: usize, changed: &Properties) {
        for (name, by) in [(CONN_GROUP, &mut self.group), (CONN_IP, &mut self.address)] {
            if changed.get(name).is_some() {
                *by = Some(link);
            }
        }
    }

    /// Whether no policy has chosen.
    pub(crate) const fn is_nobodys(&self) -> bool {
        self.group.is_none() && self.address.is_none()
    }

    /// Whether the choice may give or take this property: each policy that is behind it has to be granted that. What another one
    /// was granted is no excuse.
    pub(crate) fn may_change(&self, chain: &Chain, name: &str) -> bool {
        if self.is_nobodys() {
            return Grants::default().allows_by_group(name);
        }
        [self.group, self.address].into_iter().flatten().all(|link| chain.may_change(link, name))
    }
}
