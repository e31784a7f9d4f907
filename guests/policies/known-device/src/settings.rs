//! What an administrator can set, and how it is read.
//!
//! Not for: decisions. Defaults stand in the manifest alone; the host fills them in.

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
        .wants_property("pvt_hw_addr*")
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
        Ok(Self {
            max_devices: config::within("max_devices", 1..=MAX_DEVICES)?,
            registration: config::choice(
                "registration",
                &[("automatic", Registration::Automatic), ("manual", Registration::Manual)],
            )?,
            registration_networks: networks(&config::text("registration_networks")?)?,
            without_address: config::choice(
                "without_address",
                &[("deny", WithoutAddress::Deny), ("allow", WithoutAddress::Allow)],
            )?,
            check_autologin: config::flag("check_autologin")?,
            check_session: config::flag("check_session")?,
        })
    }
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("setting `registration_networks`: {error}"))).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        vestibule_policy::testing::assert_documented(&super::manifest(), include_str!("../README.md"));
    }
}
