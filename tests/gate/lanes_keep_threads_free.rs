//! A policy that is not soon done keeps no thread that other logins wait for.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use vestibule_domain::Cause;
use vestibule_gate::{Attempt, Gate, Patience};
use vestibule_sandbox::Limits;

use crate::harness::{Door, at, cause, probe, vouched};

/// Threads for what takes long, apart from the one that logins are on in these tests.
fn slow_lane() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A gate whose policy loops as long as it may.
async fn looping(door: &Door, slow_lane: &Runtime, limits: Limits) -> Gate {
    let looping = Door::new().await.guarded_by("loops-forever", probe("loops-forever").limited(limits));
    let tenant = door.tenant().with_slow_lane(Some(slow_lane.handle().clone()));
    Gate::new(door.home.store.clone(), door.ledger.clone(), tenant, looping.chain().await, None)
}

#[tokio::test]
async fn other_logins_go_on_beside_a_policy_that_loops_for_seconds() {
    let (door, slow_lane) = (Door::new().await, slow_lane());
    let limits = Limits { fuel: u64::MAX / 2, deadline_ms: 5_000, ..Limits::default() };
    let (loops, open) = (looping(&door, &slow_lane, limits).await, door.gate().await);
    let (loud, calm) = (vouched("ann"), vouched("joe"));
    tokio::select! {
        biased;
        looped = loops.decide(&loud, at(0)) => panic!("{looped:?}"),
        came = open.decide(&calm, at(0)) => assert_eq!(cause(&came.unwrap()), "allowed"),
    }
    assert_eq!(door.ledger.login_places().usage().0, 0);
    slow_lane.shutdown_background();
}

#[tokio::test]
async fn what_is_begun_again_in_the_slow_lane_ends_as_it_would_have_in_the_fast_one() {
    let (door, slow_lane) = (Door::new().await, slow_lane());
    let gate = looping(&door, &slow_lane, Limits::default()).await;
    for gate in [&gate, &gate.in_slow_lane(), &gate] {
        let answer = gate.decide(&vouched("ann"), at(0)).await.unwrap();
        assert_eq!(cause(&answer), Cause::OutOfFuel.code());
        assert!(answer.cost.fuel >= Limits::default().fuel, "{:?}", answer.cost);
    }
    assert_eq!(door.ledger.slow_policies().usage().0, 0);
    slow_lane.shutdown_background();
}

#[tokio::test]
async fn a_login_whose_time_is_up_pays_for_what_its_policy_took_until_then() {
    let (door, slow_lane) = (Door::new().await, slow_lane());
    let limits = Limits { fuel: u64::MAX / 2, deadline_ms: 5_000, ..Limits::default() };
    let gate = looping(&door, &slow_lane, limits).await;
    for gate in [&gate, &gate.in_slow_lane()] {
        let patience = Patience::since(Instant::now()).of(Duration::from_millis(100));
        let answer = gate.decide(&Attempt { patience, ..vouched("ann") }, at(0)).await.unwrap();
        assert_ne!(cause(&answer), "allowed");
        assert!(answer.cost.fuel > 0 && answer.cost.busy_micros > 0, "{:?}", answer.cost);
    }
    slow_lane.shutdown_background();
}
