//! `secrets`: handles to the tenant's secrets, revealed on call.
//!
//! Not for: keeping them; they come with the settings.

use vestibule_domain::Secret;
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::secrets::{Host, HostSecret};
use crate::state::State;

/// What a guest's handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Held(Secret);

impl Host for State {
    fn get(&mut self, name: String) -> Result<Option<Resource<Held>>> {
        self.charge()?;
        let secret = self.configuration.settings.secret(&name).cloned();
        Ok(secret.map(|secret| self.hold(Held(secret))).transpose()?)
    }
}

impl HostSecret for State {
    fn reveal(&mut self, handle: Resource<Held>) -> Result<String> {
        self.charge()?;
        let secret = self.handles.get(&handle)?.0.clone();
        let text = secret.expose().to_owned();
        if !self.secrets.contains(&secret) {
            self.secrets.push(secret);
        }
        Ok(text)
    }

    fn drop(&mut self, handle: Resource<Held>) -> Result<()> {
        self.handles.delete(handle)?;
        Ok(())
    }
}
