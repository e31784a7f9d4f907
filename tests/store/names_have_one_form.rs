//! Users and groups are on record under the one form of their names, whatever an earlier version of this program has stored.

use vestibule_store::{Error, NewChallenge, Session, Taken};

use crate::harness::{Edits as _, Home, Leaves as _, Lists as _, at, on_every_store, properties, tenant};

on_every_store!(
    a_record_under_another_spelling_is_moved_with_all_that_belongs_to_it,
    two_records_of_one_name_keep_the_store_closed_and_are_named,
    what_is_written_under_another_spelling_is_written_under_the_one,
);

const SPELLED: &str = "Jo\u{308}rg";
const NAME: &str = "J\u{f6}rg";

async fn a_record_under_another_spelling_is_moved_with_all_that_belongs_to_it(home: Home) {
    let store = &home.store;
    let [id, user] = ["s", NAME].map(str::to_owned);
    store.keep(&tenant(), &Session { id, user, state: Vec::new(), expires: at(60) }).await.unwrap();
    for id in ["open", "answered"] {
        let [id, user] = [id, NAME].map(str::to_owned);
        let challenge = NewChallenge { id, user, state: Vec::new(), expires: at(60), replaces: false };
        store.ask(&tenant(), &challenge).await.unwrap();
    }
    store.take_challenge(&tenant(), "answered", NAME, at(0)).await.unwrap();
    home.execute(
        "insert into profile (tenant, name, properties) values
            ('acme', 'Jo\u{308}rg', '{\"conn_group\":\"Tu\u{308}r\",\"prop_deny\":\"true\"}'),
            ('acme', 'Tu\u{308}r', '{\"type\":\"group\"}'),
            ('acme', 'zero\u{200b}width', '{\"a\":\"1\"}'),
            ('acme', 'J\u{fc}rgen', '{}'),
            ('other', 'Jo\u{308}rg', '{}'),
            ('other', 'J\u{f6}rgen', '{}')",
    )
    .await;
    home.execute("insert into password (tenant, name, hash, failures) values ('acme', 'Jo\u{308}rg', 'hash', 2)").await;
    for sql in ["update session set user_name = 'Jo\u{308}rg'", "update challenge set user_name = 'Jo\u{308}rg'"] {
        home.execute(sql).await;
    }

    let store = home.another().await.unwrap();
    let found = store.login_profiles(&tenant(), NAME).await.unwrap();
    assert_eq!(found.user, Some(properties(&[("conn_group", "T\u{fc}r"), ("prop_deny", "true")])));
    assert_eq!(found.group, Some(("T\u{fc}r".to_owned(), Some(properties(&[("type", "group")])))));
    let names: Vec<_> = store.all_profiles(&tenant(), "").await.unwrap().into_keys().collect();
    assert_eq!(names, [NAME, "J\u{fc}rgen", "T\u{fc}r", "zero\u{200b}width"]);
    let password = store.password(&tenant(), NAME).await.unwrap().unwrap();
    assert_eq!((password.hash.as_str(), password.failures), ("hash", 2));
    assert_eq!(store.session(&tenant(), "s", at(0)).await.unwrap().unwrap().user, NAME);
    assert_eq!(store.take_challenge(&tenant(), "open", NAME, at(0)).await, Ok(Taken::Valid(Vec::new())));
    assert_eq!(home.count("select count(*) from challenge where user_name = 'Jo\u{308}rg'").await, 1);
}

async fn two_records_of_one_name_keep_the_store_closed_and_are_named(home: Home) {
    home.execute("insert into profile (tenant, name, properties) values ('acme', 'Jo\u{308}rg', '{}'), ('acme', 'J\u{f6}rg', '{}')")
        .await;
    let error = home.another().await.err().unwrap();
    let [one, other] = [SPELLED, NAME].map(str::to_owned);
    assert_eq!(error, Error::OneName { tenant: "acme".to_owned(), one, other });
    let text = error.to_string();
    assert!(text.contains(r"`Jo\u{308}rg`") && text.contains(r"`J\u{f6}rg`"), "{text}");
    assert_eq!(home.count("select count(*) from profile").await, 2);

    home.execute("delete from profile where name = 'J\u{f6}rg'").await;
    assert!(home.another().await.is_ok());
    assert_eq!(home.count("select count(*) from profile where name = 'J\u{f6}rg'").await, 1);
}

async fn what_is_written_under_another_spelling_is_written_under_the_one(home: Home) {
    let store = &home.store;
    store.put_properties(&tenant(), SPELLED, &properties(&[("a", "1")]), None).await.unwrap();
    store.set_password(&tenant(), SPELLED, "hash", 1, None).await.unwrap();
    let seen = properties(&[("a", "1")]);
    store.save(&tenant(), SPELLED, Some(&seen), &properties(&[("b", "2")])).await.unwrap();
    store.delete_properties(&tenant(), SPELLED, &["a".to_owned()], None).await.unwrap();
    let all = store.all_profiles(&tenant(), "").await.unwrap();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(NAME.to_owned(), properties(&[("b", "2")]))]);
    assert!(store.password(&tenant(), NAME).await.unwrap().is_some());
}
