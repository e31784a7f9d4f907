//! A login's place on the host: taken while the login computes, given back while it waits for others.
//!
//! Not for: how many places there are, and whose turn it is; that is the ledger's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use vestibule_domain::decision::Denial;
use vestibule_domain::{Fault, Login};
use vestibule_ledger::{Hold, Refused, Turn, Waiting};
use vestibule_sandbox::{CallInputs, Configured, Report};

use crate::executor::{Executor, Executors};
use crate::meter::Meter;

/// A place. Clones share it.
#[derive(Clone)]
pub(crate) struct Place(Arc<Inner>);

struct Inner {
    executors: Executors,
    executor: Executor,
    share: Waiting,
    /// Absent before the login has its turn, while it is outside, and once it needs none any more.
    turn: Mutex<Option<Turn>>,
    meter: Meter,
    /// How often the login went outside.
    outings: AtomicU64,
}

/// A login that is outside. Dropped, it has no place any more.
pub(crate) struct Outside {
    place: Place,
    /// Absent where so many are outside that this one keeps its place meanwhile.
    hold: Option<Hold>,
}

impl Place {
    /// Of a login that has none yet.
    pub(crate) fn new(executors: &Executors, executor: Executor, share: Waiting) -> Self {
        let (turn, meter, outings) = (Mutex::default(), Meter::default(), AtomicU64::new(0));
        Self(Arc::new(Inner { executors: executors.clone(), executor, share, turn, meter, outings }))
    }

    /// Waits for a place of the tenant's.
    pub(crate) async fn enter(&self) -> Result<(), Refused> {
        let Inner { executors, share, .. } = &*self.0;
        let turn = executors.ledger().login_places().enter(executors.owner(), *share).await?;
        self.take(turn);
        Ok(())
    }

    /// Whatever comes now computes nothing.
    pub(crate) fn leave(&self) {
        drop(self.0.turn.lock().take());
    }

    /// What a policy says of the login, on the executor that the login takes.
    pub(crate) async fn call(&self, policy: Configured, login: &Login, inputs: &CallInputs) -> Result<Report, Fault> {
        let Inner { executors, executor, meter, .. } = &*self.0;
        executors.call(*executor, policy, (login, inputs), meter).await
    }

    /// What counts besides what policies report.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// Makes room for others, until [`Outside::back`].
    pub(crate) fn step_out(&self) -> Outside {
        let Inner { executors, outings, .. } = &*self.0;
        outings.fetch_add(1, Ordering::Relaxed);
        let hold = executors.ledger().outside_logins().take(executors.owner(), 1).ok();
        if hold.is_some() {
            self.leave();
        }
        Outside { place: self.clone(), hold }
    }

    /// Waits for others, and then for a place again. Whoever comes to nothing is denied, and needs none for that.
    pub(crate) async fn outside<T, E: Into<Denial>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Denial> {
        let outside = self.step_out();
        let done = work.await.map_err(Into::into)?;
        outside.back().await.map_err(Fault::from)?;
        Ok(done)
    }

    fn take(&self, turn: Turn) {
        *self.0.turn.lock() = Some(turn);
    }

    /// How often the login has waited for others so far.
    pub(crate) fn outings(&self) -> u64 {
        self.0.outings.load(Ordering::Relaxed)
    }
}

impl Outside {
    /// Waits for a place again, before those of the tenant's that have not begun.
    pub(crate) async fn back(self) -> Result<(), Refused> {
        let Self { place, hold } = self;
        if hold.is_some() {
            let Inner { executors, share, .. } = &*place.0;
            let turn = executors.ledger().login_places().enter_again(executors.owner(), *share).await?;
            place.take(turn);
        }
        Ok(())
    }
}
