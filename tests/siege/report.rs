//! What a siege came to, flood by flood.

use std::time::{Duration, Instant};

use super::besieged::Besieged;
use super::bystander::{Seen, watch};
use super::floods::{Flood, Tally};

/// What was promised of the other tenant's logins: how many times as long as in quiet, and how long at most.
const MEDIAN_TIMES: f64 = 2.0;
const P99_TIMES: f64 = 10.0;
const AT_MOST: Duration = Duration::from_millis(100);
/// How much of its memory in quiet the host may keep, in percent.
const MEMORY_PERCENT: u64 = 120;

/// A siege that is over.
pub(super) struct Report {
    quiet: Seen,
    kernel_limit_mib: Option<u64>,
    floods: Vec<(&'static str, Tally, Seen)>,
    quiet_kib: u64,
    calm_kib: u64,
    quiet_file_kib: u64,
    calm_file_kib: u64,
    peak_kib: u64,
}

impl Report {
    /// Runs one flood after the other, each for so long, and looks at memory again after only the other tenant has logged in for as long
    /// as `calm` says.
    pub(super) fn of(host: &Besieged, floods: &[Flood], lasts: Duration, calm: Duration) -> Self {
        // The first logins make their tenant ready.
        host.others.block_on(watch(host, Duration::from_millis(500)));
        let quiet = host.others.block_on(watch(host, lasts));
        let quiet_kib = host.memory_kib().map_or(0, |(now, _)| now);
        let quiet_file_kib = host.file_kib();
        let mut all = Vec::new();
        for flood in floods {
            let flooding = host.attackers.spawn((flood.run)(host, Instant::now() + lasts));
            let seen = host.others.block_on(watch(host, lasts));
            let tally = host.others.block_on(flooding).unwrap_or_default();
            all.push((flood.name, tally, seen));
        }
        host.others.block_on(watch(host, calm));
        let (calm_kib, peak_kib) = host.memory_kib().unwrap_or((u64::MAX, u64::MAX));
        Self {
            quiet,
            kernel_limit_mib: host.kernel_limit_mib(),
            floods: all,
            quiet_kib,
            calm_kib,
            quiet_file_kib,
            calm_file_kib: host.file_kib(),
            peak_kib,
        }
    }

    /// # Panics
    /// If the host ended, took more memory than it may, or kept out somebody of the other tenant.
    pub(super) fn ensure_nobody_was_kept_out(&self) {
        assert!(self.quiet.kept_out.is_empty(), "before any flood: {:?}", self.quiet.kept_out.first());
        for (name, tally, seen) in &self.floods {
            assert!(tally.sent > 0, "{name}: nothing was sent");
            assert!(seen.count() > 0 && seen.kept_out.is_empty(), "{name}: {:?}", seen.kept_out.first());
            assert_eq!(seen.unhealthy, 0, "{name}: the host did not answer its probe");
            assert!(seen.peak_kib < Besieged::memory_limit_kib(), "{name}: {} KiB", seen.peak_kib);
        }
        assert!(self.peak_kib < Besieged::memory_limit_kib(), "{} KiB at most", self.peak_kib);
    }

    /// Prints a row for each flood.
    #[expect(clippy::print_stdout, reason = "the report of `make siege`")]
    pub(super) fn print(&self) {
        println!("| flood | sent | refused | logins: median | p99 | kept out | healthz at most | memory |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        let quiet = [("nobody", &Tally::default(), &self.quiet)];
        let floods = self.floods.iter().map(|(name, tally, seen)| (*name, tally, seen));
        let mut missed = Vec::new();
        for (name, tally, seen) in quiet.into_iter().chain(floods) {
            println!(
                "| {name} | {} | {} | {:.2?} | {:.2?} | {} of {} | {:.2?} | {} |",
                tally.sent,
                tally.refused,
                seen.logins(50),
                seen.logins(99),
                seen.kept_out.len(),
                seen.count(),
                seen.health(),
                mebibytes(seen.peak_kib)
            );
            missed.extend(self.missed(name, seen));
        }
        println!(
            "\nmemory: {} by the kernel's limit, {} in quiet, {} at most, {} afterwards ({} and {} MiB of that are files')",
            self.kernel_limit_mib.map_or("no matter how much".to_owned(), |most| format!("{most} MiB")),
            mebibytes(self.quiet_kib),
            mebibytes(self.peak_kib),
            mebibytes(self.calm_kib),
            self.quiet_file_kib >> 10,
            self.calm_file_kib >> 10
        );
        if self.calm_kib.saturating_mul(100) > self.quiet_kib * MEMORY_PERCENT {
            missed.push(format!("memory afterwards is more than {MEMORY_PERCENT} % of what it is in quiet"));
        }
        missed.iter().for_each(|missed| println!("not kept: {missed}"));
        if missed.is_empty() {
            println!("every promise was kept");
        }
    }

    /// What was promised and not kept.
    fn missed(&self, name: &str, seen: &Seen) -> Vec<String> {
        let mut missed = Vec::new();
        for (what, percent, times) in [("median", 50, MEDIAN_TIMES), ("p99", 99, P99_TIMES)] {
            let (now, quiet) = (seen.logins(percent), self.quiet.logins(percent));
            if now > AT_MOST || now > quiet.mul_f64(times) {
                missed.push(format!("{name}: {what} of logins {now:.2?}, {quiet:.2?} in quiet"));
            }
        }
        if seen.health() > AT_MOST {
            missed.push(format!("{name}: healthz took {:.2?}", seen.health()));
        }
        missed
    }
}

/// Memory for people; there is none of a process that has ended.
fn mebibytes(kib: u64) -> String {
    if kib == u64::MAX { "ended".to_owned() } else { format!("{} MiB", kib >> 10) }
}
