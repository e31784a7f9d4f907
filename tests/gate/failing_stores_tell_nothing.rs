//! Where the store cannot write, a wrong password is answered as a right one is: the same text, and not before the same time.

use std::time::{Duration, Instant};

use vestibule_domain::Decision;
use vestibule_gate::Attempt;

use crate::harness::{Door, Home, cause, on_every_store, scripted, told, typed, typed_as};

on_every_store!(
    nobody_learns_whether_a_password_was_right,
    nor_does_anybody_by_how_long_a_store_is_waited_for_that_does_not_answer,
);

const FAILURE_MS: u64 = 300;

/// What somebody sees of an answer, which does not come before it may.
async fn seen(door: &Door, attempt: &Attempt) -> (String, String) {
    let began = Instant::now();
    let answer = door.decides(attempt).await;
    assert!(began.elapsed() >= Duration::from_millis(FAILURE_MS), "{:?}", began.elapsed());
    let Decision::Deny(denial) = &answer.decision else { panic!("{answer:?}") };
    (cause(&answer), denial.client_reason.as_str().to_owned())
}

async fn nobody_learns_whether_a_password_was_right(home: Home) {
    let mut door = Door::on(home).guarded_by("told", scripted("told")).with_passwords(&["joe"]).await;
    door.settings.min_failure_delay_ms = FAILURE_MS;
    // Nothing can be counted, and nothing put on record.
    door.home.execute("alter table password add column no_room integer check (failures = 0)").await;
    door.home.execute("alter table decision add column no_room integer check (at_ms < 0)").await;
    let right = seen(&door, &typed("joe")).await;
    assert_eq!(right.0, "store-unavailable");
    for attempt in [
        typed_as("joe", "wrong horse"),
        typed_as("nobody", "wrong horse"),
        told(typed("joe"), &[("DENIES", "not today")]),
        told(typed("joe"), &[("ASKS", "Code?")]),
        told(typed("joe"), &[("FAILS", "a bug")]),
    ] {
        assert_eq!(seen(&door, &attempt).await, right, "{attempt:?}");
    }
}

async fn nor_does_anybody_by_how_long_a_store_is_waited_for_that_does_not_answer(home: Home) {
    let mut door = Door::on(home).guarded_by("told", scripted("told")).with_passwords(&["joe"]).await;
    (door.settings.min_failure_delay_ms, door.settings.deadline_ms) = (FAILURE_MS, 2_000);
    let _held_up = door.home.hold_up_writes().await;
    let took = async |attempt: Attempt| {
        let began = Instant::now();
        assert_eq!(door.refuses(&attempt).await, "store-unavailable");
        began.elapsed()
    };
    let (right, wrong, unknown, denied) = tokio::join!(
        took(typed("joe")),
        took(typed_as("joe", "wrong horse")),
        took(typed_as("nobody", "wrong horse")),
        took(told(typed("joe"), &[("DENIES", "not today")])),
    );
    for other in [wrong, unknown, denied] {
        assert!(right.abs_diff(other) < Duration::from_millis(300), "{right:?}, {other:?}");
    }
}

#[tokio::test]
async fn a_right_password_is_worth_nothing_while_wrong_ones_cannot_be_counted() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "allowed");
    door.home.execute("create trigger full before update on password begin select raise(abort, 'full'); end").await;
    assert_eq!(door.refuses(&typed_as("joe", "wrong horse")).await, "store-unavailable");
    assert_eq!(door.refuses(&typed("joe")).await, "store-unavailable");
    door.home.execute("drop trigger full").await;
    assert_eq!(door.refuses(&typed("joe")).await, "allowed");
}
