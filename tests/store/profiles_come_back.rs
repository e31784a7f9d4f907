//! A profile comes back as it was put; what cannot be read is an error, never an empty profile.

use vestibule_domain::Properties;
use vestibule_domain::profile;
use vestibule_store::{Error, LoginProfiles};

use crate::harness::{Edits as _, Home, Lists as _, Reads as _, by, on_every_store, properties, tenant};

on_every_store!(
    what_is_put_comes_back,
    a_login_gets_its_three_profiles_at_once,
    groups_are_found_by_either_mark,
    single_properties_are_set_and_deleted,
    concurrent_edits_of_one_profile_all_count,
    a_deleted_profile_takes_its_password_along,
    a_damaged_profile_is_an_error,
    names_and_sizes_have_limits,
    a_nul_character_is_no_outage,
);

async fn what_is_put_comes_back(home: Home) {
    let odd = properties(&[("empty", ""), ("quoted", "\"'\\{}$1?"), ("script", "a\n\tb"), ("umlaut", "äöü 🚪")]);
    home.store.put_properties(&tenant(), "Jürgen O'Neil", &odd, None).await.unwrap();
    assert_eq!(home.store.profile(&tenant(), "Jürgen O'Neil").await, Ok(Some(odd)));
    assert_eq!(home.store.profile(&tenant(), "jürgen o'neil").await, Ok(None));
}

async fn a_login_gets_its_three_profiles_at_once(home: Home) {
    let (default, joe, staff) = (
        properties(&[("def_deny", "false")]),
        properties(&[("conn_group", "staff")]),
        properties(&[("type", "group"), ("group_subnets.0", "10.0.0.0/8")]),
    );
    assert_eq!(home.store.login_profiles(&tenant(), "joe").await, Ok(LoginProfiles::default()));

    home.store.put_properties(&tenant(), profile::DEFAULT, &default, None).await.unwrap();
    home.store.put_properties(&tenant(), "joe", &joe, None).await.unwrap();
    let without_group = home.store.login_profiles(&tenant(), "joe").await.unwrap();
    assert_eq!(without_group.group, Some(("staff".to_owned(), None)));

    home.store.put_properties(&tenant(), "staff", &staff, None).await.unwrap();
    let group = Some(("staff".to_owned(), Some(staff)));
    let expected = LoginProfiles { default: default.clone(), user: Some(joe), group };
    assert_eq!(home.store.login_profiles(&tenant(), "joe").await, Ok(expected));

    let stranger = LoginProfiles { default, user: None, group: None };
    assert_eq!(home.store.login_profiles(&tenant(), "jim").await, Ok(stranger));

    home.store.put_properties(&tenant(), "joe", &properties(&[("conn_group", "")]), None).await.unwrap();
    assert_eq!(home.store.login_profiles(&tenant(), "joe").await.unwrap().group, None);
}

async fn groups_are_found_by_either_mark(home: Home) {
    for (name, pairs) in [
        ("staff", [("type", "group")]),
        ("guests", [("group_declare", "true")]),
        ("joe", [("type", "user_connect")]),
        ("jim", [("group_declare", "false")]),
    ] {
        home.store.put_properties(&tenant(), name, &properties(&pairs), None).await.unwrap();
    }
    let groups = home.store.groups(&tenant()).await.unwrap();
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["guests", "staff"]);

    home.store.put_properties(&tenant(), "staff", &properties(&[("type", "user_connect")]), None).await.unwrap();
    assert_eq!(home.store.groups(&tenant()).await.unwrap().len(), 1);
}

