//! Measures rows in turns: a few batches of each, again and again, so that whatever the machine does besides hits all rows alike.
//!
//! Not for: statistics of one function. Criterion measures one benchmark after the other, and minutes lie between the two sides of a
//! ratio; divan prints a table of its own that has no ratios. What is wanted here is one table of one run in which only ratios count.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// Decides on so many logins and says how long it took.
pub type Batch<'a> = Box<dyn FnMut(u32) -> Result<Duration> + 'a>;

/// A batch is as many logins as take this long, and one at least: long beside the clock, short beside a time slice.
const BATCH: Duration = Duration::from_millis(8);
/// Of more clients than this, the first come and the last go one by one: their batches are longer, so that this counts for little.
const FEW: u32 = 8;
/// Batches of one row before the next row's turn. A single one would find the caches full of the row before.
const BATCHES_A_TURN: u32 = 3;

/// One way to decide on a login.
pub struct Row<'a> {
    /// What stands in the table.
    pub title: &'static str,
    /// How many logins are decided on at once.
    pub threads: u32,
    batch: Batch<'a>,
    logins: u32,
    /// Nanoseconds for each login of a batch.
    samples: Vec<f64>,
}

impl Row<'_> {
    /// The median over all batches of how long one login took, in nanoseconds.
    pub fn median(&self) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Logins in one second, over all threads.
    pub fn throughput(&self) -> f64 {
        f64::from(self.threads) * 1e9 / self.median()
    }

    /// Grows the batch until it takes long enough. The first one also warms up.
    fn calibrate(&mut self) -> Result<()> {
        let enough = if self.threads > FEW { BATCH * 8 } else { BATCH };
        self.logins = self.threads;
        (self.batch)(self.logins)?;
        loop {
            let took = (self.batch)(self.logins)?;
            if took >= enough {
                return Ok(());
            }
            let wanted = enough.as_secs_f64() / took.as_secs_f64().max(1e-9);
            self.logins = self.logins.saturating_mul(wanted.ceil().clamp(2.0, 100.0) as u32);
        }
    }

    fn take_turn(&mut self) -> Result<()> {
        for _ in 0..BATCHES_A_TURN {
            let took = (self.batch)(self.logins)?;
            self.samples.push(took.as_nanos() as f64 * f64::from(self.threads) / f64::from(self.logins));
        }
        Ok(())
    }
}

/// All rows, in the order of the table.
#[derive(Default)]
pub struct Rows<'a> {
    rows: Vec<Row<'a>>,
    absent: Vec<(&'static str, String)>,
}

impl<'a> Rows<'a> {
    /// Adds a row, or remembers why it cannot be measured here.
    pub fn add(&mut self, title: &'static str, batch: Result<Batch<'a>>) {
        self.add_threads(title, 1, batch);
    }

    /// The same for a batch that runs on several threads.
    pub fn add_threads(&mut self, title: &'static str, threads: u32, batch: Result<Batch<'a>>) {
        match batch {
            Ok(batch) => self.rows.push(Row { title, threads, batch, logins: 1, samples: Vec::new() }),
            Err(error) => self.absent.push((title, format!("{error:#}"))),
        }
    }

    /// Leaves rows out whose titles do not have this in them.
    pub fn keep(&mut self, part: &str) {
        self.rows.retain(|row| row.title.contains(part));
    }

    /// Measures everything.
    pub fn measure(&mut self, turns: u32) -> Result<()> {
        let Self { rows, absent } = self;
        rows.retain_mut(|row| match row.calibrate() {
            Ok(()) => true,
            Err(error) => {
                absent.push((row.title, format!("{error:#}")));
                false
            }
        });
        for turn in 1..=turns {
            eprint!("\rturn {turn} of {turns} ");
            for row in &mut *rows {
                row.take_turn().with_context(|| format!("measure `{}`", row.title))?;
            }
        }
        eprintln!();
        if rows.is_empty() {
            bail!("nothing could be measured");
        }
        Ok(())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Row<'a>> {
        self.rows.iter()
    }

    /// A row by its title, if it was measured.
    pub fn get(&self, title: &str) -> Option<&Row<'a>> {
        self.rows.iter().find(|row| row.title == title)
    }

    /// Rows that could not be measured, with the reason.
    pub fn absent(&self) -> &[(&'static str, String)] {
        &self.absent
    }
}
