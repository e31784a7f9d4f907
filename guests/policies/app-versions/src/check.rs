//! Compares what a client reports with what is required of its platform.
//!
//! Not for: reading settings; they are handed in.

use std::fmt;

use vestibule_policy::Login;

use crate::settings::{Action, ByPlatform, Minimum, Settings};
use crate::version::Version;

/// The applications of the host checker, by the names of its query file.
const APP: &str = "UV_APPVER_";

/// Something that keeps a login out.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting with the text for the user.
    pub text: &'static str,
    /// The application, or what the client calls its own version.
    name: String,
    /// What the client reports; empty for nothing.
    found: String,
    /// What is required; empty for any version.
    minimum: String,
}

impl Problem {
    /// The text for the user with its placeholders filled in.
    pub fn filled(&self, text: &str) -> String {
        text.replace("{name}", &self.name).replace("{minimum}", &self.minimum).replace("{found}", &self.found)
    }
}

/// For the log.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is `{}`", self.name, self.found)?;
        if self.minimum.is_empty() { Ok(()) } else { write!(f, ", at least `{}` is required", self.minimum) }
    }
}

/// Everything that keeps a login out; nothing where it may come in.
pub fn problems(login: &Login, settings: &Settings) -> Vec<Problem> {
    let platform = login.claimed("IV_PLAT").unwrap_or_default();
    let (client, openvpn) = (of(&settings.client, platform), of(&settings.openvpn, platform));
    let apps = of(&settings.apps, platform);
    if client.is_none() && openvpn.is_none() && apps.is_none() {
        let problem =
            Problem { text: "platform_text", name: "IV_PLAT".into(), found: platform.into(), minimum: String::new() };
        return if settings.unknown_platform == Action::Deny { vec![problem] } else { Vec::new() };
    }
    let client = client.and_then(|minimum| client_problem(login, &["UV_ASCLI_VER", "IV_GUI_VER"], minimum, settings));
    let openvpn = openvpn.and_then(|minimum| client_problem(login, &["IV_VER"], minimum, settings));
    let apps = apps.into_iter().flatten().filter_map(|(name, minimum)| app_problem(login, name, minimum, settings));
    client.into_iter().chain(openvpn).chain(apps).collect()
}

/// What is required of this platform; what is required of all where it is not named.
fn of<'a, T>(table: &'a ByPlatform<T>, platform: &str) -> Option<&'a T> {
    table.get(platform).filter(|_| platform != "all").or_else(|| table.get("all"))
}

fn client_problem(login: &Login, sources: &[&str], minimum: &Minimum, settings: &Settings) -> Option<Problem> {
    let reported =
        sources.iter().find_map(|source| Some((*source, login.claimed(source).filter(|value| !value.is_empty())?)));
    let (name, found) = reported.unwrap_or((sources[0], ""));
    match Version::parse(found) {
        Some(version) if minimum.allows(&version) => None,
        None if settings.without_version == Action::Allow => None,
        _ => Some(problem("client_text", name, found, minimum)),
    }
}

fn app_problem(login: &Login, name: &str, minimum: &Minimum, settings: &Settings) -> Option<Problem> {
    let found = login.claimed(&format!("{APP}{name}")).unwrap_or_default();
    let action = match found {
        "" => settings.on_not_reported,
        "ERR_NOT_FOUND" => settings.on_not_found,
        "ERR_NO_VERSION" => settings.on_no_version,
        "ERR_MANY_FOUND" => settings.on_many_found,
        "ERR_REGEX" => settings.on_regex,
        found => match Version::parse(found) {
            Some(version) if minimum.allows(&version) => return None,
            Some(_) => return Some(problem("app_text", name, found, minimum)),
            None => settings.on_no_version,
        },
    };
    (action == Action::Deny).then(|| problem("missing_text", name, found, minimum))
}

fn problem(text: &'static str, name: &str, found: &str, minimum: &Minimum) -> Problem {
    Problem { text, name: name.into(), found: found.into(), minimum: minimum.text.clone() }
}

#[cfg(test)]
mod tests;
