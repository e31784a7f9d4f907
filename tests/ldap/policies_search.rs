//! A policy searches as the service account, within the search base, and for no more than it may find.

use vestibule_directory::{Ldap, LdapSettings};
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query, Scope, Value};
use vestibule_domain::{Decision, Grants};
use vestibule_gate::Method;

use super::soon;
use super::stand_in::{Finds, stand_in};
use crate::harness::{Door, Slapd, policy, slapd_settings, typed, typed_as};

async fn searched(settings: LdapSettings, base: Option<&str>, filter: &str) -> Result<Vec<Entry>, Error> {
    let query = Query {
        base: base.map(str::to_owned),
        scope: Scope::Subtree,
        filter: filter.to_owned(),
        attributes: vec!["MEMBEROF".to_owned(), "jpegPhoto".to_owned(), "absent".to_owned()],
    };
    Ldap::new(settings).unwrap().search(&query, soon()).await
}

#[tokio::test]
async fn what_it_asks_for_comes_as_it_spells_it() {
    let entries = searched(Slapd::shared().settings(), None, "(uid=joe.user)").await.unwrap();
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(entry.dn, "uid=Joe.User,ou=people,dc=example,dc=com");
    let names: Vec<_> = entry.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(names, ["MEMBEROF", "jpegPhoto"]);
    assert_eq!(entry.attributes[0].values, [Value::Text("cn=staff,ou=groups,dc=example,dc=com".to_owned())]);
    assert_eq!(entry.attributes[1].values, [Value::Octets { octets: vec![0xff, 0xd8, 0xff, 0xe0] }]);
}

#[tokio::test]
async fn it_does_not_leave_the_search_base() {
    let settings = LdapSettings { search_base: "ou=people,dc=example,dc=com".to_owned(), ..Slapd::shared().settings() };
    let within =
        ["ou=people,dc=example,dc=com", "OU=People, DC=example, DC=com", "uid=ann,ou=people,dc=example,dc=com"];
    for base in within {
        assert_eq!(searched(settings.clone(), Some(base), "(uid=ann)").await.unwrap().len(), 1, "{base}");
    }
    for base in ["dc=example,dc=com", "ou=groups,dc=example,dc=com", "cn=x\\,ou=people\\,dc=example,dc=com"] {
        let refused = searched(settings.clone(), Some(base), "(uid=ann)").await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{base}: {refused:?}");
    }
    for base in ["", "nowhere", "ou=people;dc=example"] {
        let refused = searched(settings.clone(), Some(base), "(uid=ann)").await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{base}: {refused:?}");
    }
    assert_eq!(
        searched(settings.clone(), Some("ou=none,ou=people,dc=example,dc=com"), "(uid=*)").await,
        Ok(Vec::new())
    );
}

#[tokio::test]
async fn it_finds_no_more_than_it_may() {
    let settings = |max_entries| LdapSettings { max_entries, ..Slapd::shared().settings() };
    assert_eq!(searched(settings(6), None, "(uid=*)").await.unwrap().len(), 6);
    let exhausted = searched(settings(5), None, "(uid=*)").await;
    assert!(matches!(exhausted, Err(Error::Exhausted(_))), "{exhausted:?}");
}

#[tokio::test]
async fn it_finds_no_more_bytes_than_it_may() {
    for (entries, fits) in [(15, true), (17, false)] {
        let server = stand_in(move |_, _| Finds { values: vec![vec![0; 64 * 1024]; entries], code: 0 }).await;
        let found = searched(slapd_settings(&server), None, "(uid=*)").await;
        match found {
            Ok(found) => assert!(fits && found.len() == entries),
            Err(error) => assert!(!fits && matches!(&error, Error::Exhausted(why) if why.contains("bytes")), "{error}"),
        }
    }
}

#[tokio::test]
async fn nobody_searches_anonymously() {
    let settings = LdapSettings {
        bind_dn: None,
        bind_password: None,
        user_dn_template: Some("uid={},ou=people,dc=example,dc=com".to_owned()),
        ..Slapd::shared().settings()
    };
    let denied = searched(settings, None, "(uid=ann)").await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
}

/// A door whose users are in the directory, guarded by a policy that searches it.
async fn door() -> Door {
    let grants = Grants { directory: true, ..Grants::default() };
    let map =
        serde_json::json!([{"name": "staff", "ldap_group": "cn=staff,ou=groups,dc=example,dc=com", "group": "staff"}]);
    let mut door = Door::new().await.with_record("staff", &[("type", "group"), ("prop_lzo", "true")]).await;
    door.settings.method = Method::Ldap;
    door.settings.ldap = Some(Slapd::shared().settings());
    let capabilities = door.tenant().capabilities();
    let map = policy("group-map").with_setting("rules", &map.to_string()).with_setting("no_match", "unchanged");
    let map = map.with_capabilities(capabilities);
    door.guarded_by_granted("group-map", map, grants)
}

#[tokio::test]
async fn a_member_of_a_directorys_group_comes_into_the_group_that_it_maps_to() {
    let door = door().await;
    let answer = door.decides(&typed("joe.user")).await;
    let Decision::Allow { user, proplist, .. } = answer.decision else { panic!("{answer:?}") };
    assert_eq!(
        (user.as_str(), proplist.get("conn_group"), proplist.get("prop_lzo")),
        ("Joe.User", Some("staff"), Some("true"))
    );
    assert_eq!(door.admits(&typed("ann")).await.get("conn_group"), None);
    assert_eq!(door.refuses(&typed_as("ann", "wrong horse")).await, "wrong-password");
    assert_eq!(door.refuses(&typed("twin")).await, "ambiguous-user");
}

#[tokio::test]
async fn another_spelling_is_no_way_around_a_users_own_method() {
    let door = door().await.with_record("Joe.User", &[("user_auth_type", "local")]).await;
    assert_eq!(door.refuses(&typed("joe.user")).await, "proof-mismatch");
}
