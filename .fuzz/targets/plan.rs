//! A plan that was read is written so that the same plan is read again, and looking at it never fails.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_registry::plan::Plan;

fuzz_target!(|text: &str| {
    let Ok(plan) = Plan::read(text) else { return };
    let written = plan.write().expect("a plan can be written");
    assert_eq!(Plan::read(&written).expect("what was written is read"), plan);
    let versions = plan.uses();
    assert!(versions.is_sorted() && plan.0.iter().all(|link| versions.contains(&(link.policy.clone(), link.version))));
    assert!(plan.with_canary_deciding().canary().is_none());
    let _ = plan.check();
});
