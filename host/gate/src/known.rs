//! A user who is known, and what has to be known besides for the way from there.
//!
//! Not for: finding out; see [`crate::primary`] and [`crate::challenge`].

use vestibule_domain::CanonicalUser;
use vestibule_domain::login::Info;
use vestibule_domain::resolve::Records;

use crate::canary::Chosen;
use crate::method::Method;
use crate::progress::Progress;

/// A user who is known.
pub(crate) struct Known<'a> {
    /// What decides on the user.
    pub(crate) chosen: Chosen<'a>,
    /// How, unless the front door knew.
    pub(crate) method: Option<Method>,
    pub(crate) info: Info,
    /// Who it was found out to be, whatever policies have made of that since.
    pub(crate) identified: CanonicalUser,
    pub(crate) progress: Progress,
    /// What was read of the user just now.
    pub(crate) records: Option<Records>,
    /// A break-glass administrator with the right password.
    pub(crate) bootstrap: bool,
    /// Failures of the local account wait to be forgotten.
    pub(crate) failed_before: bool,
}
