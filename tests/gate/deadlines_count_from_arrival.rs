//! A login's time runs from when it came, and ends when its front door gives up: what nobody waits for any more is not begun, and nothing
//! of it is saved.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::field::HardwareAddress;
use vestibule_domain::{Grants, capability};
use vestibule_gate::{Attempt, Patience};
use vestibule_ledger::{Budget, Ledger, Owner, Waiting};
use vestibule_sandbox::Capabilities;
use vestibule_sandbox::capability::{CapabilityFuture as Found, Directory};

use crate::harness::{A_SMALL_HOST, Door, Reads as _, at, cause, policy, probe, scripted, tenant, typed, vouched};

const SHARE: Waiting = Waiting { inside: 9, waiting: 9 };

/// The same login, which came so long ago.
fn came(ago: Duration, attempt: Attempt) -> Attempt {
    Attempt { patience: Patience::since(Instant::now().checked_sub(ago).unwrap()), ..attempt }
}

/// The causes on record.
async fn on_record(door: &Door) -> Vec<(String, String)> {
    let rows = door.home.store.decisions_after(&tenant(), "", 10).await.unwrap();
    rows.into_iter().map(|row| (row.cause.unwrap_or(row.outcome), row.record)).collect()
}

#[tokio::test]
async fn a_login_that_came_too_long_ago_is_not_begun() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let gate = door.gate().await;
    let answer = gate.decide(&came(Duration::from_secs(11), typed("joe")), at(0)).await.unwrap();
    assert_eq!(cause(&answer), "overloaded");
    let rows = on_record(&door).await;
    assert_eq!((rows.len(), rows[0].0.as_str()), (1, "overloaded"));
    assert!(rows[0].1.contains(r#""steps":[{"step":"waited","micros":11"#), "{}", rows[0].1);
}

#[tokio::test]
async fn what_a_login_waited_is_a_step_of_its_record() {
    let door = Door::new().await;
    let gate = door.gate().await;
    let answer = gate.decide(&came(Duration::from_secs(3), vouched("joe")), at(0)).await.unwrap();
    assert_eq!(cause(&answer), "allowed");
    let (_, record) = on_record(&door).await.remove(0);
    assert!(record.contains(r#""steps":[{"step":"waited","micros":3"#), "{record}");
}

#[tokio::test]
async fn a_login_whose_front_door_gives_up_while_it_waits_is_denied_and_on_record() {
    let mut door = Door::new().await;
    door.ledger = Ledger::new(Budget { concurrent_logins: 1, ..A_SMALL_HOST });
    let gate = door.gate().await;
    let _turn = door.ledger.login_places().enter(&Owner::Host, SHARE).await.unwrap();
    let patience = Patience::since(Instant::now()).of(Duration::from_millis(50));
    let answer = gate.decide(&Attempt { patience, ..vouched("joe") }, at(0)).await.unwrap();
    assert_eq!(cause(&answer), "overloaded");
    assert_eq!(on_record(&door).await.len(), 1);
    assert_eq!(door.ledger.login_places().waiting(), 0);
}

#[tokio::test]
async fn a_caller_that_has_gone_leaves_the_line() {
    let mut door = Door::new().await;
    door.ledger = Ledger::new(Budget { concurrent_logins: 1, ..A_SMALL_HOST });
    let gate = door.gate().await;
    let _turn = door.ledger.login_places().enter(&Owner::Host, SHARE).await.unwrap();
    let (patience, caller) = Patience::since(Instant::now()).with_caller();
    let attempt = Attempt { patience, ..vouched("joe") };
    let deciding = tokio::spawn(async move { gate.decide(&attempt, at(0)).await.unwrap() });
    while door.ledger.login_places().waiting() == 0 {
        tokio::task::yield_now().await;
    }
    drop(caller);
    assert_eq!(cause(&deciding.await.unwrap()), "deadline");
    assert_eq!(door.ledger.login_places().waiting(), 0);
}

/// Answers once it is told to.
#[derive(Default)]
struct Slow(Notify);

impl Directory for Slow {
    fn search<'a>(&'a self, _: &'a Query) -> Found<'a, Result<Vec<Entry>, capability::Error>> {
        Box::pin(async {
            self.0.notified().await;
            Ok(Vec::new())
        })
    }
}

#[tokio::test]
async fn nothing_is_saved_for_a_caller_that_has_gone_while_policies_ran() {
    let slow = Arc::new(Slow::default());
    let directory: Arc<dyn Directory> = Arc::<Slow>::clone(&slow);
    let grants = Grants { directory: true, ..Grants::default() };
    let waits = probe("waits-for-the-directory").granted(grants.clone());
    let waits = waits.with_capabilities(Capabilities { directory, ..Capabilities::default() });
    let door = Door::new().await.guarded_by("known-device", policy("known-device"));
    let door = door.guarded_by_granted("waits", waits, grants);
    let gate = door.gate().await;
    let (patience, caller) = Patience::since(Instant::now()).with_caller();
    let attempt =
        Attempt { patience, client_hw_addr: Some(HardwareAddress::cut("00:00:5e:00:53:01")), ..vouched("joe") };
    let deciding = tokio::spawn(async move { gate.decide(&attempt, at(0)).await.unwrap() });
    while door.ledger.outside_logins().usage().0 == 0 {
        tokio::task::yield_now().await;
    }
    drop(caller);
    slow.0.notify_one();
    assert_eq!(cause(&deciding.await.unwrap()), "deadline");
    assert_eq!(door.record("joe").await, None, "no device is registered");
}

#[tokio::test]
async fn no_policy_is_asked_about_a_login_whose_caller_has_gone() {
    let door = Door::new().await.guarded_by("told", scripted("told"));
    let gate = door.gate().await;
    let (patience, caller) = Patience::since(Instant::now()).with_caller();
    drop(caller);
    let answer = gate.decide(&Attempt { patience, ..vouched("joe") }, at(0)).await.unwrap();
    assert_eq!(cause(&answer), "deadline");
    let (_, record) = on_record(&door).await.remove(0);
    assert!(record.contains(r#""policies":[]"#), "{record}");
}
