//! A bug in the host, or in what is plugged into it, breaks off one login, which is denied and on record.

use std::sync::Arc;

use vestibule_domain::directory::{Entry, Query};
use vestibule_domain::{Grants, capability};
use vestibule_sandbox::Capabilities;
use vestibule_sandbox::capability::{CapabilityFuture as Found, Directory};

use crate::harness::{Door, Reads as _, at, cause, probe, tenant, vouched};

/// A directory with a bug.
struct Broken;

impl Directory for Broken {
    fn search<'a>(&'a self, _: &'a Query) -> Found<'a, Result<Vec<Entry>, capability::Error>> {
        Box::pin(async { panic!("this is a bug that a test has put there") })
    }
}

#[tokio::test]
async fn a_login_that_a_bug_breaks_off_is_denied_and_on_record() {
    let grants = Grants { directory: true, ..Grants::default() };
    let guest = probe("waits-for-the-directory").granted(grants.clone());
    let guest = guest.with_capabilities(Capabilities { directory: Arc::new(Broken), ..Capabilities::default() });
    let door = Door::new().await.guarded_by_granted("waits", guest, grants);
    let gate = door.gate().await;
    let answer = gate.decide(&vouched("joe"), at(0)).await.unwrap();
    assert_eq!((cause(&answer).as_str(), answer.at_fault), ("host-failed", None));
    let rows = door.home.store.decisions_after(&tenant(), "", 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].cause.as_deref()), (1, Some("host-failed")));
    assert!(!rows[0].record.contains("a test has put there"), "{}", rows[0].record);
    assert_eq!((door.ledger.login_places().usage().0, door.ledger.outside_logins().usage().0), (0, 0));
}
