//! What a policy keeps for a session comes back when the session is renewed, to the same policy and for the same user.

use vestibule_domain::bounded::Text;
use vestibule_gate::Attempt;

use crate::harness::{Door, Home, answering, at, cause, on_every_store, scripted, told, typed, vouched};

on_every_store!(what_was_kept_comes_back, a_session_ends);

fn in_session(attempt: Attempt) -> Attempt {
    Attempt { session_id: Some(Text::cut("session 1")), ..attempt }
}

async fn door(home: Home) -> Door {
    let told = |prefix| scripted("told").with_setting("prefix", prefix);
    Door::on(home).guarded_by("first", told("1")).guarded_by("second", told("2")).with_passwords(&["joe", "eve"]).await
}

async fn what_was_kept_comes_back(home: Home) {
    let door = door(home).await;
    door.admits(&told(in_session(typed("joe")), &[("1KEEPS", "one"), ("2KEEPS", "two")])).await;
    let recalls = told(in_session(vouched("joe")), &[("1RECALLS", "one"), ("2RECALLS", "two")]);
    assert_eq!(door.refuses(&recalls).await, "allowed");
    let stolen = told(in_session(vouched("eve")), &[]);
    assert_eq!(door.refuses(&stolen).await, "proof-mismatch");
}

async fn a_session_ends(home: Home) {
    let door = door(home).await;
    door.admits(&told(in_session(typed("joe")), &[("1KEEPS", "one")])).await;
    let recalls = |kept| told(in_session(vouched("joe")), &[("1RECALLS", kept)]);
    assert_eq!(cause(&door.decides_at(&recalls("one"), at(86_399)).await), "allowed");
    assert_eq!(cause(&door.decides_at(&recalls(""), at(90_000_000)).await), "allowed");
}

#[tokio::test]
async fn what_is_kept_with_a_question_waits_for_the_answer() {
    let door = door(Home::on_sqlite().await).await;
    let orders = [("1KEEPS", "one"), ("2ASKS", "Code?"), ("2KEEPS", "two")];
    let first = told(in_session(typed("joe")), &orders);
    let asked = door.decides(&first).await;
    let recalls = told(in_session(vouched("joe")), &[("1RECALLS", "one"), ("2RECALLS", "two")]);
    assert_eq!(door.refuses(&recalls).await, "policy-error");
    assert_eq!(door.refuses(&answering(&first, &asked, "yes")).await, "allowed");
    assert_eq!(door.refuses(&recalls).await, "allowed");
}
