//! Whom a command speaks to: a server, or a data directory that it opens itself; and the tenant that is meant.
//!
//! Not for: speaking; see [`crate::client`].

use std::path::PathBuf;

use clap::Args;
use vestibule_domain::{Secret, TenantName};

use crate::client::{Client, escape};
use crate::config::Config;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::host::Host;

/// The data directory, unless something else is said.
const DATA: &str = "/var/lib/vestibule";

/// Which host, and whose.
#[derive(Debug, Args)]
#[command(next_help_heading = "Host")]
pub(crate) struct Target {
    /// The server's address: `https://HOST:PORT`, `http://HOST:PORT` or `unix:PATH` [default: what `vestibule context` says]
    #[arg(long, value_name = "ADDRESS", env = "VESTIBULE_SERVER", global = true)]
    server: Option<String>,
    /// A file with the token for the server
    #[arg(long, value_name = "FILE", env = "VESTIBULE_TOKEN_FILE", global = true)]
    token_file: Option<PathBuf>,
    /// Work on this data directory, whether or not a server runs on it [default: /var/lib/vestibule]
    #[arg(long, value_name = "DIR", env = "VESTIBULE_DATA", global = true)]
    data: Option<PathBuf>,
    /// The tenant [default: `default`, or what `vestibule context` says]
    #[arg(long, value_name = "NAME", env = "VESTIBULE_TENANT", global = true)]
    tenant: Option<TenantName>,
}

/// The host of a command, and the tenant.
pub(crate) struct Site {
    pub(crate) client: Client,
    pub(crate) tenant: TenantName,
}

impl Target {
    /// Does something there. What waits to be written is written before this returns, also where that failed.
    pub(crate) async fn at<T>(&self, act: impl AsyncFnOnce(&Site) -> Result<T>) -> Result<T> {
        let site = self.open().await?;
        let done = act(&site).await;
        site.client.close().await;
        done
    }

    /// Opens what is meant: what was said here counts before the context, and that before the usual data directory.
    async fn open(&self) -> Result<Site> {
        if self.server.is_some() && self.data.is_some() {
            // Either may come from the environment, and be forgotten: whichever was taken could be the wrong one.
            return Err(Error::bad_input("both a server and a data directory are given")
                .hint("leave out `--server` or `--data`, and `VESTIBULE_SERVER` or `VESTIBULE_DATA` likewise"));
        }
        let context = if self.server.is_none() && self.data.is_none() { Context::read()? } else { None };
        let given = self.server.as_ref().map(|server| Context { server: server.clone(), ..Context::default() });
        let Context { server, token, ca_file, tenant } = match given.or(context) {
            Some(context) => context,
            None => return self.here().await,
        };
        let token = match &self.token_file {
            Some(path) => Some(read_token(path)?),
            None => token,
        };
        let client = Client::connect(&server, token, ca_file.as_deref())?;
        Ok(Site { client, tenant: self.tenant.clone().or(tenant).unwrap_or_default() })
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| DATA.into())
    }

    async fn here(&self) -> Result<Site> {
        let data = self.data();
        let host = Host::open(&data, &Config::read(&data)?, None).await?;
        Ok(Site { client: Client::here(host), tenant: self.tenant.clone().unwrap_or_default() })
    }
}

impl Site {
    /// The address of something that is the tenant's.
    pub(crate) fn path(&self, parts: &[&str]) -> String {
        let mut path = format!("/v1/tenants/{}", self.tenant);
        for part in parts {
            path += &format!("/{}", escape(part));
        }
        path
    }
}

/// The first line of a file.
pub(crate) fn read_token(path: &std::path::Path) -> Result<Secret> {
    let text = crate::input::text("token file", path)?;
    Ok(Secret::new(text.lines().next().unwrap_or_default().trim()))
}
