//! `config`: the tenant's settings, defaults filled in.
//!
//! Not for: the host's own configuration.

use wasmtime::Result;

use crate::bindings::config::Host;
use crate::state::State;

impl Host for State {
    fn get(&mut self, name: String) -> Result<Option<String>> {
        self.charge()?;
        Ok(self.configuration.settings.value(&name).map(str::to_owned))
    }

    fn all(&mut self) -> Result<Vec<(String, String)>> {
        self.charge()?;
        let settings = self.configuration.settings.values();
        Ok(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
