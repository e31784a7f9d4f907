//! A tenant's terms: kept as text, checked, and what follows from them for a login and for a call.
//!
//! Not for: how its users log in; that is [`vestibule_gate::TenantSettings`].

use vestibule_api::Terms;
use vestibule_ledger::Waiting;
use vestibule_sandbox::Limits;

use crate::Error;

/// The most keys that may sign.
const MAX_SIGNERS: usize = 64;

/// Reads terms as the store holds them.
///
/// # Errors
/// [`Error::Damaged`].
pub(crate) fn read(text: &str) -> Result<Terms, Error> {
    serde_json::from_str(text).map_err(|error| Error::Damaged(format!("a tenant's terms cannot be read: {error}")))
}

/// The terms as the store holds them.
///
/// # Errors
/// [`Error::Damaged`].
pub(crate) fn write(terms: &Terms) -> Result<String, Error> {
    serde_json::to_string(terms).map_err(|error| Error::Damaged(format!("terms cannot be written: {error}")))
}

/// Whether this host can keep them.
///
/// # Errors
/// [`Error::Invalid`] names the key.
pub(crate) fn check(terms: &Terms, max_memory_bytes: usize) -> Result<(), Error> {
    let invalid = |text: String| Err(Error::Invalid(text));
    if terms.memory_bytes > max_memory_bytes {
        return invalid(format!("`memory_bytes`: this host has at most {max_memory_bytes} for a call"));
    }
    let positive = [
        ("logins_per_second", u64::from(terms.logins_per_second)),
        ("concurrent_logins", u64::from(terms.concurrent_logins)),
        ("fuel_per_login", terms.fuel_per_login),
        ("fuel_per_minute", terms.fuel_per_minute),
        ("deadline_ms", terms.deadline_ms),
    ];
    if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
        return invalid(format!("`{name}`: with 0, nobody could come in"));
    }
    if let Some((name, _, most)) = counts(terms).into_iter().find(|(_, value, most)| value > most) {
        return invalid(format!("`{name}`: is more than {most}"));
    }
    if terms.requests_per_second == 0 {
        return invalid("`requests_per_second`: with 0, the tenant's tokens could do nothing".to_owned());
    }
    if terms.signers.len() > MAX_SIGNERS {
        return invalid(format!("`signers`: there are more than {MAX_SIGNERS}"));
    }
    for key in &terms.signers {
        minisign_verify::PublicKey::from_base64(key)
            .map_err(|_| Error::Invalid("`signers`: not a minisign public key in Base64".to_owned()))?;
    }
    Ok(())
}

/// Each number and the most that it may be: what is beyond is of no use, and would overflow somewhere.
const fn counts(terms: &Terms) -> [(&'static str, u64, u64); 17] {
    [
        ("logins_per_second", terms.logins_per_second as u64, 1_000_000_000),
        ("concurrent_logins", terms.concurrent_logins as u64, 1 << 16),
        ("waiting_logins", terms.waiting_logins as u64, 1 << 20),
        ("fuel_per_login", terms.fuel_per_login, 1_000_000_000_000),
        ("fuel_per_minute", terms.fuel_per_minute, 1_000_000_000_000_000),
        ("deadline_ms", terms.deadline_ms, 3_600_000),
        ("log_bytes", terms.log_bytes as u64, 16 << 20),
        ("log_bytes_per_minute", terms.log_bytes_per_minute, 1 << 40),
        ("requests_per_second", terms.requests_per_second as u64, 1_000_000),
        ("policies", terms.policies as u64, 10_000),
        ("stored_bytes", terms.stored_bytes, 1 << 44),
        ("record_bytes", terms.record_bytes, 1 << 44),
        ("profiles", terms.profiles as u64, 100_000_000),
        ("tokens", terms.tokens as u64, 1_000_000),
        ("secrets", terms.secrets as u64, 1_000_000),
        ("decisions", terms.decisions, 1_000_000_000_000),
        ("audit_rows", terms.audit_rows, 1_000_000_000_000),
    ]
}

/// The tenant's share of the host's places for logins.
pub(crate) fn places(terms: &Terms) -> Waiting {
    Waiting { inside: terms.concurrent_logins.into(), waiting: terms.waiting_logins.into() }
}

/// The limits of one call.
pub(crate) fn limits(terms: &Terms) -> Limits {
    Limits {
        fuel: terms.fuel_per_login,
        memory_bytes: terms.memory_bytes,
        deadline_ms: terms.deadline_ms,
        log_bytes: terms.log_bytes,
        ..Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_back_and_the_defaults_hold() {
        assert_eq!(limits(&Terms::default()), Limits::default());
        assert_eq!(read("{}").unwrap(), Terms::default());
        assert_eq!(read(&write(&Terms::default()).unwrap()).unwrap(), Terms::default());
        assert!(check(&Terms::default(), 64 << 20).is_ok());
    }

    #[test]
    fn terms_under_which_nobody_comes_in_are_refused() {
        assert!(check(&Terms { concurrent_logins: 0, ..Terms::default() }, 64 << 20).is_err());
        assert!(check(&Terms { signers: vec!["key".into()], ..Terms::default() }, 64 << 20).is_err());
        assert!(check(&Terms::default(), 1 << 20).is_err());
    }

    #[test]
    fn numbers_beyond_any_use_are_refused_by_their_key() {
        let names = counts(&Terms::default()).map(|(name, ..)| name);
        let mut all = serde_json::to_value(Terms::default()).unwrap();
        let numbers =
            all.as_object().unwrap().iter().filter(|(name, value)| value.is_number() && *name != "memory_bytes");
        let mut numbers: Vec<_> = numbers.map(|(name, _)| name.clone()).collect();
        numbers.sort_unstable();
        let mut sorted = names;
        sorted.sort_unstable();
        assert_eq!(numbers, sorted, "a number without a most");
        for name in names {
            let before = all[name].take();
            let with = |value: u64| {
                all[name] = value.into();
                serde_json::from_value::<Terms>(all.clone())
            };
            let terms = [u64::MAX, u32::MAX.into()].map(with).into_iter().find_map(Result::ok).unwrap();
            let error = check(&terms, 64 << 20).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
            all[name] = before;
        }
    }
}
