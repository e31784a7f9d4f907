//! Pages of long lists, and times as texts.

use std::time::SystemTime;

use crate::problem::{Problem, Result};
use axum::response::Response;

/// Entries of a page, unless asked otherwise.
pub(crate) const USUAL: u32 = 100;
/// The most entries of a page.
pub(crate) const MOST: u32 = 1000;

/// How many entries a page has. Whoever asks for more and gets fewer would take them for all.
pub(crate) fn count(asked: Option<u32>) -> Result<u32> {
    let count = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&count) {
        return Ok(count);
    }
    Err(Problem::invalid(format!("`count` is between 1 and {MOST}")))
}

/// An answer with so many entries, or with half as many as often as they are more than whoever asks may ever be answered at once: a page
/// may be short, and says what comes next.
pub(crate) async fn fitting<F>(mut count: u32, answer: impl Fn(u32) -> F) -> Result<Response>
where
    F: Future<Output = Result<Response>>,
{
    loop {
        match answer(count).await {
            Err(problem) if problem.is_too_much() && count > 1 => count /= 2,
            answered => return answered,
        }
    }
}

/// The number of an entry before which a page ends.
pub(crate) fn number(before: Option<String>) -> Result<Option<i64>> {
    let number = before.map(|number| number.parse().map_err(|_| Problem::invalid("`before` is no number of an entry")));
    number.transpose()
}

/// A time as RFC 3339 writes it, to the millisecond.
pub(crate) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}
