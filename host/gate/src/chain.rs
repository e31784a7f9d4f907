//! A tenant's active policies in their order.
//!
//! Not for: running them; see [`crate::chain_run`].

use vestibule_domain::{Fault, Grants, Manifest};
use vestibule_sandbox::Configured;

use crate::shadow::Shadow;

/// The most policies that one login goes through.
pub const MAX_LINKS: usize = 16;

/// One policy of a chain.
#[derive(Clone)]
pub struct Link {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) digest: String,
    pub(crate) policy: Configured,
    pub(crate) group_select: bool,
    auth_null: bool,
    grants: Grants,
    pub(crate) shadow: Option<Shadow>,
}

/// Why policies make no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// More than [`MAX_LINKS`].
    #[error("a chain has at most {MAX_LINKS} policies, not {0}")]
    TooLong(usize),
    /// Two policies of one name: which of them a question or a session belongs to could not be said.
    #[error("the chain names two policies `{0}`")]
    Ambiguous(String),
}

impl Link {
    /// A policy under the name that the tenant gave it. It gets these grants, whatever it was configured with.
    pub fn new(name: String, policy: Configured, manifest: &Manifest, grants: Grants) -> Self {
        Self {
            name,
            version: manifest.version.clone(),
            digest: policy.digest(),
            group_select: manifest.group_select,
            auth_null: manifest.auth_null && grants.auth_null,
            policy: policy.with_grants(grants.clone()),
            grants,
            shadow: None,
        }
    }

    /// Whether the policy may search a directory: only then it matters which one.
    pub(crate) const fn searches(&self) -> bool {
        self.grants.directory
    }

    /// With another version that sees the same logins, without any effect.
    #[must_use]
    pub fn with_shadow(mut self, shadow: Shadow) -> Self {
        self.shadow = Some(shadow);
        self
    }
}

/// Policies in the order in which they run. One is the common case, none is possible.
#[derive(Clone, Default)]
pub struct Chain {
    links: Vec<Link>,
    fault: Option<Fault>,
}

impl Chain {
    /// Policies in their order.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn new(links: Vec<Link>) -> Result<Self, ChainError> {
        if links.len() > MAX_LINKS {
            return Err(ChainError::TooLong(links.len()));
        }
        let again = |(index, link): &(usize, &Link)| links.iter().take(*index).any(|other| other.name == link.name);
        match links.iter().enumerate().find(again) {
            Some((_, link)) => Err(ChainError::Ambiguous(link.name.clone())),
            None => Ok(Self { links, fault: None }),
        }
    }

    /// A chain that cannot run: every login is denied for this reason, except those that need no policy.
    pub const fn broken(fault: Fault) -> Self {
        Self { links: Vec::new(), fault: Some(fault) }
    }

    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }

    pub(crate) const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Whether properties are looked up after the policies ran.
    pub(crate) fn is_late(&self) -> bool {
        self.links.iter().any(|link| link.group_select)
    }

    /// Whether a policy takes over who a user is, by its manifest's wish and the tenant's grant.
    pub(crate) fn takes_over_authentication(&self) -> bool {
        self.links.iter().any(|link| link.auth_null)
    }

    /// Whether a choice of the policy at this place may give or take this property.
    pub(crate) fn may_change(&self, place: usize, name: &str) -> bool {
        self.links.get(place).is_some_and(|link| link.grants.allows_by_group(name))
    }
}
