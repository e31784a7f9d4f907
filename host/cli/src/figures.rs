//! Numbers as people read them: thousands apart, bytes and durations in fitting units.
//!
//! Not for: programs; they are given plain integers.

use std::time::Duration;

/// An integer with a comma between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in the largest unit that it fills.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn bytes(bytes: usize) -> String {
    const UNITS: [(usize, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes.is_multiple_of(unit) => format!("{} {name}", bytes / unit),
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} bytes"),
    }
}

/// A duration with three digits or more.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_micros() {
        0..100 => format!("{:.1} µs", seconds * 1e6),
        100..1_000 => format!("{:.0} µs", seconds * 1e6),
        1_000..100_000 => format!("{:.2} ms", seconds * 1e3),
        100_000..1_000_000 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// How long several calls took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) min: Duration,
    pub(crate) median: Duration,
    pub(crate) max: Duration,
    pub(crate) calls: usize,
}

impl Spread {
    pub(crate) fn of(first: Duration, others: Vec<Duration>) -> Self {
        let mut all = others;
        all.push(first);
        all.sort_unstable();
        let at = |index: usize| all.get(index).copied().unwrap_or(first);
        Self { min: at(0), median: at(all.len() / 2), max: at(all.len() - 1), calls: all.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1_000, 50_000_000].map(count);
        assert_eq!(texts, ["0", "999", "1,000", "50,000,000"]);
    }

    #[test]
    fn bytes_have_a_fitting_unit() {
        let texts = [0, 1023, 1 << 10, 1_700_000, 64 << 20].map(bytes);
        assert_eq!(texts, ["0 bytes", "1023 bytes", "1 KiB", "1.6 MiB", "64 MiB"]);
    }

    #[test]
    fn durations_have_a_fitting_unit() {
        let texts = [9_870, 123_400, 1_234_000, 567_800_000, 2_000_000_000].map(Duration::from_nanos).map(duration);
        assert_eq!(texts, ["9.9 µs", "123 µs", "1.23 ms", "568 ms", "2.00 s"]);
    }

    #[test]
    fn a_spread_is_of_what_was_measured() {
        let [first, others @ ..] = [5, 1, 3].map(Duration::from_millis);
        let spread = Spread::of(first, others.to_vec());
        assert_eq!(
            (spread.min, spread.median, spread.max, spread.calls),
            (Duration::from_millis(1), Duration::from_millis(3), Duration::from_millis(5), 3)
        );
        assert_eq!(Spread::of(first, Vec::new()).median, first);
    }
}
