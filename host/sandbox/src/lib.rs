#![doc = include_str!("../README.md")]

mod artefact;
mod bindings;
mod budget;
mod busy;
mod call;
pub mod capability;
mod circumstances;
mod compiled;
mod configured;
mod crossing;
mod engine;
mod fault;
mod host;
mod limits;
mod load_error;
mod logbook;
mod memory;
pub mod recording;
mod report;
mod setup;
mod state;
mod tape;
mod wasi;
pub mod world;

pub use artefact::{Artefact, Code, Key, SealError};
pub use capability::Capabilities;
pub use circumstances::Circumstances;
pub use compiled::{Compiled, MAX_COMPONENT_BYTES, WeakCompiled, digest, is_core_module};
pub use configured::Configured;
pub use engine::{Capacity, Engine, EngineError};
pub use limits::Limits;
pub use load_error::LoadError;
pub use recording::Recording;
pub use report::{Cost, Report};
