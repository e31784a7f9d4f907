//! What the project promises of these numbers, and whether this run kept it.

use crate::table::{time, times};
use crate::titles::{
    BESIDE_A_LOOP, DEADLINE, EXTISM_FRESH, FLOOR, FUEL, HALF_FUEL, LATE_DEADLINE, ONE_BY_ONE, REGORUS_COMPILED,
    REGORUS_ENGINE, REGORUS_MACHINE, SANDBOX, SANDBOX_ON_TWO, SLEEP,
};
use crate::turns::Rows;

/// The rows that are promised of the gate.
const BUSY_READING: &str = "read-only, 256 at once, SQLite";
const BUSY_SAVING: &str = "first logins that save, 64 at once, SQLite";

const BUSY_HOST: &str = "over HTTP, the whole host, 128 connections";

/// What a stopped policy may take beyond its budget, in nanoseconds.
const OVERRUN: f64 = 2e6;

pub fn print(rows: &Rows<'_>) {
    let median = |title| rows.get(title).map(|row| row.median());
    let fastest_regorus =
        [REGORUS_ENGINE, REGORUS_COMPILED, REGORUS_MACHINE].into_iter().filter_map(median).reduce(f64::min);
    let two_threads = || Some(rows.get(SANDBOX_ON_TWO)?.throughput() / rows.get(SANDBOX)?.throughput());
    println!("| promise | this run | kept |");
    println!("| --- | ---: | --- |");
    at_most("a login: at most 1.5 times the floor", ratio(median(SANDBOX), median(FLOOR)), 1.5, times);
    at_least(
        "a login: at least 10 times as fast as a fresh plug-in of Extism",
        ratio(median(EXTISM_FRESH), median(SANDBOX)),
        10.0,
    );
    at_least(
        "a login: at least twice as fast as regorus, whichever way is fastest",
        ratio(fastest_regorus, median(SANDBOX)),
        2.0,
    );
    at_least("2 threads: more than 1.6 times the logins of one", two_threads(), 1.6);
    at_most(
        "beside an endless loop: at most 1.25 times as slow",
        ratio(median(BESIDE_A_LOOP), median(SANDBOX)),
        1.25,
        times,
    );
    let gate = |part: &str| rows.iter().find(|row| row.title.contains(part)).map(|row| row.throughput());
    at_least(
        "the whole gate, read-only, 256 at once: at least 50,000 logins/s on two cores",
        gate(BUSY_READING).map(|logins| logins / 50_000.0),
        1.0,
    );
    let saves = gate(BUSY_SAVING).zip(rows.get(ONE_BY_ONE).map(|row| row.throughput()));
    at_least(
        "first logins that save, 64 at once: at least 5 times as many as single writes to the disk",
        saves.map(|(saves, writes)| saves / writes),
        5.0,
    );
    at_least(
        "over HTTP, 128 connections: at least 20,000 logins/s on two cores, the clients on them too",
        gate(BUSY_HOST).map(|logins| logins / 20_000.0),
        1.0,
    );
    // Whatever does not shrink with the budget is what stopping costs.
    let fuel = median(FUEL).zip(median(HALF_FUEL)).map(|(whole, half)| (2.0 * half - whole).max(0.0));
    at_most("an endless loop out of fuel: at most 2 ms beyond its budget", fuel, OVERRUN, time);
    for (title, budget) in [(DEADLINE, 20e6), (LATE_DEADLINE, 200e6), (SLEEP, 20e6)] {
        let overrun = median(title).map(|took| (took - budget).max(0.0));
        at_most(&format!("{title}: at most 2 ms later"), overrun, OVERRUN, time);
    }
}

fn ratio(numerator: Option<f64>, denominator: Option<f64>) -> Option<f64> {
    Some(numerator? / denominator?)
}

fn at_most(promise: &str, measured: Option<f64>, limit: f64, show: fn(f64) -> String) {
    line(promise, measured.map(|value| (show(value), value <= limit)));
}

fn at_least(promise: &str, measured: Option<f64>, limit: f64) {
    line(promise, measured.map(|value| (times(value), value >= limit)));
}

fn line(promise: &str, measured: Option<(String, bool)>) {
    let (shown, kept) =
        measured.map_or(("not measured".to_owned(), "?"), |(shown, kept)| (shown, if kept { "yes" } else { "**no**" }));
    println!("| {promise} | {shown} | {kept} |");
}
