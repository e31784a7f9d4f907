//! What the pages about walls and limits say is shown is shown, and the table of limits is the one in the code.

use std::fs;
use std::path::Path;

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
