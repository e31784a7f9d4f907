//! A core module that somebody uploads: what is made of it is a component, and the same one each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_compiler::module;

fuzz_target!(|wasm: &[u8]| {
    let made = module::encode(wasm);
    match &made {
        Ok(component) => assert!(!vestibule_sandbox::is_core_module(component) && component.starts_with(b"\0asm")),
        Err(refusal) => assert!(!refusal.message.contains('\n') && !refusal.hint.is_empty()),
    }
    assert_eq!(module::encode(wasm), made);
});
