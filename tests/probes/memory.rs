//! Guests that want all the memory there is, or somebody else's.

use vestibule_domain::Cause;
use vestibule_sandbox::CallInputs;

use crate::harness::probe;

#[tokio::test]
pub(crate) async fn allocates_until_refused() {
    probe("allocates-until-refused").fails_with(Cause::OutOfMemory).await;
}

#[tokio::test]
pub(crate) async fn survives_a_refusal() {
    probe("survives-a-refusal").lets_joe_in().await;
}

#[tokio::test]
pub(crate) async fn grows_tables() {
    let fault = probe("grows-tables").fails_with(Cause::OutOfMemory).await;
    assert!(fault.detail.contains("table elements"), "{fault}");
}

#[tokio::test]
pub(crate) async fn remembers_across_logins() {
    let probe = probe("remembers-across-logins");
    for _ in 0..50 {
        probe.lets_joe_in().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn finds_what_others_left() {
    let probe = probe("finds-what-others-left");
    let policy = probe.configured().await;
    let login = crate::harness::a_login();
    let calls = (0..4).map(|_| {
        let (policy, login) = (policy.clone(), login.clone());
        tokio::spawn(async move {
            for _ in 0..25 {
                let report = policy.call(&login, &CallInputs::at(1)).await;
                assert!(report.answer.is_ok(), "{:?}", report.answer);
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}
