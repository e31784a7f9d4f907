//! What the tests of a policy need, which run natively: `cargo test --target host-tuple`.
//!
//! Not for: calls of the host. Outside a component there is none; keep what decides apart from what asks.

use crate::{Attributes, Authcred, Authret, Crstate, Info, Login, Manifest, Status};

/// The smallest VPN login: this user, with a password that the server itself has checked. Everything else is zero, absent or
/// empty, and every field can be set.
pub fn login(user: &str) -> Login {
    Login {
        time: 0,
        authcred: Authcred {
            username: user.into(),
            client_ip_addr: None,
            client_hw_addr: None,
            static_response: None,
            password: None,
        },
        attributes: Attributes {
            client_info: Vec::new(),
            vpn_auth: true,
            reauth: Some(false),
            log_service_name: None,
            auth_parms: Vec::new(),
        },
        authret: Authret {
            status: Status::Succeed,
            user: user.into(),
            reason: None,
            client_reason: None,
            proplist: Vec::new(),
        },
        info: Info { auth_method: "local".into(), ldap: None, radius_reply: Vec::new(), saml_attributes: Vec::new() },
        crstate: Crstate { values: Vec::new(), response: None },
        session_state: None,
    }
}

/// A list of properties.
pub fn properties(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// A policy's README has a row in its table for every setting of the manifest: the name, then the default, then the rest.
///
/// # Panics
/// Names the row that is missing.
pub fn assert_documented(manifest: &Manifest, readme: &str) {
    for setting in &manifest.settings {
        let default = setting.default_value.as_deref().filter(|value| !value.is_empty());
        let default = default.map(|value| format!(" `{value}`")).unwrap_or_default();
        let row = format!("| `{}` |{default} |", setting.name);
        assert!(readme.contains(&row), "the README lacks {row}");
    }
}
