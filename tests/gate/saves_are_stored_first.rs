//! What a policy saves is stored before its user is let in, once, and on what the policy saw.

use std::collections::BTreeMap;

use vestibule_domain::bounded::Text;

use crate::harness::{Door, Home, at, cause, on_every_store, policy, scripted, tenant, told, vouched};

on_every_store!(a_save_is_there_before_the_user_is_in, of_two_first_logins_one_registers, removals_are_saves_too);

async fn a_save_is_there_before_the_user_is_in(home: Home) {
    let door = Door::on(home).guarded_by("told", scripted("told"));
    door.admits(&told(vouched("joe"), &[("SAVES_pvt_a", "1")])).await;
    let elsewhere = door.home.another().await.unwrap();
    assert_eq!(elsewhere.profile(&tenant(), "joe").await.unwrap().unwrap().get("pvt_a"), Some("1"));
}

async fn of_two_first_logins_one_registers(home: Home) {
    let device = policy("known-device").with_setting("max_devices", "1");
    let door = Door::on(home).guarded_by("known-device", device);
    let gate = door.gate().await;
    let logins: Vec<_> = (0..8)
        .map(|device| {
            let (gate, mut attempt) = (gate.clone(), vouched("joe"));
            attempt.client_hw_addr = Some(Text::new(format!("00:00:5e:00:53:{device:02x}")).unwrap());
            tokio::spawn(async move { cause(&gate.decide(&attempt, at(0)).await.unwrap()) })
        })
        .collect();
    let mut causes = BTreeMap::new();
    for login in logins {
        *causes.entry(login.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(causes.get("allowed"), Some(&1), "{causes:?}");
    assert_eq!(
        causes.get("denied").copied().unwrap_or(0) + causes.get("save-conflict").copied().unwrap_or(0),
        7,
        "{causes:?}"
    );
}

async fn removals_are_saves_too(home: Home) {
    let door =
        Door::on(home).guarded_by("told", scripted("told")).with_record("joe", &[("pvt_a", "1"), ("pvt_b", "1")]).await;
    door.admits(&told(vouched("joe"), &[("SAVES_pvt_a", "")])).await;
    let record = door.record("joe").await.unwrap();
    assert_eq!((record.get("pvt_a"), record.get("pvt_b")), (None, Some("1")));
}

#[tokio::test]
async fn nobody_is_let_in_whose_save_cannot_be_stored() {
    let door = Door::new().await.guarded_by("told", scripted("told"));
    door.home.execute("create trigger no_saves before insert on profile begin select raise(abort, 'no'); end").await;
    let denied = door.decides(&told(vouched("joe"), &[("SAVES_pvt_a", "1")])).await;
    assert_eq!(cause(&denied), "store-unavailable");
    let row = door.home.store.decision(&tenant(), &denied.id).await.unwrap().unwrap();
    assert_eq!(row.cause.as_deref(), Some("store-unavailable"), "whoever looks up its id finds what is on record");
    assert_eq!(door.refuses(&vouched("joe")).await, "allowed");
}

#[tokio::test]
async fn a_user_whom_the_rules_keep_out_saves_nothing() {
    let door = Door::new().await.guarded_by("told", scripted("told"));
    let orders = [("SAVES_pvt_a", "1"), ("SETS_conn_group", "ghosts")];
    assert_eq!(door.refuses(&told(vouched("joe"), &orders)).await, "unknown-group");
    assert_eq!(door.record("joe").await, None);
}
