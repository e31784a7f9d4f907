//! What the README shows is what there is.

use std::fs;
use std::process::Command;

use crate::harness::root;

#[test]
fn its_policy_is_the_example_that_is_built() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = fs::read_to_string(root().join("guests/sdk/examples/office_only.rs")).unwrap();
    let (_, policy) = example.split_once("\n\n").unwrap();
    assert!(readme.contains(policy.trim()));
}

#[test]
fn its_links_lead_somewhere() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let dead: Vec<_> = links.filter(|link| !link.contains("://") && !root().join(link).exists()).collect();
    assert!(dead.is_empty(), "{dead:?}");
}

#[test]
fn the_tour_comes_to_its_end() {
    let tour = Command::new(root().join("tests/tour.sh"))
        .env("VESTIBULE", env!("CARGO_BIN_EXE_vestibule-under-test"))
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&tour.stdout).into_owned();
    assert!(tour.status.success(), "{printed}{}", String::from_utf8_lossy(&tour.stderr));
    for cause in ["out-of-fuel", "out-of-memory", "capability-denied", "invalid-output"] {
        assert!(printed.contains(cause), "no `{cause}` in:\n{printed}");
    }
}
