//! Decides on the code of a login, or that one must be asked for.
//!
//! Not for: what the user is told.

use vestibule_policy::{Login, property};

use crate::settings::Settings;
use crate::{LAST_STEP, TRIES, base32};

/// The shortest secret in octets: 80 bits are what authenticator apps were first given. RFC 4226, section 4, wants 128.
const MIN_SECRET_BYTES: usize = 10;

/// What to do with a login.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The user has no secret.
    WithoutSecret,
    /// The code is right, and belongs to this time step.
    Accept { step: u64 },
    /// There is no code yet.
    Ask,
    /// The code is refused, and another may be tried.
    AskAgain { tries: u32, why: &'static str },
    /// The code is refused, and it was the last.
    Deny { tries: u32, why: &'static str },
}

/// Decides on a login with somebody at the keyboard.
///
/// # Errors
/// The user's record holds something that cannot be a secret or a time step.
pub fn verdict(login: &Login, settings: &Settings) -> Result<Verdict, String> {
    let Some(secret) = login.stored(&settings.secret_property).filter(|secret| !secret.trim().is_empty()) else {
        return Ok(Verdict::WithoutSecret);
    };
    let secret = decoded(secret, &settings.secret_property)?;
    let last_step = last_step(login)?;
    // The answer to a question comes first: a static response is still there when it is given.
    let first = login.authcred.static_response.as_deref().filter(|response| !response.trim().is_empty());
    let Some(code) = login.crstate.response.as_deref().or(first) else {
        return Ok(Verdict::Ask);
    };
    let steps = settings.totp.matching_steps(&secret, &plain(code), login.time);
    let unused = steps.iter().copied().find(|step| last_step.is_none_or(|last| *step > last));
    Ok(match unused {
        Some(step) => Verdict::Accept { step },
        None if steps.is_empty() => refused(login, settings, "is wrong"),
        None => refused(login, settings, "was used before"),
    })
}

fn refused(login: &Login, settings: &Settings, why: &'static str) -> Verdict {
    // The host keeps the values of a challenge; one that is no number counts as the last try.
    let before = property(&login.crstate.values, TRIES).map_or(0, |tries| tries.parse().unwrap_or(settings.tries));
    match before.saturating_add(1) {
        tries if tries < settings.tries => Verdict::AskAgain { tries, why },
        tries => Verdict::Deny { tries, why },
    }
}

fn decoded(secret: &str, name: &str) -> Result<Vec<u8>, String> {
    match base32::decode(secret) {
        Some(octets) if octets.len() >= MIN_SECRET_BYTES => Ok(octets),
        Some(octets) => Err(format!("property `{name}` holds {} octets, fewer than {MIN_SECRET_BYTES}", octets.len())),
        None => Err(format!("property `{name}` is no Base32 (RFC 4648)")),
    }
}

fn last_step(login: &Login) -> Result<Option<u64>, String> {
    let stored = login.stored(LAST_STEP).filter(|step| !step.is_empty());
    stored.map(|step| step.parse().map_err(|_| format!("property `{LAST_STEP}` is `{step}`: no time step"))).transpose()
}

/// Many apps show codes in groups, and people type what they see.
fn plain(code: &str) -> String {
    code.chars().filter(|c| !matches!(c, ' ' | '-' | '\t' | '\r' | '\n')).collect()
}

#[cfg(test)]
mod tests;
