//! A recorded call, run again, gives the same answer, the same log and the same fuel, bit for bit.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use vestibule_domain::Cause;
use vestibule_sandbox::{CallInputs, Limits, Recording};

use crate::harness::{A_TIME, Case, Guest, a_login, any_login, policy, probe};

const LOGINS: u64 = 1000;

/// Records random logins with the policy as a case of its table configures it, reads each recording back from its file form, and
/// replays it.
async fn replays(guest: &Guest, table: &str) {
    let configured: Vec<_> = Case::table(table).iter().map(|case| case.configure(guest)).collect();
    let manifest = guest.manifest().await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut allowed = 0;
    for number in 0..LOGINS {
        let login = any_login().new_tree(&mut runner).unwrap().current();
        let mut inputs = CallInputs::at(A_TIME + number * 7);
        inputs.seed[0] = number as u8;
        let policy = configured[number as usize % configured.len()].configured().await;
        let (report, recording) = policy.record(&login, &inputs).await;
        allowed += u64::from(report.answer.is_ok());

        let file = serde_json::to_string(&recording).unwrap();
        let recording = Recording::from_json(&file).unwrap();
        let settings = recording.settings(&manifest).unwrap();
        let replay = recording.replay(&guest.compiled, &recording.login().unwrap(), settings).await;
        assert!(replay.same_policy);
        assert!(replay.differences.is_empty(), "login {number}: {:#?}\n{login:#?}", replay.differences);
    }
    assert!(allowed > LOGINS / 10, "only {allowed} of {LOGINS} logins were answered: the test shows little");
}

#[tokio::test]
async fn known_device() {
    replays(&policy("known-device"), "known-device").await;
}

#[tokio::test]
async fn known_device_in_python() {
    replays(&policy("known-device-py"), "known-device").await;
}

#[tokio::test]
async fn known_device_in_javascript() {
    replays(&policy("known-device-js"), "known-device").await;
}

#[tokio::test]
async fn group_map() {
    replays(&policy("group-map"), "group-map").await;
}

#[tokio::test]
async fn app_versions() {
    replays(&policy("app-versions"), "app-versions").await;
}

#[tokio::test]
async fn one_time_code() {
    replays(&policy("one-time-code"), "one-time-code").await;
}

/// Stopped by the clock, in the guest or while it waits: the replay stops between the same host calls, in the same words.
#[tokio::test]
async fn calls_that_their_deadline_stopped() {
    let limits = Limits { deadline_ms: 50, fuel: 10_000_000_000, ..Limits::default() };
    for name in ["loops-forever", "sleeps-past-the-deadline", "naps-past-the-deadline", "loops-after-answering"] {
        let guest = probe(name).limited(limits.clone());
        let (report, recording) = guest.configured().await.record(&a_login(), &CallInputs::at(1)).await;
        assert_eq!(report.answer.map_err(|fault| fault.cause), Err(Cause::Deadline), "{name}");
        let settings = recording.settings(&guest.manifest().await).unwrap();
        let replay = recording.replay(&guest.compiled, &a_login(), settings).await;
        assert!(replay.is_same(), "{name}: {:#?}", replay.differences);
    }
}
