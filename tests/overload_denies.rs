//! When every slot is taken, the next login is denied at once; when slots are free again, logins go on.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use vestibule_domain::{Cause, Decision, Grants, capability, directory};
use vestibule_ledger::{Owner, Pool, Resource, Share};
use vestibule_sandbox::capability::{CapabilityFuture, Directory};
use vestibule_sandbox::{CallInputs, Capabilities, Capacity, Compiled, Engine, Limits};

use crate::harness::{a_login, policy, policy_bytes, probe_bytes};

/// Answers after a while.
struct Slow;

impl Directory for Slow {
    fn search<'a>(
        &'a self,
        _: &'a directory::Query,
    ) -> CapabilityFuture<'a, Result<Vec<directory::Entry>, capability::Error>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(Vec::new())
        })
    }
}

#[tokio::test]
async fn a_login_beyond_the_capacity_is_denied_as_overloaded() {
    let engine = Engine::new(&Capacity { concurrent_calls: 4, ..Capacity::default() }).unwrap();
    let policy = Compiled::new(&engine, &probe_bytes("waits-for-the-directory"))
        .unwrap()
        .configure()
        .with_grants(Grants { directory: true, ..Grants::default() })
        .with_limits(Limits { deadline_ms: 5_000, ..Limits::default() })
        .with_capabilities(Capabilities { directory: Arc::new(Slow), ..Capabilities::default() });

    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let policy = policy.clone();
        calls.spawn(async move { policy.call(&a_login(), &CallInputs::at(1)).await.answer });
    }
    let answers = calls.join_all().await;
    let overloaded = answers.iter().filter(|answer| matches!(answer, Err(fault) if fault.cause == Cause::Overloaded));
    let (answered, overloaded) = (answers.iter().filter(|answer| answer.is_ok()).count(), overloaded.count());
    assert!(answered >= 4 && answered + overloaded == 100, "{answered} answered, {overloaded} overloaded");

    let report = policy.call(&a_login(), &CallInputs::at(1)).await;
    assert!(matches!(Decision::from(report.answer), Decision::Allow { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_logins_at_once_are_all_answered_where_none_has_to_wait() {
    let engine = Engine::new(&Capacity { concurrent_calls: 4, ..Capacity::default() }).unwrap();
    let compiled = Compiled::new(&engine, &policy_bytes("known-device")).unwrap();
    let manifest = compiled.manifest().await.unwrap();
    let settings = vestibule_domain::Settings::from_json("{}", &manifest).unwrap();
    let policy = compiled.configure().with_settings(settings).with_grants(manifest.wanted());
    let login = Arc::new(a_login());
    let mut calls = JoinSet::new();
    for _ in 0..10_000 {
        let (policy, login) = (policy.clone(), Arc::clone(&login));
        calls.spawn(async move { policy.call(&login, &CallInputs::at(1)).await.answer });
    }
    assert!(calls.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_its_slot_free() {
    let engine = Engine::new(&Capacity { concurrent_calls: 1, ..Capacity::default() }).unwrap();
    let policy = Compiled::new(&engine, &probe_bytes("waits-for-the-directory"))
        .unwrap()
        .configure()
        .with_grants(Grants { directory: true, ..Grants::default() })
        .with_capabilities(Capabilities { directory: Arc::new(Slow), ..Capabilities::default() });
    for _ in 0..20 {
        let (login, inputs) = (a_login(), CallInputs::at(1));
        let given_up = tokio::time::timeout(Duration::from_millis(5), policy.call(&login, &inputs));
        assert!(given_up.await.is_err());
    }
    assert!(policy.call(&a_login(), &CallInputs::at(1)).await.answer.is_ok());
}

#[tokio::test]
async fn a_login_that_finds_no_memory_is_denied_as_overloaded_and_gives_back_what_it_took() {
    let policy = policy("known-device").configured().await;
    let answer = async |pool: &Pool| {
        let policy = policy.clone().with_memory_pool(pool.clone(), Owner::Host);
        policy.call(&a_login(), &CallInputs::at(1)).await.answer
    };
    let small = Pool::new(Resource::Instances, 1 << 19, Share { most: 1 << 19 });
    let fault = answer(&small).await.unwrap_err();
    assert_eq!(fault.cause, Cause::Overloaded);
    assert!(fault.detail.contains(Resource::Instances.name()), "{fault}");
    let large = Pool::new(Resource::Instances, 64 << 20, Share { most: 64 << 20 });
    assert!(answer(&large).await.is_ok());
    assert_eq!((small.usage().0, large.usage().0), (0, 0));
}
