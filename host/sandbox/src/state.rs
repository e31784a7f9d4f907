//! What the host holds for one call while it runs. It is made for the call and dropped with it.
//!
//! Not for: anything that outlives a call.

use std::sync::Arc;
use std::time::Duration;

use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use vestibule_domain::{Cause, Fault, Login, Redactor, capability};
use wasmtime::component::{Resource, ResourceTable};

use crate::budget::Budget;
use crate::call_inputs::CallInputs;
use crate::configuration::Configuration;
use crate::host_call_log::HostCallLog;
use crate::logbook::Logbook;
use crate::memory::Memory;

/// The most handles of any kind that a policy may hold.
const MAX_HANDLES: usize = 256;

/// The state of one call.
pub(crate) struct State {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) inputs: CallInputs,
    pub(crate) memory: Memory,
    pub(crate) budget: Budget,
    pub(crate) log: Logbook,
    pub(crate) call_log: HostCallLog,
    /// Handles that the guest holds.
    pub(crate) handles: ResourceTable,
    /// Everything that must not appear in the log or an answer.
    pub(crate) secrets: Redactor,
    /// How long the guest has slept: the only way by which its monotonic clock advances.
    pub(crate) slept: Duration,
    /// The capability that failed last: blamed if the policy then fails.
    failed_capability: Option<Fault>,
    random: Option<ChaCha20Rng>,
}

impl State {
    /// # Errors
    /// There is no memory for what a call needs beforehand.
    pub(crate) fn new(
        configuration: Arc<Configuration>,
        inputs: CallInputs,
        login: Option<&Login>,
        call_log: HostCallLog,
    ) -> Result<Self, Fault> {
        let secrets = configuration.secrets()?;
        let limits = &configuration.limits;
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(MAX_HANDLES);
        Ok(Self {
            memory: Memory::new(limits, configuration.hold_on_memory()),
            budget: Budget::new(limits),
            log: Logbook::new(limits),
            call_log,
            handles,
            secrets: Redactor::beside(login.into_iter().flat_map(Login::secrets), secrets),
            slept: Duration::ZERO,
            failed_capability: None,
            random: None,
            configuration,
            inputs,
        })
    }

    /// Counts one host call.
    pub(crate) fn count_host_call(&mut self) -> Result<(), Fault> {
        self.call_log.ensure_made(self.budget.host_calls() + 1)?;
        self.budget.take_host_call()
    }

    /// Ends a replayed call where the recorded one was still waiting when its deadline came.
    pub(crate) fn ensure_waited(&self) -> Result<(), Fault> {
        self.call_log.ensure_ended(self.budget.host_calls())
    }

    /// Hands the guest one more handle.
    pub(crate) fn hold<T: Send + 'static>(&mut self, held: T) -> Result<Resource<T>, Fault> {
        let full = |_| Fault::new(Cause::HostCallBudget, format!("more than {MAX_HANDLES} handles held at once"));
        self.handles.push(held).map_err(full)
    }

    /// Draws random octets from the call's seed. No interface for them can refuse, so too many end the policy.
    pub(crate) fn draw(&mut self, count: u64) -> Result<Vec<u8>, Fault> {
        self.budget.take_random(count)?;
        let size = usize::try_from(count).ok().filter(|size| *size <= self.configuration.limits.transfer_bytes);
        let size = size.ok_or_else(|| Fault::new(Cause::HostCallBudget, format!("{count} random bytes at once")))?;
        let mut octets = vec![0; size];
        let seed = self.inputs.seed;
        // Made on first use: most policies need none.
        self.random.get_or_insert_with(|| ChaCha20Rng::from_seed(seed)).fill_bytes(&mut octets);
        Ok(octets)
    }

    /// The same as a number.
    pub(crate) fn draw_u64(&mut self) -> Result<u64, Fault> {
        let octets = self.draw(u64::from(u64::BITS / 8))?;
        Ok(octets.into_iter().fold(0, |number, octet| (number << 8) | u64::from(octet)))
    }

    /// Remembers that a capability failed the policy.
    pub(crate) fn note_failed(&mut self, error: &capability::Error) {
        if let Some(cause) = error.cause() {
            self.failed_capability = Some(Fault::new(cause, error.detail()));
        }
    }

    /// The capability to blame for a policy's failure, if any.
    pub(crate) const fn failed_capability(&self) -> Option<&Fault> {
        self.failed_capability.as_ref()
    }
}
