//! What a component says about itself by its imports and exports: its world, and its capabilities in plain words.
//!
//! Not for: running it.

use std::fmt;

use vestibule_domain::Manifest;
use wasmtime::Engine;
use wasmtime::component::types::{Component, ComponentItem};

use crate::load_error::LoadError;
use crate::wasi::{self, Import};

/// The version of the contract that this host speaks; the track is its first two numbers.
pub const VERSION: &str = "0.1.0";

/// What the names of the contract's interfaces begin with.
pub(crate) const PACKAGE: &str = "vestibule:policy/";

/// Something that a policy imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Reads its settings.
    Config,
    /// Reads its secrets.
    Secrets,
    /// Writes log lines.
    Log,
    /// Searches the directory.
    Directory,
    /// Sends requests.
    Http,
    /// Knows the time.
    Clock,
    /// Draws random numbers.
    Random,
    /// Prints, which becomes log lines.
    Output,
    /// Sleeps.
    Sleep,
}

impl Capability {
    /// The stable name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Secrets => "secrets",
            Self::Log => "log",
            Self::Directory => "directory",
            Self::Http => "http",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Output => "output",
            Self::Sleep => "sleep",
        }
    }
}

/// In plain words.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "reads its settings",
            Self::Secrets => "reads its secrets",
            Self::Log => "writes log lines",
            Self::Directory => "searches the directory, if granted",
            Self::Http => "sends requests to granted origins",
            Self::Clock => "knows the time of the login",
            Self::Random => "draws random numbers",
            Self::Output => "prints, which becomes log lines",
            Self::Sleep => "sleeps, until the deadline at most",
        })
    }
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

    /// Whether the policy can wait for something.
    pub(crate) fn can_wait(&self) -> bool {
        let waits = [Capability::Directory, Capability::Http, Capability::Sleep];
        waits.iter().any(|capability| self.capabilities.contains(capability))
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
