//! Primary authentication: who the user is, or why nobody knows.
//!
//! Not for: asking anybody; that is the directory's and the gate's.

use crate::login::Info;
use crate::{CanonicalUser, cause};

/// A user whom some authority vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The name as the authority spells it.
    pub user: CanonicalUser,
    /// How it knows.
    pub info: Info,
}

cause::causes! {
    /// Why primary authentication failed.
    pub enum Cause {
        /// No authority knows the name.
        UnknownUser = "unknown-user",
        /// The password is another one.
        WrongPassword = "wrong-password",
        /// Too many wrong passwords; the account opens again by itself.
        LockedOut = "locked-out",
        /// More than one entry of the directory matches the name.
        AmbiguousUser = "ambiguous-user",
        /// The authority knows the user and says no: a disabled account, an expired password, a RADIUS reject.
        Rejected = "rejected",
        /// No LDAP server answered in time, or none in a way that can be believed.
        LdapUnavailable = "ldap-unavailable",
        /// No RADIUS server answered in time, or none in a way that can be believed.
        RadiusUnavailable = "radius-unavailable",
        /// The user's record names a method that the tenant has not set up.
        MethodUnavailable = "method-unavailable",
        /// The login claims a proof that its method does not take: a session where a password is due, or the reverse.
        ProofMismatch = "proof-mismatch",
        /// A login without authentication that the policy did not ask for or the tenant did not grant.
        AuthNullNotGranted = "auth-null-not-granted",
        /// The login ran out of time before its user was known.
        TooSlow = "primary-deadline",
    }
}

/// A failed authentication with what is known of it.
pub type Failure = cause::Detailed<Cause>;
