//! Compares the device of a login with those of its user.
//!
//! Not for: reading settings or writing anything; what comes of a verdict is the caller's.

use vestibule_policy::Login;

use crate::address::normalised;
use crate::settings::{Registration, Settings, WithoutAddress};

/// The user's property with the first device; the others have 2, 3, ... at the end.
const SLOT: &str = "pvt_hw_addr";

/// What to do with a login.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let it in.
    Allow,
    /// Let it in, and store its address.
    Register { slot: String, address: String },
    /// Keep it out, with the text of this setting for the user and a reason for the log.
    Refuse { text: &'static str, reason: String },
}

/// Decides on a VPN login. A re-authentication is checked like the first one, and so are the other profiles of a user.
pub fn verdict(login: &Login, settings: &Settings) -> Verdict {
    let unchecked =
        (login.is_autologin() && !settings.check_autologin) || (login.is_session() && !settings.check_session);
    if unchecked {
        return Verdict::Allow;
    }
    let Some(address) = login.authcred.client_hw_addr.as_deref().map(normalised).filter(|address| !address.is_empty())
    else {
        return match settings.without_address {
            WithoutAddress::Allow => Verdict::Allow,
            WithoutAddress::Deny => refuse("without_address_text", "the client sends no hardware address".into()),
        };
    };
    let devices: Vec<(u32, &str)> = devices(login).collect();
    if devices.iter().any(|(_, device)| normalised(device) == address) {
        return Verdict::Allow;
    }
    match ensure_registrable(login, settings, devices.len()) {
        Err((text, why)) => {
            refuse(text, format!("device `{address}` of `{}` is unknown and {why}", login.authret.user))
        }
        Ok(()) => Verdict::Register { slot: first_free(&devices), address },
    }
}

fn refuse(text: &'static str, reason: String) -> Verdict {
    Verdict::Refuse { text, reason }
}

/// The numbers and addresses of the user's devices. Slots beyond `max_devices` count: an administrator may have filled them.
fn devices(login: &Login) -> impl Iterator<Item = (u32, &str)> {
    login.authret.proplist.iter().filter_map(|(name, address)| {
        let number = match name.strip_prefix(SLOT)? {
            "" => 1,
            digits if digits.starts_with(|first: char| matches!(first, '1'..='9')) => {
                digits.parse().ok().filter(|number| *number > 1)?
            }
            _ => return None,
        };
        Some((number, address.trim())).filter(|(_, address)| !address.is_empty())
    })
}

/// The setting with the text for the user, and what the log says, where no device may be added.
fn ensure_registrable(login: &Login, settings: &Settings, devices: usize) -> Result<(), (&'static str, String)> {
    if settings.registration == Registration::Manual {
        return Err(("unknown_text", "registration is manual".into()));
    }
    if devices >= settings.max_devices as usize {
        return Err(("unknown_text", format!("{devices} of {} devices are registered", settings.max_devices)));
    }
    let from = login.authcred.client_ip_addr.as_deref();
    let near = |from: &str| settings.registration_networks.iter().any(|network| network.contains(from));
    if settings.registration_networks.is_empty() || from.is_some_and(near) {
        Ok(())
    } else {
        let from = from.unwrap_or("an unknown address");
        Err(("elsewhere_text", format!("`{from}` is not within `registration_networks`")))
    }
}

fn first_free(devices: &[(u32, &str)]) -> String {
    let taken = |number: u32| devices.iter().any(|(slot, _)| *slot == number);
    match (1..).find(|number| !taken(*number)) {
        None | Some(1) => SLOT.to_owned(),
        Some(number) => format!("{SLOT}{number}"),
    }
}

#[cfg(test)]
mod tests;
