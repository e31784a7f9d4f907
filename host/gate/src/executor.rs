//! How a tenant's policies get to compute: at once as long as they are soon done, and step by step in turn with those of others.
//!
//! Not for: whose logins compute for long as a rule, which whoever runs the gate knows.

use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::{pending, poll};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use vestibule_domain::{Cause, Fault, Login, TenantName};
use vestibule_ledger::{Ledger, Owner, Refused, Turns, Waiting};
use vestibule_sandbox::{CallInputs, Configured, Report};

use crate::meter::Meter;

/// How long a policy may keep a thread that others wait for: many times what a usual one does, and more than the scheduler usually takes a
/// thread away for, as that looks the same.
const SOON: Duration = Duration::from_millis(5);
/// How long no other policy of the tenant is tried there after one was not done so soon: one tenant keeps at most a twentieth of each of
/// these threads, until its logins have been answered and show that it is slow as a rule.
const MISTRUST: Duration = Duration::from_millis(100);

/// How the policies of a login get to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executor {
    /// At once: they should be soon done.
    Fast,
    /// In turn with those of others, on the thread that the login is on.
    Slow,
}

/// The executors of one tenant. Clones share them.
#[derive(Clone)]
pub(crate) struct Executors(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    owner: Owner,
    /// Threads that nobody waits for; absent where there are only those that logins are on.
    slow: Option<Handle>,
    since: Instant,
    /// Until when policies are not tried on the fast executor, in milliseconds.
    mistrusted_until: AtomicU64,
}

/// A call that may go on elsewhere.
struct Call {
    future: Pin<Box<dyn Future<Output = Report> + Send>>,
    has_begun: bool,
}

impl Call {
    fn new(policy: Configured, login: &Login, inputs: &CallInputs) -> Self {
        let (policy, login, inputs) = (policy.in_steps(), login.clone(), inputs.clone());
        Self { future: Box::pin(async move { policy.call(&login, &inputs).await }), has_begun: false }
    }
}

impl Executors {
    pub(crate) fn new(ledger: &Ledger, tenant: &TenantName, slow: Option<Handle>) -> Self {
        let (ledger, owner, since) = (ledger.clone(), Owner::from(tenant), Instant::now());
        Self(Arc::new(Inner { ledger, owner, slow, since, mistrusted_until: AtomicU64::new(0) }))
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.0.owner
    }

    /// What a policy says of a login. One that is not soon done on the fast executor goes on in the slow one, or begins there again where
    /// it gives way to nobody: it can have done nothing yet.
    pub(crate) async fn call(
        &self,
        executor: Executor,
        policy: Configured,
        (login, inputs): (&Login, &CallInputs),
        meter: &Meter,
    ) -> Result<Report, Fault> {
        if executor == Executor::Slow {
            let Inner { ledger, owner, .. } = &*self.0;
            // In a box: kept in place, it would double the future of every login, also of those that never come here.
            return Ok(Box::pin(call_in_turn((ledger, owner), policy, (login, inputs), meter)).await?);
        }
        if self.are_mistrusted() {
            return self.aside(Call::new(policy, login, inputs), meter).await;
        }
        if policy.gives_way() {
            let mut call = Call::new(policy, login, inputs);
            return match briefly(&mut call.future, meter).await {
                Some(report) => Ok(report),
                None => {
                    self.mistrust();
                    self.aside(Call { has_begun: true, ..call }, meter).await
                }
            };
        }
        match policy.call_within(login, inputs, SOON).await {
            Some(report) => Ok(report),
            None => {
                meter.took(SOON);
                self.mistrust();
                let report = self.aside(Call::new(policy, login, inputs), meter).await?;
                // What was begun again is paid for once, as far as the report counts it: a second call that hardly ran says little of the
                // first one.
                meter.is_reported(SOON.min(Duration::from_micros(report.cost.busy_micros)));
                Ok(report)
            }
        }
    }

    /// What comes of a call on threads of low priority. Whoever stops waiting ends it.
    async fn aside(&self, call: Call, meter: &Meter) -> Result<Report, Fault> {
        let Inner { ledger, owner, slow, .. } = &*self.0;
        let Some(threads) = slow else {
            return Ok(in_turn(ledger.slow_policies(), owner, call.future, call.has_begun, meter).await?);
        };
        let (turns, owner, meter) = (ledger.slow_policies().clone(), owner.clone(), meter.clone());
        let mut task = JoinSet::new();
        let call = async move { in_turn(&turns, &owner, call.future, call.has_begun, &meter).await };
        task.spawn_on(call, threads);
        match task.join_next().await {
            Some(Ok(called)) => Ok(called?),
            Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            _ => Err(Fault::new(Cause::HostFailed, "the host ends")),
        }
    }

    fn are_mistrusted(&self) -> bool {
        self.millis() < self.0.mistrusted_until.load(Ordering::Relaxed)
    }

