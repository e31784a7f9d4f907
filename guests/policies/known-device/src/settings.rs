//! What an administrator can set, and how it is read.
//!
//! Not for: decisions. Defaults stand in the manifest alone; the host fills them in.

use std::str::FromStr;

use vestibule_policy::{Manifest, config};

use crate::network::Network;

/// The most slots: `pvt_hw_addr` to `pvt_hw_addr99`.
const MAX_DEVICES: u32 = 99;

/// How a device becomes known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// The first devices of a user are registered when they log in.
    Automatic,
    /// An administrator registers devices.
    Manual,
}

/// What happens to a client that sends no hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutAddress {
    /// It stays out.
    Deny,
    /// It is let in as if this policy did not exist.
    Allow,
}

/// The settings of one call.
#[derive(Debug, Clone)]
pub struct Settings {
    pub max_devices: u32,
    pub registration: Registration,
    /// Where a device must be for its registration; none for anywhere.
    pub registration_networks: Vec<Network>,
    pub without_address: WithoutAddress,
    pub check_autologin: bool,
    pub check_session: bool,
}

pub fn manifest() -> Manifest {
    let version = env!("CARGO_PKG_VERSION");
    Manifest::new("known-device", version, "Lets users in from devices that are registered for them")
        .setting("max_devices", "How many devices a user may have, 1 to 99", "1")
        .setting(
            "registration",
            "`automatic`: the first devices of a user are registered; `manual`: an administrator does it",
            "automatic",
        )
        .setting(
            "registration_networks",
            "IP addresses and networks from which devices are registered, with commas between them; empty for any",
            "",
        )
        .setting(
            "without_address",
            "What happens to a client that sends no hardware address: `deny` or `allow`",
            "deny",
        )
        .setting("check_autologin", "Whether logins by certificate alone are checked: `true` or `false`", "true")
        .setting("check_session", "Whether clients that present a session token are checked: `true` or `false`", "true")
        .setting(
            "unknown_text",
            "What the user of an unknown device is told",
            "This device is not registered for you. Please ask your administrator.",
        )
        .setting(
            "elsewhere_text",
            "What the user is told who may not register a device from where it is",
            "A new device cannot be registered from here.",
        )
        .setting(
            "without_address_text",
            "What the user is told whose client sends no hardware address",
            "Your VPN client does not say which device this is. Please use another client.",
        )
}

impl Settings {
    pub fn read() -> Result<Self, String> {
        let settings = Self {
            max_devices: config::parse("max_devices")?,
            registration: config::parse("registration")?,
            registration_networks: networks(&config::text("registration_networks")?)?,
            without_address: config::parse("without_address")?,
            check_autologin: config::parse("check_autologin")?,
            check_session: config::parse("check_session")?,
        };
        match settings.max_devices {
            1..=MAX_DEVICES => Ok(settings),
            other => Err(format!("setting `max_devices` is `{other}`: not within 1 to {MAX_DEVICES}")),
        }
    }
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("setting `registration_networks`: {error}"))).collect()
}

impl FromStr for Registration {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "automatic" => Ok(Self::Automatic),
            "manual" => Ok(Self::Manual),
            _ => Err("expected `automatic` or `manual`"),
        }
    }
}

impl FromStr for WithoutAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "deny" => Ok(Self::Deny),
            "allow" => Ok(Self::Allow),
            _ => Err("expected `deny` or `allow`"),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        let readme = include_str!("../README.md");
        for setting in super::manifest().settings {
            let default = setting.default_value.filter(|value| !value.is_empty()).map(|value| format!(" `{value}` |"));
            let row = format!("| `{}` |{}", setting.name, default.unwrap_or_else(|| " |".into()));
            assert!(readme.contains(&row), "{row}");
        }
    }
}
