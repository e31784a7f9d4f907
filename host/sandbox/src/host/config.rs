//! `config`: the tenant's settings, defaults filled in, and what it grants.
//!
//! Not for: the host's own configuration.

use wasmtime::Result;
use wasmtime::component::LinkerInstance;

use crate::crossing::function;

pub(super) fn define(linker: &mut LinkerInstance<'_, crate::state::State>) -> Result<()> {
    function(linker, "get", |state, (name,): (String,)| {
        Ok((state.configuration.settings.value(&name).map(str::to_owned),))
    })?;
    function(linker, "all", |state, ()| {
        let settings = state.configuration.settings.values();
        Ok((settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>(),))
    })?;
    function(linker, "granted", |state, (name,): (String,)| Ok((state.configuration.grants.allows_property(&name),)))
}
