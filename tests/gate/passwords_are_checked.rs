//! A local password lets its user in, and nothing else does.

use vestibule_domain::cause::NEUTRAL_TEXT;
use vestibule_domain::{Decision, EnteredUser, Secret};
use vestibule_gate::PasswordError;

use crate::harness::{Door, Home, on_every_store, tenant, typed, typed_as};

on_every_store!(the_right_password_comes_in, anything_else_stays_out_by_its_own_cause);

async fn the_right_password_comes_in(home: Home) {
    let door = Door::on(home).with_passwords(&["joe"]).await.with_record("joe", &[("prop_lzo", "true")]).await;
    assert_eq!(door.admits(&typed("joe")).await.get("prop_lzo"), Some("true"));
}

async fn anything_else_stays_out_by_its_own_cause(home: Home) {
    let door = Door::on(home).with_passwords(&["joe"]).await.with_record("eve", &[]).await;
    assert_eq!(door.refuses(&typed_as("joe", "wrong horse")).await, "wrong-password");
    assert_eq!(door.refuses(&typed_as("joe", "")).await, "wrong-password");
    assert_eq!(door.refuses(&typed_as("joe", &"x".repeat(2000))).await, "wrong-password");
    for unknown in ["jim", "JOE", "eve", "__DEFAULT__"] {
        assert_eq!(door.refuses(&typed(unknown)).await, "unknown-user", "{unknown}");
    }
}

#[tokio::test]
async fn the_user_reads_the_same_whatever_was_wrong() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    for attempt in [typed("jim"), typed_as("joe", "wrong horse"), typed_as("joe", "")] {
        let Decision::Deny(denial) = door.decides(&attempt).await.decision else { panic!("{attempt:?} came in") };
        assert_eq!(denial.client_reason.as_str(), NEUTRAL_TEXT);
    }
}

#[tokio::test]
async fn a_failure_is_answered_no_earlier_than_the_tenant_says() {
    let mut door = Door::new().await.with_passwords(&["joe"]).await;
    door.settings.min_failure_delay_ms = 600;
    for attempt in [typed("jim"), typed_as("joe", "wrong horse"), typed_as("joe", "")] {
        let began = std::time::Instant::now();
        door.refuses(&attempt).await;
        assert!(began.elapsed().as_millis() >= 600, "{attempt:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_reads_the_same_is_answered_no_earlier_either() {
    let mut door = Door::new().await.with_passwords(&["joe"]).await.with_record("joe", &[("prop_deny", "true")]).await;
    door.settings.min_failure_delay_ms = 600;
    let began = std::time::Instant::now();
    assert_eq!(door.refuses(&typed("joe")).await, "denied-by-property");
    assert!(began.elapsed().as_millis() >= 600);
}

#[tokio::test]
async fn a_password_that_is_set_anew_replaces_the_old_one() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let (joe, store) = (EnteredUser::new("joe").unwrap(), &door.home.store);
    vestibule_gate::set_password(store, &door.ledger, &tenant(), &joe, Secret::new("another horse"), u32::MAX, None)
        .await
        .unwrap();
    assert_eq!(door.refuses(&typed("joe")).await, "wrong-password");
    assert_eq!(door.refuses(&typed_as("joe", "another horse")).await, "allowed");
}

#[tokio::test]
async fn what_is_no_password_or_no_user_is_not_set() {
    let door = Door::new().await.with_record("staff", &[("type", "group")]).await;
    let set = async |user: &str, password: &str| {
        let user = EnteredUser::new(user).unwrap();
        vestibule_gate::set_password(
            &door.home.store,
            &door.ledger,
            &tenant(),
            &user,
            Secret::new(password),
            u32::MAX,
            None,
        )
        .await
    };
    assert!(matches!(set("joe", "1234567").await, Err(PasswordError::TooShort)));
    assert!(matches!(set("joe", &"x".repeat(1025)).await, Err(PasswordError::TooLong)));
    assert!(matches!(set("staff", "correct horse").await, Err(PasswordError::NotAUser(_))));
    assert!(matches!(set("__DEFAULT__", "correct horse").await, Err(PasswordError::NotAUser(_))));
    assert!(set("joe", "12345678").await.is_ok());
}
