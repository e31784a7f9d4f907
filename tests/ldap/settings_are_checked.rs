//! Settings that would make a directory unsafe or useless are refused by their key, before anybody is asked.

use vestibule_directory::{Ldap, LdapSettings};
use vestibule_domain::Secret;

use crate::harness::slapd_settings;

/// The key that is complained about.
fn refused(settings: LdapSettings) -> &'static str {
    Ldap::new(settings).unwrap_err().key
}

#[test]
fn each_key_is_checked() {
    let good = || slapd_settings("ldaps://ldap.example.com");
    assert!(Ldap::new(good()).is_ok());
    assert_eq!(refused(LdapSettings { servers: Vec::new(), ..good() }), "servers");
    let many = vec!["ldaps://ldap.example.com".to_owned(); 17];
    assert_eq!(refused(LdapSettings { servers: many, ..good() }), "servers");
    for server in
        ["ldap.example.com", "http://ldap.example.com", "ldaps://", "ldaps://:636", "ldaps://a:0", "ldaps://a/b"]
    {
        assert_eq!(refused(slapd_settings(server)), "servers", "{server}");
    }
    assert_eq!(refused(LdapSettings { search_base: "example.com".to_owned(), ..good() }), "search_base");
    assert_eq!(refused(LdapSettings { search_base: String::new(), ..good() }), "search_base");
    assert_eq!(refused(LdapSettings { uname_attr: "uid)(cn".to_owned(), ..good() }), "uname_attr");
    assert_eq!(refused(LdapSettings { user_filter: Some("(a=b".to_owned()), ..good() }), "user_filter");
    assert_eq!(refused(LdapSettings { timeout_ms: 0, ..good() }), "timeout_ms");
    assert_eq!(refused(LdapSettings { max_entries: 0, ..good() }), "max_entries");
    assert_eq!(refused(LdapSettings { max_entries: 20_001, ..good() }), "max_entries");
    assert_eq!(refused(LdapSettings { pool: 17, ..good() }), "pool");
    for template in ["dc=a", "uid={},ou={},dc=a"] {
        assert_eq!(refused(LdapSettings { user_dn_template: Some(template.to_owned()), ..good() }), "user_dn_template");
    }
    assert_eq!(refused(LdapSettings { ca_file: Some("/nowhere".into()), ..good() }), "ca_file");
}

/// They come from a tenant, and are repeated for every login.
#[test]
fn no_text_is_longer_than_it_has_to_be() {
    let good = || slapd_settings("ldaps://ldap.example.com");
    let long = "x".repeat(1 << 20);
    let name = format!("uid={},dc=a", "x".repeat(1024));
    assert_eq!(refused(LdapSettings { servers: vec![format!("ldaps://{long}")], ..good() }), "servers");
    assert_eq!(refused(LdapSettings { search_base: "dc=a+".repeat(1 << 20), ..good() }), "search_base");
    assert_eq!(refused(LdapSettings { user_dn_template: Some("{}".repeat(1 << 20)), ..good() }), "user_dn_template");
    assert_eq!(
        refused(LdapSettings { user_dn_template: Some(format!("uid={{}},{name}")), ..good() }),
        "user_dn_template"
    );
    assert_eq!(refused(LdapSettings { bind_dn: Some(name), ..good() }), "bind_dn");
    assert_eq!(refused(LdapSettings { bind_password: Some(Secret::new(long)), ..good() }), "bind_password");
}

#[test]
fn passwords_do_not_go_over_a_network_in_clear_unless_somebody_says_so() {
    let plain = slapd_settings("ldap://ldap.example.com");
    assert_eq!(refused(plain.clone()), "servers");
    assert!(Ldap::new(LdapSettings { starttls: true, ..plain.clone() }).is_ok());
    assert!(Ldap::new(LdapSettings { allow_plaintext: true, ..plain }).is_ok());
    assert!(Ldap::new(slapd_settings("ldap://127.0.0.1:389")).is_ok());
}

#[test]
fn an_account_without_a_password_is_none() {
    let half = LdapSettings { bind_password: None, ..slapd_settings("ldaps://a") };
    assert_eq!(refused(half.clone()), "bind_dn");
    assert_eq!(refused(LdapSettings { bind_password: Some(Secret::new("")), ..half.clone() }), "bind_dn");
    assert_eq!(refused(LdapSettings { bind_dn: None, ..half }), "bind_dn");
}
