//! Which executor a tenant's logins take: the one for those that are soon done, or the one for those that others should not wait for.
//!
//! Not for: how much a tenant may take; that is its quota's.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestibule_sandbox::Cost;

/// What a login may take before its policies take the slow executor, several times what a usual one does: fuel, or a thread's time, as a
/// host call, a trap or a page of memory takes little fuel.
const SLOW_FUEL: u64 = 500_000;
const SLOW_MICROS: u64 = 500;
/// The most that one login counts for: a thread that is not run meanwhile counts as well, and one login that a busy machine held up does
/// not make its tenant slow.
const MOST_MICROS: u64 = 2_500;
/// How long what was computed together is looked at together.
const WINDOW: Duration = Duration::from_millis(100);
/// The part of what the processors can do that policies may compute before anybody makes way: one in so many. What the host does for each
/// of their logins is several times that.
const IDLE: u64 = 8;

/// What the logins of all tenants compute.
pub(crate) struct Load {
    since: Instant,
    /// What policies may compute in a window before anybody makes way, in microseconds.
    busy_micros: u64,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    micros: Window,
    tenants: Window,
}

/// What the logins of one tenant compute.
#[derive(Default)]
pub(crate) struct Usual {
    /// The fuel of a login lately, averaged, and the microseconds for which it kept a thread.
    fuel: AtomicU64,
    micros: AtomicU64,
    window: Mutex<Window>,
}

/// A sum in this window of time, and in the one before.
#[derive(Debug, Default)]
struct Window {
    number: u64,
    sum: u64,
    before: u64,
}

impl Load {
    pub(crate) fn new(processors: u64) -> Self {
        let busy_micros = processors.saturating_mul(WINDOW.as_micros() as u64) / IDLE;
        Self { since: Instant::now(), busy_micros, all: Mutex::default() }
    }

    fn window(&self, now: Instant) -> u64 {
        (now.saturating_duration_since(self.since).as_micros() / WINDOW.as_micros()) as u64
    }
}

impl Usual {
    /// Takes what a login cost into the averages: an eighth of the new to seven of the old, so that one slow login changes little.
    pub(crate) fn note(&self, cost: &Cost, load: &Load, now: Instant) {
        let (micros, long) = (cost.busy_micros.min(SLOW_MICROS), cost.busy_micros.min(MOST_MICROS));
        for (usual, new) in [(&self.fuel, cost.fuel), (&self.micros, long)] {
            let average = |usual: u64| Some(usual - usual / 8 + new / 8);
            let _ = usual.fetch_update(Ordering::Relaxed, Ordering::Relaxed, average);
        }
        let number = load.window(now);
        let is_first = self.window.lock().add(number, micros.max(1));
        let mut all = load.all.lock();
        all.micros.add(number, micros);
        all.tenants.add(number, is_first.into());
    }

    /// Whether the tenant's logins compute for long, by their fuel or by the clock, work of the host included; or whether they compute
    /// more than two thirds of what a tenant's do on average, while the processors are busy. Whoever is alone makes way for nobody.
    pub(crate) fn is_slow(&self, load: &Load, now: Instant) -> bool {
        let is_long =
            self.fuel.load(Ordering::Relaxed) > SLOW_FUEL || self.micros.load(Ordering::Relaxed) > SLOW_MICROS;
        is_long || self.is_much(load, now)
    }

    fn is_much(&self, load: &Load, now: Instant) -> bool {
        let number = load.window(now);
        let mut all = load.all.lock();
        let (micros, tenants) = (all.micros.at(number).before, all.tenants.at(number).before);
        drop(all);
        let own = self.window.lock().at(number).before;
        tenants > 1 && micros > load.busy_micros && own.saturating_mul(tenants * 3) / 2 > micros
    }
}

impl Window {
    /// Adds to the sum of this window. Returns whether it is the first of it.
    fn add(&mut self, number: u64, more: u64) -> bool {
        let is_first = self.at(number).sum == 0;
        self.sum = self.sum.saturating_add(more);
        is_first
    }

    /// The window of this number; what comes late belongs to the newest.
    fn at(&mut self, number: u64) -> &Self {
        if number > self.number {
            self.before = if number == self.number + 1 { self.sum } else { 0 };
            (self.number, self.sum) = (number, 0);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(costs: &[Cost]) -> bool {
        let (usual, load, now) = (Usual::default(), Load::new(2), Instant::now());
        costs.iter().for_each(|cost| usual.note(cost, &load, now));
        usual.is_slow(&load, now)
    }

    #[test]
    fn the_lane_is_chosen_by_fuel_and_by_the_clock() {
        let fuel = Cost { fuel: 50_000_000, ..Cost::default() };
        let busy = Cost { busy_micros: 80_000, ..Cost::default() };
        assert!(after(&[fuel]));
        assert!(after(&[busy; 2]));
        assert!(!after(&[]));
    }

    #[test]
    fn one_login_that_a_busy_machine_held_up_makes_nobody_slow() {
        let usual = Cost { fuel: 30_000, busy_micros: 50, ..Cost::default() };
        let held_up = Cost { busy_micros: 1_000_000, ..usual };
        assert!(!after(&[[usual; 20].as_slice(), &[held_up]].concat()));
    }

    #[test]
    fn whoever_computes_as_much_as_others_makes_way_while_the_processors_are_busy_for_who_computes_little() {
        let (load, now) = (Load::new(2), Instant::now());
        let [many, as_many, few] = [200, 180, 10].map(|logins| {
            let usual = Usual::default();
            (0..logins).for_each(|_| usual.note(&Cost { busy_micros: 300, ..Cost::default() }, &load, now));
            usual
        });
        let slow = |at| [&many, &as_many, &few].map(|usual| usual.is_slow(&load, at));
        assert_eq!(slow(now), [false; 3], "the window is not over");
        assert_eq!(slow(now + WINDOW), [true, true, false]);
        assert_eq!(slow(now + WINDOW * 2), [false; 3], "it is forgotten as soon");
    }

    #[test]
    fn whoever_is_alone_or_has_company_on_idle_processors_makes_way_for_nobody() {
        let (load, now) = (Load::new(2), Instant::now());
        let (alone, other) = (Usual::default(), Usual::default());
        (0..2_000).for_each(|_| alone.note(&Cost { busy_micros: 300, ..Cost::default() }, &load, now));
        assert!(!alone.is_slow(&load, now + WINDOW));
        let later = now + WINDOW * 2;
        (0..60).for_each(|_| alone.note(&Cost { busy_micros: 300, ..Cost::default() }, &load, later));
        other.note(&Cost { busy_micros: 300, ..Cost::default() }, &load, later);
        assert!(!alone.is_slow(&load, later + WINDOW));
    }
}
