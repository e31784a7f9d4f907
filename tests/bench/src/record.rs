//! The one login that every row decides on, and the files of the guests.
//!
//! Not for: making either; logins stand beside the tests, guests are built by `guests/build.sh`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use vestibule_domain::Login;

/// A laptop with 30 entries in `client_info` and a user with 15 properties.
pub const LOGIN: &str = "tests/logins/laptop.json";

/// The login as a host holds it, and as text for those who are handed text.
pub struct Record {
    pub login: Login,
    pub json: String,
}

impl Record {
    pub fn read(path: &Path) -> Result<Self> {
        let json = fs::read_to_string(path).with_context(|| format!("read the login `{}`", path.display()))?;
        Ok(Self { login: Login::from_json(&json)?, json })
    }
}

/// A file of this repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A policy that `guests/build.sh` made.
pub fn policy(name: &str) -> Result<Vec<u8>> {
    component("policies", name)
}

/// A probe that `guests/build.sh` made.
pub fn probe(name: &str) -> Result<Vec<u8>> {
    component("probes", name)
}

fn component(folder: &str, name: &str) -> Result<Vec<u8>> {
    let path = file("guests/target/components").join(folder).join(name).with_extension("wasm");
    fs::read(&path).with_context(|| format!("read `{}`: run `guests/build.sh`", path.display()))
}
