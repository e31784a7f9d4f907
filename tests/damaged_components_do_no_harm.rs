//! A component that was cut short or changed on its way is refused in words, or it fails only its own logins.

use proptest::prelude::*;
use vestibule_sandbox::{CallInputs, Compiled, LoadError};

use crate::harness::{a_login, engine, policy_bytes};

/// Whatever the bytes are: no panic, and a sentence if they are refused.
fn does_no_harm(wasm: &[u8]) {
    match Compiled::new(engine(), wasm) {
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        Ok(compiled) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let policy = compiled.configure();
            let report = runtime.block_on(policy.call(&a_login(), &CallInputs::at(1)));
            assert!(report.cost.fuel > 0 || report.answer.is_err());
        }
    }
}

#[test]
fn a_component_cut_short_is_refused() {
    let wasm = policy_bytes("known-device");
    for cut in (8..wasm.len()).step_by(wasm.len() / 40) {
        let refused = Compiled::new(engine(), &wasm[..cut]).err();
        assert!(matches!(refused, Some(LoadError::Invalid(_) | LoadError::MissingExport(_))), "{cut}: {refused:?}");
    }
    for cut in 0..4 {
        assert_eq!(Compiled::new(engine(), &wasm[..cut]).err(), Some(LoadError::NotWasm));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_component_with_a_flipped_bit_does_no_harm(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut wasm = policy_bytes("known-device");
        let place = place.index(wasm.len());
        wasm[place] ^= 1_u8 << bit;
        does_no_harm(&wasm);
    }

    #[test]
    fn bytes_that_begin_like_a_component_do_no_harm(rest in prop::collection::vec(any::<u8>(), 0..200)) {
        does_no_harm(&[b"\0asm\x0d\0\x01\0", rest.as_slice()].concat());
    }
}
