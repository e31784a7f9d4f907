//! The one login that every row decides on, and the files of the guests.
//!
//! Not for: making either; logins stand beside the tests, guests are built by `guests/build.sh`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use vestibule_domain::Login;

/// 30 entries in `client_info`, a user with 15 properties, and the one device that is registered for them.
pub const LOGIN: &str = "tests/logins/laptop.json";

/// The login as a host holds it, and as text for those who are handed text.
pub struct Record {
    pub login: Login,
    pub json: String,
}

impl Record {
    pub fn read() -> Result<Self> {
        let text = fs::read_to_string(file(LOGIN)).with_context(|| format!("read the login `{LOGIN}`"))?;
        let login = Login::from_json(&text)?;
        let json = login.to_json_revealed().to_string();
        Ok(Self { login, json })
    }
}

/// A policy that `guests/build.sh` made.
pub fn policy(name: &str) -> Result<Vec<u8>> {
    component(&format!("policies/{name}.wasm"))
}

/// A probe that `guests/build.sh` made.
pub fn probe(name: &str) -> Result<Vec<u8>> {
    component(&format!("probes/{name}.wasm"))
}

/// Something that `build.rs` made, unless it could not.
pub fn built(path: &'static str) -> Result<&'static Path> {
    if path.is_empty() { Err(anyhow::anyhow!("it could not be built here")) } else { Ok(Path::new(path)) }
}

/// A file of this repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn component(path: &str) -> Result<Vec<u8>> {
    fs::read(file("guests/target/components").join(path))
        .with_context(|| format!("read `{path}`: run `guests/build.sh`"))
}
