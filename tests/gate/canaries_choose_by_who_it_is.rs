//! Which chain decides on a user follows from who it is, however the name is spelled; and whose fault a failure is, from what failed.

use std::sync::Arc;

use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::login::Info;
use vestibule_domain::{AuthMethod, CanonicalUser, EnteredUser, Grants, Properties, capability};
use vestibule_gate::{Attempt, CallerRecord, Canary, Gate, Proof, Voucher};
use vestibule_sandbox::capability::{CapabilityFuture as Found, Directory};
use vestibule_sandbox::{Capabilities, Limits};

use crate::harness::{Door, Guest, answering, at, cause, probe, scripted, told, vouched};

/// A gate without policies, where another chain is tried on half of the users.
async fn trying(home: &Door, name: &str, guest: Guest) -> Gate {
    let trial = Door::new().await.guarded_by(name, guest);
    let canary = Canary { chain: trial.chain().await, percent: 50 };
    Gate::new(home.home.store.clone(), home.ledger.clone(), home.tenant(), home.chain().await, Some(canary))
}

/// Somebody whose front door knows who it is, whatever was typed.
fn spelled(user: &str, typed: &str) -> Attempt {
    let user = CanonicalUser::new(user).unwrap();
    let record = CallerRecord { user, proplist: Properties::new(), reason: None, session_state: None };
    Attempt { user: EnteredUser::new(typed).unwrap(), caller_record: Some(record), ..vouched("joe") }
}

#[tokio::test]
async fn ten_spellings_of_one_user_get_one_version() {
    let door = Door::new().await;
    let gate = trying(&door, "panics", probe("panics")).await;
    let mut tried = 0;
    for number in 0..20 {
        let user = format!("user-{number}");
        let mut causes = Vec::new();
        for spelling in 0..10 {
            let answer = gate.decide(&spelled(&user, &format!("{user}@{spelling}.example.com")), at(0)).await.unwrap();
            assert_eq!(answer.by_canary, answer.at_fault.is_some());
            causes.push(cause(&answer));
        }
        causes.dedup();
        assert_eq!(causes.len(), 1, "{user}: {causes:?}");
        tried += usize::from(causes == ["trap"]);
    }
    assert!((1..20).contains(&tried), "{tried} of 20");
}

#[tokio::test]
async fn an_answer_comes_back_to_the_version_that_asked() {
    let door = Door::new().await;
    let gate = trying(&door, "told", scripted("told")).await;
    let mut asked = 0;
    for number in 0..20 {
        let somebody = Attempt {
            proof: Proof::Voucher(Voucher::Password(Info::of(AuthMethod::Local))),
            ..vouched(&format!("user-{number}"))
        };
        let attempt = told(somebody, &[("ASKS", "Code?")]);
        let answer = gate.decide(&attempt, at(0)).await.unwrap();
        if !answer.by_canary {
            assert_eq!(cause(&answer), "allowed");
            continue;
        }
        asked += 1;
        let answered = gate.decide(&answering(&attempt, &answer, "yes"), at(1)).await.unwrap();
        assert_eq!((cause(&answered).as_str(), answered.by_canary), ("allowed", true));
    }
    assert!((1..20).contains(&asked), "{asked} of 20");
}

/// A directory that says so, or nothing at all.
struct Says(Option<capability::Error>);

impl Directory for Says {
    fn search<'a>(&'a self, _: &'a Query) -> Found<'a, Result<Vec<Entry>, capability::Error>> {
        Box::pin(async {
            match &self.0 {
                Some(error) => Err(error.clone()),
                None => std::future::pending().await,
            }
        })
    }
}

async fn searching(says: Option<capability::Error>, limits: Limits) -> (String, Option<String>) {
    let grants = Grants { directory: true, ..Grants::default() };
    let guest = probe("waits-for-the-directory").granted(grants.clone()).limited(limits);
    let guest = guest.with_capabilities(Capabilities { directory: Arc::new(Says(says)), ..Capabilities::default() });
    blamed(Door::new().await.guarded_by_granted("waits", guest, grants)).await
}

async fn blamed(door: Door) -> (String, Option<String>) {
    let answer = door.decides(&vouched("joe")).await;
    (cause(&answer), answer.at_fault)
}

#[tokio::test]
async fn what_a_policy_does_by_itself_is_its_own_fault() {
    for (name, expected) in [("panics", "trap"), ("loops-forever", "out-of-fuel"), ("exits", "exited")] {
        let (cause, at_fault) = blamed(Door::new().await.guarded_by("p", probe(name))).await;
        assert_eq!((cause.as_str(), at_fault.as_deref()), (expected, Some("p")), "{name}");
    }
}

#[tokio::test]
async fn what_a_directory_does_to_a_policy_is_not_the_policys_fault() {
    let limits = Limits { deadline_ms: 50, ..Limits::default() };
    assert_eq!(searching(None, limits).await, ("deadline".to_owned(), None));
    let gone = capability::Error::Unavailable("gone".to_owned());
    let (cause, at_fault) = searching(Some(gone), Limits::default()).await;
    assert!(at_fault.is_none(), "{cause}");
}

#[tokio::test]
async fn a_login_without_time_is_no_policys_fault() {
    let mut door = Door::new().await.guarded_by("naps", probe("naps-past-the-deadline"));
    door.settings.deadline_ms = 500;
    assert_eq!(blamed(door).await, ("deadline".to_owned(), None));
}
