//! Extism: a plug-in in WebAssembly, JSON in and out.

use std::fs;

use anyhow::Result;
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

use super::{Answer, one_by_one};
use crate::record::built;
use crate::turns::Batch;

/// A fresh plug-in for each login, from one that was compiled before.
pub fn fresh(login: &str) -> Result<Batch<'_>> {
    let compiled = compiled()?;
    Ok(one_by_one(move || decide(&mut Plugin::new_from_compiled(&compiled)?, login)))
}

/// One plug-in for all logins: what one leaves in its memory, the next one finds.
pub fn reused(login: &str) -> Result<Batch<'_>> {
    let mut plugin = Plugin::new_from_compiled(&compiled()?)?;
    Ok(one_by_one(move || decide(&mut plugin, login)))
}

fn compiled() -> Result<CompiledPlugin> {
    let wasm = Wasm::data(fs::read(built(env!("BUILT_EXTISM"))?)?);
    CompiledPlugin::new(PluginBuilder::new(Manifest::new([wasm])))
}

fn decide(plugin: &mut Plugin, login: &str) -> Result<()> {
    Answer::ensure_allowed(plugin.call::<&str, &[u8]>("post_auth", login)?)
}
