//! What a login costs: this sandbox beside a bare wasmtime and beside other ways to run a policy, in one table from one run.
//!
//!     cargo run --release                          the table
//!     cargo run --release -- --only gate           the rows whose titles have this in them
//!     cargo run --release -- --hosting             what it costs to host many tenants
//!     cargo run --release -- --soak [MILLIONS]     a million logins, and what becomes of the process's memory
//!
//! Not for: absolute numbers. They are those of one machine in one minute; the ratios are what is promised.

mod floor;
mod gate;
mod hosting;
mod peers;
mod promises;
mod record;
mod sandbox;
mod server;
mod soak;
mod table;
mod titles;
mod turns;
mod web;

use std::env;
use std::hint::black_box;
use std::process::ExitCode;

use anyhow::{Result, bail};
use vestibule_domain::{Cause, Login, Settings};
use vestibule_sandbox::{Capacity, Compiled, Engine, Limits};

use floor::{Floor, Residence};
use gate::Site;
use peers::{cpython, extism, process, regorus};
use record::{Record, built, policy, probe};
use sandbox::{Expected, Policy, runtime};
use turns::{Batch, Rows};
use web::Web;

/// Enough for medians that stand still, in less than three minutes.
const TURNS: u32 = 24;

fn main() -> Result<ExitCode> {
    // What the executable does, for rows that need a host of its own, and for the compiler, which is a child of itself.
    let mut arguments: Vec<_> = env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("vestibule") => Ok(vestibule::main_with(arguments.into_iter().skip(1))),
        Some("compile-component") => Ok(vestibule::main_with(arguments)),
        _ => measured(&arguments.split_off(1)).map(|()| ExitCode::SUCCESS),
    }
}

fn measured(arguments: &[String]) -> Result<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => measure(""),
        ["--only", part] => measure(part),
        ["--hosting"] => hosting::run(),
        ["--soak"] => soak::run(1),
        ["--soak", millions] => soak::run(millions.parse()?),
        _ => bail!("usage: cargo run --release [-- --hosting | --soak [MILLIONS] | --only PART_OF_A_TITLE]"),
    }
}

fn measure(only: &str) -> Result<()> {
    let record = Record::read()?;
    let engine = Engine::new(&Capacity::default())?;
    let wasm = policy("known-device")?;
    let settings = settings(&engine, &wasm)?;
    let floors = [Residence::Default, Residence::Kept].map(|residence| Floor::new(&wasm, &settings, residence));
    let [by_default, kept] = floors;
    let (by_default, kept) = (by_default?, kept?);

    let mut rows = Rows::default();
    rows.add(titles::FLOOR_DEFAULT, Ok(by_default.batch(&record.login)));
    rows.add(titles::FLOOR, Ok(kept.batch(&record.login)));
    rows.add_threads(titles::FLOOR_ON_TWO, 2, Ok(kept.batch_on(2, &record.login)));
    add_policies(&mut rows, &engine, &wasm, &record.login)?;
    add_gates(&mut rows, &engine, &wasm, &record.login, &record.json)?;
    add_faults(&mut rows, &engine, &record.login);
    add_peers(&mut rows, &record.json);
    rows.keep(only);
    let load = table::load();
    rows.measure(TURNS)?;
    table::print(&rows, &load);
    promises::print(&rows);
    Ok(())
}

fn settings(engine: &Engine, wasm: &[u8]) -> Result<Settings> {
    let manifest = runtime()?.block_on(Compiled::new(engine, wasm)?.manifest())?;
    Ok(Settings::from_object(Default::default(), &manifest)?)
}

