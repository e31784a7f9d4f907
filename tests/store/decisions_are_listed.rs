//! Decisions are listed newest first, page after page.

use std::time::Duration;

use vestibule_domain::TenantName;
use vestibule_store::DecisionRow;

use crate::harness::{Home, Leaves as _, at, decision, on_every_store, tenant};

on_every_store!(a_decision_comes_back_whole, pages_follow_each_other_without_gap, old_ones_are_pruned_some_at_a_time);

async fn a_decision_comes_back_whole(home: Home) {
    let denied = DecisionRow {
        id: "d1".to_owned(),
        at: at(0) + Duration::from_millis(123),
        user: "jürgen".to_owned(),
        outcome: "deny".to_owned(),
        cause: Some("out-of-fuel".to_owned()),
        record: r#"{"a": "\u0000"}"#.to_owned(),
    };
    let allowed = DecisionRow { id: "d2".to_owned(), outcome: "allow".to_owned(), cause: None, ..denied.clone() };
    for decision in [&denied, &allowed] {
        home.store.record(&tenant(), decision).await.unwrap();
        assert_eq!(home.store.decision(&tenant(), &decision.id).await.as_ref(), Ok(&Some(decision.clone())));
    }
    assert_eq!(home.store.decision(&tenant(), "d3").await, Ok(None));
}

async fn pages_follow_each_other_without_gap(home: Home) {
    // Two of each moment; the last moment is recorded first.
    for second in (0..10).rev() {
        for half in ["a", "b"] {
            let decision = DecisionRow {
                id: format!("{second}{half}"),
                at: at(second),
                user: "joe".to_owned(),
                outcome: "allow".to_owned(),
                cause: None,
                record: "{}".to_owned(),
            };
            home.store.record(&tenant(), &decision).await.unwrap();
        }
    }
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let page = home.store.last_decisions(&tenant(), 3, before.as_deref()).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id.clone());
        ids.extend(page.iter().map(|decision| decision.id.clone()));
    }
    let expected: Vec<_> = (0..10).rev().flat_map(|second| [format!("{second}b"), format!("{second}a")]).collect();
    assert_eq!(ids, expected);
    assert_eq!(home.store.last_decisions(&tenant(), 3, Some("unknown")).await, Ok(Vec::new()));
    assert_eq!(home.store.last_decisions(&tenant(), 0, None).await, Ok(Vec::new()));
}

async fn old_ones_are_pruned_some_at_a_time(home: Home) {
    let other = TenantName::new("other").unwrap();
    for tenant in [&tenant(), &other] {
        for second in 0..5 {
            let decided = DecisionRow { at: at(second), ..decision(&second.to_string()) };
            home.store.record(tenant, &decided).await.unwrap();
        }
    }
    assert_eq!(home.store.prune_decisions(&tenant(), at(4), 3).await, Ok(3));
    assert_eq!(home.store.prune_decisions(&tenant(), at(4), 3).await, Ok(1));
    assert_eq!(home.store.prune_decisions(&tenant(), at(4), 3).await, Ok(0));
    let left = home.store.last_decisions(&tenant(), 9, None).await.unwrap();
    assert_eq!(left.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["4"]);
    assert_eq!(home.store.last_decisions(&other, 9, None).await.unwrap().len(), 5);
}
