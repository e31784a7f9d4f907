//! What one policy was granted excuses no choice of another one.

use vestibule_domain::Grants;

use crate::harness::{Door, answering, scripted, told, typed, vouched};

/// Two policies, the first of them granted to make superusers; orders to it begin with `1`, to the second with `2`.
async fn door(second: Grants) -> Door {
    let told = |prefix| scripted("told-late").with_setting("prefix", prefix);
    let granted = superuser();
    Door::new()
        .await
        .guarded_by_granted("first", told("1"), granted)
        .guarded_by_granted("second", told("2"), second)
        .with_passwords(&["joe"])
        .await
        .with_record("admins", &[("type", "group"), ("prop_superuser", "true"), ("group_subnets.0", "10.9.0.0/16")])
        .await
        .with_record("staff", &[("type", "group"), ("group_subnets.0", "10.1.0.0/16")])
        .await
}

fn superuser() -> Grants {
    Grants { properties: vec!["prop_superuser".to_owned()], ..Grants::default() }
}

#[tokio::test]
async fn whoever_chooses_the_group_has_to_be_granted_what_it_gives() {
    let door = door(Grants::default()).await;
    for orders in [
        [("2SETS_conn_group", "admins"), ("1SETS_prop_x", "1")],
        [("2SETS_conn_ip", "10.9.0.9"), ("1SETS_prop_x", "1")],
        [("2SAVES_conn_group", "admins"), ("1SAVES_pvt_a", "1")],
        [("2SAVES_conn_ip", "10.9.0.9"), ("1SAVES_pvt_a", "1")],
        [("1SETS_conn_group", "staff"), ("2SETS_conn_group", "admins")],
        [("1SAVES_conn_group", "staff"), ("2SAVES_conn_group", "admins")],
    ] {
        assert_eq!(door.refuses(&told(vouched("joe"), &orders)).await, "privilege-not-granted", "{orders:?}");
        assert_eq!(door.record("joe").await, Some(Default::default()));
    }
}

#[tokio::test]
async fn what_one_policy_may_remove_another_one_does_not_give_anew_by_a_group() {
    let door = door(Grants::default()).await.with_record("joe", &[("prop_superuser", "false")]).await;
    let orders = [("1SAVES_prop_superuser", ""), ("2SAVES_conn_group", "admins")];
    assert_eq!(door.refuses(&told(vouched("joe"), &orders)).await, "privilege-not-granted");
    assert_eq!(door.refuses(&told(vouched("joe"), &orders[..1])).await, "allowed");
    assert_eq!(door.record("joe").await.unwrap().get("prop_superuser"), None);
}

#[tokio::test]
async fn a_granted_choice_holds_whatever_else_the_others_set_and_save() {
    let door = door(Grants::default()).await;
    for user in ["joe", "somebody new"] {
        let orders = [("1SETS_conn_group", "admins"), ("2SETS_prop_x", "1"), ("2SAVES_pvt_a", "1")];
        let list = door.admits(&told(vouched(user), &orders)).await;
        assert_eq!((list.get("prop_superuser"), list.get("prop_x")), (Some("true"), Some("1")));
        let orders = [("1SAVES_conn_group", "admins"), ("2SAVES_pvt_b", "1")];
        assert_eq!(door.refuses(&told(vouched(user), &orders)).await, "allowed");
    }
}

#[tokio::test]
async fn the_last_one_to_choose_answers_for_the_choice() {
    let orders = [("1SETS_conn_group", "staff"), ("2SETS_conn_group", "admins")];
    assert_eq!(door(superuser()).await.refuses(&told(vouched("joe"), &orders)).await, "allowed");
    let door = door(Grants::default()).await;
    let orders = [("1SETS_conn_group", "admins"), ("2SETS_conn_group", "staff")];
    assert_eq!(door.admits(&told(vouched("joe"), &orders)).await.get("prop_superuser"), None);
}

#[tokio::test]
async fn a_question_in_between_does_not_make_the_choice_anybody_elses() {
    let door = door(Grants::default()).await;
    let first = told(typed("joe"), &[("2SETS_conn_group", "admins"), ("2ASKS", "Code?")]);
    let asked = door.decides(&first).await;
    let answer = told(answering(&first, &asked, "yes"), &[("2ASKS", "Code?"), ("2SETS_prop_x", "1")]);
    assert_eq!(door.refuses(&answer).await, "privilege-not-granted");
}