fn add_policies<'a>(rows: &mut Rows<'a>, engine: &Engine, wasm: &[u8], login: &'a Login) -> Result<()> {
    let allowing = |wasm: &[u8]| Policy::new(engine, wasm, login, Limits::default(), Expected::Allowed);
    let known_device = allowing(wasm)?;
    rows.add(titles::SANDBOX, known_device.clone().batch());
    rows.add_threads(titles::SANDBOX_ON_TWO, 2, known_device.clone().batch_on(2));
    rows.add(
        titles::BESIDE_NATIVE,
        known_device.clone().batch_beside(|| {
            black_box((0..1_000_000_u64).fold(0, |sum, n| black_box(sum ^ n)));
            Ok(())
        }),
    );
    rows.add(titles::BESIDE_A_LOOP, beside_a_loop(known_device, engine, login));
    let of_language = |name| allowing(&policy(name)?)?.batch();
    rows.add(titles::WASIP2, built(env!("BUILT_WASIP2")).and_then(|path| allowing(&std::fs::read(path)?)?.batch()));
    rows.add(titles::JAVASCRIPT, of_language("known-device-js"));
    rows.add(titles::PYTHON, of_language("known-device-py"));
    Ok(())
}

fn add_web(rows: &mut Rows<'_>, json: &str) -> Result<()> {
    let web = Web::guarded_by(&record::file("guests/target/components/policies/known-device.wasm"))?;
    let login = web::post_auth(json)?;
    for &(title, connections) in titles::WEB {
        rows.add_threads(title, connections, Ok(web.batch(&login, connections)));
    }
    Ok(())
}

fn add_gates<'a>(rows: &mut Rows<'a>, engine: &Engine, wasm: &[u8], login: &Login, json: &str) -> Result<()> {
    let url = server::durable_postgres()?;
    let stores = [
        (titles::SQLITE, Site::on_sqlite(engine, wasm, login)?),
        (titles::POSTGRES, Site::on_postgres(&url, engine, wasm, login)?),
    ];
    for (titles, site) in stores {
        for &(title, kind, clients) in titles {
            rows.add_threads(title, clients, Ok(site.batch(kind, clients)));
        }
    }
    add_web(rows, json)?;
    rows.add(titles::ONE_BY_ONE, gate::one_by_one());
    Ok(())
}

fn beside_a_loop<'a>(good: Policy<'a>, engine: &Engine, login: &'a Login) -> Result<Batch<'a>> {
    let hostile = Expected::Stopped(Cause::OutOfFuel);
    let hostile = Policy::new(engine, &probe("loops-forever")?, login, Limits::default(), hostile)?;
    let scheduler = runtime()?;
    good.batch_beside(move || scheduler.block_on(hostile.decide(1)))
}

fn add_faults<'a>(rows: &mut Rows<'a>, engine: &Engine, login: &'a Login) {
    let stopped =
        |name, limits, cause| Policy::new(engine, &probe(name)?, login, limits, Expected::Stopped(cause))?.batch();
    let limits = Limits::default;
    let endless = |deadline_ms| Limits { fuel: u64::MAX / 2, deadline_ms, ..limits() };
    let half = Limits { fuel: limits().fuel / 2, ..limits() };
    rows.add(titles::FUEL, stopped("loops-forever", limits(), Cause::OutOfFuel));
    rows.add(titles::HALF_FUEL, stopped("loops-forever", half, Cause::OutOfFuel));
    rows.add(titles::DEADLINE, stopped("loops-forever", endless(20), Cause::Deadline));
    rows.add(titles::LATE_DEADLINE, stopped("loops-forever", endless(200), Cause::Deadline));
    rows.add(titles::SLEEP, stopped("sleeps-past-the-deadline", endless(20), Cause::Deadline));
    rows.add(titles::MEMORY, stopped("allocates-until-refused", limits(), Cause::OutOfMemory));
}

fn add_peers<'a>(rows: &mut Rows<'a>, json: &'a str) {
    rows.add(titles::EXTISM_FRESH, extism::fresh(json));
    rows.add(titles::EXTISM_REUSED, extism::reused(json));
    rows.add(titles::REGORUS_ENGINE, regorus::engine(json));
    rows.add(titles::REGORUS_COMPILED, regorus::compiled(json));
    rows.add(titles::REGORUS_MACHINE, regorus::machine(json));
    rows.add(titles::CPYTHON_DICTS, cpython::dicts(json));
    rows.add(titles::CPYTHON_JSON, cpython::json(json));
    rows.add(titles::PROCESS_BINARY, process::binary(json));
    rows.add(titles::PROCESS_PYTHON, process::python(json));
}
