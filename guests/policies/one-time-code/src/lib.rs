//! Asks users for a time-based one-time code (RFC 6238), as authenticator apps show it.
//!
//! Not for: handing out secrets; an administrator puts them into the users' records.

mod base32;
mod decide;
mod settings;
mod totp;

use decide::{Verdict, verdict};
use settings::Settings;
use vestibule_policy::{Challenge, Login, Manifest, Outcome, Policy, config, log};

/// The property with the time step of the last code that was accepted.
const LAST_STEP: &str = "pvt_totp_last_step";
/// How many codes were wrong so far, among the values of a challenge.
const TRIES: &str = "tries";

struct OneTimeCode;

impl Policy for OneTimeCode {
    fn manifest() -> Manifest {
        settings::manifest()
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        // Nobody is there to answer, and the session's first login was asked.
        if login.is_unattended() {
            return Ok(login.allow());
        }
        let settings = Settings::read()?;
        // The tunnel that this one continues is open already, and its client still sends the code of back then.
        if login.attributes.reauth == Some(true) && !settings.check_reauth {
            return Ok(login.allow());
        }
        match verdict(&login, &settings)? {
            Verdict::WithoutSecret => without_secret(login, &settings),
            Verdict::Accept { step } => Ok(login.allow().saving(LAST_STEP, step.to_string())),
            Verdict::Ask => Ok(ask(login, &config::text("question")?, 0)),
            Verdict::AskAgain { tries, why } => {
                log::info(
                    "a one-time code is refused",
                    &[("user", &login.authret.user), ("why", why), ("tries", &tries.to_string())],
                );
                Ok(ask(login, &config::text("question_again")?, tries))
            }
            Verdict::Deny { tries, why } => {
                let reason = format!("`{}` was denied after {tries} codes; the last one {why}", login.authret.user);
                Ok(login.deny(config::text("denied_text")?).with_reason(reason))
            }
        }
    }
}

fn ask(login: Login, question: &str, tries: u32) -> Outcome {
    login.allow().asking(Challenge::new(question).shown().with_value(TRIES, tries.to_string()))
}

fn without_secret(login: Login, settings: &Settings) -> Result<Outcome, String> {
    if settings.allow_without_secret {
        return Ok(login.allow());
    }
    let reason = format!("`{}` has no secret in `{}`", login.authret.user, settings.secret_property);
    Ok(login.deny(config::text("without_secret_text")?).with_reason(reason))
}

vestibule_policy::export!(OneTimeCode);
