//! Why code under a seal is not run.

use crate::load_error::LoadError;

/// Why an artefact was not made or not loaded. A host that gets one compiles the component again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not an artefact, cut short, changed, or sealed under another key.
    #[error("the artefact's seal does not hold")]
    Broken,
    /// Made by another version or other settings of the engine.
    #[error("the artefact was made for another engine")]
    Stale,
    /// wasmtime would not write or read it.
    #[error("the artefact cannot be used: {0}")]
    Unusable(String),
    /// What it holds is no policy of this world.
    #[error(transparent)]
    NoPolicy(#[from] LoadError),
}
