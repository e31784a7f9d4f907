//! Where a command finds the host's data: the data directory, the configuration in it, and the tenant that is meant.
//!
//! Not for: what is in the store.

use std::path::PathBuf;

use clap::Args;
use vestibule_domain::TenantName;
use vestibule_gate::Tenant;
use vestibule_store::{Error as StoreError, Store};

use crate::config::Config;
use crate::error::{Error, Result};

/// Which data, and whose.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct Place {
    /// The data directory; `vestibule.toml` in it configures everything
    #[arg(long, value_name = "DIR", env = "VESTIBULE_DATA", default_value = "/var/lib/vestibule", global = true)]
    data: PathBuf,
    /// The tenant
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = crate::arguments::tenant, global = true)]
    tenant: TenantName,
}

/// An open store with what is configured.
pub(crate) struct Data {
    pub(crate) store: Store,
    pub(crate) tenant: TenantName,
    config: Config,
}

impl Place {
    /// Opens the store: PostgreSQL where the configuration names it, SQLite in the data directory otherwise.
    pub(crate) async fn open(&self) -> Result<Data> {
        let config = Config::read(&self.data)?;
        let store = match &config.database {
            Some(url) => Store::connect(url).await?,
            None => Store::open(&self.data).await?,
        };
        Ok(Data { store, tenant: self.tenant.clone(), config })
    }
}

impl Data {
    /// The tenant with its settings.
    pub(crate) fn tenant(&self) -> Result<Tenant> {
        let settings = self.config.tenant.get(&self.tenant).cloned().unwrap_or_default();
        Tenant::new(self.tenant.clone(), settings).map_err(|error| {
            Error::bad_input(format!("tenant `{}` cannot be configured like this", self.tenant))
                .because(&error)
                .hint("`vestibule config` prints every key with its meaning")
        })
    }

    /// Writes what is waiting, and ends.
    pub(crate) async fn close(self) {
        self.store.close().await;
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let bad_input = |hint: &str| Self::bad_input("the store cannot be used").because(&error).hint(hint);
        let fault = |hint: &str| Self::fault("the store did not answer").because(&error).hint(hint);
        match &error {
            StoreError::Directory { .. } => bad_input("give a directory that you may write to with `--data DIR`"),
            StoreError::NotPrivate(_) => {
                bad_input("give it to the user who runs this, and take write access from others")
            }
            StoreError::NotAFile(_) | StoreError::NotADatabase(_) | StoreError::Foreign(_) => {
                bad_input("give the data directory of this program with `--data DIR`")
            }
            StoreError::Newer(_) | StoreError::Misfit(_) => bad_input("run the version of this program that wrote it"),
            StoreError::Url => bad_input("correct `database` in `vestibule.toml`"),
            StoreError::Name(_) | StoreError::Properties(_) | StoreError::UnknownTenant(_) => {
                Self::bad_input("this cannot be stored").because(&error)
            }
            StoreError::Full => fault("make room on its disk; nothing was lost or half written"),
            StoreError::Locked => fault("end the program that holds it, or try again"),
            StoreError::ReadOnly => fault("allow writing to it"),
            StoreError::Corrupt(_) | StoreError::Damaged { .. } => fault("restore it from a backup"),
            _ => fault("see whether the database is running, and try again"),
        }
    }
}
