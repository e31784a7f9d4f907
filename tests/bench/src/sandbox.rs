//! This sandbox as a front door uses it: a fresh instance for each login, every limit on.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::runtime::{Builder, Runtime};
use vestibule_domain::login::Status;
use vestibule_domain::{Cause, Login, Settings};
use vestibule_sandbox::{CallInputs, Compiled, Configured, Engine, Limits, Report};

use crate::turns::Batch;

/// What a row's logins must come to; anything else is no measurement.
#[derive(Clone, Copy)]
pub enum Expected {
    Allowed,
    Stopped(Cause),
}

/// A policy with its defaults, as one tenant has configured it.
#[derive(Clone)]
pub struct Policy<'a> {
    configured: Configured,
    login: &'a Login,
    expected: Expected,
}

impl<'a> Policy<'a> {
    pub fn new(engine: &Engine, wasm: &[u8], login: &'a Login, limits: Limits, expected: Expected) -> Result<Self> {
        let compiled = Compiled::new(engine, wasm)?;
        let manifest = runtime()?.block_on(compiled.manifest())?;
        let settings = Settings::from_object(Default::default(), &manifest)?;
        let grants = manifest.wanted();
        let configured = compiled.configure().with_settings(settings).with_grants(grants).with_limits(limits);
        Ok(Self { configured, login, expected })
    }

    /// Logins one after the other on this thread.
    pub fn batch(self) -> Result<Batch<'a>> {
        let runtime = runtime()?;
        Ok(Box::new(move |logins| {
            let start = Instant::now();
            runtime.block_on(self.decide(logins))?;
            Ok(start.elapsed())
        }))
    }

    /// Logins on several threads, each with its share.
    pub fn batch_on(self, threads: u32) -> Result<Batch<'a>> {
        let runtimes = (0..threads).map(|_| runtime()).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(move |logins| side_by_side(&runtimes, |runtime| runtime.block_on(self.decide(logins / threads)))))
    }

    /// Logins on this thread while another one does `nuisance` again and again.
    pub fn batch_beside(self, nuisance: impl Fn() -> Result<()> + Sync + 'a) -> Result<Batch<'a>> {
        let runtime = runtime()?;
        Ok(Box::new(move |logins| {
            let (begun, over) = (Barrier::new(2), AtomicBool::new(false));
            thread::scope(|scope| {
                let neighbour = scope.spawn(|| {
                    begun.wait();
                    while !over.load(Ordering::Relaxed) {
                        nuisance()?;
                    }
                    Ok(())
                });
                begun.wait();
                let start = Instant::now();
                let decided = runtime.block_on(self.decide(logins));
                let took = start.elapsed();
                over.store(true, Ordering::Relaxed);
                let neighbour: Result<()> = neighbour.join().unwrap_or_else(|_| bail!("the neighbour panicked"));
                decided.and(neighbour).map(|()| took)
            })
        }))
    }

    /// Logins one after the other, each with the expected end.
    pub async fn decide(&self, logins: u32) -> Result<()> {
        for _ in 0..logins {
            let report = self.configured.call(self.login, &CallInputs::now()).await;
            self.expected.ensure(&report)?;
            black_box(report);
        }
        Ok(())
    }
}

impl Expected {
    fn ensure(self, report: &Report) -> Result<()> {
        match (self, &report.answer) {
            (Self::Allowed, Ok(outcome)) if outcome.authret.status == Status::Succeed => Ok(()),
            (Self::Stopped(cause), Err(fault)) if fault.cause == cause => Ok(()),
            (_, Ok(outcome)) => bail!("the policy answered {:?}: {:?}", outcome.authret.status, outcome.authret.reason),
            (_, Err(fault)) => bail!("the policy failed: {fault}"),
        }
    }
}

/// Does the same with each of `parts` on a thread of its own, and says how long all of them took.
pub fn side_by_side<T: Sync>(parts: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<Duration> {
    let begun = Barrier::new(parts.len() + 1);
    thread::scope(|scope| {
        let (begun, work) = (&begun, &work);
        let threads: Vec<_> = parts
            .iter()
            .map(|part| {
                scope.spawn(move || {
                    begun.wait();
                    work(part)
                })
            })
            .collect();
        begun.wait();
        let start = Instant::now();
        for thread in threads {
            thread.join().unwrap_or_else(|_| bail!("a thread panicked"))?;
        }
        Ok(start.elapsed())
    })
}

pub fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("make a scheduler")
}
