//! One deadline holds for the whole login, whatever it waits for.

use sqlx::{Connection as _, PgConnection};
use vestibule_domain::Grants;
use vestibule_domain::capability::Error;
use vestibule_domain::directory::{Entry, Query};
use vestibule_sandbox::Capabilities;
use vestibule_sandbox::capability::{CapabilityFuture, Directory};

use crate::harness::{Door, Guest, Home, probe, typed, typed_as, vouched};

/// A directory that never answers.
struct Silent;

impl Directory for Silent {
    fn search<'a>(&'a self, _: &'a Query) -> CapabilityFuture<'a, Result<Vec<Entry>, Error>> {
        Box::pin(std::future::pending())
    }
}

fn waits() -> (Guest, Grants) {
    let capabilities = Capabilities { directory: std::sync::Arc::new(Silent), ..Capabilities::default() };
    let grants = Grants { directory: true, ..Grants::default() };
    (probe("waits-for-the-directory").granted(grants.clone()).with_capabilities(capabilities), grants)
}

#[tokio::test]
async fn a_policy_gets_no_more_time_than_the_login_has() {
    let (guest, grants) = waits();
    let mut door = Door::new().await.guarded_by_granted("waits", guest, grants);
    door.settings.deadline_ms = 200;
    let began = std::time::Instant::now();
    assert_eq!(door.refuses(&vouched("joe")).await, "deadline");
    // The policy alone would have been given two seconds.
    assert!(began.elapsed().as_millis() < 1900);
}

#[tokio::test]
async fn a_login_without_time_is_late_where_it_stands() {
    let mut door = Door::new().await.with_passwords(&["joe"]).await;
    door.settings.deadline_ms = 1;
    let cause = door.refuses(&typed("joe")).await;
    assert!(["overloaded", "primary-deadline", "store-unavailable"].contains(&cause.as_str()), "{cause}");
}

#[tokio::test]
async fn a_record_that_cannot_be_written_takes_no_more_than_the_logins_own_time() {
    let mut door = Door::on(Home::on_postgres().await).with_passwords(&["joe"]).await;
    door.settings.deadline_ms = 1_000;
    let mut somebody = PgConnection::connect(&door.home.argument()).await.unwrap();
    let mut held = somebody.begin().await.unwrap();
    sqlx::query("lock table decision in access exclusive mode").execute(&mut *held).await.unwrap();
    for attempt in [typed("joe"), typed_as("joe", "wrong horse")] {
        let began = std::time::Instant::now();
        assert_eq!(door.refuses(&attempt).await, "store-unavailable");
        // Once, and not again for the denial: each try alone would be given five seconds by the database's deadlines.
        assert!(began.elapsed().as_millis() < 4_500, "{:?}", began.elapsed());
    }
    held.rollback().await.unwrap();
}
