//! A policy that is not soon done keeps no thread that other logins wait for.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::Instant;
use vestibule_domain::{Cause, Grants};
use vestibule_gate::{Attempt, Chain, Gate, Link, Patience};
use vestibule_ledger::{Owner, Waiting};
use vestibule_sandbox::Limits;

use crate::harness::{Door, at, cause, probe, tenant, vouched};

/// Threads for what takes long, apart from the one that logins are on in these tests.
fn slow_executor() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A gate whose policy loops as long as it may.
async fn looping(door: &Door, slow_executor: &Runtime, limits: Limits) -> Gate {
    let looping = Door::new().await.guarded_by("loops-forever", probe("loops-forever").limited(limits));
    let tenant = door.tenant().with_slow_executor(Some(slow_executor.handle().clone()));
    Gate::new(door.home.store.clone(), door.ledger.clone(), tenant, looping.chain().await, None)
}

#[tokio::test]
async fn other_logins_go_on_beside_a_policy_that_loops_for_seconds() {
    let (door, slow_executor) = (Door::new().await, slow_executor());
    let limits = Limits { fuel: u64::MAX / 2, deadline_ms: 5_000, ..Limits::default() };
    let (loops, open) = (looping(&door, &slow_executor, limits).await, door.gate().await);
    let (loud, calm) = (vouched("ann"), vouched("joe"));
    tokio::select! {
        biased;
        looped = loops.decide(&loud, at(0)) => panic!("{looped:?}"),
        came = open.decide(&calm, at(0)) => assert_eq!(cause(&came.unwrap()), "allowed"),
    }
    assert_eq!(door.ledger.login_places().usage().0, 0);
    slow_executor.shutdown_background();
}

#[tokio::test]
async fn what_is_begun_again_in_the_slow_executor_ends_as_it_would_have_in_the_fast_one() {
    let (door, slow_executor) = (Door::new().await, slow_executor());
    let gate = looping(&door, &slow_executor, Limits::default()).await;
    for gate in [&gate, &gate.in_slow_executor(), &gate] {
        let answer = gate.decide(&vouched("ann"), at(0)).await.unwrap();
        assert_eq!(cause(&answer), Cause::OutOfFuel.code());
        assert!(answer.cost.fuel >= Limits::default().fuel, "{:?}", answer.cost);
    }
    assert_eq!(door.ledger.slow_policies().usage().0, 0);
    slow_executor.shutdown_background();
}

#[tokio::test]
async fn a_login_whose_time_is_up_pays_for_what_its_policy_took_until_then() {
    let (door, slow_executor) = (Door::new().await, slow_executor());
    let limits = Limits { fuel: u64::MAX / 2, deadline_ms: 5_000, ..Limits::default() };
    let gate = looping(&door, &slow_executor, limits).await;
    for gate in [&gate, &gate.in_slow_executor()] {
        let patience = Patience::since(Instant::now()).of(Duration::from_millis(100));
        let answer = gate.decide(&Attempt { patience, ..vouched("ann") }, at(0)).await.unwrap();
        assert_ne!(cause(&answer), "allowed");
        assert!(answer.cost.fuel > 0 && answer.cost.busy_micros > 0, "{:?}", answer.cost);
    }
    slow_executor.shutdown_background();
}

#[tokio::test]
async fn a_first_try_is_paid_for_where_the_second_one_hardly_ran() {
    let (door, guest) = (Door::new().await, probe("loops-forever"));
    let memory = door.ledger.instances();
    let counted = guest.configured().await.with_memory_pool(memory.clone(), Owner::from(&tenant()));
    let link = Link::new("loops-forever".to_owned(), counted, &guest.manifest().await, Grants::default());
    let chain = Chain::new(vec![link]).unwrap();
    let gate = Gate::new(door.home.store.clone(), door.ledger.clone(), door.tenant(), chain, None);

    let (turns, share) = (door.ledger.slow_policies(), Waiting { inside: u64::MAX, waiting: u64::MAX });
    let mut taken = Vec::new();
    while turns.usage().0 < turns.usage().1 {
        taken.push(turns.enter(&Owner::Host, share).await.unwrap());
    }
    let joe = vouched("joe");
    let mut decides = pin!(gate.decide(&joe, at(0)));
    while turns.waiting() == 0 {
        assert!(poll!(&mut decides).is_pending());
        yield_now().await;
    }
    let _nothing_left = memory.take(&Owner::Host, memory.usage().1).unwrap();
    drop(taken);
    let answer = decides.await.unwrap();
    assert_eq!(cause(&answer), Cause::Overloaded.code());
    assert!(answer.cost.busy_micros >= 5_000, "{:?}", answer.cost);
}
