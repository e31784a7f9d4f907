//! Every decision is on record under its id, with what it took and without what is secret.

use std::sync::Mutex;
use std::time::Duration;
use vestibule_store::DecisionFilter;

use crate::harness::{
    Door, Home, Reads as _, at, cause, on_every_store, scripted, tenant, told, typed, typed_as, vouched,
};

on_every_store!(a_decision_tells_what_happened, nobody_comes_in_off_the_record);

async fn a_decision_tells_what_happened(home: Home) {
    let door = Door::on(home).guarded_by("my-policy", scripted("told")).with_passwords(&["joe"]).await;
    let orders = [("SETS_prop_a", "value of a"), ("SAVES_pvt_b", "value of b")];
    let answer = door.decides_at(&told(typed("joe"), &orders), at(5)).await;
    let row = door.home.store.decision(&tenant(), &answer.id).await.unwrap().unwrap();
    assert_eq!((row.user.as_str(), row.outcome.as_str(), row.cause, row.at), ("joe", "allowed", None, at(5)));
    let record: serde_json::Value = serde_json::from_str(&row.record).unwrap();
    assert_eq!(record["method"], "local");
    assert_eq!(record["policies"][0]["name"], "my-policy");
    assert!(record["policies"][0]["fuel"].as_u64().unwrap() > 0);
    assert_eq!((&record["set"][0], &record["saved"][0]), (&"prop_a".into(), &"pvt_b".into()));
    for secret in ["correct horse", "value of a", "value of b"] {
        assert!(!row.record.contains(secret), "{}", row.record);
    }
    let denied = door.decides(&typed_as("joe", "wrong horse")).await;
    let row = door.home.store.decision(&tenant(), &denied.id).await.unwrap().unwrap();
    assert_eq!((row.outcome.as_str(), row.cause.as_deref()), ("denied", Some("wrong-password")));
    assert!(!row.record.contains("horse"), "{}", row.record);
}

async fn nobody_comes_in_off_the_record(home: Home) {
    let door = Door::on(home).guarded_by("told", scripted("told"));
    let gate = door.gate().await;
    assert_eq!(cause(&gate.decide(&vouched("joe"), at(0)).await.unwrap()), "allowed");
    door.home.execute("alter table decision rename to lost").await;
    assert_eq!(cause(&gate.decide(&vouched("joe"), at(0)).await.unwrap()), "store-unavailable");
    assert_eq!(cause(&gate.decide(&told(vouched("joe"), &[("DENIES", "no")]), at(0)).await.unwrap()), "denied");
}

#[tokio::test]
async fn a_closed_store_lets_nobody_in() {
    let door = Door::new().await.guarded_by("told", scripted("told"));
    door.home.store.close().await;
    assert_eq!(door.refuses(&vouched("joe")).await, "store-unavailable");
    assert_eq!(door.refuses(&typed("joe")).await, "store-unavailable");
}

#[tokio::test]
async fn decisions_are_listed_as_they_are_made_and_not_as_they_begin() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let (gate, made) = (door.gate().await, Mutex::new(Vec::new()));
    let decides = async |attempt, millis| {
        let answer = gate.decide(&attempt, at(0) + Duration::from_millis(millis)).await.unwrap();
        made.lock().unwrap().push(answer.id);
    };
    // Checking a password takes longer than all that the later one does.
    tokio::join!(decides(typed("joe"), 0), decides(vouched("ann"), 1));
    let listed = door.home.store.find_decisions(&tenant(), &DecisionFilter::default(), 2, None).await.unwrap();
    let listed: Vec<_> = listed.into_iter().rev().map(|row| row.id).collect();
    assert_eq!(listed, made.into_inner().unwrap());
}
