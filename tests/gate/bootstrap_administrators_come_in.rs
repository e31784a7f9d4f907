//! A bootstrap administrator with the right password comes in, whatever policies say and have saved.

use vestibule_domain::field::ClientAddress;
use vestibule_gate::{Attempt, Proof, Voucher};

use crate::harness::{Door, Slapd, attempt, scripted, told, typed, typed_as};

async fn door() -> Door {
    let mut door = Door::new().await.guarded_by("told", scripted("told")).with_passwords(&["root", "joe"]).await;
    door.settings.bootstrap = ["root".to_owned()].into();
    door
}

#[tokio::test]
async fn no_policy_keeps_the_administrator_out() {
    let door = door().await;
    let orders = [("DENIES", "nobody comes in")];
    assert_eq!(door.refuses(&told(typed("joe"), &orders)).await, "denied");
    assert_eq!(door.admits(&told(typed("root"), &orders)).await.get("prop_superuser"), Some("true"));
}

#[tokio::test]
async fn nothing_on_record_keeps_the_administrator_out() {
    let record = [("prop_deny", "true"), ("conn_group", "ghosts"), ("user_auth_type", "ldap"), ("conn_ip", "nowhere")];
    let door = door().await.with_record("root", &record).await.with_record("joe", &record).await;
    assert_ne!(door.refuses(&typed("joe")).await, "allowed");
    assert_eq!(door.refuses(&typed("root")).await, "allowed");
}

#[tokio::test]
async fn nobody_else_vouches_for_the_administrator() {
    let mut door = door().await;
    door.settings.method = vestibule_gate::Method::Saml;
    let saml = attempt("root", Proof::Voucher(Voucher::Saml(Default::default())));
    assert_eq!(door.refuses(&saml).await, "proof-mismatch");
    door.settings.method = vestibule_gate::Method::Ldap;
    door.settings.ldap = Some(Slapd::shared().settings());
    door.settings.bootstrap = ["Joe.User".to_owned()].into();
    assert_eq!(door.refuses(&typed("joe.user")).await, "proof-mismatch");
}

#[tokio::test]
async fn wrong_passwords_lock_an_administrator_out_at_their_own_address_alone() {
    let door = door().await;
    let guesses = typed_as("root", "wrong horse");
    for _ in 0..5 {
        assert_eq!(door.refuses(&guesses).await, "wrong-password");
    }
    assert_eq!(door.refuses(&guesses).await, "locked-out");
    assert_eq!(door.refuses(&typed("root")).await, "locked-out", "the right one from there is one guess more");
    let elsewhere = Attempt { client_ip_addr: Some(ClientAddress::cut("198.51.100.9")), ..typed("root") };
    let nowhere = Attempt { client_ip_addr: None, ..typed("root") };
    for attempt in [elsewhere, nowhere] {
        // A right password is no guess, however often it is given.
        for _ in 0..6 {
            assert_eq!(door.refuses(&attempt).await, "allowed");
        }
    }
}

#[tokio::test]
async fn an_address_with_a_port_is_the_address_and_what_is_none_is_one_for_all() {
    let door = door().await;
    let from = |text: &str, attempt: Attempt| Attempt { client_ip_addr: Some(ClientAddress::cut(text)), ..attempt };
    for guess in 0..5 {
        for text in [format!("198.51.100.9:{guess}"), format!("somewhere {guess}")] {
            assert_eq!(door.refuses(&from(&text, typed_as("root", "wrong horse"))).await, "wrong-password");
        }
    }
    for locked in ["198.51.100.9", "198.51.100.9:1194", "somewhere else"] {
        assert_eq!(door.refuses(&from(locked, typed("root"))).await, "locked-out", "{locked}");
    }
    assert_eq!(door.refuses(&from("[2001:db8::1]:1194", typed("root"))).await, "allowed");
}

#[tokio::test]
async fn whoever_hides_an_address_locks_no_administrator_out() {
    let door = door().await;
    let nowhere = |attempt: Attempt| Attempt { client_ip_addr: None, ..attempt };
    for _ in 0..8 {
        assert_eq!(door.refuses(&nowhere(typed_as("root", "wrong horse"))).await, "wrong-password");
    }
    assert_eq!(door.refuses(&nowhere(typed("root"))).await, "allowed");
    assert_eq!(door.refuses(&typed("root")).await, "allowed");
}

#[tokio::test]
async fn the_administrator_needs_the_password() {
    let door = door().await;
    assert_eq!(door.refuses(&typed_as("root", "wrong horse")).await, "wrong-password");
}
