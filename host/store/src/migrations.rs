//! The steps that bring a database to what this program expects, for each kind of database.
//!
//! Not for: running them; a file and a server are locked differently.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

pub(crate) fn sqlite() -> Migrator {
    migrator(&[
        ("initial", include_str!("../migrations/sqlite/0001_initial.sql")),
        ("registry", include_str!("../migrations/sqlite/0002_registry.sql")),
        ("open challenges", include_str!("../migrations/sqlite/0003_open_challenges.sql")),
        ("signatures", include_str!("../migrations/sqlite/0004_signatures.sql")),
        ("trials", include_str!("../migrations/sqlite/0005_trials.sql")),
        ("sources", include_str!("../migrations/sqlite/0006_sources.sql")),
        ("shares", include_str!("../migrations/sqlite/0007_shares.sql")),
        ("uploads", include_str!("../migrations/sqlite/0008_uploads.sql")),
        ("grants", include_str!("../migrations/sqlite/0009_grants.sql")),
        ("settings", include_str!("../migrations/sqlite/0010_settings.sql")),
    ])
}

pub(crate) fn postgres() -> Migrator {
    migrator(&[
        ("initial", include_str!("../migrations/postgres/0001_initial.sql")),
        ("registry", include_str!("../migrations/postgres/0002_registry.sql")),
        ("open challenges", include_str!("../migrations/postgres/0003_open_challenges.sql")),
        ("signatures", include_str!("../migrations/postgres/0004_signatures.sql")),
        ("trials", include_str!("../migrations/postgres/0005_trials.sql")),
        ("sources", include_str!("../migrations/postgres/0006_sources.sql")),
        ("shares", include_str!("../migrations/postgres/0007_shares.sql")),
        ("uploads", include_str!("../migrations/postgres/0008_uploads.sql")),
        ("grants", include_str!("../migrations/postgres/0009_grants.sql")),
        ("settings", include_str!("../migrations/postgres/0010_settings.sql")),
    ])
}

fn migrator(steps: &[(&'static str, &'static str)]) -> Migrator {
    let migrations = (1..).zip(steps).map(|(version, (description, sql))| {
        let description = Cow::Borrowed(*description);
        Migration::new(version, description, MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}
