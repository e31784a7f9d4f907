//! Work on what a stranger sent, in a task of its own and for a time of its own.
//!
//! Not for: what it is about.

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// Runs it apart: should a library panic over what it reads, that is the fault of this one question, and of none beside it. Whoever
/// stops waiting ends it.
///
/// # Errors
/// Its own, or that it had not ended in time, or that it ended without an answer.
pub(crate) async fn apart<T: Send + 'static>(
    end: Instant,
    work: impl Future<Output = Result<T, String>> + Send + 'static,
) -> Result<T, String> {
    let (mut task, began) = (JoinSet::new(), Instant::now());
    task.spawn(work);
    match timeout_at(end, task.join_next()).await {
        Err(_) => Err(format!("no answer within {} ms", began.elapsed().as_millis())),
        Ok(Some(Ok(answer))) => answer,
        // What a panic says may be what was read: it is told to nobody.
        Ok(_) => Err("an answer that cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_is_ended() {
        let began = Instant::now();
        assert_eq!(apart(soon(), pending::<Result<(), _>>()).await, Err("no answer within 5000 ms".to_owned()));
        assert_eq!(began.elapsed().as_secs(), 5);
    }

    #[tokio::test]
    async fn a_panic_is_one_questions_fault_and_says_nothing() {
        let failure = apart::<()>(soon(), async { panic!("bytes of a server") }).await.unwrap_err();
        assert_eq!(failure, "an answer that cannot be read");
        assert_eq!(apart(soon(), async { Ok(7) }).await, Ok(7));
    }
}
