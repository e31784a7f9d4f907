//! One call: a fresh store and instance, the limits set, the guest run, everything thrown away.
//!
//! Not for: deciding what an error means; see [`crate::fault`].

use std::sync::Arc;
use std::time::Instant;

use vestibule_domain::check::Claim;
use vestibule_domain::secret::scrub;
use vestibule_domain::text::ClientText;
use vestibule_domain::{Cause, Fault, Login, Manifest, Outcome, Secret};
use wasmtime::Store;

use crate::bindings::{self, Answer};
use crate::circumstances::Circumstances;
use crate::compiled::{Compiled, Pace};
use crate::configured::{Configuration, Configured};
use crate::engine::TICK;
use crate::fault::diagnose;
use crate::report::{Cost, Report};
use crate::state::State;
use crate::tape::Tape;

/// Runs `post-auth` on one login.
pub(crate) async fn run(
    policy: &Configured,
    login: &Login,
    circumstances: &Circumstances,
    tape: Tape,
    fuel: u64,
) -> Report {
    let start = Instant::now();
    let configuration = &policy.configuration;
    let state = State::new(Arc::clone(configuration), circumstances.clone(), Some(login), tape);
    let mut store = match store(&policy.compiled, state, fuel) {
        Ok(store) => store,
        Err((error, state)) => return refused(&error, state, start),
    };
    let guest = bindings::post_auth(&policy.compiled, &mut store, login, &configuration.grants);
    let answer = within_deadline(&policy.compiled, configuration, guest).await;
    let answer = answer.map_err(|error| diagnose(&error, store.data()));
    let left = store.get_fuel().unwrap_or_default();
    let mut state = store.into_data();
    let answer = answer.and_then(|answer| believe(answer, login, &mut state));
    report(answer, state, fuel.saturating_sub(left), start)
}

/// Runs `manifest`, with default limits and nothing granted.
pub(crate) async fn manifest(compiled: &Compiled) -> Result<Manifest, Fault> {
    let configuration = Arc::new(Configuration::default());
    let fuel = configuration.limits.fuel;
    let state = State::new(Arc::clone(&configuration), Circumstances::at(0), None, Tape::live());
    let mut store = store(compiled, state, fuel).map_err(|(error, state)| diagnose(&error, &state))?;
    let guest = bindings::manifest(compiled, &mut store);
    let manifest = within_deadline(compiled, &configuration, guest).await;
    let manifest = manifest.map_err(|error| diagnose(&error, store.data()))?;
    manifest.check().map_err(|error| Fault::new(Cause::InvalidOutput, error.to_string()))
}

/// The one function that builds a store: no call runs without every limit.
#[expect(clippy::result_large_err, reason = "the state goes back to whoever writes the report")]
fn store(compiled: &Compiled, state: State, fuel: u64) -> Result<Store<State>, (wasmtime::Error, State)> {
    let limits = state.configuration.limits.clone();
    let mut store = Store::new(compiled.engine().inner(), state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(limits.transfer_bytes);
    if let Err(error) = store.set_fuel(fuel) {
        return Err((error, store.into_data()));
    }
    match compiled.pace() {
        // The current tick has begun already: without one more, a call would lose up to a millisecond.
        Pace::Straight => {
            let ticks = limits.deadline().as_millis().div_ceil(TICK.as_millis()) as u64;
            store.set_epoch_deadline(ticks + 1);
        }
        Pace::Waiting => {
            store.set_epoch_deadline(1);
            store.epoch_deadline_async_yield_and_update(1);
        }
    }
    Ok(store)
}

/// Runs a guest until its deadline. A straight guest is stopped by its epoch; a waiting one is dropped where it waits.
async fn within_deadline<T>(
    compiled: &Compiled,
    configuration: &Configuration,
    guest: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let limit = configuration.limits.deadline();
    match compiled.pace() {
        Pace::Straight => guest.await,
        Pace::Waiting => tokio::time::timeout(limit, guest).await.unwrap_or_else(|_| {
            let detail = format!("no answer after {} ms", limit.as_millis());
            Err(Fault::new(Cause::Deadline, detail).into())
        }),
    }
}

/// Believes an answer, or finds what is behind an error that the policy returned.
fn believe(answer: Answer, login: &Login, state: &mut State) -> Result<Outcome, Fault> {
    match answer {
        Ok(claim) => Claim::believe(claim, login, &state.configuration.grants),
        Err(text) => Err(match state.failed_capability() {
            Some(fault) => Fault::new(fault.cause, format!("{}; the policy then said: {text}", fault.detail)),
            None => Fault::new(Cause::PolicyError, text),
        }),
    }
}

fn refused(error: &wasmtime::Error, state: State, start: Instant) -> Report {
    let fault = diagnose(error, &state);
    report(Err(fault), state, 0, start)
}

fn report(answer: Result<Outcome, Fault>, state: State, fuel: u64, start: Instant) -> Report {
    let State { secrets, log, memory, budget, tape, .. } = state;
    let (log, dropped_log_lines) = log.close(&secrets);
    let answer = conceal(answer, &secrets);
    if let Err(Fault { cause, detail }) = &answer {
        tracing::warn!(fault.cause = cause.code(), fault.detail = detail, "a policy failed, and its login is denied");
    }
    Report {
        answer,
        log,
        cost: Cost { fuel, peak_memory_bytes: memory.peak_bytes(), host_calls: budget.host_calls(), dropped_log_lines },
        exchanges: tape.into_exchanges(),
        wall: start.elapsed(),
    }
}

/// Stars out the call's secrets in every text that leaves it.
fn conceal(answer: Result<Outcome, Fault>, secrets: &[Secret]) -> Result<Outcome, Fault> {
    if secrets.is_empty() {
        return answer;
    }
    let client_text = |text: ClientText| ClientText::clean(&scrub(text.as_str(), secrets));
    match answer {
        Ok(mut outcome) => {
            let authret = &mut outcome.authret;
            authret.reason = authret.reason.take().map(|reason| scrub(&reason, secrets));
            authret.client_reason = authret.client_reason.take().map(client_text);
            if let Some(challenge) = &mut outcome.challenge {
                challenge.text = client_text(challenge.text.clone());
            }
            Ok(outcome)
        }
        Err(fault) => Err(Fault { detail: scrub(&fault.detail, secrets), ..fault }),
    }
}
