//! Regorus: the decision in Rego, interpreted or on its virtual machine.

use std::collections::BTreeMap;
use std::hint::black_box;

use anyhow::{Result, ensure};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, Engine, Value};

use super::one_by_one;
use crate::turns::Batch;

const POLICY: &str = include_str!("../../peers/known_device.rego");
const OUTCOME: &str = "data.vestibule.outcome";

/// A clone of one engine for each login.
pub fn engine(login: &str) -> Result<Batch<'_>> {
    let engine = prepared()?;
    Ok(one_by_one(move || {
        let mut engine = engine.clone();
        engine.set_input_json(login)?;
        ensure_allowed(&engine.eval_rule(OUTCOME.to_owned())?)
    }))
}

/// One compiled policy for all logins.
pub fn compiled(login: &str) -> Result<Batch<'_>> {
    let policy = compile()?;
    Ok(one_by_one(move || ensure_allowed(&policy.eval_with_input(Value::from_json_str(login)?)?)))
}

/// A virtual machine for each login, with one program for all.
pub fn machine(login: &str) -> Result<Batch<'_>> {
    let program = Compiler::compile_from_policy(&compile()?, &[OUTCOME])?;
    Ok(one_by_one(move || {
        let mut machine = RegoVM::new();
        machine.load_program(program.clone());
        machine.set_input(Value::from_json_str(login)?);
        ensure_allowed(&machine.execute()?)
    }))
}

fn prepared() -> Result<Engine> {
    let mut engine = Engine::new();
    engine.add_policy("known_device.rego".to_owned(), POLICY.to_owned())?;
    Ok(engine)
}

fn compile() -> Result<CompiledPolicy> {
    prepared()?.compile_with_entrypoint(&OUTCOME.into())
}

/// Takes the answer over into values of the host.
fn ensure_allowed(outcome: &Value) -> Result<()> {
    ensure!(outcome["status"].as_string()?.as_ref() == "succeed", "the login is refused: {outcome}");
    let proplist = outcome["proplist"].as_object()?.iter();
    let proplist: BTreeMap<String, String> = proplist
        .map(|(name, value)| Ok((name.as_string()?.to_string(), value.as_string()?.to_string())))
        .collect::<Result<_>>()?;
    ensure!(!proplist.is_empty(), "the properties are lost");
    black_box((outcome["user"].as_string()?.to_string(), proplist));
    Ok(())
}
