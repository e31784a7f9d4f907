//! A tenant's stored chain of policies, compiled and configured.
//!
//! Not for: changing the chain; that is `vestibule policy`.

use std::path::Path;

use vestibule_domain::{Grants, Settings};
use vestibule_gate::{Chain, Gate, Link, Tenant};
use vestibule_store::ChainLink;

use crate::error::{Error, Result};
use crate::place::Data;
use crate::policy::{Compiling, Loader, Policy};

/// The tenant's gate, with its policies ready to run.
pub(crate) async fn gate(data: &Data, compiling: &Compiling) -> Result<Gate> {
    let tenant = data.tenant()?;
    let links = data.store.chain(&data.tenant).await?;
    let mut ready = Vec::new();
    if !links.is_empty() {
        let loader = Loader::new(compiling, 0)?;
        for link in &links {
            ready.push(ready_link(data, &loader, &tenant, link).await?);
        }
    }
    let chain = Chain::new(ready).map_err(|error| Error::bad_policy("the chain cannot run").because(&error))?;
    Ok(Gate::new(data.store.clone(), tenant, chain))
}

/// A stored link's policy.
pub(crate) async fn load(data: &Data, loader: &Loader, link: &ChainLink) -> Result<Policy> {
    let wasm = data.store.component(&link.digest).await?;
    let wasm = wasm.ok_or_else(|| Error::fault(format!("the component of policy `{}` is gone", link.name)))?;
    loader.load(&wasm, Path::new(&link.name)).await
}

async fn ready_link(data: &Data, loader: &Loader, tenant: &Tenant, link: &ChainLink) -> Result<Link> {
    let policy = load(data, loader, link).await?;
    let broken = |error: &dyn std::error::Error| {
        Error::bad_policy(format!("policy `{}` cannot run as it is stored", link.name))
            .because(error)
            .hint("add it again with `vestibule policy add`")
    };
    let settings = Settings::from_json(&link.settings, &policy.manifest).map_err(|error| broken(&error))?;
    let grants: Grants = serde_json::from_str(&link.grants).map_err(|error| broken(&error))?;
    let configured = policy.compiled.configure().with_settings(settings).with_capabilities(tenant.capabilities());
    Ok(Link::new(link.name.clone(), configured, &policy.manifest, grants))
}
