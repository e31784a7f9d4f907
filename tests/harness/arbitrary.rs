//! Random logins and claims, half of them near what policies look at, so that they reach past the first line.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use vestibule_domain::Login;
use vestibule_domain::check::{Claim, ClaimedChallenge};
use vestibule_domain::login::Status;
use vestibule_domain::outcome::Echo;

/// Any login that the domain takes.
pub(crate) fn any_login() -> impl Strategy<Value = Login> {
    let authcred = (text(), option::of(address()), option::of(hardware()), option::of(code()), option::of(text()));
    let attributes = (properties(), any::<bool>(), option::of(any::<bool>()), option::of(text()), properties());
    let authret = (text(), option::of(text()), properties());
    let info = (method(), option::of(text()), vec(radius(), 0..4), saml());
    let crstate = (properties(), option::of(code()), option::of(vec(any::<u8>(), 0..40)));
    (authcred, attributes, authret, info, crstate).prop_map(|(authcred, attributes, authret, info, crstate)| {
        let ldap = info
            .1
            .map(|name| json!({"user_dn": format!("uid={name},dc=a"), "search_base": "dc=a", "uname_attr": "uid"}));
        let mut login = json!({
            "authcred": {"username": authcred.0, "client_ip_addr": authcred.1, "client_hw_addr": authcred.2,
                         "static_response": authcred.3, "password": authcred.4},
            "attributes": {"client_info": attributes.0, "vpn_auth": attributes.1, "reauth": attributes.2,
                           "log_service_name": attributes.3, "auth_parms": attributes.4},
            "authret": {"user": authret.0, "reason": authret.1, "proplist": authret.2},
            "info": {"auth_method": info.0, "proven": info.0 != "none", "ldap": ldap, "radius_reply": info.2, "saml_attributes": info.3},
            "crstate": {"values": crstate.0, "response": crstate.1},
        });
        if let Some(state) = crstate.2 {
            // Base64 of anything is text; a session's state need not be meaningful to be handed over.
            login["session_state"] = Value::from("QUJD".repeat(state.len()));
        }
        Login::from_json(&login.to_string()).unwrap()
    })
}

/// Anything a guest could return, believable or not.
pub(crate) fn any_claim() -> impl Strategy<Value = Claim> {
    let pairs = || vec((name(), text()), 0..6);
    let challenge = option::of((any::<String>(), any::<bool>(), pairs()));
    let texts = (any_user(), option::of(any::<String>()), option::of(any::<String>()));
    (any::<bool>(), texts, pairs(), pairs(), challenge, option::of(vec(any::<u8>(), 0..64))).prop_map(
        |(succeed, (user, reason, client_reason), proplist, proplist_save, challenge, session_state)| Claim {
            status: if succeed { Status::Succeed } else { Status::Fail },
            user,
            reason,
            client_reason,
            proplist,
            proplist_save,
            challenge: challenge.map(|(text, shown, values)| ClaimedChallenge {
                text,
                echo: if shown { Echo::Shown } else { Echo::Hidden },
                values,
            }),
            session_state,
        },
    )
}

fn any_user() -> impl Strategy<Value = String> {
    prop_oneof![Just("Joe.User".to_owned()), any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    "[ -~äöü€]{1,20}"
}

fn name() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 13] = [
        "pvt_hw_addr",
        "pvt_hw_addr2",
        "pvt_totp_secret",
        "pvt_totp_last_step",
        "conn_group",
        "prop_superuser",
        "pvt_password_digest",
        "IV_PLAT",
        "IV_VER",
        "IV_GUI_VER",
        "UV_ASCLI_VER",
        "UV_APPVER_FIREFOX",
        "tries",
    ];
    prop_oneof![select(&KNOWN[..]).prop_map(str::to_owned), "[a-z_.]{1,12}"]
}

fn value() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 8] =
        ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "win", "mac", "linux", "2.6.14", "3.4.1-4522", "ERR_NOT_FOUND", "1"];
    prop_oneof![select(&KNOWN[..]).prop_map(str::to_owned), hardware(), text()]
}

fn properties() -> impl Strategy<Value = Value> {
    btree_map(name(), value(), 0..8).prop_map(|map| json!(map))
}

fn hardware() -> impl Strategy<Value = String> {
    prop_oneof![Just("00:1a:2b:3c:4d:5e".to_owned()), "([0-9a-f]{2}:){5}[0-9a-f]{2}", text()]
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![Just("203.0.113.7".to_owned()), text()]
}

fn code() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9]{6}", text()]
}

fn method() -> impl Strategy<Value = &'static str> {
    select(&["local", "ldap", "radius", "pam", "saml", "none", "autologin", "session", "other"][..])
}

fn radius() -> impl Strategy<Value = Value> {
    (0..100_u32, option::of(0..5_u32), option::of(text()), text())
        .prop_map(|(code, vendor, name, value)| json!({"code": code, "vendor": vendor, "name": name, "value": value}))
}

fn saml() -> impl Strategy<Value = Value> {
    btree_map(prop_oneof![Just("groups".to_owned()), text()], vec(text(), 0..3), 0..3).prop_map(|map| json!(map))
}
