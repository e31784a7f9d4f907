//! Requires minimum versions of VPN clients, and of the applications that Access Server's host checker reports.
//!
//! Not for: proving anything about a device. The client chooses what it reports.

mod check;
mod settings;
mod version;

use settings::Settings;
use vestibule_policy::{Login, Manifest, Outcome, Policy, config};

struct AppVersions;

impl Policy for AppVersions {
    fn manifest() -> Manifest {
        settings::manifest()
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        // A browser reports nothing, and it is the way to a newer client.
        if !login.attributes.vpn_auth && !config::flag("check_web")? {
            return Ok(login.allow());
        }
        let problems = check::problems(&login, &Settings::read()?);
        let Some(first) = problems.first() else { return Ok(login.allow()) };
        let text = first.filled(&config::text(first.text)?);
        let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Ok(login.deny(text).with_reason(reasons.join("; ")))
    }
}

vestibule_policy::export!(AppVersions);
