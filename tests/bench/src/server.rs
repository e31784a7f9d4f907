//! A PostgreSQL server as people run it: what it has committed is on the disk.
//!
//! Not for: starting it; the tests' harness does.

use anyhow::Result;
use vestibule_domain::Secret;

use crate::sandbox::runtime;

#[path = "../../harness/keeper.rs"]
mod keeper;
#[path = "../../harness/postgres.rs"]
#[expect(dead_code, reason = "tests do more to a server")]
mod postgres;

/// The URL of a new database, whose server lives as long as this process.
pub fn durable_postgres() -> Result<Secret> {
    let server = Box::leak(Box::new(postgres::Postgres::start_with("-c listen_addresses= -c max_connections=300")));
    Ok(runtime()?.block_on(server.database()))
}
