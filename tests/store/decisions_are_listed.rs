//! Decisions are listed newest first, page after page, or found by what is known of them.

use std::time::Duration;

use vestibule_domain::TenantName;
use vestibule_store::{DecisionFilter, DecisionRow, Log, PruneFilter};

use crate::harness::{Home, Leaves as _, Reads as _, at, decision, on_every_store, tenant};

on_every_store!(
    a_decision_comes_back_whole,
    pages_follow_each_other_without_gap,
    a_filter_finds_those_of_which_all_is_true,
    found_ones_come_page_after_page,
    a_follower_sees_them_oldest_first,
    old_ones_are_pruned_some_at_a_time,
);

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
        let page =
            home.store.find_decisions(&tenant(), &DecisionFilter::default(), 3, before.as_deref()).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id.clone());
        ids.extend(page.iter().map(|decision| decision.id.clone()));
    }
    let expected: Vec<_> = (0..10).rev().flat_map(|second| [format!("{second}b"), format!("{second}a")]).collect();
    assert_eq!(ids, expected);
    assert_eq!(home.store.find_decisions(&tenant(), &DecisionFilter::default(), 3, Some("")).await, Ok(Vec::new()));
    assert_eq!(home.store.find_decisions(&tenant(), &DecisionFilter::default(), 0, None).await, Ok(Vec::new()));
}

/// One decision a second: its id is the second.
async fn log(home: &Home) {
    for (second, user, outcome, cause) in [
        (1, "joe", "allowed", None),
        (2, "ann", "denied", Some("denied")),
        (3, "joe", "denied", Some("wrong-password")),
        (4, "joe", "denied", Some("denied")),
        (5, "ann", "allowed", None),
    ] {
        let [user, outcome] = [user, outcome].map(str::to_owned);
        let row = DecisionRow {
            at: at(second),
            user,
            outcome,
            cause: cause.map(str::to_owned),
            ..decision(&second.to_string())
        };
        home.store.record(&tenant(), &row).await.unwrap();
    }
}

fn ids(rows: &[DecisionRow]) -> String {
    rows.iter().map(|row| row.id.as_str()).collect()
}

async fn a_filter_finds_those_of_which_all_is_true(home: Home) {
    log(&home).await;
    let text = |text: &str| Some(text.to_owned());
    let all = DecisionFilter::default();
    let joe = DecisionFilter { user: text("joe"), ..all.clone() };
    for (filter, found) in [
        (all.clone(), "54321"),
        (joe.clone(), "431"),
        (DecisionFilter { user: text("Joe"), ..all.clone() }, ""),
        (DecisionFilter { outcome: text("denied"), ..all.clone() }, "432"),
        (DecisionFilter { outcome: text("denied"), ..joe.clone() }, "43"),
        (DecisionFilter { cause: text("denied"), ..all.clone() }, "42"),
        (DecisionFilter { cause: text("denied"), ..joe.clone() }, "4"),
        (DecisionFilter { since: Some(at(3)), ..all.clone() }, "543"),
        (DecisionFilter { until: Some(at(3)), ..all.clone() }, "21"),
        (DecisionFilter { since: Some(at(2)), until: Some(at(4)), ..joe }, "3"),
    ] {
        let rows = home.store.find_decisions(&tenant(), &filter, 9, None).await.unwrap();
        assert_eq!(ids(&rows), found, "{filter:?}");
    }
    let other = TenantName::new("other").unwrap();
    assert_eq!(home.store.find_decisions(&other, &all, 9, None).await, Ok(Vec::new()));
}

async fn found_ones_come_page_after_page(home: Home) {
    log(&home).await;
    let denied = DecisionFilter { outcome: Some("denied".to_owned()), ..DecisionFilter::default() };
    for (before, found) in [(None, "43"), (Some("3"), "2"), (Some("2"), ""), (Some("5"), "43"), (Some("35"), "32")] {
        let rows = home.store.find_decisions(&tenant(), &denied, 2, before).await.unwrap();
        assert_eq!(ids(&rows), found, "{before:?}");
    }
}

async fn a_follower_sees_them_oldest_first(home: Home) {
    log(&home).await;
    for (after, found) in [("", "123"), ("3", "45"), ("31", "45"), ("5", "")] {
        let rows = home.store.decisions_after(&tenant(), after, 3).await.unwrap();
        assert_eq!(ids(&rows), found, "{after}");
    }
}

async fn old_ones_are_pruned_some_at_a_time(home: Home) {
    let other = TenantName::new("other").unwrap();
    for tenant in [&tenant(), &other] {
        for second in 0..5 {
            let decided = DecisionRow { at: at(second), ..decision(&second.to_string()) };
            home.store.record(tenant, &decided).await.unwrap();
        }
    }
    let past = PruneFilter { before: Some(at(4)), up_to: None };
    assert_eq!(home.store.prune(Log::Decisions, Some(&tenant()), past, 3).await, Ok(3));
    assert_eq!(home.store.prune(Log::Decisions, Some(&tenant()), past, 3).await, Ok(1));
    assert_eq!(home.store.prune(Log::Decisions, Some(&tenant()), past, 3).await, Ok(0));
    let left = home.store.find_decisions(&tenant(), &DecisionFilter::default(), 9, None).await.unwrap();
    assert_eq!(left.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["4"]);
    assert_eq!(home.store.find_decisions(&other, &DecisionFilter::default(), 9, None).await.unwrap().len(), 5);
}
