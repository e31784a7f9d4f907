//! Clocks that show no time passing but what the guest slept, and pollables that wait for nothing else.
//!
//! Not for: measuring. A clock that runs would let a guest time its neighbours, and would differ when the call is replayed.

use std::time::Duration;

use wasmtime::Result;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource, ResourceType};

use crate::call_inputs::CallInputs;
use crate::crossing::{Passes, function, function_async};
use crate::state::State;

/// `wasi:clocks/wall-clock` `datetime`.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Datetime {
    const SECOND: Self = Self { seconds: 1, nanoseconds: 0 };

    /// The time of the login, standing still.
    const fn of(inputs: &CallInputs) -> Self {
        Self { seconds: inputs.unix_seconds, nanoseconds: 0 }
    }
}

impl Passes for Datetime {
    fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}

/// Ready when the guest's monotonic clock reaches an instant.
pub(super) struct Pollable {
    wake: Duration,
}

impl Pollable {
    pub(super) const fn at(nanoseconds: u64) -> Self {
        Self { wake: Duration::from_nanos(nanoseconds) }
    }

    fn is_ready(&self, now: Duration) -> bool {
        self.wake <= now
    }
}

/// A guest's monotonic time in nanoseconds.
fn nanoseconds(slept: Duration) -> u64 {
    u64::try_from(slept.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn define_pollable(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    linker.resource("pollable", ResourceType::host::<Pollable>(), |mut call, rep| {
        call.data_mut().handles.delete(Resource::<Pollable>::new_own(rep))?;
        Ok(())
    })
}

pub(super) fn wall(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    Some(match name {
        "now" => function(linker, name, |state, ()| Ok((Datetime::of(&state.inputs),))),
        "resolution" => function(linker, name, |_, ()| Ok((Datetime::SECOND,))),
        _ => return None,
    })
}

pub(super) fn monotonic(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    Some(match name {
        "now" => function(linker, name, |state, ()| Ok((nanoseconds(state.slept),))),
        "resolution" => function(linker, name, |_, ()| Ok((1_u64,))),
        "subscribe-duration" => function(linker, name, |state, (nanos,): (u64,)| {
            let wake = nanoseconds(state.slept).saturating_add(nanos);
            Ok((state.hold(Pollable::at(wake))?,))
        }),
        "subscribe-instant" => function(linker, name, |state, (wake,): (u64,)| Ok((state.hold(Pollable::at(wake))?,))),
        _ => return None,
    })
}

pub(super) fn poll(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    Some(match name {
        "[method]pollable.ready" => function(linker, name, |state, (pollable,): (Resource<Pollable>,)| {
            Ok((state.handles.get(&pollable)?.is_ready(state.slept),))
        }),
        "[method]pollable.block" => function_async(linker, name, |state, (pollable,): (Resource<Pollable>,)| {
            Box::pin(async move { sleep_until_first(state, &[pollable]).await.map(drop) })
        }),
        "poll" => function_async(linker, name, |state, (pollables,): (Vec<Resource<Pollable>>,)| {
            Box::pin(async move { Ok((sleep_until_first(state, &pollables).await?,)) })
        }),
        _ => return None,
    })
}

/// Sleeps until the first pollable is ready, and returns the places of those that are. A replayed call does not sleep: its
/// clock is set forward all the same.
async fn sleep_until_first(state: &mut State, pollables: &[Resource<Pollable>]) -> Result<Vec<u32>> {
    let wakes = pollables.iter().map(|pollable| Ok(state.handles.get(pollable)?.wake)).collect::<Result<Vec<_>>>()?;
    let Some(first) = wakes.iter().min().copied() else {
        wasmtime::bail!("`wasi:io/poll` `poll` needs at least one pollable");
    };
    if let Some(wait) = first.checked_sub(state.slept).filter(|wait| !wait.is_zero()) {
        if state.call_log.is_live() {
            tokio::time::sleep(wait).await;
        } else {
            state.ensure_waited()?;
        }
        state.slept = first;
    }
    let now = state.slept;
    Ok((0..).zip(wakes).filter(|(_, wake)| *wake <= now).map(|(place, _)| place).collect())
}
