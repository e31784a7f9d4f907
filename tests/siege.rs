//! Floods of every kind against a host that may use little memory and few files, and what becomes of another tenant's logins meanwhile.
//!
//! In a siege the host lives, stays below its memory, and keeps nobody of the other tenant out. `make siege` runs a long one against the
//! executable itself, and prints how long the other tenant's logins took.

mod besieged;
mod bystander;
mod client;
mod floods;
mod report;

use std::time::Duration;

use besieged::Besieged;
use floods::{FLOODS, Flood};
use report::Report;

/// How long each flood lasts in a test.
const SHORT: Duration = Duration::from_millis(800);
/// How long each one lasts in a siege, unless `SIEGE_SECONDS` says otherwise.
const LONG: Duration = Duration::from_secs(4);
/// Memory that is given back only after a while has so long to be.
const CALM: Duration = Duration::from_secs(60);

#[test]
#[ignore = "takes the whole machine: `make test` runs it by itself"]
fn no_flood_of_one_tenant_or_of_nobody_keeps_another_tenants_users_out() {
    let report = Report::of(&Besieged::start(), FLOODS, SHORT, Duration::ZERO);
    report.ensure_nobody_was_kept_out();
}

#[test]
#[ignore = "takes minutes: `make siege`"]
fn a_long_siege() {
    let seconds = std::env::var("SIEGE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let only = std::env::var("SIEGE_FLOOD").unwrap_or_default();
    let is_meant = |flood: &&Flood| only.split('|').any(|part| flood.name.contains(part));
    let floods: Vec<_> = FLOODS.iter().filter(is_meant).copied().collect();
    // Of some of them, what the host does meanwhile is looked for.
    let calm = if only.is_empty() { CALM } else { Duration::ZERO };
    let report = Report::of(&Besieged::start(), &floods, seconds.map_or(LONG, Duration::from_secs), calm);
    report.print();
    report.ensure_nobody_was_kept_out();
}
