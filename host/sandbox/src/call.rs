//! One call: a fresh store and instance, the limits set, the guest run, everything thrown away.
//!
//! Not for: deciding what an error means; see [`crate::fault`].

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule_domain::check::{Claim, ClaimedChallenge};
use vestibule_domain::text::{MAX_CHALLENGE_BYTES, MAX_CLIENT_BYTES, MAX_REASON_BYTES};
use vestibule_domain::{Cause, Fault, Login, Manifest, Outcome};
use wasmtime::{Store, UpdateDeadline};

use crate::bindings::{self, PolicyResult};
use crate::busy::timed;
use crate::call_inputs::CallInputs;
use crate::compiled::Compiled;
use crate::configuration::Configuration;
use crate::fault::diagnose;
use crate::host_call_log::HostCallLog;
use crate::report::{Cost, Report};
use crate::state::State;
use crate::world::CallMode;

/// What a call runs, and how.
#[derive(Clone, Copy)]
pub(crate) struct Callee<'a> {
    pub(crate) compiled: &'a Compiled,
    pub(crate) configuration: &'a Arc<Configuration>,
    pub(crate) mode: CallMode,
}

/// Runs `post-auth` on one login.
pub(crate) async fn run(policy: Callee<'_>, login: &Login, inputs: &CallInputs, call_log: HostCallLog) -> Report {
    let call = Call { login, inputs, call_log };
    // Only what has less time than its deadline is given up.
    run_within(policy, call, Duration::MAX).await.unwrap_or_else(|| {
        let start = Instant::now();
        never_began(late(policy.configuration.limits.deadline()), start)
    })
}

/// The same, unless it keeps the thread for longer than this: it is given up then, at the next tick of the epoch, and nothing of it
/// remains. What gives way by itself is not.
pub(crate) async fn run_within(policy: Callee<'_>, call: Call<'_>, longest: Duration) -> Option<Report> {
    // Pinned where it is made, as it is large, and would be moved and kept at each step on the way.
    let (mut report, busy) = timed(pin!(decide(policy, call, longest))).await;
    if let Some(report) = &mut report {
        report.cost.busy_micros = u64::try_from(busy.as_micros()).unwrap_or(u64::MAX);
    }
    report
}

/// What a call is about.
pub(crate) struct Call<'a> {
    pub(crate) login: &'a Login,
    pub(crate) inputs: &'a CallInputs,
    pub(crate) call_log: HostCallLog,
}

/// A call that took longer than its caller lets it keep the thread.
#[derive(Debug, thiserror::Error)]
#[error("it keeps the thread for too long")]
struct Outgrown;

async fn decide(policy: Callee<'_>, call: Call<'_>, longest: Duration) -> Option<Report> {
    let start = Instant::now();
    let Call { login, inputs, call_log } = call;
    let Callee { compiled, configuration, mode } = policy;
    let patience = patience(&call_log, configuration.limits.deadline());
    let state = match State::new(Arc::clone(configuration), inputs.clone(), Some(login), call_log) {
        Ok(state) => state,
        Err(fault) => return Some(never_began(fault, start)),
    };
    let mut store = match store(compiled, mode, state, longest) {
        Ok(store) => store,
        Err(error) => return Some(never_began(Fault::new(Cause::LoadFailed, error.to_string()), start)),
    };
    let guest = bindings::post_auth(compiled, mode, &configuration.grants, &mut store, login);
    let answer = within_deadline(mode, patience, pin!(guest)).await;
    if answer.as_ref().is_err_and(|error| error.is::<Outgrown>()) {
        return None;
    }
    let answer = answer.map_err(|error| diagnose(&error, store.data()));
    let left = store.get_fuel().unwrap_or_default();
    let state = store.into_data();
    let answer = answer.and_then(|answer| believe(answer, login, &state));
    Some(report(answer, state, configuration.limits.fuel.saturating_sub(left), start))
}

/// Runs `manifest`, with default limits and nothing granted.
pub(crate) async fn manifest(compiled: &Compiled) -> Result<Manifest, Fault> {
    let (configuration, mode) = (Arc::new(Configuration::default()), compiled.imports().call_mode());
    let state = State::new(Arc::clone(&configuration), CallInputs::at(0), None, HostCallLog::live())?;
    let mut store = store(compiled, mode, state, Duration::MAX)
        .map_err(|error| Fault::new(Cause::LoadFailed, error.to_string()))?;
    let guest = bindings::manifest(compiled, mode, &mut store);
    let manifest = within_deadline(mode, configuration.limits.deadline(), guest).await;
    let manifest = manifest.map_err(|error| diagnose(&error, store.data()))?;
    manifest.check().map_err(|error| Fault::new(Cause::InvalidOutput, error.to_string()))
}

