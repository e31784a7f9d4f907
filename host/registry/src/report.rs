//! What a policy is and may do, in words and for programs, and how that differs between two versions.
//!
//! Not for: believing a policy. What it can do is read from its imports; what it asks for, from its manifest.

use std::collections::BTreeSet;

use vestibule_api::{Report, ReportDifference};
use vestibule_domain::Manifest;
use vestibule_domain::grant::in_words;
use vestibule_domain::manifest::Setting;
use vestibule_domain::outcome::Echo;
use vestibule_domain::text::log_text;
use vestibule_sandbox::Compiled;
use vestibule_sandbox::world::{Capability, Imports};

/// The report of a compiled policy and what it says of itself.
pub fn of(compiled: &Compiled, manifest: &Manifest) -> Report {
    report(compiled.imports(), manifest)
}

fn report(imports: &Imports, manifest: &Manifest) -> Report {
    Report {
        can: can(imports, manifest),
        cannot: cannot(imports, manifest),
        asks_for: asks_for(manifest),
        refused_imports: imports.refused.clone(),
        settings: manifest.settings.iter().map(setting).collect(),
    }
}

/// How a report differs from the active version's. What a policy cannot do follows from what it can.
pub(crate) fn difference(report: &Report, active: i64, older: &Report) -> ReportDifference {
    let lines = |report: &Report| -> BTreeSet<String> {
        let sections = [
            ("can", &report.can),
            ("asks", &report.asks_for),
            ("imports but may never use", &report.refused_imports),
            ("setting", &report.settings),
        ];
        sections.iter().flat_map(|(name, lines)| lines.iter().map(move |line| format!("{name}: {line}"))).collect()
    };
    let (old, new) = (lines(older), lines(report));
    let (added, removed) = (new.difference(&old).cloned().collect(), old.difference(&new).cloned().collect());
    ReportDifference { active, added, removed }
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
    let properties: Vec<_> = manifest.wants_properties.iter().map(|wanted| in_words(wanted)).collect();
    let lists = [
        ("to send requests to", &manifest.wants_http),
        ("to see and set the properties", &properties),
        ("the certificate's", &manifest.x509_track),
    ];
    let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
    asks.extend(lists.map(|(what, names)| format!("{what} {}", line(&names.join(", ")))));
    asks
}

/// A setting's name with its default.
fn setting(setting: &Setting) -> String {
    let value = match &setting.default_value {
        Some(value) => format!("`{}` unless given", line(value)),
        None => "must be given".to_owned(),
    };
    let secret = if setting.secret { ", a secret" } else { "" };
    format!("{} : {value}{secret}", setting.name)
}

/// A manifest is a guest's text, and a terminal shows it.
fn line(text: &str) -> String {
    log_text(text, 1024)
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
        assert_eq!(setting(&manifest().settings[0]), "key : must be given, a secret");
    }

    #[test]
    fn a_new_version_is_told_by_what_it_can_do_beyond_the_old_one() {
        let imports = Imports { capabilities: vec![Capability::Http], ..Imports::default() };
        let older = Manifest { wants_http: Vec::new(), ..manifest() };
        let change = difference(&report(&imports, &manifest()), 1, &report(&imports, &older));
        let expected = [
            "asks: to send requests to https://a.example, https://b.example",
            "can: sends requests to granted origins",
        ];
        assert_eq!((change.added, change.removed), (expected.map(str::to_owned).to_vec(), Vec::new()));
    }
}
