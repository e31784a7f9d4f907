//! A command line's world: no environment, no arguments, no terminal, and an exit that ends the call.
//!
//! Not for: what is printed; see `io`.

use vestibule_domain::{Cause, Fault};
use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource};

use super::io::{Input, Output, Terminal};
use crate::crossing::function;
use crate::state::State;

pub(super) fn environment(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    Some(match name {
        "get-environment" => function(linker, name, |_, ()| Ok((Vec::<(String, String)>::new(),))),
        "get-arguments" => function(linker, name, |_, ()| Ok((Vec::<String>::new(),))),
        "initial-cwd" => function(linker, name, |_, ()| Ok((None::<String>,))),
        _ => return None,
    })
}

pub(super) fn exit(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    let ends = |_: &mut State, (status,): (Result<(), ()>,)| -> Result<()> {
        let how = if status.is_ok() { "success" } else { "failure" };
        Err(Fault::new(Cause::Exited, format!("the policy ended its process with {how}")).into())
    };
    (name == "exit").then(|| function(linker, name, ends))
}

pub(super) fn stdin(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    (name == "get-stdin").then(|| function(linker, name, |_, ()| Ok((Resource::<Input>::new_own(0),))))
}

pub(super) fn stdout(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    (name == "get-stdout").then(|| function(linker, name, |_, ()| Ok((Output::stdout(),))))
}

pub(super) fn stderr(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    (name == "get-stderr").then(|| function(linker, name, |_, ()| Ok((Output::stderr(),))))
}

/// Of each stream: none is a terminal.
pub(super) fn terminal(linker: &mut LinkerInstance<'_, State>, name: &str) -> Option<Result<()>> {
    let is_known = matches!(name, "get-terminal-stdin" | "get-terminal-stdout" | "get-terminal-stderr");
    is_known.then(|| function(linker, name, |_, ()| Ok((None::<Resource<Terminal>>,))))
}
