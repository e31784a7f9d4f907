//! A recording that was read is written so that the same recording is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_sandbox::Recording;

fuzz_target!(|text: &str| {
    let Ok(recording) = Recording::from_json(text) else { return };
    let written = serde_json::to_string(&recording).expect("a recording can be written");
    assert_eq!(Recording::from_json(&written), Ok(recording));
});
