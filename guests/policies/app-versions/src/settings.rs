//! What an administrator can set, and how it is read.
//!
//! Not for: decisions. Defaults stand in the manifest alone; the host fills them in.

use std::collections::BTreeMap;

use vestibule_policy::{Manifest, config};

use crate::version::Version;

/// What `IV_PLAT` may say (OpenVPN's manual, `--push-peer-info`), and the word for all of them.
const PLATFORMS: [&str; 10] =
    ["all", "win", "mac", "linux", "ios", "android", "solaris", "openbsd", "netbsd", "freebsd"];

/// What happens to a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Allow,
    Deny,
}

/// A version that is required, and how the administrator spelled it; absent: any version.
#[derive(Debug, Clone)]
pub struct Minimum {
    pub version: Option<Version>,
    pub text: String,
}

/// Platforms, or `all`, with something for each.
pub type ByPlatform<T> = BTreeMap<String, T>;

/// The settings of one call.
#[derive(Debug)]
pub struct Settings {
    pub client: ByPlatform<Minimum>,
    pub openvpn: ByPlatform<Minimum>,
    pub apps: ByPlatform<BTreeMap<String, Minimum>>,
    pub unknown_platform: Action,
    pub without_version: Action,
    pub on_not_reported: Action,
    pub on_not_found: Action,
    pub on_no_version: Action,
    pub on_many_found: Action,
    pub on_regex: Action,
}

pub fn manifest() -> Manifest {
    let version = env!("CARGO_PKG_VERSION");
    Manifest::new("app-versions", version, "Requires minimum versions of VPN clients and of applications")
        .setting(
            "minimum_client",
            "A table: per platform, the lowest version of the VPN client (UV_ASCLI_VER, else IV_GUI_VER)",
            "{}",
        )
        .setting("minimum_openvpn", "A table: per platform, the lowest version of OpenVPN in the client (IV_VER)", "{}")
        .setting(
            "minimum_apps",
            "A table: per platform, a table of applications with their lowest versions; an empty text for any version",
            "{}",
        )
        .setting(
            "unknown_platform",
            "What happens to a client whose platform (IV_PLAT) is in no table: `deny` or `allow`",
            "deny",
        )
        .setting(
            "without_version",
            "What happens to a client that reports no version where one is required: `deny` or `allow`",
            "deny",
        )
        .setting(
            "on_not_reported",
            "What happens where a client reports nothing of an application: `deny` or `allow`",
            "deny",
        )
        .setting(
            "on_not_found",
            "What happens on ERR_NOT_FOUND, an application that is not installed: `deny` or `allow`",
            "deny",
        )
        .setting(
            "on_no_version",
            "What happens on ERR_NO_VERSION, or a version without a number: `deny` or `allow`",
            "deny",
        )
        .setting(
            "on_many_found",
            "What happens on ERR_MANY_FOUND, a host checker query that is too broad: `deny` or `allow`",
            "deny",
        )
        .setting(
            "on_regex",
            "What happens on ERR_REGEX, a host checker query that is broken: `deny` or `allow`",
            "deny",
        )
        .setting("check_web", "Whether web logins are checked, which report nothing: `true` or `false`", "false")
        .setting(
            "platform_text",
            "What the user of an unknown platform is told",
            "This kind of device may not use this VPN.",
        )
        .setting(
            "client_text",
            "What the user of an old client is told, with {found} and {minimum}",
            "Your VPN client is too old. Please install version {minimum} or later.",
        )
        .setting(
            "app_text",
            "What a user is told whose application is old, with {name}, {found} and {minimum}",
            "This device needs {name} {minimum} or later.",
        )
        .setting(
            "missing_text",
            "What a user is told of whose application no version is known, with {name} and {minimum}",
            "This device needs {name}.",
        )
}

impl Settings {
    pub fn read() -> Result<Self, String> {
        let apps: ByPlatform<BTreeMap<String, String>> = table("minimum_apps")?;
        let apps =
            apps.into_iter().map(|(platform, apps)| Ok((platform, minimums("minimum_apps", apps, Minimum::or_any)?)));
        Ok(Self {
            client: minimums("minimum_client", table("minimum_client")?, Minimum::exactly)?,
            openvpn: minimums("minimum_openvpn", table("minimum_openvpn")?, Minimum::exactly)?,
            apps: apps.collect::<Result<_, String>>()?,
            unknown_platform: action("unknown_platform")?,
            without_version: action("without_version")?,
            on_not_reported: action("on_not_reported")?,
            on_not_found: action("on_not_found")?,
            on_no_version: action("on_no_version")?,
            on_many_found: action("on_many_found")?,
            on_regex: action("on_regex")?,
        })
    }
}

fn action(setting: &str) -> Result<Action, String> {
    config::choice(setting, &[("deny", Action::Deny), ("allow", Action::Allow)])
}

fn table<T: serde::de::DeserializeOwned>(setting: &str) -> Result<ByPlatform<T>, String> {
    let table: ByPlatform<T> = config::json(setting)?;
    match table.keys().find(|platform| !PLATFORMS.contains(&platform.as_str())) {
        Some(other) => Err(format!("setting `{setting}`: `{other}` is no platform: expected {}", PLATFORMS.join(", "))),
        None => Ok(table),
    }
}

/// Reads the versions of a table, whatever its keys stand for.
pub fn minimums(
    setting: &str,
    table: BTreeMap<String, String>,
    read: fn(String) -> Result<Minimum, String>,
) -> Result<BTreeMap<String, Minimum>, String> {
    let named = |(name, text)| match read(text) {
        Ok(minimum) => Ok((name, minimum)),
        Err(text) => Err(format!("setting `{setting}`: `{text}` of `{name}` is no version")),
    };
    table.into_iter().map(named).collect()
}

impl Minimum {
    /// A version. Gives the text back that is none.
    pub fn exactly(text: String) -> Result<Self, String> {
        match Version::parse(&text) {
            None => Err(text),
            version => Ok(Self { version, text }),
        }
    }

    /// A version, or any where the text is empty.
    pub fn or_any(text: String) -> Result<Self, String> {
        if text.is_empty() { Ok(Self { version: None, text }) } else { Self::exactly(text) }
    }

    /// Whether a version is not below it.
    pub fn allows(&self, version: &Version) -> bool {
        self.version.as_ref().is_none_or(|minimum| version >= minimum)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        vestibule_policy::testing::assert_documented(&super::manifest(), include_str!("../README.md"));
    }
}
