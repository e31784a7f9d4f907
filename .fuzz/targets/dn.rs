//! A name that is read stays within its own parents, and an escaped value is one part of a name. The input is a name, a line break,
//! and a value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_domain::dn::{Dn, escape};

fuzz_target!(|input: &str| {
    let (name, value) = input.split_once('\n').unwrap_or((input, ""));
    let Ok(base) = Dn::parse(name) else { return };
    assert!(base.is_within(&base));
    if value.is_empty() {
        return;
    }
    let below = Dn::parse(&format!("uid={},{name}", escape(value)));
    assert!(below.is_ok_and(|below| below.is_within(&base) && !base.is_within(&below)));
});
