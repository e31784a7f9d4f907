//! `vestibule inspect`: what a policy is, what it can do, and what it asks for.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vestibule_domain::Manifest;
use vestibule_domain::manifest::Setting;
use vestibule_domain::outcome::Echo;
use vestibule_domain::text::log_text;
use vestibule_sandbox::world::{Capability, Imports, VERSION};
use vestibule_sandbox::{Compiled, Limits};

use crate::error::Result;
use crate::exit::Exit;
use crate::policy::{self, Policy};
use crate::{figures, output};

/// Show what a policy is, what it can do and what it asks for
///
/// What it can do is read from its imports, not from what it says of itself: the host gives it nothing else.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// The policy: a WebAssembly component
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
    section(&mut text, "can", &can(imports, manifest));
    section(&mut text, "cannot", &cannot(imports, manifest));
    if !imports.refused.is_empty() {
        section(&mut text, "imports but may never use", &imports.refused);
    }
    section(&mut text, "asks for", &asks_for(manifest));
    section(&mut text, "settings", &settings(&manifest.settings));
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

fn can(imports: &Imports, manifest: &Manifest) -> Vec<String> {
    let given = ["decides on the login that it is given".to_owned()];
    let usable = imports.usable(manifest).into_iter().map(|capability| capability.to_string());
    given.into_iter().chain(usable).collect()
}

/// What nobody can, and what this policy cannot though others might.
fn cannot(imports: &Imports, manifest: &Manifest) -> Vec<String> {
    let usable = imports.usable(manifest);
    let lacks = |capability| !usable.contains(&capability);
    let others = [
        (!manifest.retain_password, "see the password"),
        (lacks(Capability::Secrets), "read secrets"),
        (lacks(Capability::Directory), "search the directory"),
        (lacks(Capability::Http), "send requests"),
    ];
    let others = others.into_iter().filter(|(cannot, _)| *cannot).map(|(_, what)| what);
    let nobody = "reach files, the network, the environment or other processes";
    others.chain([nobody]).map(str::to_owned).collect()
}

fn asks_for(manifest: &Manifest) -> Vec<String> {
    let mut asks = Vec::new();
    let mut ask = |asked: bool, what: &str| asks.extend(asked.then(|| what.to_owned()));
    ask(manifest.group_select, "to choose the group, whose properties are then looked up (GROUP_SELECT)");
    ask(manifest.auth_null, "to decide alone: no password is checked before it (AUTH_NULL)");
    ask(manifest.retain_password, "to see the password (RETAIN_PASSWORD)");
    ask(manifest.wants_directory, "to search the directory");
    if let Some(question) = &manifest.static_challenge {
        let echo = if question.echo == Echo::Shown { "shown" } else { "hidden" };
        let text = line(question.text.as_str());
        asks.push(format!("a question beside the password, its answer {echo} (STATIC_CHALLENGE): {text}"));
    }
    let lists = [
        ("to send requests to", &manifest.wants_http),
        ("to set the privileged properties", &manifest.wants_properties),
        ("the certificate's", &manifest.x509_track),
    ];
    let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
    asks.extend(lists.map(|(what, names)| format!("{what} {}", line(&names.join(", ")))));
    asks
}

/// Two lines a setting: its name with its default, and what it means.
fn settings(settings: &[Setting]) -> Vec<String> {
    let lines = |setting: &Setting| {
        let value = match &setting.default_value {
            Some(value) => format!("`{}` unless given", line(value)),
            None => "must be given".to_owned(),
        };
        let secret = if setting.secret { ", a secret" } else { "" };
        let description = line(&setting.description);
        [format!("{} : {value}{secret}", setting.name), format!("    {description}")]
    };
    settings.iter().flat_map(lines).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            name: "group-map".into(),
            version: "1.0.0".into(),
            description: "Maps groups".into(),
            group_select: true,
            auth_null: false,
            retain_password: false,
            static_challenge: None,
            x509_track: vec!["+SHA1".into()],
            wants_directory: false,
            wants_http: vec!["https://a.example".into(), "https://b.example".into()],
            wants_properties: Vec::new(),
            settings: vec![Setting {
                name: "key".into(),
                description: "The key of the service".into(),
                default_value: None,
                secret: true,
            }],
        }
    }

    #[test]
    fn wishes_are_told_in_plain_words() {
        let expected = [
            "to choose the group, whose properties are then looked up (GROUP_SELECT)",
            "to send requests to https://a.example, https://b.example",
            "the certificate's +SHA1",
        ];
        assert_eq!(asks_for(&manifest()), expected);
    }

    #[test]
    fn what_is_not_imported_or_not_asked_for_cannot_be_done() {
        let imports = Imports { capabilities: vec![Capability::Directory, Capability::Http], ..Imports::default() };
        let manifest = Manifest { wants_directory: true, wants_http: Vec::new(), ..manifest() };
        let expected = [
            "see the password",
            "read secrets",
            "send requests",
            "reach files, the network, the environment or other processes",
        ];
        assert_eq!(cannot(&imports, &manifest), expected);
    }

    #[test]
    fn a_setting_says_whether_it_must_be_given() {
        assert_eq!(settings(&manifest().settings), ["key : must be given, a secret", "    The key of the service"]);
    }
}
