//! What the threat model says is shown is shown.

use std::fs;
use std::path::Path;

use crate::harness::root;

#[test]
fn every_test_that_it_names_is_there() {
    let mut sources = String::new();
    for place in ["host", "tests"] {
        read(&root().join(place), &mut sources);
    }
    let page = fs::read_to_string(root().join("host/THREATS.md")).unwrap();
    let (_, rows) = page.split_once("| who | can |").unwrap();
    let columns =
        rows.lines().skip(2).filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | ")).map(|(_, tests)| tests);
    let named: Vec<_> = columns.flat_map(|tests| tests.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 10, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn read(directory: &Path, sources: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "target" | "threats_are_true.rs") {
            read(&path, sources);
        } else if name.ends_with(".rs") && name != "threats_are_true.rs" {
            *sources += &fs::read_to_string(&path).unwrap();
        }
    }
}