async fn single_properties_are_set_and_deleted(home: Home) {
    home.store
        .put_properties(&tenant(), "joe", &properties(&[("a", "1"), ("b", "2"), ("c", "3")]), None)
        .await
        .unwrap();
    home.store.put_properties(&tenant(), "joe", &properties(&[("b", "4")]), None).await.unwrap();
    let names = ["a", "c", "d"].map(str::to_owned);
    assert_eq!(home.store.delete_properties(&tenant(), "joe", &names, None).await, Ok(()));
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(properties(&[("b", "4")]))));
    // Neither of these changes anything.
    for name in ["joe", "jim"] {
        assert_eq!(home.store.delete_properties(&tenant(), name, &names, Some(&by())).await, Ok(()));
    }
    assert_eq!(home.store.profile(&tenant(), "jim").await, Ok(None));
    assert_eq!(home.store.last_audits(Some(&tenant()), 9, None).await, Ok(Vec::new()));
}

async fn concurrent_edits_of_one_profile_all_count(home: Home) {
    let mut edits = tokio::task::JoinSet::new();
    for number in 0..20 {
        let store = home.store.clone();
        edits.spawn(async move {
            store.put_properties(&tenant(), "joe", &properties(&[(&format!("p{number}"), "x")]), None).await
        });
    }
    assert!(edits.join_all().await.iter().all(Result::is_ok));
    assert_eq!(home.store.profile(&tenant(), "joe").await.unwrap().unwrap().len(), 20);
}

async fn a_deleted_profile_takes_its_password_along(home: Home) {
    home.store.set_password(&tenant(), "joe", "$argon2id$...", u32::MAX, None).await.unwrap();
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(Properties::new())));
    assert_eq!(home.store.delete_profile(&tenant(), "joe", None).await, Ok(true));
    assert_eq!(home.store.delete_profile(&tenant(), "joe", None).await, Ok(false));
    assert_eq!(home.store.password(&tenant(), "joe").await, Ok(None));
    home.store.put_properties(&tenant(), "joe", &Properties::new(), None).await.unwrap();
    assert_eq!(home.store.password(&tenant(), "joe").await, Ok(None));
}

async fn a_damaged_profile_is_an_error(home: Home) {
    home.store.put_properties(&tenant(), "joe", &properties(&[("prop_deny", "true")]), None).await.unwrap();
    for damage in [
        r#"update profile set properties = '{"prop_deny": true}'"#,
        r#"update profile set properties = '["prop_deny"]'"#,
        r#"update profile set properties = '{"prop deny": "x"}'"#,
    ] {
        home.execute(damage).await;
        let errors = [
            home.store.profile(&tenant(), "joe").await.unwrap_err(),
            home.store.login_profiles(&tenant(), "joe").await.unwrap_err(),
            home.store.all_profiles(&tenant(), "").await.unwrap_err(),
            home.store.put_properties(&tenant(), "joe", &properties(&[("a", "1")]), None).await.unwrap_err(),
        ];
        for error in errors {
            let named =
                matches!(&error, Error::Damaged { tenant: t, profile, .. } if *t == tenant() && profile == "joe");
            assert!(named, "{error:?}");
        }
    }
}

async fn names_and_sizes_have_limits(home: Home) {
    for name in ["", "a\0b", &"x".repeat(257)] {
        let put = home.store.put_properties(&tenant(), name, &Properties::new(), None).await;
        assert!(matches!(put, Err(Error::Name(_))), "{put:?}");
        assert!(matches!(home.store.set_password(&tenant(), name, "", u32::MAX, None).await, Err(Error::Name(_))));
    }
    let many = |letter: char| {
        let pairs = (0..300).map(|number| (format!("{letter}{number}"), "x".to_owned()));
        Properties::from_pairs(pairs.collect()).unwrap()
    };
    home.store.put_properties(&tenant(), "joe", &many('a'), None).await.unwrap();
    let more = home.store.put_properties(&tenant(), "joe", &many('b'), None).await;
    assert!(matches!(more, Err(Error::Properties(_))), "{more:?}");
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(many('a'))));
}

async fn a_nul_character_is_no_outage(home: Home) {
    let on_postgres = home.argument().contains("://");
    let expected = if on_postgres { Err(Error::Nul) } else { Ok(None) };
    assert_eq!(home.store.profile(&tenant(), "a\0b").await, expected);
    assert!(!Error::Nul.is_unavailable());
}
