//! `vestibule inspect`: what a policy is, what it can do, and what it asks for.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vestibule_compiler::Policy;
use vestibule_domain::Manifest;
use vestibule_domain::manifest::Setting;
use vestibule_domain::text::log_text;
use vestibule_registry::report;
use vestibule_sandbox::world::{Capability, Imports, VERSION};
use vestibule_sandbox::{Compiled, Limits};

use crate::error::Result;
use crate::exit::Exit;
use crate::policy;
use crate::{figures, output};

/// Show what a policy is, what it can do and what it asks for
///
/// What it can do is read from its imports, not from what it says of itself: the host gives it nothing else.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// The policy: a WebAssembly component, or a core module built for the contract's world
    policy: PathBuf,
    /// Print one JSON object, for programs
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    compiling: policy::Compiling,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let policy = policy::load(&options.policy, &options.compiling, Limits::default().memory_bytes).await?;
    let shown =
        if options.json { output::json_line(&to_json(&policy))? } else { to_text(&policy.manifest, &policy.compiled) };
    output::print(shown.as_bytes())?;
    Ok(Exit::Allowed)
}

/// A policy for programs.
#[derive(Debug, Serialize)]
struct Inspected<'a> {
    sha256: String,
    size_bytes: usize,
    /// Absent where nothing of the contract is imported.
    contract: Option<&'a str>,
    host_contract: &'static str,
    capabilities: Vec<&'static str>,
    refused_imports: &'a [String],
    manifest: &'a Manifest,
}

fn to_json(policy: &Policy) -> Inspected<'_> {
    let imports = policy.compiled.imports();
    Inspected {
        sha256: policy.compiled.digest(),
        size_bytes: policy.compiled.size(),
        contract: imports.version.as_deref(),
        host_contract: VERSION,
        capabilities: imports.usable(&policy.manifest).into_iter().map(Capability::name).collect(),
        refused_imports: &imports.refused,
        manifest: &policy.manifest,
    }
}

fn to_text(manifest: &Manifest, compiled: &Compiled) -> String {
    let imports = compiled.imports();
    let mut text = format!("{} {}\n{}\n\n", manifest.name, manifest.version, line(&manifest.description));
    let size = compiled.size();
    let bytes = figures::count(size as u64);
    let _ = writeln!(text, "sha256   : {}", compiled.digest());
    let _ = writeln!(text, "size     : {} ({bytes} bytes)", figures::bytes(size));
    let _ = writeln!(text, "contract : {}", contract(imports));
    let report = report::of(compiled, manifest);
    section(&mut text, "can", &report.can);
    section(&mut text, "cannot", &report.cannot);
    if !report.refused_imports.is_empty() {
        section(&mut text, "imports but may never use", &report.refused_imports);
    }
    section(&mut text, "asks for", &report.asks_for);
    section(&mut text, "settings", &settings(&report, manifest));
    text
}

fn contract(imports: &Imports) -> String {
    match &imports.version {
        Some(version) => format!("vestibule:policy {version}, and this host speaks {VERSION}"),
        None => format!("vestibule:policy, which this host speaks in version {VERSION}"),
    }
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    let _ = writeln!(text, "\n{title}");
    if lines.is_empty() {
        text.push_str("  nothing\n");
    }
    text.extend(lines.iter().map(|line| format!("  {line}\n")));
}

/// Two lines a setting: its name with its default, and what it means.
fn settings(report: &vestibule_api::Report, manifest: &Manifest) -> Vec<String> {
    let lines = report.settings.iter().zip(&manifest.settings);
    lines
        .flat_map(|(setting, Setting { description, .. })| [setting.clone(), format!("    {}", line(description))])
        .collect()
}

/// A manifest is a guest's text, and a terminal shows it.
fn line(text: &str) -> String {
    log_text(text, 1024)
}

fn after_help() -> String {
    let examples = "\
Examples:
  vestibule inspect known-device.wasm
  vestibule inspect known-device.wasm --json | jq -r '.manifest.settings[].name'
";
    format!("{examples}\n{}", Exit::table())
}
