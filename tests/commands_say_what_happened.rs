//! `try`, `replay` and `inspect`: what they print, and by which exit code they end.

use crate::harness::{component, file, vestibule};

const LAPTOP: &str = "tests/logins/laptop.json";

#[test]
fn an_allowed_login_is_printed_as_authcli_would() {
    let run = vestibule(&["try", &component("policies/known-device"), "--login", LAPTOP]).exits_with(0);
    let run = run
        .prints("API METHOD: authenticate\n  status : SUCCEED\n  reason : local auth succeeded\n  user : Joe.User\n");
    run.prints("proplist : {'conn_group': 'staff',")
        .prints("decision    : allowed")
        .prints("host calls  : 6 of 10,000");
}

#[test]
fn a_denied_login_tells_the_log_and_the_client() {
    let config = "tests/tour/app-versions.json";
    let policy = component("policies/app-versions");
    let run = vestibule(&["try", &policy, "--login", LAPTOP, "--config", config]).exits_with(1);
    run.prints("status : FAIL").prints("client_reason : ").prints("cause       : denied");
}

#[test]
fn a_question_is_a_code_of_its_own() {
    let policy = component("policies/one-time-code");
    let run = vestibule(&["try", &policy, "--login", "tests/tour/with-a-secret.json"]).exits_with(5);
    run.prints("challenge : ").prints("decision    : challenged");
}

#[test]
fn a_fault_is_named_by_its_cause() {
    let run = vestibule(&["try", &component("probes/loops-forever"), "--login", LAPTOP]).exits_with(3);
    run.prints("decision    : denied").prints("cause       : out-of-fuel");
}

#[test]
fn programs_get_json() {
    let run = vestibule(&["try", &component("policies/known-device"), "--login", LAPTOP, "--json"]).exits_with(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout()).unwrap();
    assert_eq!(json["decision"], "allowed");
    assert_eq!(json["outcome"]["authret"]["user"], "Joe.User");
    assert!(json["cost"]["fuel"].as_u64().is_some_and(|fuel| fuel > 0));
}

#[test]
fn an_inspected_policy_says_what_it_can_do_and_what_it_reads() {
    let run = vestibule(&["inspect", &component("policies/group-map")]).exits_with(0);
    run.prints("searches the directory, if granted").prints("prop_superuser").prints("default_group");
}

#[test]
fn a_recorded_login_replays_and_another_version_shows_what_changed() {
    let directory = tempfile::tempdir().unwrap();
    let recording = file(&directory, "x", "").replace("/x", "/login.recording");
    let policy = component("policies/known-device");
    vestibule(&["try", &policy, "--login", LAPTOP, "--record", &recording]).exits_with(0);
    vestibule(&["replay", &recording]).exits_with(0).prints("identical");

    let other = component("probes/quotes-in-client-reason");
    vestibule(&["replay", &recording, &other]).exits_with(6).prints("differs in answer");
}

#[test]
fn a_recording_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let recording = directory.path().join("login.recording");
    let path = recording.display().to_string();
    vestibule(&["try", &component("policies/known-device"), "--login", LAPTOP, "--record", &path]).exits_with(0);
    assert_eq!(std::fs::metadata(&recording).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_help_teaches_the_exit_codes() {
    let run = vestibule(&["--help"]).exits_with(0);
    for line in
        ["0  allowed", "1  denied", "2  bad input", "3  fault", "4  bad policy", "5  challenged", "6  replay differs"]
    {
        assert!(run.stdout().contains(line), "no `{line}`");
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish"] {
        vestibule(&["completions", shell]).exits_with(0).prints("inspect");
    }
}
