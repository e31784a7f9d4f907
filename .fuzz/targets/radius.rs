//! A packet that is read is written as it was, up to its padding; a dictionary names the line that it cannot read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_directory::{Dictionary, Packet};

fuzz_target!(|bytes: &[u8]| {
    if let Some(packet) = Packet::parse(bytes) {
        let written = packet.encode();
        assert_eq!(Packet::parse(&written), Some(packet));
        assert!(bytes.starts_with(&written));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Dictionary::default().read(text);
    }
});
