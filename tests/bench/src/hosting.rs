//! What it costs to host many tenants: logins at half of what the host can do, the first login after a start, an upload until it
//! decides, and the memory of tenants that have nothing to do.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail, ensure};
use serde_json::Value;

use crate::gate;
use crate::record::{Record, file, policy};
use crate::web::{Web, post_auth, small};

/// Half of what is promised, in logins a second.
const HALF: u32 = 10_000;
/// Runs at that pace, of five seconds each.
const RUNS: usize = 5;
/// The disk is asked this often how fast it is, which it hardly notices.
const BETWEEN_WRITES: Duration = Duration::from_millis(10);
/// Starts and uploads that are measured.
const TIMES: usize = 15;

pub fn run() -> Result<()> {
    println!("| hosting | measured | promised |");
    println!("| --- | ---: | ---: |");
    let component = file("guests/target/components/policies/known-device.wasm");
    let web = Web::guarded_by(&component)?;
    let login = post_auth(&Record::read()?.json)?;
    half(&web, &login)?;
    let web = first_logins(web)?;
    uploads(web, &component)?;
    tenants(1_000)?;
    tenants(10_000)
}

/// Logins at half of what the host can do, several times: what one run shows of the slowest is chance. Each is on the disk before it is
/// answered, so that none is faster than the disk; how fast that is meanwhile, it says itself.
fn half(web: &Web, login: &Value) -> Result<()> {
    let (stop, stopped) = mpsc::channel::<()>();
    let disk = thread::spawn(move || {
        let (mut write, mut took) = (gate::one_by_one()?, Vec::new());
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BETWEEN_WRITES) {
            took.push(write(1)?);
        }
        Ok::<_, anyhow::Error>(took)
    });
    let runs = (0..RUNS).map(|_| web.paced(login, HALF, 64, 5)).collect::<Result<Vec<_>>>();
    drop(stop);
    let mut writes = disk.join().map_err(|_| anyhow!("the thread that writes panicked"))??;
    writes.sort_unstable();

    let mut runs = runs?;
    runs.sort_by_key(|took| of(took, 0.99));
    let [.., worst] = &*runs else { bail!("nothing was measured") };
    let middle = &runs[RUNS / 2];
    line(
        &format!("10,000 logins/s over HTTP on 64 connections, the middle one of {RUNS} runs: median"),
        ms(of(middle, 0.5)),
        "",
    );
    line("the same: 99 of 100", ms(of(middle, 0.99)), "10 ms");
    line("the same in the worst of the runs: 99 of 100", ms(of(worst, 0.99)), "");
    line("one write to the disk meanwhile: 99 of 100", ms(of(&writes, 0.99)), "");
    Ok(())
}

/// The first login of a tenant after the host has started, its policy's code from the cache.
fn first_logins(mut web: Web) -> Result<Web> {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        web = web.started_again()?;
        // Whatever is made once for all tenants is made.
        let _ = web.once(&web.login("nobody", &small()))?;
        let (answer, first) = web.once(&web.login("default", &small()))?;
        ensure!(answer.contains("\"decision\":\"allow\""), "{answer}");
        took.push(first);
    }
    line("a tenant's first login after a start", ms(median(took)), "5 ms");
    Ok(web)
}

/// From the first byte of a component that nobody knows to the answer that it decides.
fn uploads(web: Web, component: &Path) -> Result<()> {
    let web = web.as_operator()?;
    let wasm = std::fs::read(component)?;
    let mut took = Vec::new();
    for number in 0..TIMES {
        let upload = web.request("POST", "/v1/tenants/default/versions", "application/wasm", &distinct(&wasm, number));
        let start = Instant::now();
        let (answer, _) = web.once(&upload)?;
        ensure!(answer.contains("\"new\":true"), "{answer}");
        let body = format!(r#"{{"expected": {}, "chain": [{{"policy": "known-device"}}]}}"#, number + 1);
        let activate = web.request("PUT", "/v1/tenants/default/chain", "application/json", body.as_bytes());
        let (answer, _) = web.once(&activate)?;
        ensure!(answer.contains(&format!("\"revision\":{}", number + 2)), "{answer}");
        took.push(start.elapsed());
    }
    line("a Rust policy, from upload to active", ms(median(took)), "200 ms");
    Ok(())
}

/// The memory that so many tenants hold, each of which has a policy and had a login.
fn tenants(count: u32) -> Result<()> {
    let web = Web::start()?.as_operator()?;
    let wasm = policy("known-device")?;
    let warm = web.once(&web.login("default", &small()))?;
    ensure!(warm.0.contains("no-active-policy"), "{}", warm.0);
    let before = web.resident_kib()?;
    for number in 0..count {
        let tenant = format!("tenant-{number}");
        let requests = [
            web.request("PUT", &format!("/v1/tenants/{tenant}"), "application/json", b"{}"),
            web.request("POST", &format!("/v1/tenants/{tenant}/versions"), "application/wasm", &wasm),
            web.request(
                "PUT",
                &format!("/v1/tenants/{tenant}/chain"),
                "application/json",
                br#"{"expected": 0, "chain": [{"policy": "known-device"}]}"#,
            ),
            web.login(&tenant, &small()),
        ];
        for request in requests {
            let (answer, _) = web.once(&request)?;
            ensure!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        }
    }
    let each = (web.resident_kib()?.saturating_sub(before)) as f64 / f64::from(count);
    let promise = if count == 10_000 { "200 KiB" } else { "" };
    line(&format!("memory of each of {count} tenants that had a login"), format!("{each:.1} KiB"), promise);
    Ok(())
}

/// The same component with a custom section that no other has (core specification, section 5.5.3).
fn distinct(wasm: &[u8], number: usize) -> Vec<u8> {
    let name = format!("{number:08}");
    let section = [&[0_u8, name.len() as u8 + 1, name.len() as u8][..], name.as_bytes()].concat();
    [wasm, &section].concat()
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    of(&took, 0.5)
}

/// The longest of a share of them, which are in order.
fn of(took: &[Duration], share: f64) -> Duration {
    took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default()
}

fn ms(took: Duration) -> String {
    format!("{:.2} ms", took.as_secs_f64() * 1e3)
}

fn line(what: &str, measured: String, promised: &str) {
    println!("| {what} | {measured} | {promised} |");
}
