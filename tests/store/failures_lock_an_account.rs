//! Wrong passwords are counted, and lock the account for a while.

use std::time::Duration;

use tokio::task::JoinSet;
use vestibule_store::{Lockout, Password};

use crate::harness::{Edits as _, Home, Leaves as _, at, on_every_store, tenant};

const LOCKOUT: Lockout = Lockout { after: 3, lasts: Duration::from_secs(60) };

on_every_store!(
    the_last_permitted_failure_locks_for_a_while,
    a_lock_that_has_expired_counts_afresh,
    success_and_a_new_password_forget_failures,
    concurrent_failures_are_all_counted,
    only_passwords_are_counted,
    of_many_tries_at_once_as_many_are_made_as_may_fail,
    a_try_after_the_lock_counts_afresh,
    a_password_prints_as_stars,
);

async fn failures(home: &Home) -> u32 {
    home.store.password(&tenant(), "joe").await.unwrap().unwrap().failures
}

async fn fails(home: &Home, seconds: u64) -> Option<std::time::SystemTime> {
    home.store.count_failure(&tenant(), "joe", at(seconds), &LOCKOUT).await.unwrap()
}

async fn the_last_permitted_failure_locks_for_a_while(home: Home) {
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    assert_eq!((fails(&home, 0).await, fails(&home, 1).await), (None, None));
    assert_eq!(fails(&home, 2).await, Some(at(62)));
    // Trying goes on not to prolong the lock.
    assert_eq!(fails(&home, 30).await, Some(at(62)));
    let password = home.store.password(&tenant(), "joe").await.unwrap().unwrap();
    assert_eq!((password.hash.as_str(), password.locked_until), ("hash", Some(at(62))));
}

async fn a_lock_that_has_expired_counts_afresh(home: Home) {
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    for second in 0..3 {
        fails(&home, second).await;
    }
    assert_eq!(fails(&home, 62).await, None);
    assert_eq!(failures(&home).await, 1);
    assert_eq!(fails(&home, 63).await, None);
    assert_eq!(fails(&home, 64).await, Some(at(124)));

    let at_once = Lockout { after: 1, ..LOCKOUT };
    let locked = home.store.count_failure(&tenant(), "joe", at(200), &at_once).await;
    assert_eq!(locked, Ok(Some(at(260))));
}

async fn success_and_a_new_password_forget_failures(home: Home) {
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    for forget in ["reset", "new password"] {
        for second in 0..3 {
            fails(&home, second).await;
        }
        match forget {
            "reset" => home.store.forgive(&tenant(), "joe").await.unwrap(),
            _ => home.store.set_password(&tenant(), "joe", "other", u32::MAX, None).await.unwrap(),
        }
        let password = home.store.password(&tenant(), "joe").await.unwrap().unwrap();
        assert_eq!((password.failures, password.locked_until), (0, None), "{forget}");
    }
}

async fn concurrent_failures_are_all_counted(home: Home) {
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    let other = home.another().await.unwrap();
    let mut counts = JoinSet::new();
    for number in 0..20 {
        let store = if number % 2 == 0 { home.store.clone() } else { other.clone() };
        counts.spawn(async move { store.count_failure(&tenant(), "joe", at(0), &LOCKOUT).await.unwrap() });
    }
    let locked = counts.join_all().await.iter().filter(|until| **until == Some(at(60))).count();
    assert_eq!((locked, failures(&home).await), (18, 20));
}

async fn only_passwords_are_counted(home: Home) {
    home.store.put_properties(&tenant(), "jim", &vestibule_domain::Properties::new(), None).await.unwrap();
    for user in ["jim", "nobody"] {
        for _ in 0..5 {
            assert_eq!(home.store.count_failure(&tenant(), user, at(0), &LOCKOUT).await, Ok(None));
        }
        assert_eq!(home.store.password(&tenant(), user).await, Ok(None));
    }
    home.store.set_password(&tenant(), "jim", "hash", u32::MAX, None).await.unwrap();
    assert_eq!(home.store.delete_password(&tenant(), "jim", None).await, Ok(true));
    assert_eq!(home.store.delete_password(&tenant(), "jim", None).await, Ok(false));
    assert!(home.store.profile(&tenant(), "jim").await.unwrap().is_some());
}

async fn tries(home: &Home, seconds: u64) -> bool {
    home.store.count_try(&tenant(), "joe", at(seconds), &LOCKOUT).await.unwrap()
}

async fn of_many_tries_at_once_as_many_are_made_as_may_fail(home: Home) {
    assert!(!tries(&home, 0).await, "nobody has this name");
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    let other = home.another().await.unwrap();
    let mut counts = JoinSet::new();
    for number in 0..20 {
        let store = if number % 2 == 0 { home.store.clone() } else { other.clone() };
        counts.spawn(async move { store.count_try(&tenant(), "joe", at(0), &LOCKOUT).await.unwrap() });
    }
    assert_eq!(counts.join_all().await.iter().filter(|may| **may).count(), 3);
    assert_eq!(failures(&home).await, 3);
}

async fn a_try_after_the_lock_counts_afresh(home: Home) {
    home.store.set_password(&tenant(), "joe", "hash", u32::MAX, None).await.unwrap();
    for second in 0..3 {
        assert!(tries(&home, second).await);
    }
    assert!(!tries(&home, 61).await);
    assert!(tries(&home, 62).await);
    assert_eq!(failures(&home).await, 1);
    home.store.forgive(&tenant(), "joe").await.unwrap();
    assert_eq!(failures(&home).await, 0);
}

async fn a_password_prints_as_stars(home: Home) {
    home.store.set_password(&tenant(), "joe", "$argon2id$v=19$secret", u32::MAX, None).await.unwrap();
    let password: Password = home.store.password(&tenant(), "joe").await.unwrap().unwrap();
    assert!(!format!("{password:?}").contains("secret"));
}
