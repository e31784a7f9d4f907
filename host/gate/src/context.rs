//! What a login needs on its way through the gate, and who it turned out to be: data that every step reads.
//!
//! Not for: what a step does.

use std::time::SystemTime;

use tokio::time::Instant;
use vestibule_domain::CanonicalUser;
use vestibule_domain::login::Info;
use vestibule_domain::resolve::Records;
use vestibule_ledger::Ledger;
use vestibule_store::Store;

use crate::attempt::Attempt;
use crate::canary::{Chains, Chosen};
use crate::chain_state::ChainState;
use crate::method::Method;
use crate::place::Place;
use crate::tenant::Tenant;

/// What is the same from the beginning of a login to its end.
pub(crate) struct LoginContext<'a> {
    pub(crate) store: &'a Store,
    pub(crate) ledger: &'a Ledger,
    pub(crate) tenant: &'a Tenant,
    pub(crate) chains: &'a Chains,
    pub(crate) attempt: &'a Attempt,
    pub(crate) place: &'a Place,
    /// The time that policies, locks and questions go by.
    pub(crate) now: SystemTime,
    /// The same moment on the clock that only goes forward.
    pub(crate) began: Instant,
    /// When the login's time is up.
    pub(crate) end: Instant,
}

/// Who a login turned out to be, and from where its chain goes on.
pub(crate) struct Identity<'a> {
    /// The chain that decides on the user.
    pub(crate) chosen: Chosen<'a>,
    /// The method by which it was found out; absent where the front door did it.
    pub(crate) method: Option<Method>,
    pub(crate) info: Info,
    /// Who it was found out to be, whatever policies have made of the name since.
    pub(crate) identified: CanonicalUser,
    pub(crate) state: ChainState,
    /// The user's records, where they were read just now.
    pub(crate) records: Option<Records>,
    /// Whether it is a break-glass administrator, with the right password.
    pub(crate) bootstrap: bool,
    /// Whether failures of the local account are to be forgotten once the user comes in.
    pub(crate) failed_before: bool,
}
