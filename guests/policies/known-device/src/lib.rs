//! Lets users in from devices that are registered for them, and registers the first ones.
//!
//! Not for: proving anything about a device. The client chooses what it sends as its hardware address.

mod address;
mod decide;
mod network;
mod settings;

use decide::Verdict;
use settings::Settings;
use vestibule_policy::{Login, Manifest, Outcome, Policy, config, log};

struct KnownDevice;

impl Policy for KnownDevice {
    fn manifest() -> Manifest {
        settings::manifest()
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        // A browser has no hardware address, and no tunnel to protect.
        if !login.attributes.vpn_auth {
            return Ok(login.allow());
        }
        match decide::verdict(&login, &Settings::read()?) {
            Verdict::Allow => Ok(login.allow()),
            Verdict::Register { slot, address } => {
                let fields = [("user", login.authret.user.as_str()), ("slot", &slot), ("address", &address)];
                log::info("a device is registered", &fields);
                Ok(login.allow().saving(slot, address))
            }
            Verdict::Refuse { text, reason } => Ok(login.deny(config::text(text)?).with_reason(reason)),
        }
    }
}

vestibule_policy::export!(KnownDevice);
