//! The directory's own rules say whose name was typed, and a bind proves the password.

use vestibule_directory::{LdapSettings, MatchRule};
use vestibule_domain::bounded::Text;
use vestibule_domain::login::LdapInfo;
use vestibule_domain::primary::Cause;

use super::{asked, cause};
use crate::harness::Slapd;

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn whoever_knows_the_password_is_called_as_the_entry_spells_it() {
    let settings = Slapd::shared().settings();
    for entered in ["Joe.User", "joe.user", "JOE.USER"] {
        let proven = asked(settings.clone(), entered, PASSWORD).await.unwrap();
        assert_eq!((proven.user.as_str(), proven.info.auth_method.as_str()), ("Joe.User", "ldap"));
        let ldap = LdapInfo {
            user_dn: Text::cut("uid=Joe.User,ou=people,dc=example,dc=com"),
            search_base: Text::cut("dc=example,dc=com"),
            uname_attr: Text::cut("uid"),
        };
        assert_eq!(proven.info.ldap, Some(ldap));
    }
}

#[tokio::test]
async fn where_names_match_exactly_they_have_to_be_spelled_right() {
    let settings = LdapSettings { match_rule: MatchRule::Exact, ..Slapd::shared().settings() };
    assert_eq!(cause(settings.clone(), "joe.user", PASSWORD).await, Cause::UnknownUser);
    assert!(asked(settings, "Joe.User", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn whoever_has_several_names_is_called_by_the_one_in_the_distinguished_name() {
    let settings = Slapd::shared().settings();
    for entered in ["ann", "Ann.Other", "a.other", "ANN"] {
        assert_eq!(asked(settings.clone(), entered, PASSWORD).await.unwrap().user.as_str(), "ann", "{entered}");
    }
    let settings = LdapSettings { match_rule: MatchRule::Exact, ..settings };
    assert_eq!(asked(settings.clone(), "Ann.Other", PASSWORD).await.unwrap().user.as_str(), "ann");
    assert_eq!(cause(settings, "ann.other", PASSWORD).await, Cause::UnknownUser);
}

#[tokio::test]
async fn whatever_is_wrong_has_its_own_cause() {
    let settings = Slapd::shared().settings();
    for (user, password, expected) in [
        ("ann", "wrong horse", Cause::WrongPassword),
        ("ann", "", Cause::WrongPassword),
        ("nobody", PASSWORD, Cause::UnknownUser),
        ("twin", PASSWORD, Cause::AmbiguousUser),
    ] {
        assert_eq!(cause(settings.clone(), user, password).await, expected, "{user}");
    }
}

#[tokio::test]
async fn a_filter_or_a_narrower_base_leaves_one_of_two() {
    let settings = Slapd::shared().settings();
    let narrow = LdapSettings { search_base: "ou=other,dc=example,dc=com".to_owned(), ..settings.clone() };
    assert!(asked(narrow, "twin", PASSWORD).await.is_ok());
    let filtered = LdapSettings { user_filter: Some("(ou:dn:=other)".to_owned()), ..settings };
    assert!(asked(filtered.clone(), "twin", PASSWORD).await.is_ok());
    assert_eq!(cause(filtered, "ann", PASSWORD).await, Cause::UnknownUser);
}

#[tokio::test]
async fn what_is_typed_never_becomes_part_of_a_filter_or_a_name() {
    let settings = Slapd::shared().settings();
    let direct =
        LdapSettings { user_dn_template: Some("uid={},ou=people,dc=example,dc=com".to_owned()), ..settings.clone() };
    for settings in [settings, direct] {
        for odd in ["star*)(uid=ann", "back\\slash, comma"] {
            assert_eq!(asked(settings.clone(), odd, PASSWORD).await.unwrap().user.as_str(), odd);
        }
        for trick in ["*", "a*", "ann)(uid=*", "ann,ou=people", "ann\\2cou=people"] {
            assert!(asked(settings.clone(), trick, PASSWORD).await.is_err(), "{trick}");
        }
    }
}

#[tokio::test]
async fn a_direct_bind_needs_no_service_account() {
    let settings = LdapSettings {
        bind_dn: None,
        bind_password: None,
        user_dn_template: Some("uid={},ou=people,dc=example,dc=com".to_owned()),
        ..Slapd::shared().settings()
    };
    assert_eq!(asked(settings.clone(), "joe.user", PASSWORD).await.unwrap().user.as_str(), "Joe.User");
    assert_eq!(cause(settings.clone(), "joe.user", "wrong horse").await, Cause::WrongPassword);
    assert_eq!(cause(settings, "nobody", PASSWORD).await, Cause::WrongPassword);
}
