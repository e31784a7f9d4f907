//! For how long the answer to a login is of use to anybody.
//!
//! Not for: how long the tenant lets a login take, which is its settings'; the earlier of the two counts.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long somebody waits for an answer.
#[derive(Debug, Clone)]
pub struct Patience {
    /// When the login came: its time runs from then on, whatever it waits for.
    pub arrived: Instant,
    /// When the front door gives up; absent where it does not say.
    pub until: Option<Instant>,
    /// Closed once whoever brought the login has gone; absent where nobody can go.
    caller: Option<watch::Receiver<()>>,
}

/// Whoever waits for the answer; dropped, it waits no more.
#[derive(Debug)]
pub struct Caller {
    _waits: watch::Sender<()>,
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
        let (waits, caller) = watch::channel(());
        (Self { caller: Some(caller), ..self }, Caller { _waits: waits })
    }

    /// When the time of a login is up that may take so long.
    pub fn end(&self, longest: Duration) -> Instant {
        let own = self.arrived + longest;
        self.until.map_or(own, |until| until.min(own))
    }

    /// Whether the caller has gone.
    pub(crate) fn has_gone(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.has_changed().is_err())
    }

    /// Waits until the caller has gone, for ever if it stays.
    pub async fn gone(&self) {
        match self.caller.clone() {
            Some(mut caller) => while caller.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
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
        drop(caller);
        assert!(patience.has_gone());
        patience.gone().await;
    }
}
