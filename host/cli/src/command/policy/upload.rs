//! `vestibule policy put`: a component becomes a version.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::json;
use vestibule_api::{Policy, PolicyChange, UploadQuery, Uploaded};
use vestibule_domain::{Grants, Manifest};
use vestibule_sandbox::MAX_COMPONENT_BYTES;

use super::chain::{Activate, Asked, changes};
use crate::client::Call;
use crate::error::Result;
use crate::output::shown;
use crate::target::Site;
use crate::{figures, input, output};

/// After this, whoever waits is told for what.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Debug, Args)]
pub(crate) struct Put {
    /// The policy: a WebAssembly component, or a core module built for the contract's world
    policy: PathBuf,
    /// What to call it [default: what its manifest says]
    #[arg(long)]
    name: Option<String>,
    /// Its signature, for a tenant that demands one: a file that minisign wrote
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Set its settings: all of them, a JSON object
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Grant all that its manifest wants
    #[arg(long, conflicts_with = "grants")]
    grant_wanted: bool,
    /// Set what it is granted: a JSON object
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// Let it decide at once
    #[arg(long)]
    activate: bool,
}

impl Put {
    pub(super) async fn run(&self, site: &Site, json: bool) -> Result<()> {
        let wasm = input::bytes("policy", &self.policy, MAX_COMPONENT_BYTES)?;
        let answer = self.upload(site, wasm).await?;
        let name = shown(&answer.policy);
        self.configure(site, &name, &answer.manifest).await?;
        let revision = match self.activate {
            true => Some(Activate::of(&name, Some(answer.version)).activate(site, Asked::default()).await?),
            false => None,
        };
        let printed = match json {
            true => output::json_line(&json!({ "upload": answer, "revision": revision }))?,
            false => text(&answer, revision),
        };
        output::print(printed.as_bytes())
    }

    async fn upload(&self, site: &Site, wasm: Vec<u8>) -> Result<Uploaded> {
        let size = figures::bytes(wasm.len());
        let query = UploadQuery { name: self.name.clone() };
        let mut call = Call::upload(&site.path(&["versions"]), wasm).query(&query)?;
        if let Some(file) = &self.signature {
            let signature = input::text("signature file", file)?;
            call = call.with_header("vestibule-signature", STANDARD.encode(signature));
        }
        let waits = async {
            tokio::time::sleep(PATIENCE).await;
            let file = input::shown(Path::new(&self.policy));
            output::say_progress(&format!("`{file}` ({size}) is being compiled, which may take some seconds ..."));
            std::future::pending().await
        };
        tokio::select! {
            answer = site.client.read(call) => answer,
            never = waits => never,
        }
    }

    async fn configure(&self, site: &Site, name: &str, manifest: &Manifest) -> Result<()> {
        let wanted = manifest.wanted();
        let settings = self.config.as_deref().map(|file| input::json("config file", file)).transpose()?;
        let grants = match &self.grants {
            Some(file) => Some(input::json("grants file", file)?),
            None => self.grant_wanted.then(|| wanted.clone()),
        };
        let path = site.path(&["policies", name]);
        let call = match (settings, grants) {
            (None, None) => Call::get(&path),
            (settings, grants) => Call::put(&path, &PolicyChange { settings, grants })?,
        };
        let policy: Policy = site.client.read(call).await?;
        if wants_more(&wanted, &policy.grants) {
            output::say("note: the policy wants more than it is granted; `--grant-wanted` grants it");
        }
        Ok(())
    }
}

/// Whether anything that is wanted is not granted just so.
fn wants_more(wanted: &Grants, granted: &Grants) -> bool {
    let Grants { user_name: _, auth_null, retain_password, directory, http, properties } = wanted;
    (*auth_null && !granted.auth_null)
        || (*retain_password && !granted.retain_password)
        || (*directory && !granted.directory)
        || (!http.is_empty() && *http != granted.http)
        || (!properties.is_empty() && *properties != granted.properties)
}

fn text(answer: &Uploaded, revision: Option<i64>) -> String {
    let Uploaded { policy, version, new, from_module, manifest, report, difference, .. } = answer;
    let known = if *new { "is stored" } else { "was stored before" };
    let made = if *from_module { ", as the component made of this core module" } else { "" };
    let (policy, name, called) = (shown(policy), shown(&manifest.name), shown(&manifest.version));
    let mut text = format!("{policy} version {version} {known}{made} ({name} {called})\n");
    for (title, lines) in [("can", &report.can), ("cannot", &report.cannot), ("asks for", &report.asks_for)] {
        text += &format!("\n{title}\n");
        text.extend(lines.iter().map(|line| format!("  {}\n", shown(line))));
    }
    if let Some(difference) = difference {
        text += &changes(difference);
    }
    text += &match revision {
        Some(revision) => format!("\nit decides from now on: revision {revision}\n"),
        None => "\nit decides on nothing yet: `vestibule policy activate` lets it\n".to_owned(),
    };
    text
}
