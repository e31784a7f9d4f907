//! Compiled components under our own seal: compiled in one process, loaded in another.
//!
//! Not for: storing them, or deciding which process compiles. An artefact is native code: whoever can forge one owns the host, so it
//! is loaded only if a MAC under the host's own key holds, and only by the engine settings that made it. The key stays with whoever
//! seals: whoever compiles is given none, and can answer for no component but the one it was handed.

mod code;
mod error;
mod trusted;

use std::fmt;
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Read, Write};

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

pub use self::code::Code;
pub use self::error::SealError;
use crate::compiled::{Compiled, Source};
use crate::engine::Engine;

const MAGIC: &[u8; 8] = b"VSTBART3";
const MAC_BYTES: usize = 32;
const DIGEST_BYTES: usize = 32;
const HASH_BYTES: usize = 8;
const NUMBER_BYTES: usize = 8;

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

    fn mac(&self, label: &Label, code: &Code) -> Result<Hmac<Sha256>, SealError> {
        let mut mac = Hmac::new_from_slice(&self.0).map_err(|_| SealError::Broken)?;
        mac.update(&label.bytes());
        code.pieces(|piece| mac.update(piece)).map_err(|error| unusable(&error))?;
        Ok(mac)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a seal says of the code besides that it is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Label {
    digest: [u8; DIGEST_BYTES],
    compatibility: [u8; HASH_BYTES],
    size: u64,
    setup_fuel: u64,
}

impl Label {
    fn bytes(&self) -> [u8; DIGEST_BYTES + HASH_BYTES + 2 * NUMBER_BYTES] {
        let mut bytes = [0; _];
        let numbers = self.size.to_le_bytes().into_iter().chain(self.setup_fuel.to_le_bytes());
        let parts = self.digest.iter().chain(&self.compatibility).copied().chain(numbers);
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    fn read(source: &mut impl Read) -> io::Result<Self> {
        let (mut digest, mut compatibility) = ([0; DIGEST_BYTES], [0; HASH_BYTES]);
        source.read_exact(&mut digest)?;
        source.read_exact(&mut compatibility)?;
        let mut number = || {
            let mut number = [0; NUMBER_BYTES];
            source.read_exact(&mut number).map(|()| u64::from_le_bytes(number))
        };
        Ok(Self { digest, compatibility, size: number()?, setup_fuel: number()? })
    }
}

/// Code under a seal that holds.
pub struct Artefact {
    mac: [u8; MAC_BYTES],
    label: Label,
    code: Code,
}

impl Artefact {
    /// Seals what a child made of a component. It is believed as far as this component goes: a child that the component took over can
    /// return other code, which then decides on this component's logins.
    ///
    /// # Errors
    /// [`SealError::Unusable`], if the code cannot be read.
    pub fn seal(engine: &Engine, key: &Key, wasm: &[u8], code: Code) -> Result<Self, SealError> {
        let Source { digest, bytes, setup_fuel } = Source::of(wasm);
        let label = Label { digest, compatibility: compatibility(engine), size: bytes as u64, setup_fuel };
        let mac = key.mac(&label, &code)?.finalize().into_bytes().into();
        Ok(Self { mac, label, code })
    }

    /// Reads what [`Artefact::write`] wrote, to the end of the source.
    ///
    /// # Errors
    /// [`SealError`], unless this key sealed it.
    pub fn read(mut source: impl Read, key: &Key) -> Result<Self, SealError> {
        let broken = |_| SealError::Broken;
        let (mut magic, mut mac) = ([0; MAGIC.len()], [0; MAC_BYTES]);
        source.read_exact(&mut magic).map_err(broken)?;
        source.read_exact(&mut mac).map_err(broken)?;
        let label = Label::read(&mut source).map_err(broken)?;
        if magic != *MAGIC {
            return Err(SealError::Broken);
        }
        let code = Code::copy(source).map_err(|error| unusable(&error))?;
        key.mac(&label, &code)?.verify_slice(&mac).map_err(|_| SealError::Broken)?;
        Ok(Self { mac, label, code })
    }

    /// Writes it out.
    ///
    /// # Errors
    /// The operating system's.
    pub fn write(&self, mut to: impl Write) -> io::Result<()> {
        to.write_all(MAGIC)?;
        to.write_all(&self.mac)?;
        to.write_all(&self.label.bytes())?;
        let mut written = Ok(());
        self.code.pieces(|piece| {
            if written.is_ok() {
                written = to.write_all(piece);
            }
        })?;
        written
    }
}

impl Compiled {
    /// Opens a sealed component.
    ///
    /// # Errors
    /// [`SealError`], unless it was sealed for this engine, and is a policy.
    pub fn open(engine: &Engine, artefact: &Artefact) -> Result<Self, SealError> {
        let Artefact { label, code, .. } = artefact;
        if label.compatibility != compatibility(engine) {
            return Err(SealError::Stale);
        }
        let bytes = usize::try_from(label.size).map_err(|_| SealError::Broken)?;
        let source = Source { digest: label.digest, bytes, setup_fuel: label.setup_fuel };
        let component = trusted::deserialize(engine, code)?;
        Ok(Self::link(engine, component, source)?)
    }
}

fn unusable(error: &io::Error) -> SealError {
    SealError::Unusable(error.to_string())
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
    use crate::load_error::LoadError;

    /// A component of nothing, which is no policy.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn engine() -> Engine {
        Engine::new(&Capacity { concurrent_calls: 1, ..Capacity::default() }).unwrap()
    }

    fn sealed(engine: &Engine, key: &Key) -> Vec<u8> {
        let code = Compiled::code_of(engine, EMPTY).unwrap();
        let mut bytes = Vec::new();
        Artefact::seal(engine, key, EMPTY, Code::copy(&*code).unwrap()).unwrap().write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_broken_seal_is_refused_before_anything_is_loaded() {
        let key = Key::generate();
        for garbage in [&b""[..], MAGIC, &[0; 200], &[MAGIC.as_slice(), &[7; 200]].concat()] {
            assert_eq!(Artefact::read(garbage, &key).err(), Some(SealError::Broken));
        }
    }

    #[test]
    fn a_seal_holds_for_every_byte_and_one_key() {
        let (engine, key) = (engine(), Key::generate());
        let bytes = sealed(&engine, &key);
        let opened = Compiled::open(&engine, &Artefact::read(&*bytes, &key).unwrap());
        assert!(matches!(opened.err(), Some(SealError::NoPolicy(LoadError::MissingExport(_)))));
        assert_eq!(Artefact::read(&*bytes, &Key::generate()).err(), Some(SealError::Broken));
        for at in (0..bytes.len()).step_by(97).chain([0, 8, 40, 72, 80, 88, bytes.len() - 1]) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(Artefact::read(&*changed, &key).err(), Some(SealError::Broken), "{at}");
        }
        assert_eq!(Artefact::read(&bytes[..bytes.len() - 1], &key).err(), Some(SealError::Broken));
    }

    #[test]
    fn a_key_prints_as_stars() {
        assert_eq!(format!("{:?}", Key::from_bytes([1; 32])), "***");
    }
}
