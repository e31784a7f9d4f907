//! Work that takes a thread for long, on threads of low priority: what is soon done does not wait for it.
//!
//! Not for: policies; the registry has them run there itself.

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use vestibule_ledger::{Owner, Turns, Waiting};

use crate::problem::Problem;

/// How many of one owner wait. What they hold meanwhile is bounded by its bytes.
const WAITING: u64 = 1_024;

/// Where it is done. Clones share it.
#[derive(Clone)]
pub(crate) struct Aside {
    executor: Handle,
    places: Turns,
}

impl Aside {
    /// On the threads of a runtime that does nothing else: it has as many as there are places.
    pub(crate) fn new(executor: &Handle, places: &Turns) -> Self {
        Self { executor: executor.clone(), places: places.clone() }
    }

    /// Does it when it is the owner's turn. What has not begun when nobody waits for it any more is not done.
    ///
    /// # Errors
    /// Those of the work; too many of the owner's wait; a panic, which is the fault of this request alone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        owner: &Owner,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let share = Waiting { inside: self.places.usage().1, waiting: WAITING };
        let place = self.places.enter(owner, share).await?;
        let mut task = JoinSet::new();
        task.spawn_on(
            async move {
                let done = work();
                drop(place);
                done
            },
            &self.executor,
        );
        match task.join_next().await {
            Some(Ok(done)) => done,
            Some(Err(_)) | None => Err(Problem::unavailable("the host broke the request off: its log says where")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};
    use std::time::Duration;

    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;
    use futures_util::poll;
    use tokio::time::timeout;
    use vestibule_ledger::{Resource, Room};

    use super::*;

    fn aside() -> Aside {
        Aside::new(&Handle::current(), &Turns::new(Resource::LongBodies, 1, Room::None))
    }

    fn tenant(number: u8) -> Owner {
        Owner::Peer([192, 0, 2, number].into())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn long_bodies_of_one_tenant_keep_no_other_ones_waiting() {
        let (aside, (finish, finished)) = (aside(), mpsc::channel::<()>());
        let order = Arc::new(Mutex::new(Vec::new()));
        let [flood, other] = [1, 2].map(tenant);
        let mut first = Box::pin(aside.run(&flood, move || Ok(finished.recv().is_ok())));
        assert!(poll!(&mut first).is_pending());
        let done = |name: &'static str| {
            let order = Arc::clone(&order);
            move || {
                order.lock().unwrap().push(name);
                Ok(())
            }
        };
        let mut floods: Vec<_> = (0..50).map(|_| Box::pin(aside.run(&flood, done("flood")))).collect();
        for one in &mut floods {
            assert!(poll!(one).is_pending());
        }
        let mut calm = Box::pin(aside.run(&other, done("calm")));
        assert!(poll!(&mut calm).is_pending());
        finish.send(()).unwrap();
        let (first, calm, _) = tokio::join!(first, calm, futures_util::future::join_all(floods));
        assert!(first.is_ok() && calm.is_ok());
        let order = order.lock().unwrap();
        assert!(order.iter().position(|name| *name == "calm").unwrap() <= 1, "{order:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_waits_for_any_more_is_not_done() {
        let (aside, (finish, finished)) = (aside(), mpsc::channel::<()>());
        let tenant = tenant(1);
        let mut first = Box::pin(aside.run(&tenant, move || Ok(finished.recv().is_ok())));
        assert!(poll!(&mut first).is_pending());
        let (begun, begins) = mpsc::channel::<()>();
        let second = timeout(Duration::ZERO, aside.run(&tenant, move || Ok(begun.send(()).is_ok()))).await;
        assert!(second.is_err());
        finish.send(()).unwrap();
        assert!(first.await.is_ok());
        assert!(aside.run(&tenant, || Ok(())).await.is_ok());
        assert!(begins.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_panic_is_the_fault_of_one_request() {
        let (aside, tenant) = (aside(), tenant(1));
        let broken = aside.run::<()>(&tenant, || panic!("a bug")).await.unwrap_err();
        assert_eq!(broken.into_response().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(aside.run(&tenant, || Ok(())).await.is_ok());
    }
}
