//! For how long the answer to a login is of use to anybody.
//!
//! Not for: how long the tenant lets a login take, which is its settings'; the earlier of the two counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use vestibule_domain::{Cause, Fault};

/// How long somebody waits for an answer.
#[derive(Debug, Clone)]
pub struct Patience {
    /// When the login came: its time runs from then on, whatever it waits for.
    pub arrived: Instant,
    /// When the front door gives up; absent where it does not say.
    pub until: Option<Instant>,
    /// Absent where nobody can go.
    caller: Option<Arc<Presence>>,
}

/// Whether whoever brought a login still waits.
#[derive(Debug, Default)]
struct Presence {
    gone: AtomicBool,
    goes: Notify,
}

/// Whoever waits for the answer; dropped, it waits no more.
#[derive(Debug)]
pub struct Caller(Arc<Presence>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::Release);
        self.0.goes.notify_waiters();
    }
}

impl Patience {
    /// Of a login that has come at that time.
    pub const fn since(arrived: Instant) -> Self {
        Self { arrived, until: None, caller: None }
    }

    /// Where the front door waits for so long.
    #[must_use]
    pub fn of(self, front_door: Duration) -> Self {
        Self { until: self.arrived.checked_add(front_door), ..self }
    }

    /// Where it is known whether the caller still waits.
    #[must_use]
    pub fn with_caller(self) -> (Self, Caller) {
        let caller = Arc::<Presence>::default();
        (Self { caller: Some(Arc::clone(&caller)), ..self }, Caller(caller))
    }

    /// When the time of a login is up that may take so long.
    pub fn end(&self, longest: Duration) -> Instant {
        let own = self.arrived + longest;
        self.until.map_or(own, |until| until.min(own))
    }

    /// Waits for something, unless the caller has gone: what nobody waits for is not begun.
    pub(crate) async fn unless_gone<T>(&self, waits: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::select! {
            biased;
            () = self.gone() => Err(unwanted()),
            came = waits => Ok(came),
        }
    }

    /// An answer is of use to somebody, where the login's time is up at `end`.
    ///
    /// # Errors
    /// [`Cause::Deadline`]: the caller has gone, or the time is up.
    pub(crate) fn ensure_wanted(&self, end: Instant) -> Result<(), Fault> {
        if self.has_gone() || end <= Instant::now() { Err(unwanted()) } else { Ok(()) }
    }

    /// Whether the caller has gone.
    fn has_gone(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.gone.load(Ordering::Acquire))
    }

    /// Waits until the caller has gone, for ever if it stays.
    pub async fn gone(&self) {
        let Some(caller) = &self.caller else { return std::future::pending().await };
        // Made before it is looked: it hears of whoever goes from here on.
        let goes = caller.goes.notified();
        if !self.has_gone() {
            goes.await;
        }
    }
}

fn unwanted() -> Fault {
    Fault::new(Cause::Deadline, "nobody waits for the answer any more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_earlier_end_counts() {
        let patience = Patience::since(Instant::now());
        let [one, two] = [1, 2].map(Duration::from_secs);
        assert_eq!(patience.end(two), patience.arrived + two);
        assert_eq!(patience.clone().of(one).end(two), patience.arrived + one);
        assert_eq!(patience.clone().of(two).end(one), patience.arrived + one);
        assert_eq!(patience.clone().of(Duration::MAX).end(one), patience.arrived + one);
    }

    #[tokio::test]
    async fn whoever_drops_its_end_has_gone() {
        let (patience, caller) = Patience::since(Instant::now()).with_caller();
        assert!(!patience.has_gone());
        let mut gone = Box::pin(patience.gone());
        assert!(futures_util::poll!(&mut gone).is_pending());
        drop(caller);
        assert!(patience.has_gone());
        gone.await;
        patience.gone().await;
    }
}
