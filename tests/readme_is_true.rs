//! What the README shows is what there is.

use std::fs;
use std::process::Command;

use crate::harness::root;

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn nothing_in_it_is_yet_to_come() {
    let placeholder = |line: &&str| line.len() > 3 && line.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    assert_eq!(readme().lines().find(placeholder), None);
}

#[test]
fn its_policy_is_the_example_that_is_built() {
    let example = fs::read_to_string(root().join("guests/sdk/examples/office_only.rs")).unwrap();
    let (_, policy) = example.split_once("\n\n").unwrap();
    assert!(readme().contains(policy.trim()));
}

#[test]
fn its_links_lead_somewhere() {
    let readme = readme();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let dead: Vec<_> = links.filter(|link| !link.contains("://") && !root().join(link).exists()).collect();
    assert!(dead.is_empty(), "{dead:?}");
}

#[test]
fn the_tour_comes_to_its_end_as_shown() {
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
    let shown = shown_of_the_tour(&readme());
    assert!(shown.contains("peak memory"), "{shown}");
    assert!(without_numbers(&printed).contains(&without_numbers(&shown)), "the README shows:\n{shown}\nof:\n{printed}");
}

/// The block that the README shows of `make run`, up to the peak of memory.
fn shown_of_the_tour(readme: &str) -> String {
    let (_, block) = readme.split_once("Among what `make run` prints:\n\n").unwrap();
    let (before, _) = block.split_once("\n      ...").unwrap();
    before.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Fuel and memory depend on the compiler that built the guest: only that there is a number has to be true.
fn without_numbers(text: &str) -> String {
    let parts = text.split(|c: char| c.is_ascii_digit()).filter(|part| !matches!(*part, "" | "," | "."));
    parts.collect::<Vec<_>>().join("#")
}
