//! A login that was read from JSON is recorded so that the same login is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_domain::Login;

fuzz_target!(|text: &str| {
    let Ok(login) = Login::from_json(text) else { return };
    let recorded = login.to_json_revealed().to_string();
    assert_eq!(Login::from_json(&recorded), Ok(login));
});
