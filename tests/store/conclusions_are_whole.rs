//! What a login leaves behind is stored together with its decision, or nothing of it is.

use vestibule_store::{Effects, Error, Lockout, NewChallenge, Save, SaveError, Session, Taken};

use crate::harness::{Home, at, decision, on_every_store, properties, tenant};

on_every_store!(
    all_of_it_is_there_at_once,
    a_conflict_leaves_nothing_behind,
    a_used_id_leaves_nothing_behind,
    a_neighbours_conflict_is_not_shared,
);

/// Everything that a login can leave behind, of a user who had `seen`.
fn everything(seen: &[(&str, &str)]) -> Effects {
    Effects {
        save: Some(Save {
            user: "joe".to_owned(),
            seen: Some(properties(seen)),
            writes: properties(&[("pvt_hw", "aa:bb")]),
        }),
        challenge: Some(NewChallenge {
            id: "c".to_owned(),
            user: "joe".to_owned(),
            state: b"1234".to_vec(),
            expires: at(60),
            replaces: true,
        }),
        session: Some(Session { id: "s".to_owned(), user: "joe".to_owned(), state: Vec::new(), expires: at(60) }),
        forgiven: Some("joe".to_owned()),
    }
}

async fn joe_fails_once(home: &Home) {
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    let lockout = Lockout { after: 9, lasts: std::time::Duration::from_secs(1) };
    home.store.count_failure(&tenant(), "joe", at(0), &lockout).await.unwrap();
}

async fn nothing_is_left(home: &Home, id: &str) {
    let store = &home.store;
    assert_eq!(store.decision(&tenant(), id).await, Ok(None));
    assert_eq!(store.take_challenge(&tenant(), "c", "joe", at(0)).await, Ok(Taken::Unknown));
    assert_eq!(store.session(&tenant(), "s", at(0)).await, Ok(None));
    assert_eq!(store.password(&tenant(), "joe").await.unwrap().unwrap().failures, 1);
}

async fn all_of_it_is_there_at_once(home: Home) {
    joe_fails_once(&home).await;
    home.store.commit_login(&tenant(), &decision("d"), &everything(&[])).await.unwrap();
    let store = home.another().await.unwrap();
    assert_eq!(store.profile(&tenant(), "joe").await, Ok(Some(properties(&[("pvt_hw", "aa:bb")]))));
    assert_eq!(store.decision(&tenant(), "d").await, Ok(Some(decision("d"))));
    assert_eq!(store.take_challenge(&tenant(), "c", "joe", at(0)).await, Ok(Taken::Valid(b"1234".to_vec())));
    assert_eq!(store.session(&tenant(), "s", at(0)).await, Ok(everything(&[]).session));
    assert_eq!(store.password(&tenant(), "joe").await.unwrap().unwrap().failures, 0);
}

async fn a_conflict_leaves_nothing_behind(home: Home) {
    joe_fails_once(&home).await;
    let concluded = home.store.commit_login(&tenant(), &decision("d"), &everything(&[("a", "1")])).await;
    assert_eq!(concluded, Err(SaveError::Conflict));
    nothing_is_left(&home, "d").await;
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(properties(&[]))));
}

async fn a_used_id_leaves_nothing_behind(home: Home) {
    joe_fails_once(&home).await;
    home.store.commit_login(&tenant(), &decision("d"), &Effects::default()).await.unwrap();
    let concluded = home.store.commit_login(&tenant(), &decision("d"), &everything(&[])).await;
    assert_eq!(concluded, Err(Error::IdUsed.into()));
    nothing_is_left(&home, "e").await;
    assert_eq!(home.store.profile(&tenant(), "joe").await, Ok(Some(properties(&[]))));
}

async fn a_neighbours_conflict_is_not_shared(home: Home) {
    let mut logins = tokio::task::JoinSet::new();
    for number in 0..100 {
        let store = home.store.clone();
        logins.spawn(async move {
            let user = format!("user{number}");
            // Every other one saw a profile that is not there.
            let seen = (number % 2 == 0).then(|| properties(&[("a", "1")]));
            let save = Save { user: user.clone(), seen, writes: properties(&[("pvt_hw", "aa:bb")]) };
            let effects = Effects { save: Some(save), ..Effects::default() };
            (number, store.commit_login(&tenant(), &decision(&user), &effects).await)
        });
    }
    for (number, concluded) in logins.join_all().await {
        let (user, ok) = (format!("user{number}"), number % 2 == 1);
        assert_eq!(concluded, if ok { Ok(()) } else { Err(SaveError::Conflict) });
        assert_eq!(home.store.profile(&tenant(), &user).await.unwrap().is_some(), ok);
        assert_eq!(home.store.decision(&tenant(), &user).await.unwrap().is_some(), ok);
    }
}
