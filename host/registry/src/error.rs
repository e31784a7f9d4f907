//! What the registry refuses, with a stable code for each.
//!
//! Not for: logins; whatever goes wrong there is a denial.

use std::time::Duration;

use vestibule_compiler::Failure;
use vestibule_domain::{TenantName, settings};
use vestibule_gate::PasswordError;
use vestibule_ledger::Refused;
use vestibule_store::Error as StoreError;

/// Why something was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such tenant.
    #[error("there is no tenant `{0}`")]
    NoTenant(TenantName),
    /// No such policy, version, revision or the like: what, and its name.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// How it was named, cleaned for the log.
        name: String,
    },
    /// The name is taken.
    #[error("there is a tenant `{0}` already")]
    Exists(TenantName),
    /// The tenant's settings stand in the configuration file, which wins.
    #[error("the settings of tenant `{0}` stand in the configuration file")]
    InFile(TenantName),
    /// Somebody else was faster.
    #[error("revision {expected} is not the active one: it was replaced meanwhile")]
    Conflict {
        /// The revision that the caller saw; 0 for none.
        expected: i64,
    },
    /// It is part of the active chain.
    #[error("{0} is part of the active chain")]
    InUse(String),
    /// It cannot be as asked for.
    #[error("{0}")]
    Invalid(String),
    /// Settings that the policy does not take.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// More requests than the tenant's terms allow; how long it takes until they allow one more.
    #[error("the tenant's tokens make more requests than its terms allow")]
    Requests(Duration),
    /// What the tenant's terms do not allow.
    #[error("the tenant's terms allow {0}")]
    Terms(String),
    /// Something of the host is used up, or the tenant's share of it.
    #[error(transparent)]
    Used(Refused),
    /// The tenant demands a signature that the upload does not have.
    #[error("{0}")]
    Signature(String),
    /// A version that is to decide, without the signature that the tenant's terms ask for.
    #[error("no key of the tenant's terms has signed version {version} of `{policy}`")]
    Unsigned {
        /// The policy's name.
        policy: String,
        /// The version's number.
        version: i64,
    },
    /// A stored version that could not be compiled this time, though it once was: why, and after how long it is tried again.
    #[error("a policy could not be made ready, and is tried again: {why}")]
    Unready {
        /// What kept it.
        why: String,
        /// How long until then.
        wait: Duration,
    },
    /// The component is no policy, or this host cannot say.
    #[error("{}", .0)]
    Policy(Failure),
    /// A password that is not taken.
    #[error(transparent)]
    Password(PasswordError),
    /// What is stored does not read.
    #[error("{0}")]
    Damaged(String),
    /// The store does not answer.
    #[error(transparent)]
    Store(StoreError),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Used(refused) => Self::Used(refused),
            failure => Self::Policy(failure),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooMany { most, what } => Self::Terms(format!("{most} {what}")),
            StoreError::Quota { bytes, most } => Self::Terms(format!("{most} bytes of records, and {bytes} are kept")),
            error => Self::Store(error),
        }
    }
}

impl Error {
    /// Something that there is not.
    pub fn unknown(what: &'static str, name: impl AsRef<str>) -> Self {
        Self::Unknown { what, name: vestibule_domain::text::log_text(name.as_ref(), 128) }
    }

    /// The stable code: it stands in answers and in scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoTenant(_) | Self::Unknown { .. } => "not-found",
            Self::Exists(_) => "exists",
            Self::InFile(_) => "in-file",
            Self::Conflict { .. } => "conflict",
            Self::InUse(_) => "in-use",
            Self::Used(_) | Self::Password(PasswordError::Busy(_)) => "overloaded",
            Self::Invalid(_) | Self::Password(_) => "invalid",
            Self::Settings(_) => "invalid-settings",
            Self::Terms(_) => "not-allowed-by-terms",
            Self::Requests(_) => "too-many-requests",
            Self::Signature(_) => "signature",
            Self::Unsigned { .. } => "unsigned",
            Self::Policy(failure) if failure.is_the_hosts() => "unavailable",
            Self::Policy(_) => "bad-policy",
            Self::Damaged(_) => "damaged",
            Self::Store(StoreError::Busy(_)) => "overloaded",
            Self::Store(StoreError::TooSlow) => "too-slow",
            Self::Store(_) | Self::Unready { .. } => "unavailable",
        }
    }

    /// After how long another try may succeed, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Requests(wait) | Self::Unready { wait, .. } => Some(*wait),
            Self::Used(refused) | Self::Password(PasswordError::Busy(refused)) => refused.retry_after(),
            Self::Store(store) => store.retry_after(),
            _ => None,
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<&str> {
        Some(match self {
            Self::Policy(failure) => failure.hint(),
            Self::Conflict { .. } => "read the active revision again, and decide on that",
            Self::Requests(_) => {
                "wait as long as `Retry-After` says; `requests_per_second` of the terms is the operator's to set"
            }
            Self::InUse(_) => "activate a chain without it first",
            Self::InFile(_) => "change the file and restart, or take the tenant's table out of it",
            Self::Signature(_) => "sign the file that you upload with a key that the tenant's terms name",
            Self::Unsigned { .. } => {
                "upload the same file again with a signature by one of these keys: the version keeps its number"
            }
            _ => return None,
        })
    }
}
