//! A question is answered once, in time, by the user it was put to, before the same policy; the password is not asked for again.

use crate::harness::{
    Door, Home, answering, at, attempt, cause, on_every_store, question, scripted, told, typed, typed_as,
};
use vestibule_domain::field::Response;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{Grants, Secret};
use vestibule_gate::{Attempt, Method, Proof};

on_every_store!(
    the_right_answer_comes_in,
    an_answer_counts_once,
    a_late_answer_is_too_late,
    somebody_elses_question_is_not_answered,
    a_new_question_takes_the_place_of_the_one_before,
);

const ASKS: [(&str, &str); 1] = [("ASKS", "Code?")];

async fn door(home: Home) -> Door {
    Door::on(home).guarded_by("told", scripted("told")).with_passwords(&["joe", "eve"]).await
}

async fn the_right_answer_comes_in(home: Home) {
    let door = door(home).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    // Every decision here is made by a new gate, as after a restart.
    let again = door.decides(&answering(&first, &asked, "again")).await;
    assert_eq!(question(&again).0.values.get("round"), Some("2"));
    assert_eq!(door.refuses(&answering(&first, &again, "yes")).await, "allowed");
}

async fn an_answer_counts_once(home: Home) {
    let door = door(home).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    assert_eq!(door.refuses(&answering(&first, &asked, "no")).await, "denied");
    assert_eq!(door.refuses(&answering(&first, &asked, "yes")).await, "challenge-replayed");
}

async fn a_late_answer_is_too_late(home: Home) {
    let door = door(home).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    let answer = answering(&first, &asked, "yes");
    assert_eq!(cause(&door.decides_at(&answer, at(300)).await), "challenge-expired");
    assert_eq!(cause(&door.decides_at(&answer, at(299)).await), "allowed");
}

async fn somebody_elses_question_is_not_answered(home: Home) {
    let door = door(home).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    let stolen = Attempt { proof: answering(&first, &asked, "yes").proof, ..told(typed("eve"), &ASKS) };
    assert_eq!(door.refuses(&stolen).await, "challenge-stolen");
    assert_eq!(door.refuses(&answering(&first, &asked, "yes")).await, "allowed");
}

async fn a_new_question_takes_the_place_of_the_one_before(home: Home) {
    let door = door(home).await;
    let (joe, eve) = (told(typed("joe"), &ASKS), told(typed("eve"), &ASKS));
    let before = door.decides(&joe).await;
    let eves = door.decides(&eve).await;
    let after = door.decides(&joe).await;
    assert_eq!(door.refuses(&answering(&joe, &before, "yes")).await, "challenge-unknown");
    assert_eq!(door.refuses(&answering(&joe, &after, "yes")).await, "allowed");
    assert_eq!(door.refuses(&answering(&joe, &after, "yes")).await, "challenge-replayed");
    assert_eq!(door.refuses(&answering(&eve, &eves, "yes")).await, "allowed");
}

/// A door whose policy decides alone, if it is granted that.
async fn without_authentication(home: Home, auth_null: bool) -> Door {
    let grants = Grants { auth_null, ..Grants::default() };
    let mut door = Door::on(home).guarded_by_granted("told", scripted("told-alone"), grants);
    door.settings.method = Method::None;
    door
}

#[tokio::test]
async fn whoever_has_proven_nothing_takes_nobodys_question_away() {
    let door = without_authentication(Home::on_sqlite().await, true).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    assert_eq!(door.refuses(&first).await, "challenged");
    assert_eq!(door.refuses(&answering(&first, &asked, "yes")).await, "allowed");
}

#[tokio::test]
async fn a_policy_that_may_decide_alone_no_longer_takes_no_answer() {
    let door = without_authentication(Home::on_sqlite().await, true).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    let door = without_authentication(door.home, false).await;
    assert_eq!(door.refuses(&answering(&first, &asked, "yes")).await, "challenge-outdated");
}

#[tokio::test]
async fn a_made_up_handle_is_unknown() {
    let door = door(Home::on_sqlite().await).await;
    let proof = Proof::Response {
        state_id: StateId::parse("Om01u7Fh4LrGBS7").unwrap(),
        response: Response::new(Secret::new("yes")).unwrap(),
    };
    assert_eq!(door.refuses(&attempt("joe", proof)).await, "challenge-unknown");
}

#[tokio::test]
async fn another_policy_does_not_take_the_answer() {
    let door = door(Home::on_sqlite().await).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    let other = Door::on(door.home).guarded_by("told", scripted("told-late"));
    assert_eq!(other.refuses(&answering(&first, &asked, "yes")).await, "challenge-outdated");
}

#[tokio::test]
async fn a_chain_that_got_shorter_does_not_take_the_answer() {
    let door = door(Home::on_sqlite().await).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    let other = Door::on(door.home);
    assert_eq!(other.refuses(&answering(&first, &asked, "yes")).await, "challenge-outdated");
}

#[tokio::test]
async fn a_wrong_password_gets_no_question() {
    let door = door(Home::on_sqlite().await).await;
    assert_eq!(door.refuses(&told(typed_as("joe", "wrong horse"), &ASKS)).await, "wrong-password");
}

#[tokio::test]
async fn an_answer_is_no_way_around_the_rules() {
    let door = door(Home::on_sqlite().await).await;
    let first = told(typed("joe"), &ASKS);
    let asked = door.decides(&first).await;
    let door = door.with_record("joe", &[("prop_deny", "true")]).await;
    assert_eq!(door.refuses(&answering(&first, &asked, "yes")).await, "denied-by-property");
}
