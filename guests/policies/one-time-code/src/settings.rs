//! What an administrator can set, and how it is read.
//!
//! Not for: decisions. Defaults stand in the manifest alone; the host fills them in.

use vestibule_policy::{Manifest, config};

use crate::LAST_STEP;
use crate::totp::{Algorithm, Totp};

/// The settings of one call.
#[derive(Debug)]
pub struct Settings {
    pub totp: Totp,
    /// The property with the user's secret in Base32.
    pub secret_property: String,
    pub tries: u32,
    pub allow_without_secret: bool,
    pub check_reauth: bool,
}

pub fn manifest() -> Manifest {
    Manifest::new("one-time-code", env!("CARGO_PKG_VERSION"), "Asks users for a time-based one-time code")
        .static_challenge("One-time code", true)
        // Access Server's own secrets can be used where its tenant grants that.
        .wants_property("pvt_google_auth_secret")
        .wants_property("pvt_totp_secret")
        .wants_property(LAST_STEP)
        .setting("secret_property", "The property with a user's secret in Base32", "pvt_totp_secret")
        .setting("algorithm", "The hash below the code: `sha1`, `sha256` or `sha512`", "sha1")
        .setting("digits", "How many digits a code has, 6 to 8", "6")
        .setting("period", "For how many seconds a code is shown, 10 to 300", "30")
        .setting("drift_steps", "How many periods the clock of a user's device may be ahead or behind, 0 to 10", "1")
        .setting("tries", "How many codes a user may try in one login, 1 to 10", "3")
        .setting("without_secret", "What happens to a user without a secret: `deny` or `allow`", "deny")
        .setting(
            "check_reauth",
            "Whether a re-authentication in the middle of a VPN session needs a code: `true` or `false`",
            "false",
        )
        .setting("question", "What a user is asked", "Your one-time code:")
        .setting(
            "question_again",
            "What a user is asked after a wrong code",
            "That code was not right. Please enter the next one your device shows:",
        )
        .setting("denied_text", "What a user is told after the last wrong code", "The one-time code was not right.")
        .setting(
            "without_secret_text",
            "What a user without a secret is told",
            "No one-time codes are set up for you. Please ask your administrator.",
        )
}

impl Settings {
    /// # Errors
    /// Names the setting that cannot be read, or the property that is not granted: nobody would seem to have a secret, or to have used a
    /// code before.
    pub fn read() -> Result<Self, String> {
        let secret_property = config::text("secret_property")?;
        config::needs(&secret_property)?;
        config::needs(LAST_STEP)?;
        Ok(Self {
            totp: Totp {
                algorithm: config::choice(
                    "algorithm",
                    &[("sha1", Algorithm::Sha1), ("sha256", Algorithm::Sha256), ("sha512", Algorithm::Sha512)],
                )?,
                digits: config::within("digits", 6..=8)?,
                period: config::within("period", 10..=300)?,
                drift_steps: config::within("drift_steps", 0..=10)?,
            },
            secret_property,
            tries: config::within("tries", 1..=10)?,
            allow_without_secret: config::choice("without_secret", &[("deny", false), ("allow", true)])?,
            check_reauth: config::flag("check_reauth")?,
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        vestibule_policy::testing::assert_documented(&super::manifest(), include_str!("../README.md"));
    }
}
