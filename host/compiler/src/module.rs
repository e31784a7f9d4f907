//! From a core module that was built for the contract's world to the component that a host runs.
//!
//! Not for: the process that decides on logins. The encoder reads what a stranger wrote, and may panic or take all the memory that it
//! gets: [`crate::child`] calls it, and the fuzzer.

use vestibule_domain::text::log_text;
use vestibule_sandbox::{LoadError, MAX_COMPONENT_BYTES};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as PREVIEW1_ADAPTER,
};
use wasmparser::{BinaryReaderError, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::failure::Refusal;

/// What the names of sections begin with in which bindings keep the world that they were made for.
const WORLD_SECTION: &str = "component-type";
/// The longest message of the encoder that is passed on, in bytes.
const MAX_MESSAGE_BYTES: usize = 512;

/// Why no component is made of a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Error {
    /// Not to be read as a module.
    #[error("the module is malformed: {0}")]
    Malformed(String),
    /// No bindings have said what it imports and exports.
    #[error("this is a core module that does not say which world it was built for")]
    NoWorld,
    /// Its imports and exports are not those of its world.
    #[error("no component can be made of this core module: {0}")]
    Unfit(String),
}

impl Error {
    const fn hint(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "give the .wasm file that your build produced",
            Self::NoWorld => {
                "build it with bindings that `wit-bindgen` made of this host's `wit/`, or name the world by \
                 `wasm-tools component embed`, and do not strip custom sections"
            }
            Self::Unfit(_) => "build for the world `vestibule:policy/policy`, and import nothing but it and WASI",
        }
    }
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        Self { message: error.to_string(), hint: error.hint().to_owned() }
    }
}

/// Makes a component of a core module. The same module gives the same component, in every process of this release.
///
/// # Errors
/// A [`Refusal`] says what is wrong with the module.
pub fn encode(module: &[u8]) -> Result<Vec<u8>, Refusal> {
    let component = made_of(module).map_err(|error| Refusal::from(&error))?;
    if component.len() > MAX_COMPONENT_BYTES {
        return Err(Refusal::from(&LoadError::TooLarge(component.len())));
    }
    Ok(component)
}

fn made_of(module: &[u8]) -> Result<Vec<u8>, Error> {
    if !names_world(module).map_err(|error| Error::Malformed(line(&error)))? {
        return Err(Error::NoWorld);
    }
    // Of the adapter the component keeps what the module imports. Whoever compiles it validates it, by the rules of the engine.
    let encoder = ComponentEncoder::default().module(module);
    let encoder = encoder.and_then(|encoder| encoder.adapter(PREVIEW1, PREVIEW1_ADAPTER));
    let component = encoder.and_then(|mut encoder| encoder.encode());
    component.map_err(|error| Error::Unfit(line(&format_args!("{error:#}"))))
}

/// Whether a module says which world it was built for.
fn names_world(module: &[u8]) -> Result<bool, BinaryReaderError> {
    let mut named = false;
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload? {
            named |= section.name().starts_with(WORLD_SECTION);
        }
    }
    Ok(named)
}

/// The encoder quotes the module.
fn line(error: &impl std::fmt::Display) -> String {
    log_text(&error.to_string(), MAX_MESSAGE_BYTES)
}
