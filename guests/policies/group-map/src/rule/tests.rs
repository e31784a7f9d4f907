//! What a list of rules may say, and when one rule holds.

use vestibule_policy::{Login, RadiusAttribute, testing};

use super::read;
use crate::dn::Dn;

const STAFF: &str = "CN=VPN Staff,OU=Groups,DC=example,DC=com";

fn error(json: &str) -> String {
    read(json).expect_err("broken rules")
}

fn holds(conditions: &str, login: &Login) -> bool {
    let groups = [Dn::parse(STAFF).expect("a name")];
    let rules = read(&format!(r#"[{{{conditions}, "group": "g"}}]"#)).expect("rules");
    rules.iter().all(|rule| rule.matches(login, &groups))
}

fn attribute(code: u32, vendor: Option<u32>, name: Option<&str>, value: &str) -> RadiusAttribute {
    RadiusAttribute { code, vendor, name: name.map(Into::into), value: value.into(), octets: value.into() }
}

#[test]
fn a_broken_rule_is_named_by_its_place_and_quoted() {
    let good = r#"{"user": "joe", "group": "staff"}"#;
    let unknown = error(&format!(r#"[{good}, {{"name": "admins", "user": "eve", "grop": "staff"}}]"#));
    assert!(unknown.starts_with("setting `rules`: rule 2: unknown field `grop`"), "{unknown}");
    assert!(unknown.ends_with(r#"in {"name": "admins", "user": "eve", "grop": "staff"}"#), "{unknown}");
    let wrong = error(r#"[{"user": "joe", "admin": "yes", "group": "staff"}]"#);
    assert!(wrong.starts_with("setting `rules`: rule 1: invalid type") && wrong.contains("boolean"), "{wrong}");
    let ip = error(r#"[{"user": "joe", "ip": "10.8.0.300"}]"#);
    assert!(ip.starts_with("setting `rules`: rule 1: invalid IP address"), "{ip}");
}

#[test]
fn what_is_no_list_is_refused_as_a_whole() {
    for json in ["{}", "[", "", "staff"] {
        assert!(error(json).starts_with("setting `rules` is no list"), "{json}");
    }
}

#[test]
fn a_rule_needs_a_condition_and_something_to_give() {
    assert!(error(r#"[{"group": "staff"}]"#).contains("rule 1: has no condition"));
    assert!(error(r#"[{"user": "joe"}]"#).contains("rule 1: gives nothing"));
    assert!(error(r#"[{"user": "joe", "group": ""}]"#).contains("`group` is empty"));
    assert!(error(r#"[{"radius": {"value": "x"}, "group": "staff"}]"#).contains("`code` or a `name`"));
    assert!(error(r#"[{"ldap_group": "CN=a,b", "group": "staff"}]"#).contains("no distinguished name"));
}

#[test]
fn an_ldap_group_is_named_by_dn_or_by_common_name_in_any_case() {
    let login = testing::login("joe");
    assert!(holds(r#""ldap_group": "cn=vpn staff, ou=groups, dc=example, dc=com""#, &login));
    assert!(holds(r#""ldap_group": "vpn STAFF""#, &login));
    assert!(!holds(r#""ldap_group": "vpn""#, &login));
    assert!(!holds(r#""ldap_group": "CN=VPN Staff,OU=Other,DC=example,DC=com""#, &login));
}

#[test]
fn a_radius_attribute_is_named_by_code_by_vendor_and_code_or_by_name() {
    let mut login = testing::login("joe");
    login.info.radius_reply =
        vec![attribute(11, None, Some("Filter-Id"), "staff"), attribute(1, Some(9), None, "admin")];
    assert!(holds(r#""radius": {"code": 11, "value": "staff"}"#, &login));
    assert!(holds(r#""radius": {"name": "filter-id"}"#, &login));
    assert!(holds(r#""radius": {"vendor": 9, "code": 1, "value": "admin"}"#, &login));
    assert!(!holds(r#""radius": {"code": 1, "value": "admin"}"#, &login), "a vendor's attribute is no standard one");
    assert!(!holds(r#""radius": {"vendor": 9, "code": 11}"#, &login));
    assert!(!holds(r#""radius": {"vendor": 9, "name": "Filter-Id"}"#, &login));
    assert!(!holds(r#""radius": {"code": 11, "value": "Staff"}"#, &login));
}

#[test]
fn a_saml_attribute_holds_one_of_its_values() {
    let mut login = testing::login("joe");
    login.info.saml_attributes =
        vec![("groups".into(), vec!["sales".into(), "vpn".into()]), ("empty".into(), Vec::new())];
    assert!(holds(r#""saml": {"attribute": "groups", "value": "vpn"}"#, &login));
    assert!(holds(r#""saml": {"attribute": "groups"}"#, &login));
    assert!(!holds(r#""saml": {"attribute": "groups", "value": "VPN"}"#, &login));
    assert!(!holds(r#""saml": {"attribute": "empty"}"#, &login));
}

#[test]
fn all_conditions_of_a_rule_must_hold() {
    let login = testing::login("joe");
    assert!(holds(r#""user": "joe", "method": "local", "ldap_group": "vpn staff""#, &login));
    assert!(!holds(r#""user": "joe", "method": "radius", "ldap_group": "vpn staff""#, &login));
    assert!(!holds(r#""user": "Joe", "method": "local""#, &login));
}
