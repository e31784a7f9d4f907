//! Compiled components as bytes under our own seal: compiled in one process, loaded in another.
//!
//! Not for: storing them, or deciding which process compiles. An artefact is native code: whoever can forge one owns the host, so it
//! is loaded only if a MAC under the host's own key holds, and only by the engine settings that made it.

mod trusted;

use std::fmt;
use std::hash::{Hash as _, Hasher as _};

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::compiled::Compiled;
use crate::engine::Engine;
use crate::load_error::LoadError;

const MAGIC: &[u8; 8] = b"VSTBART1";
const MAC_BYTES: usize = 32;
const DIGEST_BYTES: usize = 32;
const HASH_BYTES: usize = 8;
const SIZE_BYTES: usize = 8;

/// The key of a host's seals: 32 bytes that only this host knows.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// A new key.
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// A key from where it is kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, to keep them.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn mac(&self, sealed: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::new_from_slice(&self.0).ok()?;
        mac.update(sealed);
        Some(mac)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

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

impl Compiled {
    /// The compiled component, sealed.
    ///
    /// # Errors
    /// [`SealError::Unusable`], if it cannot be written out.
    pub fn seal(&self, key: &Key) -> Result<Vec<u8>, SealError> {
        let code = self.pre().component().serialize().map_err(|error| SealError::Unusable(error.to_string()))?;
        let mut body = Vec::with_capacity(DIGEST_BYTES + HASH_BYTES + SIZE_BYTES + code.len());
        body.extend_from_slice(self.digest_bytes());
        body.extend_from_slice(&compatibility(self.engine()));
        body.extend_from_slice(&(self.size() as u64).to_le_bytes());
        body.extend_from_slice(&code);
        let mac = key.mac(&body).ok_or(SealError::Broken)?.finalize().into_bytes();
        Ok([MAGIC.as_slice(), mac.as_slice(), &body].concat())
    }

    /// Opens a sealed component.
    ///
    /// # Errors
    /// [`SealError`], unless this host's key sealed it for this engine.
    pub fn open(engine: &Engine, sealed: &[u8], key: &Key) -> Result<Self, SealError> {
        let sealed = sealed.strip_prefix(MAGIC).ok_or(SealError::Broken)?;
        let (mac, body) = sealed.split_at_checked(MAC_BYTES).ok_or(SealError::Broken)?;
        key.mac(body).ok_or(SealError::Broken)?.verify_slice(mac).map_err(|_| SealError::Broken)?;
        let (digest, rest) = body.split_first_chunk::<DIGEST_BYTES>().ok_or(SealError::Broken)?;
        let (hash, rest) = rest.split_first_chunk::<HASH_BYTES>().ok_or(SealError::Broken)?;
        let (size, code) = rest.split_first_chunk::<SIZE_BYTES>().ok_or(SealError::Broken)?;
        if *hash != compatibility(engine) {
            return Err(SealError::Stale);
        }
        let size = usize::try_from(u64::from_le_bytes(*size)).map_err(|_| SealError::Broken)?;
        let component = trusted::deserialize(engine, code)?;
        Ok(Self::link(engine, component, *digest, size)?)
    }
}

/// What wasmtime says must match between the engine that compiled and the one that loads.
fn compatibility(engine: &Engine) -> [u8; HASH_BYTES] {
    let mut hasher = Fingerprint::default();
    engine.inner().precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish().to_le_bytes()
}

/// A hash that is the same in every process; the standard library does not promise that of its own.
#[derive(Default)]
struct Fingerprint(Sha256);

impl std::hash::Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(HASH_BYTES).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Capacity;

    #[test]
    fn a_broken_seal_is_refused_before_anything_is_loaded() {
        let engine = Engine::new(&Capacity { concurrent_calls: 1, ..Capacity::default() }).unwrap();
        let key = Key::generate();
        for garbage in [&b""[..], b"VSTBART1", &[0; 200], &[MAGIC.as_slice(), &[7; 200]].concat()] {
            assert_eq!(Compiled::open(&engine, garbage, &key).err(), Some(SealError::Broken));
        }
    }

    #[test]
    fn a_key_prints_as_stars() {
        assert_eq!(format!("{:?}", Key::from_bytes([1; 32])), "***");
    }
}
