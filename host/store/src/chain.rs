//! A tenant's chain of policies, and the components that its links name.
//!
//! Not for: what settings and grants mean, or whether a component is any good; they are kept as they come.

use vestibule_domain::TenantName;

use crate::database::read;
use crate::queue::Row;
use crate::statement::Statement;
use crate::{Error, Store};

const ALL: &str = "select name, digest, settings, grants from chain_link where tenant = $1 order by position";
const BEGIN: &str = "
    insert into chain (tenant, revision) values ($1, 1)
    on conflict (tenant) do update set revision = chain.revision + 1";
const CLEAR: &str = "delete from chain_link where tenant = $1";
const APPEND: &str = "
    insert into chain_link (tenant, position, name, digest, settings, grants) values ($1, $2, $3, $4, $5, $6)";
const KNOWN: &str = "select count(*) from component where digest = $1";
const COMPONENT: &str = "select bytes from component where digest = $1";
const ADD_COMPONENT: &str = "insert into component (digest, bytes) values ($1, $2) on conflict do nothing";

/// One policy of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// What the tenant calls it.
    pub name: String,
    /// The component's SHA-256 in hexadecimal.
    pub digest: String,
    /// Its settings, as JSON.
    pub settings: String,
    /// Its grants, as JSON.
    pub grants: String,
}

impl Store {
    /// The tenant's active chain, in the order in which its policies run; empty if none was ever set.
    ///
    /// # Errors
    /// The database's.
    pub async fn chain(&self, tenant: &TenantName) -> Result<Vec<ChainLink>, Error> {
        let rows: Vec<(String, String, String, String)> =
            read!(self, on => sqlx::query_as(ALL).bind(tenant.as_str()).fetch_all(on))?;
        let links = rows.into_iter();
        Ok(links.map(|(name, digest, settings, grants)| ChainLink { name, digest, settings, grants }).collect())
    }

    /// Replaces the chain: whoever reads meanwhile sees all of the old one or all of the new one.
    ///
    /// # Errors
    /// [`Error::NoComponent`] for a digest that is not stored; the database's.
    pub async fn set_chain(&self, tenant: &TenantName, chain: &[ChainLink]) -> Result<(), Error> {
        for link in chain {
            let (known,): (i64,) = read!(self, on => sqlx::query_as(KNOWN).bind(&link.digest).fetch_one(on))?;
            if known == 0 {
                return Err(Error::NoComponent(link.digest.clone()));
            }
        }
        let begin = [BEGIN, CLEAR].map(|sql| Statement::new(sql).text(tenant.as_str()));
        let links = (0..).zip(chain).map(|(position, link)| {
            let append = Statement::new(APPEND).text(tenant.as_str()).number(position).text(&link.name);
            append.text(&link.digest).text(&link.settings).text(&link.grants)
        });
        let statements = begin.into_iter().chain(links).map(Into::into).collect();
        self.0.queue.write(Row::new(tenant.as_str(), ""), statements).await.map(|_| ())
    }

    /// Stores a component for all tenants. The digest is the caller's word; what is stored under it already stays.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_component(&self, digest: &str, bytes: &[u8]) -> Result<(), Error> {
        let statement = Statement::new(ADD_COMPONENT).text(digest).bytes(bytes);
        self.0.queue.write_one(Row::default(), statement).await.map(|_| ())
    }

    /// A component's bytes, if it is stored.
    ///
    /// # Errors
    /// The database's.
    pub async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        let row: Option<(Vec<u8>,)> = read!(self, on => sqlx::query_as(COMPONENT).bind(digest).fetch_optional(on))?;
        Ok(row.map(|(bytes,)| bytes))
    }
}
