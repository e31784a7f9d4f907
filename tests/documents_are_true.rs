//! What the pages about walls, limits and crates say is there is there, and their tables are those of the code.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vestibule_ledger::{Resource, table};

use crate::harness::root;

/// This file, in which names of tests stand that are not its own.
const HERE: &str = "documents_are_true.rs";

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let page = fs::read_to_string(root().join("host/THREATS.md")).unwrap();
    let (_, rows) = page.split_once("| who | can |").unwrap();
    let columns =
        rows.lines().skip(2).filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | ")).map(|(_, tests)| tests);
    let named: Vec<_> = columns.flat_map(|tests| tests.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 10, "{named:?}");
    assert_eq!(missing(&named), [""; 0]);
}

#[test]
fn the_table_of_limits_is_the_ledgers_and_every_test_that_it_names_is_there() {
    let page = fs::read_to_string(root().join("host/LIMITS.md")).unwrap();
    assert!(page.contains(&table()), "host/LIMITS.md needs this table:\n{}", table());
    let named: Vec<_> = Resource::ALL.iter().map(|resource| resource.test()).collect();
    assert_eq!(missing(&named), [""; 0]);
}

#[test]
fn every_path_of_the_architecture_is_there() {
    let page = fs::read_to_string(root().join("host/ARCHITECTURE.md")).unwrap();
    let paths: Vec<_> = page.split('`').skip(1).step_by(2).filter(|name| name.contains('/')).collect();
    assert!(paths.len() > 40, "{paths:?}");
    let missing: Vec<_> = paths.into_iter().filter(|path| !root().join(path).exists()).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn crates_depend_on_what_the_architecture_says() {
    let page = fs::read_to_string(root().join("host/ARCHITECTURE.md")).unwrap();
    let (_, rows) = page.split_once("| crate | depends on |").unwrap();
    let drawn =
        rows.lines().skip(2).map_while(|row| row.strip_prefix("| `host/")?.strip_suffix(" |")?.split_once("` |"));
    let drawn: Vec<_> = drawn.map(|(name, on)| (name, on.trim().to_owned())).collect();
    assert_eq!(drawn.len(), 12, "{drawn:?}");
    for (name, on) in drawn {
        let manifest = fs::read_to_string(root().join(format!("host/{name}/Cargo.toml"))).unwrap();
        let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        let rooms = dependencies.lines().filter_map(|line| line.strip_prefix("vestibule-")?.split_once(['.', ' ']));
        let mut rooms: Vec<_> = rooms.map(|(room, _)| room).collect();
        rooms.sort_unstable();
        assert_eq!(rooms.join(", "), on, "{name}");
    }
}

/// Those that no file has a function for.
fn missing<'a>(named: &[&'a str]) -> Vec<&'a str> {
    let mut sources = String::new();
    for place in ["host", "tests"] {
        read(&root().join(place), &mut sources);
    }
    named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).copied().collect()
}

fn read(directory: &Path, sources: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" {
            read(&path, sources);
        } else if name.ends_with(".rs") && name != HERE {
            *sources += &fs::read_to_string(&path).unwrap();
        }
    }
}

/// Settings are each policy's and each tenant's own.
#[test]
fn every_object_of_the_api_names_its_fields_but_settings() {
    fn bare(value: &Value, path: String) -> Vec<String> {
        let named = ["properties", "additionalProperties"].iter().any(|key| value.get(key).is_some());
        let is_object = value.get("type").is_some_and(|kind| *kind == "object" || *kind == json!(["object", "null"]));
        let own = (is_object && !named && !path.ends_with("/settings")).then(|| path.clone());
        let parts: Vec<_> = match value {
            Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), part)).collect(),
            Value::Array(parts) => parts.iter().enumerate().map(|(at, part)| (at.to_string(), part)).collect(),
            _ => Vec::new(),
        };
        own.into_iter().chain(parts.into_iter().flat_map(|(name, part)| bare(part, format!("{path}/{name}")))).collect()
    }
    let document = serde_json::to_value(vestibule_server::openapi()).unwrap();
    assert!(document.pointer("/components/schemas/Authenticate/properties/password").is_some());
    assert_eq!(bare(&document, String::new()), [""; 0]);
}
