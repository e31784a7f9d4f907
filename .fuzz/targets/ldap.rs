//! A message that is measured is as long as it says and has no more elements than bytes would hold; nothing else is a message.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_directory::ber;

fuzz_target!(|bytes: &[u8]| {
    let length = ber::length(bytes, 1 << 16);
    if let Ok(elements) = ber::measure(bytes, 1 << 10) {
        assert!(elements <= bytes.len() / 2);
        assert!(bytes.len() > 1 << 16 || length == Ok(Some(bytes.len())));
    }
});
