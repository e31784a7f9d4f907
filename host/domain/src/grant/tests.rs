use proptest::prelude::*;

use super::*;

/// Every property that the notes on post_auth and the scripts that are in use name, and those of groups.
const KNOWN: [&str; 61] = [
    "access_from.0",
    "access_to.0",
    "bypass_route.0",
    "c2s_dest_s",
    "c2s_dest_v",
    "c2s_route.0",
    "cli_x",
    "conn_group",
    "conn_ip",
    "def_deny",
    "dmz_ip",
    "group_declare",
    "group_range.0",
    "group_subnets.0",
    "inherit",
    "prop_autogenerate",
    "prop_autologin",
    "prop_block_local",
    "prop_cli.script.all.user.connect",
    "prop_cli.script_env.all.MY_VAR",
    "prop_cli.script_stdin",
    "prop_deny",
    "prop_deny_web",
    "prop_expire",
    "prop_expire_halt",
    "prop_force_lzo",
    "prop_google_auth",
    "prop_google_auth_enable",
    "prop_ibytes",
    "prop_isec",
    "prop_lzo",
    "prop_pwd_change",
    "prop_pwd_strength",
    "prop_reroute_gw_override",
    "prop_static_ip",
    "prop_superuser",
    "prop_totp_enabled",
    "pvt_asked",
    "pvt_client_cert",
    "pvt_clientip",
    "pvt_clientip2",
    "pvt_google_auth_secret",
    "pvt_google_auth_secret_locked",
    "pvt_hw_addr",
    "pvt_hw_addr10",
    "pvt_hw_addr2",
    "pvt_password_digest",
    "pvt_pwd_auth",
    "pvt_totp_last_step",
    "pvt_totp_secret",
    "type",
    "user_auth_type",
    // What differs from a privileged one by a dot or by what follows.
    "prop_autologin_x",
    "prop_cli.script",
    "prop_cli.script.x",
    "prop_deny.",
    "prop_google_auth_x",
    "prop_superuser.0",
    "prop_superuser2",
    "pvt_totp_secret2",
    "user_auth_type.0",
];

fn grants(properties: &[&str]) -> Grants {
    Grants { properties: properties.iter().map(|name| (*name).to_owned()).collect(), ..Grants::default() }
}

#[test]
fn a_grant_that_names_nothing_is_refused_in_words() {
    for meant in ["connection", "conn_group", "pvt_hw_addr*", "prop_superuser", "type", "access_to.0", "cli_x"] {
        assert_eq!(grants(&[meant]).ensure_meaningful(), Ok(()), "{meant}");
    }
    let too_long = format!("pvt_{}", "x".repeat(MAX_NAME_BYTES));
    for misspelt in
        ["conection", "", "*", "def_*", "pvt_*x", "pvt_**", "Devices", "pvt_a b", "prop_superuser*", &too_long]
    {
        let shown = log_text(misspelt, 64);
        let refusal = grants(&["connection", misspelt]).ensure_meaningful().unwrap_err();
        assert!(
            refusal.starts_with(&format!("`{shown}` is no property")) && refusal.contains("`devices`"),
            "{refusal}"
        );
    }
}

#[test]
fn every_known_name_can_be_granted() {
    assert_eq!(KNOWN.into_iter().find(|name| !is_property(name)), None);
}

#[test]
fn an_origin_that_nothing_would_be_sent_to_is_refused_in_words() {
    let to = |origin: &str| Grants { http: vec![origin.to_owned()], ..Grants::default() }.ensure_meaningful();
    assert_eq!(to("https://api.example.com:8443"), Ok(()));
    for misspelt in ["https://API.example.com", "https://api.example.com/", "https://a:443", "api.example.com", ""] {
        assert!(to(misspelt).is_err_and(|refusal| refusal.starts_with(&format!("`{misspelt}` is no origin"))));
    }
}

