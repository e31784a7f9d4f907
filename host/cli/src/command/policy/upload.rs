//! `vestibule policy put`: a component becomes a version.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Value, json};
use vestibule_sandbox::MAX_COMPONENT_BYTES;

use super::chain::{Activate, Asked};
use crate::client::{Call, escape};
use crate::error::Result;
use crate::reading::Reading as _;
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
        let name = answer.shown("policy");
        self.configure(site, &name, answer.at("manifest")).await?;
        let revision = match self.activate {
            true => Some(Activate::of(&name, answer.at("version").as_i64()).activate(site, Asked::default()).await?),
            false => None,
        };
        let shown = match json {
            true => output::json_line(&json!({ "upload": answer, "revision": revision }))?,
            false => text(&answer, revision),
        };
        output::print(shown.as_bytes())
    }

    async fn upload(&self, site: &Site, wasm: Vec<u8>) -> Result<Value> {
        let mut path = site.path(&["versions"]);
        if let Some(name) = &self.name {
            path += &format!("?name={}", escape(name));
        }
        let size = figures::bytes(wasm.len());
        let mut call = Call::upload(&path, wasm);
        if let Some(file) = &self.signature {
            let signature = input::text("signature file", file)?;
            call = call.with_header("vestibule-signature", STANDARD.encode(signature));
        }
        let waits = async {
            tokio::time::sleep(PATIENCE).await;
            let shown = input::shown(Path::new(&self.policy));
            output::say_progress(&format!("`{shown}` ({size}) is being compiled, which may take some seconds ..."));
            std::future::pending().await
        };
        tokio::select! {
            answer = site.client.json(call) => answer,
            never = waits => never,
        }
    }

    async fn configure(&self, site: &Site, name: &str, manifest: &Value) -> Result<()> {
        let mut change = serde_json::Map::new();
        if let Some(file) = &self.config {
            change.insert("settings".to_owned(), input::json::<Value>("config file", file)?);
        }
        if let Some(file) = &self.grants {
            change.insert("grants".to_owned(), input::json::<Value>("grants file", file)?);
        } else if self.grant_wanted {
            change.insert("grants".to_owned(), wanted(manifest));
        }
        let path = site.path(&["policies", name]);
        let policy = match change.is_empty() {
            true => site.client.json(Call::get(&path)).await?,
            false => site.client.json(Call::put(&path, &change.into())).await?,
        };
        let wants = |(name, wanted): (&String, &Value)| *wanted != json!(false) && policy.at("grants")[name] != *wanted;
        if wanted(manifest)
            .as_object()
            .is_some_and(|wanted| wanted.iter().filter(|(_, list)| **list != json!([])).any(wants))
        {
            output::say("note: the policy wants more than it is granted; `--grant-wanted` grants it");
        }
        Ok(())
    }
}

/// Exactly what a manifest asks for.
fn wanted(manifest: &Value) -> Value {
    json!({
        "auth_null": manifest.at("auth_null"),
        "retain_password": manifest.at("retain_password"),
        "directory": manifest.at("wants_directory"),
        "http": manifest.at("wants_http"),
        "properties": manifest.at("wants_properties"),
    })
}

fn text(answer: &Value, revision: Option<i64>) -> String {
    let known = if answer.at("new") == true { "is stored" } else { "was stored before" };
    let made = if answer.at("from_module") == true { ", as the component made of this core module" } else { "" };
    let mut text = format!(
        "{} version {} {known}{made} ({} {})\n",
        answer.shown("policy"),
        answer.at("version"),
        answer.at("manifest").shown("name"),
        answer.at("manifest").shown("version"),
    );
    let report = answer.at("report");
    for (title, key) in [("can", "can"), ("cannot", "cannot"), ("asks for", "asks_for")] {
        text += &format!("\n{title}\n");
        text.extend(report.lines(key).map(|line| format!("  {line}\n")));
    }
    if let Some(difference) = answer.get("difference") {
        text += &changes(difference);
    }
    text += &match revision {
        Some(revision) => format!("\nit decides from now on: revision {revision}\n"),
        None => "\nit decides on nothing yet: `vestibule policy activate` lets it\n".to_owned(),
    };
    text
}

/// What one version has and the other has not.
pub(super) fn changes(difference: &Value) -> String {
    let mut text = format!("\nbeside the active version {}\n", difference.at("active"));
    if difference.list("added").is_empty() && difference.list("removed").is_empty() {
        text += "  nothing that it may do has changed\n";
    }
    text.extend(difference.lines("added").map(|line| format!("  + {line}\n")));
    text.extend(difference.lines("removed").map(|line| format!("  - {line}\n")));
    text
}