    fn mistrust(&self) {
        let until = self.millis().saturating_add(MISTRUST.as_millis() as u64);
        self.0.mistrusted_until.store(until, Ordering::Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What a policy says of a login, in turn with those of other tenants.
///
/// # Errors
/// [`Refused`]: it was not even begun.
pub(crate) async fn call_in_turn(
    (ledger, owner): (&Ledger, &Owner),
    policy: Configured,
    (login, inputs): (&Login, &CallInputs),
    meter: &Meter,
) -> Result<Report, Refused> {
    let policy = policy.in_steps();
    in_turn(ledger.slow_policies(), owner, policy.call(login, inputs), false, meter).await
}

/// What comes of a future, if its polls do not take longer than [`SOON`].
async fn briefly<T>(future: &mut (impl Future<Output = T> + Unpin), meter: &Meter) -> Option<T> {
    let mut busy = Duration::ZERO;
    loop {
        match step(future, &mut busy, meter).await {
            Poll::Ready(done) => return Some(done),
            // Whatever it waits for wakes this task.
            Poll::Pending if busy < SOON => pending!(),
            Poll::Pending => return None,
        }
    }
}

/// What comes of a future of which each poll takes a place. It holds none while it waits for anything else. How long a poll takes is the
/// future's own affair.
///
/// # Errors
/// [`Refused`], where these places are no more.
async fn in_turn<T>(
    turns: &Turns,
    owner: &Owner,
    future: impl Future<Output = T>,
    mut has_begun: bool,
    meter: &Meter,
) -> Result<T, Refused> {
    // Not refused for their number: whoever comes here has a place of another kind.
    let share = Waiting { inside: u64::MAX, waiting: u64::MAX };
    let (mut future, mut busy) = (pin!(future), Duration::ZERO);
    loop {
        let in_line = Instant::now();
        let turn = if has_begun {
            // Before those that have not, which hold no memory yet, and whose time does not run.
            let turn = turns.enter_again(owner, share).await?;
            meter.waited(in_line.elapsed());
            turn
        } else {
            turns.enter(owner, share).await?
        };
        has_begun = true;
        let polled = step(&mut future, &mut busy, meter).await;
        drop(turn);
        match polled {
            Poll::Ready(done) => return Ok(done),
            Poll::Pending => pending!(),
        }
    }
}

/// One poll. What is done has a report of its own, and is not counted twice.
async fn step<T>(future: &mut (impl Future<Output = T> + Unpin), busy: &mut Duration, meter: &Meter) -> Poll<T> {
    let begin = Instant::now();
    let polled = poll!(&mut *future);
    match polled {
        Poll::Ready(_) => meter.is_reported(*busy),
        Poll::Pending => {
            let took = begin.elapsed();
            *busy = busy.saturating_add(took);
            meter.took(took);
        }
    }
    polled
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;

    use futures_util::future::{join, join_all};
    use tokio::sync::oneshot;
    use tokio::task::yield_now;
    use vestibule_ledger::{Resource, Room};

    use super::*;

    fn turns() -> Turns {
        Turns::new(Resource::SlowPolicies, 1, Room::None)
    }

    fn tenant(number: u8) -> Owner {
        Owner::Peer([192, 0, 2, number].into())
    }

    /// Gives way at once, as a guest does; what tokio has for that waits for all other tasks.
    async fn step() {
        let mut is_over = false;
        poll_fn(|context| {
            let was_over = std::mem::replace(&mut is_over, true);
            if was_over {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    async fn steps(count: u32, taken: &Cell<u32>) -> u32 {
        for _ in 0..count {
            step().await;
            taken.set(taken.get() + 1);
        }
        taken.get()
    }

    /// Each on a task of its own, as logins are: what wakes one does not wake all.
    #[tokio::test]
    async fn one_that_computes_for_long_waits_for_a_step_of_each_tenant_and_not_for_all_that_one_tenant_has_begun() {
        let (turns, local) = (turns(), tokio::task::LocalSet::new());
        let (flooded, calm) = local
            .run_until(async {
                let flood = std::rc::Rc::new(Cell::new(0));
                let share = Waiting { inside: 1, waiting: 0 };
                let held = turns.enter(&tenant(3), share).await.unwrap();
                let floods: Vec<_> = (0..50)
                    .map(|_| {
                        let (turns, flood) = (turns.clone(), std::rc::Rc::clone(&flood));
                        tokio::task::spawn_local(async move {
                            in_turn(&turns, &tenant(1), steps(20, &flood), false, &Meter::default()).await
                        })
                    })
                    .collect();
                let calm = tokio::task::spawn_local({
                    let (turns, flood) = (turns.clone(), std::rc::Rc::clone(&flood));
                    async move {
                        in_turn(&turns, &tenant(2), steps(10, &Cell::new(0)), false, &Meter::default()).await.unwrap();
                        flood.get()
                    }
                });
                // On one thread, nobody stands in line before somebody has a place between two polls.
                while turns.waiting() < 51 {
                    yield_now().await;
                }
                drop(held);
                let (floods, calm) = join(join_all(floods), calm).await;
                assert!(floods.into_iter().all(|flood| flood.unwrap().is_ok()));
                (flood.get(), calm.unwrap())
            })
            .await;
        assert_eq!(flooded, 1_000, "each comes to its end");
        assert!(
            calm < 50,
            "{calm} steps of the flood beside ten: five hundred, if each waited for all that have begun"
        );
    }

    #[tokio::test]
    async fn whoever_waits_for_the_world_holds_no_place() {
        let (turns, (answer, answered)) = (turns(), oneshot::channel());
        let (asked, meanwhile) = (tenant(1), tenant(2));
        let meter = Meter::default();
        let asks = in_turn(&turns, &asked, async { answered.await.unwrap() }, false, &meter);
        let computes = async {
            in_turn(&turns, &meanwhile, steps(5, &Cell::new(0)), false, &Meter::default()).await.unwrap();
            answer.send("here").unwrap();
        };
        assert_eq!(join(asks, computes).await.0.unwrap(), "here");
        assert_eq!(turns.usage().0, 0);
    }
}
