//! What several processes learn of a version on trial adds up, and goes with the revision that began the trial.

use vestibule_store::{KEPT_DIFFERENCES, KEPT_REVISIONS, TrialRow};

use crate::harness::{Home, Reads as _, Registers as _, at, by, on_every_store, tenant, uses};

on_every_store!(
    what_two_processes_learn_adds_up,
    the_latest_differences_are_kept,
    each_revision_and_each_policy_has_its_own,
    what_was_learnt_goes_with_its_revision,
);

/// Differences of these numbers, and as many logins.
fn learnt(policy: &str, differences: std::ops::Range<usize>) -> TrialRow {
    let differences: Vec<_> = differences.map(|number| format!("{{\"n\": {number}}}")).collect();
    let different = differences.len() as u64;
    TrialRow { policy: policy.to_owned(), same: 1, different, skipped: 2, faults: 3, differences }
}

async fn what_two_processes_learn_adds_up(home: Home) {
    let (here, there) = (&home.store, home.another().await.unwrap());
    here.creates(&tenant()).await;
    let revision = here.activates(&tenant(), &[]).await;
    let nothing = TrialRow { policy: "p".to_owned(), ..TrialRow::default() };
    assert_eq!(here.trial(&tenant(), revision, "p").await, Ok(nothing));
    for number in 0..20 {
        let (tenant, row, now) = (tenant(), [learnt("p", number..number + 1)], at(number as u64));
        let (one, other) =
            tokio::join!(here.add_trials(&tenant, revision, &row, now), there.add_trials(&tenant, revision, &row, now));
        one.and(other).unwrap();
    }
    let all = there.trial(&tenant(), revision, "p").await.unwrap();
    assert_eq!((all.same, all.different, all.skipped, all.faults), (40, 40, 80, 120));
    assert_eq!(all.differences.len(), 40);
    assert_eq!((all.differences[0].as_str(), all.differences[39].as_str()), (r#"{"n": 0}"#, r#"{"n": 19}"#));
}

async fn the_latest_differences_are_kept(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    let revision = store.activates(&tenant(), &[]).await;
    for (time, range) in [(0, 0..70), (1, 70..140), (2, 140..141), (3, 141..500), (3, 500..550)].into_iter() {
        store.add_trials(&tenant(), revision, &[learnt("p", range.clone())], at(time)).await.unwrap();
        let all = store.trial(&tenant(), revision, "p").await.unwrap();
        let expected = learnt("p", range.end.saturating_sub(KEPT_DIFFERENCES)..range.end);
        assert_eq!((all.differences, all.different), (expected.differences, range.end as u64));
    }
    // Nothing is left of the others.
    assert_eq!(home.count("select count(*) from trial_difference").await, KEPT_DIFFERENCES as i64);
}

async fn each_revision_and_each_policy_has_its_own(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    let first = store.activates(&tenant(), &[]).await;
    store.add_trials(&tenant(), first, &[learnt("p", 0..1), learnt("q", 0..2)], at(0)).await.unwrap();
    let second = store.activates(&tenant(), &[]).await;
    for (revision, policy, different) in [(first, "p", 1), (first, "q", 2), (second, "p", 0), (second, "q", 0)] {
        let row = store.trial(&tenant(), revision, policy).await.unwrap();
        assert_eq!((row.different, row.differences.len() as u64), (different, different), "{revision} {policy}");
    }
}

async fn what_was_learnt_goes_with_its_revision(home: Home) {
    let store = &home.store;
    store.creates(&tenant()).await;
    let first = store.activates(&tenant(), &[]).await;
    store.add_trials(&tenant(), first, &[learnt("p", 0..5)], at(0)).await.unwrap();
    for number in 0..i64::from(KEPT_REVISIONS) {
        let before = Some(first + number);
        store.activate(&tenant(), before, "[]", &uses(&[]), "", &by()).await.unwrap();
    }
    assert_eq!(store.revision(&tenant(), first).await, Ok(None));
    // A process that hears of it late does no harm.
    store.add_trials(&tenant(), first, &[learnt("p", 0..5)], at(0)).await.unwrap();
    let last = first + i64::from(KEPT_REVISIONS);
    store.add_trials(&tenant(), last, &[learnt("p", 0..1)], at(0)).await.unwrap();
    assert_eq!(home.count("select count(*) from trial").await, 1);
    assert_eq!(home.count("select count(*) from trial_difference").await, 1);
    store.delete_tenant(&tenant(), &by()).await.unwrap();
    assert_eq!(home.count("select count(*) from trial").await, 0);
    assert_eq!(home.count("select count(*) from trial_difference").await, 0);
}
