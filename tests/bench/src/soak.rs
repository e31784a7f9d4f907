//! A million logins on every core, some of them of policies that are stopped: what the process's memory becomes.

use std::fs;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use vestibule_domain::Cause;
use vestibule_sandbox::{Capacity, Engine, Limits};

use crate::record::{Record, policy, probe};
use crate::sandbox::{Expected, Policy, runtime, side_by_side};

/// Memory is looked at this often.
const STEPS: u32 = 20;
/// Every step fills and returns the memory of a few calls to the limit, and stops a few loops.
const HOSTILE: u32 = 8;
/// What the resident memory may differ between the quarter of the way and its end.
const FLAT_KIB: u64 = 1024;

pub fn run(millions: u32) -> Result<()> {
    let logins = millions * 1_000_000;
    let record = Record::read()?;
    let engine = Engine::new(&Capacity::default())?;
    let of = |wasm: Vec<u8>, limits, expected| Policy::new(&engine, &wasm, &record.login, limits, expected);
    let good = of(policy("known-device")?, Limits::default(), Expected::Allowed)?;
    let loops = Limits { fuel: 1_000_000, ..Limits::default() };
    let loops = of(probe("loops-forever")?, loops, Expected::Stopped(Cause::OutOfFuel))?;
    let greedy = of(probe("allocates-until-refused")?, Limits::default(), Expected::Stopped(Cause::OutOfMemory))?;
    let threads = thread::available_parallelism()?.get() as u32;
    let runtimes = (0..threads).map(|_| runtime()).collect::<Result<Vec<_>>>()?;

    println!("| logins | resident memory |\n| ---: | ---: |");
    let start = Instant::now();
    let mut resident = Vec::new();
    for step in 1..=STEPS {
        side_by_side(&runtimes, |runtime| {
            runtime.block_on(async {
                good.decide(logins / STEPS / threads).await?;
                loops.decide(HOSTILE).await?;
                greedy.decide(HOSTILE).await
            })
        })?;
        let kib = resident_kib()?;
        println!("| {} | {kib} KiB |", step * (logins / STEPS));
        resident.push(kib);
    }
    let settled = resident.iter().skip(resident.len() / 4);
    let grown = settled.clone().max().zip(settled.min()).map_or(0, |(most, least)| most - least);
    println!("\n{} s; resident memory differs by {grown} KiB after the first quarter", start.elapsed().as_secs());
    ensure!(grown <= FLAT_KIB, "resident memory is not flat: it differs by more than {FLAT_KIB} KiB");
    Ok(())
}

fn resident_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("read this process's memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("find its resident memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