#[test]
fn no_more_is_granted_than_is_compared_with_every_property() {
    let most = Grants {
        properties: vec!["pvt_note".into(); MAX_ENTRIES],
        http: vec!["https://a".into(); MAX_ENTRIES],
        ..Grants::default()
    };
    assert_eq!(most.ensure_meaningful(), Ok(()));
    let mut properties = most.clone();
    properties.properties.push("pvt_note".into());
    assert!(properties.ensure_meaningful().is_err_and(|refusal| refusal.starts_with("65 properties are more")));
    let mut origins = most;
    origins.http.push("https://a".into());
    assert!(origins.ensure_meaningful().is_err_and(|refusal| refusal.starts_with("65 origins are more")));
}

#[test]
fn with_nothing_granted_nothing_is_seen_or_set() {
    for name in KNOWN {
        assert!(!Grants::default().allows_property(name), "{name}");
    }
}

#[test]
fn a_name_is_granted_alone() {
    for granted in KNOWN {
        let seen: Vec<_> = KNOWN.into_iter().filter(|name| grants(&[granted]).allows_property(name)).collect();
        assert_eq!(seen, [granted]);
    }
}

#[test]
fn beginnings_and_groups_hold_nothing_privileged() {
    let words = GROUPS.iter().map(|group| group.word);
    for granted in
        words.chain(["conn_*", "prop_*", "pvt_*", "prop_s*", "pvt_totp_secret*", "prop_deny*", "user_*", "*"])
    {
        for name in KNOWN.into_iter().filter(|name| is_privileged(name)) {
            assert!(!grants(&[granted]).allows_property(name), "{granted} {name}");
        }
        for name in ["type", "access_to.0", "def_deny", "group_declare", "cli_x", "c2s_route.0"] {
            assert!(!grants(&[granted]).allows_property(name), "{granted} {name}");
        }
    }
}

#[test]
fn groups_hold_what_they_say() {
    assert!(
        grants(&["connection"]).allows_property("conn_group") && !grants(&["connection"]).allows_property("conn_x")
    );
    assert!(grants(&["devices"]).allows_property("pvt_hw_addr10") && !grants(&["devices"]).allows_property("pvt_note"));
    assert!(grants(&["tunnel"]).allows_property("prop_cli.script_env.all.SITE"));
    assert!(
        grants(&["pvt_hw_addr*"]).allows_property("pvt_hw_addr") && !grants(&["pvt_hw_addr*"]).allows_property("pvt_")
    );
    assert_eq!(in_words("connection"), "connection (the user's group and address: conn_group conn_ip)");
    assert_eq!(in_words("prop_superuser"), "prop_superuser");
}

#[test]
fn a_group_that_a_policy_chose_gives_what_is_ordinary() {
    let none = Grants::default();
    assert!(none.allows_by_group("prop_lzo") && none.allows_by_group("access_to.0"));
    assert!(!none.allows_by_group("prop_superuser") && !none.allows_by_group("prop_superuser.0"));
}

#[test]
fn a_grant_names_one_origin() {
    let grants = Grants { http: vec!["https://api.example.com".into()], ..Grants::default() };
    assert_eq!(grants.allows_url("https://API.example.com/x"), Ok(()));
    let refusal = grants.allows_url("https://api.example.com.evil.example/");
    assert_eq!(refusal, Err(Error::Denied("`http` to `https://api.example.com.evil.example` is not granted".into())));
}

proptest! {
    #[test]
    fn what_begins_like_a_privileged_name_needs_its_own(place in 0..PRIVILEGED.len(), more in "[!-~]{0,6}") {
        let name = format!("{}{more}", PRIVILEGED[place]);
        let others = grants(&["conn_*", "prop_*", "pvt_*", "user_*", "tunnel", PRIVILEGED[place]]);
        prop_assert!(!others.allows_property(&name) || more.is_empty());
        prop_assert!(grants(&[&name]).allows_property(&name) || more.ends_with('*'));
    }
}
