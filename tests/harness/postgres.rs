//! A PostgreSQL server in a temporary directory, reached by a socket in it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, PgConnection};
use vestibule_domain::Secret;

use super::keeper::Keeper;

/// Runs the server until its standard input ends, and does to it what it reads there.
const KEEPER: &str = r#"
set -eu
trap '' INT
home=$(mktemp -d -t vestibule-postgres-XXXXXX)
control() { "$BIN/pg_ctl" -w -s -D "$home/data" -l "$home/log" -m immediate -o "$OPTIONS -k $home" "$1"; }
trap 'control stop; rm -rf "$home"' EXIT
"$BIN/initdb" -A trust -U postgres -E UTF8 --no-locale --no-sync -D "$home/data" > "$home/log"
control start
echo "$home"
while read -r verb; do control "$verb"; echo "$verb"; done
"#;
/// Nothing here outlives a test, so nothing has to reach a disk.
const FLEETING: &str = "-F -c listen_addresses= -c max_connections=300";

/// A running server.
pub(crate) struct Postgres {
    keeper: Keeper,
    databases: AtomicU32,
}

impl Postgres {
    /// The server that all tests of a run share, each with databases of its own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub(crate) fn start() -> Self {
        Self::start_with(FLEETING)
    }

    pub(crate) fn start_with(options: &str) -> Self {
        // The server refuses to run as root.
        let as_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let command = if as_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]).env_remove("TMPDIR");
            command
        } else {
            Command::new("sh")
        };
        let programs = programs().display().to_string();
        let keeper = Keeper::start(command, KEEPER, &[("BIN", &programs), ("OPTIONS", options)]);
        Self { keeper, databases: AtomicU32::new(0) }
    }

    /// The URL of a new database.
    pub(crate) async fn database(&self) -> Secret {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        Secret::new(self.url(&name))
    }

    /// Stops it as a crash would.
    pub(crate) fn stops(&mut self) {
        self.keeper.obeys("stop");
    }

    pub(crate) fn starts_again(&mut self) {
        self.keeper.obeys("start");
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.keeper.home.replace('/', "%2F"))
    }
}

/// The newest version's programs, where Debian keeps them.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let newest =
        programs.max_by_key(|bin| bin.parent().and_then(|path| path.file_name()?.to_str()?.parse::<u32>().ok()));
    newest.unwrap_or_else(|| panic!("PostgreSQL is missing: install the Debian package `postgresql`"))
}
