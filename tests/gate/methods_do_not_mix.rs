//! Each user is authenticated by the one method that holds for the user.

use vestibule_domain::login::Info;
use vestibule_domain::{AuthMethod, Grants};
use vestibule_gate::{Method, Proof, Voucher};

use crate::harness::{Door, attempt, scripted, told, typed};

#[tokio::test]
async fn the_record_names_the_method_of_a_user_a_group_or_everybody() {
    let door = Door::new().await.with_passwords(&["joe"]).await;
    let door = door.with_record("joe", &[("user_auth_type", "ldap")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "method-unavailable");
    let door = door.with_record("joe", &[("user_auth_type", "pam")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "method-unavailable");
    let door = door.with_record("joe", &[("user_auth_type", "saml")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "proof-mismatch");
    let door = door.with_record("joe", &[("user_auth_type", "local")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "allowed");
}

#[tokio::test]
async fn only_a_group_says_how_its_members_are_authenticated() {
    let method = [("user_auth_type", "saml")];
    let door = Door::new().await.with_passwords(&["joe"]).await.with_record("team", &method).await;
    let door = door.with_record("joe", &[("conn_group", "team")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "unknown-group");
    let door = door.with_record("team", &[("type", "group")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "proof-mismatch");
}

#[tokio::test]
async fn members_by_address_are_authenticated_as_their_group_says() {
    let group = [("type", "group"), ("user_auth_type", "saml"), ("group_subnets.0", "10.1.0.0/16")];
    let door = Door::new().await.with_passwords(&["joe"]).await.with_record("team", &group).await;
    let door = door.with_record("joe", &[("conn_ip", "10.1.0.9")]).await;
    assert_eq!(door.refuses(&typed("joe")).await, "proof-mismatch");
}

#[tokio::test]
async fn an_identity_provider_vouches_for_its_own_users_only() {
    let saml = |user| attempt(user, Proof::Voucher(Voucher::Saml(Default::default())));
    let mut door = Door::new().await.with_record("joe", &[("user_auth_type", "local")]).await;
    assert_eq!(door.refuses(&saml("joe")).await, "proof-mismatch");
    door.settings.method = Method::Saml;
    assert_eq!(door.refuses(&saml("joe")).await, "proof-mismatch");
    assert_eq!(door.refuses(&saml("ann")).await, "allowed");
}

#[tokio::test]
async fn a_front_door_vouches_by_the_method_that_a_record_demands() {
    let says = |method| attempt("joe", Proof::Voucher(Info::of(method).into()));
    let door = Door::new().await.with_record("joe", &[("conn_group", "team")]).await;
    let door = door.with_record("team", &[("type", "group"), ("user_auth_type", "radius")]).await;
    for method in [AuthMethod::Local, AuthMethod::Ldap, AuthMethod::Pam, AuthMethod::Saml, AuthMethod::None] {
        assert_eq!(door.refuses(&says(method.clone())).await, "proof-mismatch", "{method}");
    }
    for method in [AuthMethod::Radius, AuthMethod::Session] {
        assert_eq!(door.refuses(&says(method.clone())).await, "allowed", "{method}");
    }
    // Where no record demands one, it is up to the front door.
    let door = Door::new().await.with_record("joe", &[("prop_lzo", "true")]).await;
    for method in [AuthMethod::Local, AuthMethod::Ldap, AuthMethod::Pam] {
        assert_eq!(door.refuses(&says(method.clone())).await, "allowed", "{method}");
    }
}

#[tokio::test]
async fn without_authentication_only_a_policy_that_asked_for_it_and_was_granted_it_decides() {
    let grants = Grants { auth_null: true, ..Grants::default() };
    for (policy, grants, expected) in [
        ("told-alone", grants.clone(), "allowed"),
        ("told-alone", Grants::default(), "auth-null-not-granted"),
        ("told", grants, "auth-null-not-granted"),
    ] {
        let mut door = Door::new().await.guarded_by_granted("told", scripted(policy), grants);
        door.settings.method = Method::None;
        assert_eq!(door.refuses(&typed("anybody")).await, expected, "{policy}");
        let denied = told(typed("anybody"), &[("DENIES", "no")]);
        assert_ne!(door.refuses(&denied).await, "allowed", "{policy}");
    }
}

#[tokio::test]
async fn without_authentication_and_without_a_policy_nobody_comes_in() {
    let mut door = Door::new().await;
    door.settings.method = Method::None;
    assert_eq!(door.refuses(&typed("anybody")).await, "auth-null-not-granted");
}
