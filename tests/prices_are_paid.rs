//! Whoever makes the host work pays for it with fuel, whichever way.

use std::fs;

use vestibule_domain::field::Response;
use vestibule_domain::{Cause, Secret};
use vestibule_sandbox::{CallInputs, Compiled, Configured, Limits, LoadError};

use crate::harness::{a_login, engine, root};

/// A policy that lets everybody pass, with these fields in its module besides.
fn policy_with(fields: &str) -> Result<Compiled, LoadError> {
    let common = fs::read_to_string(root().join("guests/probes/wat/common/policy.wat")).unwrap();
    let module = format!(
        r#"(core module $policy
             (import "base" "pass" (func $pass (param i32) (result i32)))
             {fields}
             (func (export "post-auth") (param $login i32) (result i32) (call $pass (local.get $login))))"#
    );
    let text = common.replace(";; (the probe)", &module);
    assert_ne!(text, common);
    Compiled::new(engine(), &wat::parse_str(text).unwrap())
}

async fn fuel(policy: &Configured) -> u64 {
    let report = policy.call(&a_login(), &CallInputs::at(1)).await;
    assert!(report.answer.is_ok(), "{:?}", report.answer);
    report.cost.fuel
}

#[tokio::test]
async fn an_instance_with_many_globals_is_paid_for_before_it_is_made() {
    let small = fuel(&policy_with("").unwrap().configure()).await;
    let many = policy_with(&"(global i32 (i32.const 0))".repeat(20_000)).unwrap().configure();
    let large = fuel(&many).await;
    assert!(large > small + 20_000 * 30, "{small} and {large} fuel");
    let report = many.with_limits(Limits { fuel: 100_000, ..Limits::default() });
    let report = report.call(&a_login(), &CallInputs::at(1)).await;
    assert_eq!(report.answer.map_err(|fault| fault.cause), Err(Cause::OutOfFuel));
    assert_eq!((report.cost.fuel, report.cost.peak_memory_bytes), (100_000, 0));
}

#[test]
fn an_instance_with_more_than_any_toolchain_makes_is_refused() {
    let refusal = policy_with(&"(global i32 (i32.const 0))".repeat(250_000)).err().unwrap().to_string();
    assert!(refusal.contains("an instance of it costs more than"), "{refusal}");
}

#[tokio::test]
async fn every_byte_of_a_login_is_paid_for() {
    let policy = policy_with("").unwrap().configure();
    let small = fuel(&policy).await;
    let mut login = a_login();
    login.crstate.response = Some(Response::new(Secret::new("x".repeat(1_000))).unwrap());
    let report = policy.call(&login, &CallInputs::at(1)).await;
    assert!((1_000..1_200).contains(&(report.cost.fuel - small)), "{small} and {} fuel", report.cost.fuel);
}
