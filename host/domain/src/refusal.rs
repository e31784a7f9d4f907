//! What the property rules refuse after every policy has agreed.
//!
//! Not for: a policy's own denial, nor what it did wrong; those are [`crate::outcome`] and [`crate::fault`].

use crate::{cause, properties};

cause::causes! {
    /// Which rule refuses.
    pub enum Cause {
        /// The name belongs to a group or to the defaults.
        NotAUser = "not-a-user",
        /// `conn_group` names no group.
        UnknownGroup = "unknown-group",
        /// `conn_ip` is no address.
        InvalidAddress = "invalid-address",
        /// `conn_ip` lies in no subnet of the group, or of any group.
        AddressOutside = "address-outside",
        /// `conn_ip` lies in equally narrow subnets of two groups.
        AddressAmbiguous = "address-ambiguous",
        /// A group's subnet cannot be read.
        InvalidSubnet = "invalid-subnet",
        /// The group that a policy chose carries what the tenant did not grant the policy.
        PrivilegeNotGranted = "privilege-not-granted",
        /// `prop_deny`.
        DeniedByProperty = "denied-by-property",
        /// `prop_deny_web` at a web login.
        WebDenied = "web-denied",
        /// An autologin of a user without `prop_autologin`.
        AutologinNotAllowed = "autologin-not-allowed",
        /// The properties of user, group and defaults do not fit into one list.
        TooManyProperties = "too-many-properties",
    }
}

/// A rule's refusal with what it is about.
pub type Refusal = cause::Detailed<Cause>;

impl From<properties::Error> for Refusal {
    fn from(error: properties::Error) -> Self {
        Self::new(Cause::TooManyProperties, error.to_string())
    }
}
