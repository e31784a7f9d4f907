//! Guests that never come to an end, or call the host without end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, poll};
use vestibule_domain::{Cause, Grants, capability, directory};
use vestibule_sandbox::capability::{CapabilityFuture, Directory};
use vestibule_sandbox::{CallInputs, Capabilities, Limits};

use crate::harness::{Guest, a_login, probe};

/// With little time: what waits is stopped soon.
fn hurried(name: &str) -> Guest {
    probe(name).limited(Limits { deadline_ms: 100, ..Limits::default() })
}

#[tokio::test]
pub(crate) async fn loops_forever() {
    probe("loops-forever").fails_with(Cause::OutOfFuel).await;
}

#[tokio::test]
async fn a_loop_with_all_the_fuel_in_the_world_meets_its_deadline() {
    let limits = Limits { fuel: u64::MAX / 2, deadline_ms: 50, ..Limits::default() };
    probe("loops-forever").limited(limits).fails_with(Cause::Deadline).await;
}

#[tokio::test]
async fn a_loop_gives_way_to_others_where_it_runs_in_steps_and_ends_the_same() {
    let (loops, login) = (probe("loops-forever").configured().await, a_login());
    let inputs = CallInputs::at(0);
    assert!(loops.call(&login, &inputs).now_or_never().is_some(), "by itself it keeps the thread to its end");
    let given_up = loops.call_within(&login, &inputs, Duration::ZERO).await;
    assert!(given_up.is_none(), "where it may keep the thread for no time, nothing of the call remains");
    let loops = loops.in_steps();
    let mut steps = Box::pin(loops.call(&login, &inputs));
    assert!(poll!(&mut steps).is_pending());
    assert_eq!(steps.await.answer.unwrap_err().cause, Cause::OutOfFuel);
}

#[tokio::test]
pub(crate) async fn loops_after_answering() {
    probe("loops-after-answering").fails_with(Cause::OutOfFuel).await;
}

#[tokio::test]
pub(crate) async fn spins_in_realloc() {
    probe("spins-in-realloc").fails_with(Cause::OutOfFuel).await;
}

#[tokio::test]
pub(crate) async fn fills_memory_over_and_over() {
    probe("fills-memory-over-and-over").fails_with(Cause::OutOfFuel).await;
}

#[tokio::test]
pub(crate) async fn fills_memory_at_once() {
    probe("fills-memory-at-once").fails_with(Cause::OutOfFuel).await;
}

#[tokio::test]
pub(crate) async fn asks_for_memory_forever() {
    let fault = probe("asks-for-memory-forever").fails_with(Cause::OutOfMemory).await;
    assert!(fault.detail.contains("refused 100 times"), "{fault}");
}

#[tokio::test]
pub(crate) async fn loops_in_host_calls() {
    probe("loops-in-host-calls").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn asks_for_endless_names() {
    let verdict = probe("asks-for-endless-names").decides_on_joe().await;
    assert!(verdict.0.cost.host_calls < 50, "{:?}", verdict.0.cost);
    verdict.fault(Cause::OutOfFuel);
}

#[tokio::test]
pub(crate) async fn floods_the_clock() {
    probe("floods-the-clock").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn floods_randomness() {
    probe("floods-randomness").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn asks_for_endless_randomness() {
    probe("asks-for-endless-randomness").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn sleeps_past_the_deadline() {
    hurried("sleeps-past-the-deadline").fails_with(Cause::Deadline).await;
}

#[tokio::test]
pub(crate) async fn naps_past_the_deadline() {
    hurried("naps-past-the-deadline").fails_with(Cause::Deadline).await;
}

#[tokio::test]
pub(crate) async fn waits_for_the_directory() {
    struct Silent;

    impl Directory for Silent {
        fn search<'a>(
            &'a self,
            _: &'a directory::Query,
        ) -> CapabilityFuture<'a, Result<Vec<directory::Entry>, capability::Error>> {
            Box::pin(std::future::pending())
        }
    }

    let capabilities = Capabilities { directory: Arc::new(Silent), ..Capabilities::default() };
    let grants = Grants { directory: true, ..Grants::default() };
    let guest = hurried("waits-for-the-directory").with_capabilities(capabilities).granted(grants);
    guest.fails_with(Cause::Deadline).await;
}

#[tokio::test]
pub(crate) async fn watches_the_clock() {
    probe("watches-the-clock").lets_joe_in().await;
}

#[tokio::test]
pub(crate) async fn times_the_host() {
    probe("times-the-host").lets_joe_in().await;
}
