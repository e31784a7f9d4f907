//! What known-device decides where nothing is to be registered, on a login in JSON.
//!
//! Not for: the whole policy. Peers read what this decision needs and skip the rest, which is to their advantage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Login {
    authcred: Authcred,
    attributes: Attributes,
    authret: Authret,
}

#[derive(Deserialize)]
struct Authcred {
    client_hw_addr: Option<String>,
}

#[derive(Deserialize)]
struct Attributes {
    vpn_auth: bool,
}

#[derive(Deserialize, Serialize)]
struct Authret {
    status: String,
    user: String,
    reason: Option<String>,
    proplist: BTreeMap<String, String>,
}

/// Returns authret as JSON, refused unless the device is one of the user's.
pub fn post_auth(login: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let Login { authcred, attributes, mut authret } = serde_json::from_slice(login)?;
    if attributes.vpn_auth && !is_known(authcred.client_hw_addr.as_deref(), &authret) {
        "fail".clone_into(&mut authret.status);
        authret.reason = Some("this device is not registered".to_owned());
    }
    serde_json::to_vec(&authret)
}

fn is_known(address: Option<&str>, authret: &Authret) -> bool {
    let Some(address) = address else { return false };
    let mut devices = authret.proplist.iter().filter(|(name, _)| name.starts_with("pvt_hw_addr"));
    devices.any(|(_, device)| device.eq_ignore_ascii_case(address))
}
