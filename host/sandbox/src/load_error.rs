//! Why a file is no policy, and what whoever built it can do.
//!
//! Not for: a policy that is loaded and fails; see [`crate::fault`].

use crate::contract;

/// The largest component taken. CPython with its whole standard library has 31 MB.
pub const MAX_COMPONENT_BYTES: usize = 64 << 20;

/// Why a file is no policy. Each message names what is wrong; [`LoadError::hint`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not WebAssembly at all.
    #[error("this is no WebAssembly file")]
    NotWasm,
    /// A module, not a component.
    #[error("this is a core module, not a component")]
    CoreModule,
    /// Over [`MAX_COMPONENT_BYTES`](crate::MAX_COMPONENT_BYTES).
    #[error("the component has {0} bytes, more than {MAX_COMPONENT_BYTES}")]
    TooLarge(usize),
    /// Malformed, or it uses a feature that no policy gets.
    #[error("the component is malformed or uses a feature that is switched off: {0}")]
    Invalid(String),
    /// More instances, tables or memories than any toolchain makes for one program, or larger ones than the host has room for.
    #[error("the component is larger or more complex than a policy may be: {0}")]
    TooComplex(String),
    /// An import that the host does not offer.
    #[error("the component imports `{0}`, which this host does not offer")]
    UnknownImport(String),
    /// Another version of the contract.
    #[error("the component was built for version {0} of the contract; this host speaks {speaks}", speaks = contract::VERSION)]
    OtherVersion(String),
    /// One of the two exports is missing.
    #[error("the component does not export `{0}`")]
    MissingExport(&'static str),
    /// An import or export has another type than the contract says.
    #[error("the component does not fit the contract: {0}")]
    WrongType(String),
    /// More memories than any toolchain makes for one program.
    #[error("the component has {0} memories; a policy has one, and a few empty ones at most")]
    TooManyMemories(u32),
    /// It starts larger than any call may become.
    #[error("the component begins with {bytes} bytes of memory, more than this host's {limit}")]
    StartsTooLarge {
        /// What it begins with.
        bytes: u64,
        /// What the engine has room for.
        limit: u64,
    },
}

impl LoadError {
    /// What to do about it, in one sentence.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotWasm => "give the .wasm file that your build produced",
            Self::CoreModule => "turn it into a component: build for wasm32-wasip2, or run `wasm-tools component new`",
            Self::TooLarge(_) => "strip debug information, and leave out what the policy does not need",
            Self::Invalid(_) => "build without threads, exceptions, garbage collection, tail calls and 64-bit memory",
            Self::UnknownImport(_) => "remove the dependency that needs it, or check the world that you build for",
            Self::OtherVersion(_) => "build the policy again with the contract in this host's `wit/`",
            Self::MissingExport(_) | Self::WrongType(_) => "build for the world `vestibule:policy/policy`",
            Self::TooManyMemories(_) | Self::TooComplex(_) => {
                "build the policy as one program instead of composing components"
            }
            Self::StartsTooLarge { .. } => "make static data and the initial memory smaller",
        }
    }
}
