//! How long a call keeps a thread.
//!
//! Not for: how long it takes, which is mostly waiting where it asks the world.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A future that sums up how long its polls take. That is wall time: a thread that is not run meanwhile counts as well, but asking the
/// kernel for a thread's own time would cost as much as a small policy does.
struct Timed<F, C> {
    future: F,
    clock: C,
    busy: Duration,
}

impl<F: Future + Unpin, C: FnMut() -> Instant + Unpin> Future for Timed<F, C> {
    type Output = (F::Output, Duration);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let begin = (self.clock)();
        let polled = Pin::new(&mut self.future).poll(context);
        let took = (self.clock)().saturating_duration_since(begin);
        self.busy = self.busy.saturating_add(took);
        let busy = self.busy;
        polled.map(|output| (output, busy))
    }
}

/// What comes of a future, and how long it kept the threads that it ran on.
pub(crate) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    timed_by(future, Instant::now).await
}

async fn timed_by<T>(future: impl Future<Output = T>, clock: impl FnMut() -> Instant + Unpin) -> (T, Duration) {
    Timed { future: pin!(future), clock, busy: Duration::ZERO }.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_passes_in_polls_is_counted_and_nothing_else() {
        let mut now = Instant::now();
        // A second passes in each poll, and a second between them.
        let clock = move || {
            now += Duration::from_secs(1);
            now
        };
        let waits_twice = async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            "done"
        };
        assert_eq!(timed_by(waits_twice, clock).await, ("done", Duration::from_secs(3)));
    }
}
