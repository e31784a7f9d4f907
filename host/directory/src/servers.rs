//! Several servers of one authority, in the order in which they are worth asking.
//!
//! Not for: asking them.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use vestibule_domain::text::log_text;

/// How long a server that did not answer is asked last.
const DISTRUST: Duration = Duration::from_secs(30);

/// The most that is told of one failure, in bytes: much of it may be what the server sent.
const MAX_FAILURE_BYTES: usize = 512;

/// Servers, each with when it last failed to answer.
pub(crate) struct Servers<T>(Vec<(T, Mutex<Option<Instant>>)>);

impl<T: Clone> Servers<T> {
    pub(crate) fn new(servers: impl IntoIterator<Item = T>) -> Self {
        Self(servers.into_iter().map(|server| (server, Mutex::new(None))).collect())
    }

    /// Asks one server after the other until one answers. `ask` returns nobody's fault but the server's as an error.
    ///
    /// # Errors
    /// What each of them failed with, or that the deadline passed.
    pub(crate) async fn ask<A, F>(&self, deadline: Instant, ask: impl Fn(T) -> F) -> Result<A, String>
    where
        F: Future<Output = Result<A, String>>,
    {
        let mut failures = Vec::new();
        for (server, failed) in self.in_order() {
            if Instant::now() >= deadline {
                failures.push("the time was up before all servers were asked".to_owned());
                break;
            }
            let answer = ask(server.clone()).await;
            let mut failed = failed.lock();
            match answer {
                Ok(answer) => {
                    *failed = None;
                    return Ok(answer);
                }
                Err(failure) => {
                    let failure = log_text(&failure, MAX_FAILURE_BYTES);
                    tracing::warn!(failure, "a directory server gave no answer");
                    *failed = Some(Instant::now());
                    failures.push(failure);
                }
            }
        }
        Err(log_text(&failures.join("; "), 1000))
    }

    /// Those that answered last time in their order, then the others.
    fn in_order(&self) -> impl Iterator<Item = &(T, Mutex<Option<Instant>>)> {
        let distrusted = |(_, failed): &&(T, Mutex<Option<Instant>>)| {
            let failed = *failed.lock();
            failed.is_some_and(|failed| failed.elapsed() < DISTRUST)
        };
        let (last, first): (Vec<_>, Vec<_>) = self.0.iter().partition(distrusted);
        first.into_iter().chain(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_failed_is_asked_last_for_a_while() {
        let servers = Servers::new(["first", "second"]);
        let down = async |server| if server == "first" { Err("down".to_owned()) } else { Ok(server) };
        let up = async |server| Ok::<_, String>(server);
        assert_eq!(servers.ask(soon(), down).await, Ok("second"));
        assert_eq!(servers.ask(soon(), up).await, Ok("second"));
        tokio::time::advance(DISTRUST).await;
        assert_eq!(servers.ask(soon(), up).await, Ok("first"));
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_answer_every_failure_is_told() {
        let servers = Servers::new(["first", "second"]);
        let down = async |server| Err::<(), _>(format!("{server} is down"));
        assert_eq!(servers.ask(soon(), down).await, Err("first is down; second is down".to_owned()));
        let rude = async |_| Err::<(), _>(format!("down\r\nWARN forged {}", "x".repeat(1 << 20)));
        let told = servers.ask(soon(), rude).await.unwrap_err();
        assert!(told.starts_with("down  WARN") && told.len() <= 1000, "{told:.80}");
        let late = servers.ask(Instant::now(), down).await.unwrap_err();
        assert!(late.contains("the time was up"), "{late}");
    }
}
