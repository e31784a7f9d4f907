//! A login has a place while it computes: not while a refusal is held back, and not while it waits for a directory or for its hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::{Grants, TenantName, capability};
use vestibule_gate::{Answer, Attempt, Chain, Comparison, Gate, Link, Proof, Seen, Shadow};
use vestibule_ledger::{Budget, Ledger, Owner, Waiting};
use vestibule_sandbox::Capabilities;
use vestibule_sandbox::capability::{CapabilityFuture, Directory};

use crate::harness::{A_SMALL_HOST, Door, at, attempt, cause, probe, scripted, tenant, typed, typed_as, vouched};

/// A host on which one login computes at a time.
fn one_place() -> Ledger {
    Ledger::new(Budget { concurrent_logins: 1, ..A_SMALL_HOST })
}

fn deciding(gate: &Gate, attempt: Attempt) -> tokio::task::JoinHandle<String> {
    let gate = gate.clone();
    tokio::spawn(async move { decided(&gate, &attempt).await })
}

async fn decided(gate: &Gate, attempt: &Attempt) -> String {
    let answer: Answer = gate.decide(attempt, at(0)).await.unwrap();
    cause(&answer)
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

/// Answers once it is told to, and says that it was asked.
#[derive(Default)]
struct Slow {
    asked: AtomicBool,
    told: Notify,
}

impl Directory for Slow {
    fn search<'a>(&'a self, _: &'a Query) -> CapabilityFuture<'a, Result<Vec<Entry>, capability::Error>> {
        Box::pin(async {
            if !self.asked.swap(true, Ordering::SeqCst) {
                self.told.notified().await;
            }
            Ok(Vec::new())
        })
    }
}

/// A door whose policy searches a directory, of which the first search waits.
async fn searching(ledger: Ledger) -> (Door, Arc<Slow>) {
    let slow = Arc::new(Slow::default());
    let directory: Arc<dyn Directory> = Arc::<Slow>::clone(&slow);
    let grants = Grants { directory: true, ..Grants::default() };
    let guest = probe("waits-for-the-directory").granted(grants.clone());
    let guest = guest.with_capabilities(Capabilities { directory, ..Capabilities::default() });
    let mut door = Door::new().await.guarded_by_granted("waits", guest, grants);
    door.ledger = ledger;
    (door, slow)
}

#[tokio::test]
async fn a_refusal_gives_its_place_back_before_it_is_held_back() {
    let mut door = Door::new().await;
    door.ledger = one_place();
    door.settings.min_failure_delay_ms = 5_000;
    let gate = door.gate().await;
    let state_id = vestibule_domain::wire::crv1::StateId::parse("nobody-asked-this").unwrap();
    let response = vestibule_domain::field::Response::new(vestibule_domain::Secret::new("42")).unwrap();
    let refused = deciding(&gate, attempt("eve", Proof::Response { state_id, response }));
    while door.home.count("select count(*) from decision").await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(decided(&gate, &vouched("joe")).await, "allowed");
    assert!(!refused.is_finished(), "it is held back, without a place");
    refused.abort();
}

#[tokio::test]
async fn a_login_that_waits_for_a_directory_has_no_place_meanwhile() {
    let (door, slow) = searching(one_place()).await;
    let gate = door.gate().await;
    let waits = deciding(&gate, vouched("ann"));
    until(|| slow.asked.load(Ordering::SeqCst)).await;
    assert_eq!((door.ledger.login_places().usage(), door.ledger.outside_logins().usage()), ((0, 1), (1, 4)));
    assert_eq!(decided(&gate, &vouched("joe")).await, "allowed");
    slow.told.notify_one();
    assert_eq!(waits.await.unwrap(), "allowed");
    assert_eq!((door.ledger.login_places().usage().0, door.ledger.outside_logins().usage().0), (0, 0));
}

#[tokio::test]
async fn where_too_many_wait_for_others_the_next_keeps_its_place() {
    let (door, slow) = searching(one_place()).await;
    let gate = door.gate().await;
    // One of four may be this tenant's.
    let _outside = door.ledger.outside_logins().take(&Owner::from(&tenant()), 1).unwrap();
    let waits = deciding(&gate, vouched("ann"));
    until(|| slow.asked.load(Ordering::SeqCst)).await;
    assert_eq!(door.ledger.login_places().usage(), (1, 1));
    slow.told.notify_one();
    assert_eq!(waits.await.unwrap(), "allowed");
    assert_eq!(door.ledger.login_places().usage(), (0, 1));
}

#[tokio::test]
async fn a_password_that_waits_to_be_hashed_keeps_nobody_from_a_place() {
    let mut door = Door::new().await.with_passwords(&["joe"]).await;
    door.ledger = one_place();
    let gate = door.gate().await;
    let other = Owner::from(&TenantName::new("busy").unwrap());
    let mut hashing = Vec::new();
    for _ in 0..door.ledger.hashing().usage().1 {
        hashing.push(door.ledger.hashing().enter(&other, Waiting { inside: 9, waiting: 9 }).await.unwrap());
    }
    let hashes = deciding(&gate, typed("joe"));
    until(|| door.ledger.hashing().waiting() == 1).await;
    assert_eq!(decided(&gate, &vouched("ann")).await, "allowed");
    drop(hashing);
    assert_eq!(hashes.await.unwrap(), "allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_failures_wait_to_be_counted_keeps_no_place_for_hashing() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let (gate, (checks, hashing)) = (door.gate().await, (door.ledger.password_checks(), door.ledger.hashing()));
    let at_once = hashing.usage().1;
    let held_up = door.home.hold_up_writes().await;
    let guesses: Vec<_> = (0..at_once + 1).map(|_| deciding(&gate, typed_as("joe", "wrong horse"))).collect();
    until(|| checks.usage().0 == at_once && checks.waiting() == 1).await;
    let other = Owner::from(&TenantName::new("other").unwrap());
    let share = Waiting { inside: at_once, waiting: 9 };
    // Each hash ends, and gives its place back.
    let mut free = Vec::new();
    for _ in 0..at_once {
        free.push(hashing.enter(&other, share).await.unwrap());
    }
    assert_eq!((checks.usage().0, checks.waiting()), (at_once, 1), "as many guesses as before are under way");
    drop((free, held_up));
    for guess in guesses {
        assert_eq!(guess.await.unwrap(), "wrong-password");
    }
    assert_eq!((checks.usage().0, hashing.usage().0), (0, 0));
}

#[tokio::test]
async fn a_login_that_finds_no_place_for_a_version_on_trial_is_not_compared() {
    let door = Door::new().await;
    let (guest, shadows, owner) = (scripted("told"), door.ledger.shadows(), Owner::from(&tenant()));
    let (told, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |seen: Seen| told.send(seen.comparison).unwrap();
    let shadow = Shadow::new(guest.configured().await, (&door.ledger, owner.clone()), None, tell);
    let link = Link::new("told".to_owned(), guest.configured().await, &guest.manifest().await, Grants::default());
    let chain = Chain::new(vec![link.with_shadow(shadow)]).unwrap();
    let gate = Gate::new(door.home.store.clone(), door.ledger.clone(), door.tenant(), chain, None);
    let mut taken = Vec::new();
    while let Ok(place) = shadows.take(&owner, 1) {
        taken.push(place);
    }
    assert_eq!(shadows.usage(), (8, 16), "one tenant leaves as many as it has");
    assert_eq!(decided(&gate, &vouched("ann")).await, "allowed");
    assert_eq!(seen.recv().await, Some(Comparison::Skipped));
    taken.pop();
    assert_eq!(decided(&gate, &vouched("ann")).await, "allowed");
    assert_eq!(seen.recv().await, Some(Comparison::Same));
}

#[tokio::test]
async fn four_tenants_whose_directories_are_silent_leave_a_place_for_a_fifth() {
    let ledger = Ledger::new(Budget { concurrent_logins: 8, ..A_SMALL_HOST });
    let share = Waiting { inside: 64, waiting: 64 };
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for _ in 0..64 {
        for name in ["a", "b", "c", "d"] {
            let owner = Owner::from(&TenantName::new(name).unwrap());
            outside.extend(ledger.outside_logins().take(&owner, 1));
            let entered = tokio::time::timeout(std::time::Duration::ZERO, ledger.login_places().enter(&owner, share));
            inside.extend(entered.await);
        }
    }
    let (mut door, _) = searching(ledger).await;
    door.settings.without_policy = vestibule_gate::WithoutPolicy::Allow;
    let gate = door.gate().await;
    let login = deciding(&gate, vouched("joe"));
    until(|| door.ledger.outside_logins().usage().0 > outside.len() as u64 || login.is_finished()).await;
    assert!(door.ledger.login_places().usage().0 < 8 && !login.is_finished(), "it has begun, and waits outside");
    login.abort();
}
