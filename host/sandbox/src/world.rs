//! What a component says about itself by its imports and exports: its world, and its capabilities in plain words.
//!
//! Not for: running it.

pub(crate) mod capability;

use vestibule_domain::Manifest;
use wasmtime::Engine;
use wasmtime::component::types::{Component, ComponentItem};

use crate::contract::PACKAGE;
use crate::load_error::LoadError;
use crate::wasi::{self, Import};

pub use crate::contract::VERSION;
pub use capability::Capability;

/// How a policy is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallMode {
    /// To its end: it computes, and answers, and needs no stack of its own and no scheduler.
    Sync,
    /// It may search, request or sleep, and gives way to others with each tick of the epoch.
    Async,
}

/// What a component imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imports {
    /// Known capabilities, each once.
    pub capabilities: Vec<Capability>,
    /// WASI interfaces that can be imported but not used: calling them ends the policy.
    pub refused: Vec<String>,
    /// The contract's version that the component was built for, where its imports tell.
    pub version: Option<String>,
}

impl Imports {
    /// Reads a component's imports.
    ///
    /// # Errors
    /// Names the import that the host lacks.
    pub(crate) fn of(component: &Component, engine: &Engine) -> Result<Self, LoadError> {
        let mut imports = Self::default();
        for (name, item) in component.imports(engine) {
            match item.ty {
                ComponentItem::ComponentInstance(_) => imports.add(name)?,
                ComponentItem::Type(_) => {}
                _ => return Err(LoadError::UnknownImport(name.to_owned())),
            }
        }
        imports.capabilities.sort_unstable();
        imports.capabilities.dedup();
        imports.refused.sort_unstable();
        Ok(imports)
    }

    /// The capabilities that a policy can make use of: imported, and wanted by its manifest where they have to be granted or set.
    /// Some toolchains import the whole world, whatever the policy does.
    pub fn usable(&self, manifest: &Manifest) -> Vec<Capability> {
        let usable = |capability: &Capability| match capability {
            Capability::Config => manifest.settings.iter().any(|setting| !setting.secret),
            Capability::Secrets => manifest.settings.iter().any(|setting| setting.secret),
            Capability::Directory => manifest.wants_directory,
            Capability::Http => !manifest.wants_http.is_empty(),
            _ => true,
        };
        self.capabilities.iter().copied().filter(usable).collect()
    }

    /// How a policy is called that imports these: one that can wait for nothing needs not give way.
    pub(crate) fn call_mode(&self) -> CallMode {
        let waits = [Capability::Directory, Capability::Http, Capability::Sleep];
        let can_wait = waits.iter().any(|capability| self.capabilities.contains(capability));
        if can_wait { CallMode::Async } else { CallMode::Sync }
    }

    fn add(&mut self, name: &str) -> Result<(), LoadError> {
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        if let Some(own) = interface.strip_prefix(PACKAGE) {
            ensure_track(version)?;
            self.version = Some(version.to_owned());
            match own {
                "types" => {}
                "config" => self.capabilities.push(Capability::Config),
                "secrets" => self.capabilities.push(Capability::Secrets),
                "log" => self.capabilities.push(Capability::Log),
                "directory" => self.capabilities.push(Capability::Directory),
                "http" => self.capabilities.push(Capability::Http),
                "random" => self.capabilities.push(Capability::Random),
                _ => return Err(LoadError::UnknownImport(name.to_owned())),
            }
            return Ok(());
        }
        if !interface.starts_with("wasi:") || !version.starts_with("0.2.") {
            return Err(LoadError::UnknownImport(name.to_owned()));
        }
        match wasi::import(interface) {
            Import::Gives(capability) => self.capabilities.push(capability),
            Import::Harmless => {}
            Import::Refused => self.refused.push(interface.to_owned()),
        }
        Ok(())
    }
}

/// Versions 0.1.N are one track; anything else is another contract.
fn ensure_track(version: &str) -> Result<(), LoadError> {
    let patch = version.strip_prefix("0.1.").and_then(|patch| patch.parse::<u32>().ok());
    match patch {
        Some(_) => Ok(()),
        None => Err(LoadError::OtherVersion(version.to_owned())),
    }
}
