//! How long a front door waits for the answer to a login, as it says itself: in the header `Vestibule-Deadline-Ms`.
//!
//! Not for: how long the tenant lets a login take; the earlier of the two counts.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use tokio::time::Instant;
use vestibule_gate::Patience;

use crate::problem::{Problem, Result};

/// The header. Its value is a number of milliseconds from when the request was sent.
const DEADLINE: &str = "vestibule-deadline-ms";
/// The longest that is taken, in milliseconds: ten minutes, far beyond any login.
const MAX_MS: u32 = 600_000;

/// The patience of a login that arrives now.
pub(super) fn arriving(headers: &HeaderMap) -> Result<Patience> {
    let patience = Patience::since(Instant::now());
    match headers.get(DEADLINE) {
        Some(value) => Ok(patience.of(read(value)?)),
        None => Ok(patience),
    }
}

fn read(value: &HeaderValue) -> Result<Duration> {
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let millis = digits.and_then(|text| text.parse().ok()).filter(|millis| (1..=MAX_MS).contains(millis));
    let millis = millis.ok_or_else(|| {
        Problem::invalid(format!("`Vestibule-Deadline-Ms` is a number of milliseconds from 1 to {MAX_MS}"))
    })?;
    Ok(Duration::from_millis(millis.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_value_is_read_or_refused(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes)
                && let Ok(read) = read(&value)
            {
                prop_assert!(!read.is_zero() && read <= Duration::from_millis(MAX_MS.into()));
            }
        }

        #[test]
        fn milliseconds_are_read_up_to_ten_minutes(millis in 0..2 * MAX_MS) {
            let read = read(&HeaderValue::from(millis)).ok();
            let expected = (1..=MAX_MS).contains(&millis).then(|| Duration::from_millis(millis.into()));
            prop_assert_eq!(read, expected);
        }
    }
}
