//! `secrets`: handles to the tenant's secrets, revealed on call.
//!
//! Not for: keeping them; they come with the settings.

use vestibule_domain::Secret;
use wasmtime::Result;
use wasmtime::component::{LinkerInstance, Resource, ResourceType};

use crate::crossing::function;
use crate::state::State;

/// What a guest's handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Held(Secret);

pub(super) fn define(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    linker.resource("secret", ResourceType::host::<Held>(), |mut call, rep| {
        call.data_mut().handles.delete(Resource::<Held>::new_own(rep))?;
        Ok(())
    })?;
    function(linker, "get", |state, (name,): (String,)| {
        let secret = state.configuration.settings.secret(&name).cloned();
        Ok((secret.map(|secret| state.hold(Held(secret))).transpose()?,))
    })?;
    function(linker, "[method]secret.reveal", |state, (handle,): (Resource<Held>,)| {
        Ok((state.handles.get(&handle)?.0.expose().to_owned(),))
    })
}
