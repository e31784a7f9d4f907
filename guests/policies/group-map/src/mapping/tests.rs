//! What users are given when several sources have something to say.

use vestibule_policy::{Login, RadiusAttribute, testing};

use super::map;
use crate::rule;
use crate::settings::{Match, NoMatch, Settings};

const RULES: &str = r#"[
    {"name": "admins", "user": "joe", "group": "admins", "admin": true},
    {"name": "static", "user": "joe", "group": "office", "ip": "10.8.0.5", "reroute_gw": "dns_only"}
]"#;

fn settings(matching: Match) -> Settings {
    Settings {
        rules: rule::read(RULES).expect("rules"),
        matching,
        default_group: None,
        no_match: NoMatch::Deny,
        save_group: true,
        group_filter: None,
        group_attribute: "memberOf".into(),
        radius_framed_ip: true,
        radius_framed_pool: true,
        radius_access_flags: true,
    }
}

fn replied(user: &str, reply: &[(u32, &str)]) -> Login {
    let mut login = testing::login(user);
    let attribute = |(code, value): &(u32, &str)| RadiusAttribute {
        code: *code,
        vendor: None,
        name: None,
        value: (*value).into(),
        octets: Vec::new(),
    };
    login.info.radius_reply = reply.iter().map(attribute).collect();
    login
}

fn given(login: &Login, settings: &Settings) -> Vec<(&'static str, String)> {
    map(login, &[], settings).map(|mapping| mapping.properties).unwrap_or_default()
}

fn pairs(list: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn the_first_matching_rule_counts_alone() {
    let mapping = map(&testing::login("joe"), &[], &settings(Match::First)).expect("a mapping");
    assert_eq!(mapping.properties, pairs(&[("conn_group", "admins"), ("prop_superuser", "true")]));
    assert_eq!(mapping.rules, "admins");
}

#[test]
fn of_all_matching_rules_the_earlier_holds() {
    let mapping = map(&testing::login("joe"), &[], &settings(Match::All)).expect("a mapping");
    let expected = [
        ("conn_group", "admins"),
        ("prop_superuser", "true"),
        ("conn_ip", "10.8.0.5"),
        ("prop_reroute_gw_override", "dns_only"),
    ];
    assert_eq!(mapping.properties, pairs(&expected));
    assert_eq!(mapping.rules, "admins,static");
}

#[test]
fn the_default_group_is_for_those_who_are_given_none() {
    let settings = Settings { default_group: Some("guests".into()), ..settings(Match::First) };
    assert_eq!(given(&testing::login("eve"), &settings), pairs(&[("conn_group", "guests")]));
    assert_eq!(given(&replied("eve", &[(88, "pool")]), &settings), pairs(&[("conn_group", "pool")]));
}

#[test]
fn an_address_from_radius_needs_a_group_and_must_be_an_address_of_the_user() {
    let settings = settings(Match::First);
    let with_pool = replied("eve", &[(8, "10.8.0.9"), (88, "staff")]);
    assert_eq!(given(&with_pool, &settings), pairs(&[("conn_group", "staff"), ("conn_ip", "10.8.0.9")]));
    assert_eq!(given(&replied("eve", &[(8, "10.8.0.9")]), &settings), []);
    for address in ["255.255.255.254", "255.255.255.255", "ten"] {
        let login = replied("eve", &[(8, address), (88, "staff")]);
        assert_eq!(given(&login, &settings), pairs(&[("conn_group", "staff")]), "{address}");
    }
}

#[test]
fn access_flags_set_rights_but_are_no_match() {
    let login = replied("eve", &[(19, "1-01x")]);
    assert_eq!(map(&login, &[], &settings(Match::First)), None);
    let unchanged = Settings { no_match: NoMatch::Unchanged, ..settings(Match::First) };
    let expected = [("prop_superuser", "true"), ("prop_lzo", "false"), ("prop_reroute_gw_override", "dns_only")];
    assert_eq!(given(&login, &unchanged), pairs(&expected));
    assert_eq!(given(&replied("eve", &[(19, "111")]), &unchanged), []);
}

#[test]
fn what_is_switched_off_is_not_read() {
    let off = Settings {
        radius_framed_ip: false,
        radius_framed_pool: false,
        radius_access_flags: false,
        ..settings(Match::First)
    };
    assert_eq!(given(&replied("eve", &[(8, "10.8.0.9"), (19, "11111"), (88, "staff")]), &off), []);
}
