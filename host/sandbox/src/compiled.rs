//! A policy compiled: code that is linked, ready to be configured.
//!
//! Not for: making one, see `link`; nor what a tenant decides about it, see [`crate::Configured`].

use std::sync::{Arc, OnceLock, Weak};

use sha2::{Digest as _, Sha256};
use vestibule_ledger::Hold;
use wasmtime::component::{ComponentExportIndex, InstancePre};

use crate::engine::Engine;
use crate::setup;
use crate::state::State;
use crate::world::Imports;

/// A compiled policy. Clones share it.
#[derive(Clone)]
pub struct Compiled {
    shared: Arc<Shared>,
}

/// A component whose imports are defined and whose exports are those of the contract.
pub(crate) struct Linked {
    pub(crate) pre: InstancePre<State>,
    pub(crate) post_auth: ComponentExportIndex,
    pub(crate) manifest: ComponentExportIndex,
}

struct Shared {
    engine: Engine,
    linked: Linked,
    imports: Imports,
    source: Source,
    /// What is paid for it, until the last call that runs it is over.
    hold: OnceLock<Hold>,
}

/// What is known of the file that a component was compiled from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Its SHA-256.
    pub(crate) digest: [u8; 32],
    /// Its size in bytes.
    pub(crate) bytes: usize,
    /// What it takes to make an instance, in fuel; see [`setup::fuel`].
    pub(crate) setup_fuel: u64,
}

impl Source {
    pub(crate) fn of(wasm: &[u8]) -> Self {
        Self { digest: Sha256::digest(wasm).into(), bytes: wasm.len(), setup_fuel: setup::fuel(wasm) }
    }
}

/// A compiled policy that this does not keep.
#[derive(Clone)]
pub struct WeakCompiled {
    shared: Weak<Shared>,
}

impl WeakCompiled {
    /// The policy, if somebody still has it.
    pub fn upgrade(&self) -> Option<Compiled> {
        self.shared.upgrade().map(|shared| Compiled { shared })
    }
}

impl Compiled {
    /// What was linked.
    pub(crate) fn of(engine: Engine, linked: Linked, imports: Imports, source: Source) -> Self {
        let shared = Shared { engine, linked, imports, source, hold: OnceLock::new() };
        Self { shared: Arc::new(shared) }
    }

    /// The policy, which holds this until nobody has it any more, and no call runs it.
    #[must_use]
    pub fn holding(self, hold: Hold) -> Self {
        // Of a policy that holds something already, what comes second is given back.
        let _ = self.shared.hold.set(hold);
        self
    }

    /// The policy without keeping it.
    pub fn downgrade(&self) -> WeakCompiled {
        WeakCompiled { shared: Arc::downgrade(&self.shared) }
    }

    /// What the policy imports.
    pub fn imports(&self) -> &Imports {
        &self.shared.imports
    }

    /// The SHA-256 of the component: which policy this is.
    pub fn digest(&self) -> String {
        hex::encode(self.shared.source.digest)
    }

    /// The component's size in bytes.
    pub fn size(&self) -> usize {
        self.shared.source.bytes
    }

    /// What each call pays for its instance, in fuel, before it begins.
    pub fn setup_fuel(&self) -> u64 {
        self.shared.source.setup_fuel
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    pub(crate) fn pre(&self) -> &InstancePre<State> {
        &self.shared.linked.pre
    }

    pub(crate) fn post_auth(&self) -> &ComponentExportIndex {
        &self.shared.linked.post_auth
    }

    pub(crate) fn manifest_export(&self) -> &ComponentExportIndex {
        &self.shared.linked.manifest
    }
}

/// The SHA-256 of a component that is not compiled yet, as [`Compiled::digest`] writes it.
pub fn digest(wasm: &[u8]) -> String {
    hex::encode(Sha256::digest(wasm))
}

/// Whether these bytes begin as a core module does, and not as a component.
pub const fn is_core_module(wasm: &[u8]) -> bool {
    matches!(wasm, [0, b'a', b's', b'm', _, _, 0, 0, ..])
}
