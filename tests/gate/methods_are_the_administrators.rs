//! How a user is authenticated is for administrators to say: a policy changes it only where it is granted that.

use vestibule_domain::Grants;

use crate::harness::{Door, scripted, told, vouched};

async fn door(grants: Grants) -> Door {
    Door::new()
        .await
        .guarded_by_granted("told", scripted("told"), grants)
        .with_record("open", &[("type", "group"), ("user_auth_type", "none"), ("group_subnets.0", "10.1.0.0/16")])
        .await
        .with_record("staff", &[("type", "group"), ("user_auth_type", "local"), ("group_subnets.0", "10.2.0.0/16")])
        .await
}

const CHANGES: [&[(&str, &str)]; 2] = [&[("SAVES_conn_group", "open")], &[("SAVES_conn_ip", "10.1.0.9")]];

#[tokio::test]
async fn a_saved_group_does_not_change_the_users_method() {
    let door = door(Grants::default()).await;
    for user in ["joe", "somebody new"] {
        for orders in CHANGES {
            assert_eq!(door.refuses(&told(vouched(user), orders)).await, "privilege-not-granted", "{orders:?}");
        }
        assert_eq!(door.refuses(&told(vouched(user), &[("SAVES_conn_group", "staff")])).await, "allowed");
    }
}

#[tokio::test]
async fn leaving_a_group_does_not_change_it_either() {
    let door = door(Grants::default()).await.with_record("joe", &[("conn_group", "open")]).await;
    assert_eq!(door.refuses(&told(vouched("joe"), &[("SAVES_conn_group", "")])).await, "privilege-not-granted");
    assert_eq!(door.refuses(&told(vouched("joe"), &[("SAVES_conn_group", "staff")])).await, "privilege-not-granted");
    assert_eq!(door.record("joe").await.unwrap().get("conn_group"), Some("open"));
}

#[tokio::test]
async fn a_policy_that_is_granted_it_may() {
    let grants = Grants { properties: vec!["user_auth_type".to_owned()], ..Grants::default() };
    for orders in CHANGES {
        assert_eq!(door(grants.clone()).await.refuses(&told(vouched("joe"), orders)).await, "allowed", "{orders:?}");
    }
}

#[tokio::test]
async fn a_users_own_method_comes_before_any_group() {
    let door = door(Grants::default()).await.with_record("joe", &[("user_auth_type", "ldap")]).await;
    assert_eq!(door.refuses(&told(vouched("joe"), &[("SAVES_conn_group", "open")])).await, "allowed");
}
