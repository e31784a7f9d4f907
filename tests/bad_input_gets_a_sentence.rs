//! Files that are not what they should be: an error that names the place and what to do, never the insides of the program.

use crate::harness::{Run, component, file, vestibule, vestibule_with};

/// Tries a login file.
fn login(text: &str) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let login = file(&directory, "login.json", text);
    sentence(vestibule(&["try", &component("policies/known-device"), "--login", &login]).exits_with(2))
}

/// Tries a policy file.
fn policy(path: &str) -> Run {
    sentence(vestibule(&["inspect", path]).exits_with(4))
}

/// Neither debug output nor a backtrace, and something to do.
fn sentence(run: Run) -> Run {
    let said = run.stderr();
    for inside in ["{ ", "panicked", "stack backtrace", "src/", "Err(", "wasmtime::"] {
        assert!(!said.contains(inside), "`{inside}` in:\n{said}");
    }
    assert!(said.starts_with("error: "), "{said}");
    run
}

#[test]
fn a_login_that_is_no_json_names_the_place() {
    login("{\n  \"authcred\": nonsense\n}").complains("line 2");
}

#[test]
fn a_login_that_lacks_a_key_names_it() {
    login(r#"{"authcred": {"username": "joe"}, "attributes": {"vpn_auth": true}, "info": {"auth_method": "local"}}"#)
        .complains("`authret`");
}

#[test]
fn a_login_with_an_unknown_key_names_it_and_those_that_exist() {
    login(r#"{"authcred": {"user": "joe"}}"#).complains("`user`").complains("`username`").complains("authcred");
}

#[test]
fn a_server_and_a_data_directory_are_one_too_many() {
    let run =
        vestibule_with("", &[("VESTIBULE_SERVER", "unix:none".as_ref())], &["user", "prop", "list", "--data", "none"]);
    sentence(run.exits_with(2)).complains("both a server and a data directory").complains("`VESTIBULE_SERVER`");
}

#[test]
fn a_setting_that_the_policy_does_not_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let config = file(&directory, "config.json", r#"{"max_devises": 2}"#);
    let policy = component("policies/known-device");
    let run = vestibule(&["try", &policy, "--login", "tests/logins/laptop.json", "--config", &config]).exits_with(2);
    sentence(run).complains("`max_devises`").complains("`max_devices`");
}

#[test]
fn a_recording_that_was_damaged_names_the_place() {
    let directory = tempfile::tempdir().unwrap();
    let recording = file(&directory, "login.recording", "{\"policy\": \"x\", \"recording\": {\"format\": 2}}");
    sentence(vestibule(&["replay", &recording]).exits_with(2))
        .complains("line 1")
        .complains("`vestibule try --record`");
}

#[test]
fn a_recording_of_another_format_is_told_which_one() {
    let directory = tempfile::tempdir().unwrap();
    let recording = file(&directory, "login.recording", "{\"policy\": \"x\", \"recording\": {\"format\": 1}}");
    sentence(vestibule(&["replay", &recording]).exits_with(2)).complains("format 1").complains("format 2");
}

#[test]
fn standard_input_is_read_for_one_file_only() {
    sentence(vestibule(&["try", "-", "--login", "-"]).exits_with(2)).complains("2 files").complains("hint:");
}

#[test]
fn a_core_module_is_told_how_to_become_a_component() {
    policy(&component("probes/core-module")).complains("core module").complains("wasm-tools component embed");
}

#[test]
fn a_text_that_is_no_component_is_told_so() {
    policy("README.md").complains("no WebAssembly");
}

#[test]
fn an_import_that_no_host_offers_is_named() {
    policy(&component("probes/imports-unknown")).complains("`acme:billing/charge@1.0.0`").complains("hint:");
}

#[test]
fn a_file_that_does_not_exist_is_named() {
    sentence(vestibule(&["inspect", "nowhere.wasm"]).exits_with(2)).complains("nowhere.wasm");
}