/// The one function that builds a store: no call runs without every limit.
fn store(compiled: &Compiled, mode: CallMode, state: State, longest: Duration) -> wasmtime::Result<Store<State>> {
    let limits = &state.configuration.limits;
    let (fuel, transfer_bytes, deadline) = (limits.fuel, limits.transfer_bytes, limits.deadline());
    let now = Instant::now();
    let (end, outgrown) = (now + patience(&state.call_log, deadline), now.checked_add(longest));
    let mut store = Store::new(compiled.engine().inner(), state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(transfer_bytes);
    store.set_fuel(fuel)?;
    // A tick is a millisecond or, on a busy machine, more: it is the clock that says whether the time is up.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| match (mode, Instant::now()) {
        (_, now) if now >= end => Err(late(deadline).into()),
        (CallMode::Sync, now) if outgrown.is_some_and(|outgrown| now >= outgrown) => Err(Outgrown.into()),
        (CallMode::Sync, _) => Ok(UpdateDeadline::Continue(1)),
        (CallMode::Async, _) => Ok(UpdateDeadline::Yield(1)),
    });
    Ok(store)
}

/// Runs a guest until its deadline: computing, it is stopped by its epoch; waiting, it is dropped where it waits.
async fn within_deadline<T>(
    mode: CallMode,
    deadline: Duration,
    guest: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    match mode {
        CallMode::Sync => guest.await,
        CallMode::Async => tokio::time::timeout(deadline, guest).await.unwrap_or_else(|_| Err(late(deadline).into())),
    }
}

/// How long a call may take. A replayed one neither sleeps nor asks the world, and stops by its fuel or where the recorded one
/// stopped: the clock only guards against a recording that was made with all the fuel in the world.
fn patience(call_log: &HostCallLog, deadline: Duration) -> Duration {
    if call_log.is_live() { deadline } else { deadline * 4 }
}

fn late(deadline: Duration) -> Fault {
    Fault::new(Cause::Deadline, format!("no answer after {} ms", deadline.as_millis()))
}

/// Believes an answer, or finds what is behind an error that the policy returned. Secrets are starred out of what is kept of a text
/// before it is cleaned.
fn believe(answer: PolicyResult, login: &Login, state: &State) -> Result<Outcome, Fault> {
    let conceal = |text: String, max_bytes| state.secrets.scrub(&text, max_bytes).into_owned();
    match answer {
        Ok(claim) => {
            let claim = Claim {
                reason: claim.reason.map(|reason| conceal(reason, MAX_REASON_BYTES)),
                client_reason: claim.client_reason.map(|reason| conceal(reason, MAX_CLIENT_BYTES)),
                challenge: claim
                    .challenge
                    .map(|asked| ClaimedChallenge { text: conceal(asked.text, MAX_CHALLENGE_BYTES), ..asked }),
                ..claim
            };
            claim.believe(login, &state.configuration.grants)
        }
        Err(text) => {
            let said = conceal(text, MAX_REASON_BYTES);
            Err(match state.failed_capability() {
                Some(fault) => Fault::new(fault.cause, format!("{}; the policy then said: {said}", fault.detail)),
                None => Fault::new(Cause::PolicyError, said),
            })
        }
    }
}

/// There was not even a store to run it in.
fn never_began(fault: Fault, start: Instant) -> Report {
    Report { answer: Err(fault), log: Vec::new(), cost: Cost::default(), wall: start.elapsed(), exchanges: Vec::new() }
}

fn report(answer: Result<Outcome, Fault>, state: State, fuel: u64, start: Instant) -> Report {
    let State { secrets, log, memory, budget, call_log, .. } = state;
    let (log, dropped_log_lines) = log.close(&secrets);
    let answer =
        answer.map_err(|fault| Fault { detail: secrets.scrub(&fault.detail, usize::MAX).into_owned(), ..fault });
    if let Err(Fault { cause, detail }) = &answer {
        tracing::warn!(fault.cause = cause.code(), fault.detail = detail, "a policy failed, and its login is denied");
    }
    Report {
        answer,
        log,
        cost: Cost {
            fuel,
            peak_memory_bytes: memory.peak_bytes(),
            host_calls: budget.host_calls(),
            dropped_log_lines,
            ..Cost::default()
        },
        exchanges: call_log.into_exchanges(),
        wall: start.elapsed(),
    }
}
