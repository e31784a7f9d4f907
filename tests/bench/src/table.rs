//! Prints the table as Markdown, ready for the README.

use std::{env, fs, thread};

use crate::titles::FLOOR;
use crate::turns::Rows;

pub fn print(rows: &Rows<'_>, load_before: &str) {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores of {}, load {load_before} before and {} after\n", processor(), load());
    let floor = rows.get(FLOOR).map_or(f64::NAN, |row| row.median());
    println!("| one login | median | of the floor | logins/s |");
    println!("| --- | ---: | ---: | ---: |");
    for row in rows.iter() {
        let ratio = row.median() / floor;
        println!("| {} | {} | {} | {} |", row.title, time(row.median()), times(ratio), thousands(row.throughput()));
    }
    for (title, reason) in rows.absent() {
        println!("| {title} | not measured: {reason} | | |");
    }
    println!();
}

/// The load of the last minute: what else the machine was doing.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Nanoseconds with a unit and three digits or so.
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n >= 1e7 => format!("{:.1} ms", n / 1e6),
        n if n >= 1e6 => format!("{:.2} ms", n / 1e6),
        n if n >= 1e5 => format!("{:.0} µs", n / 1e3),
        n => format!("{:.1} µs", n / 1e3),
    }
}

/// How many times as much.
pub fn times(ratio: f64) -> String {
    if ratio < 100.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn processor() -> String {
    let name = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = name.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())
}
