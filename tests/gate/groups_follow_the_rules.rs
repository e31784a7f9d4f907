//! Properties come from the user, the group and everybody, and a policy's choice of a group holds only where it may.

use vestibule_domain::Grants;

use crate::harness::{Door, attempt, scripted, told, vouched};
use vestibule_gate::{Method, Proof, Voucher};

async fn door(policy: &str) -> Door {
    granted(policy, Grants::default()).await
}

async fn granted(policy: &str, grants: Grants) -> Door {
    Door::new()
        .await
        .guarded_by_granted("told", scripted(policy), grants)
        .with_record("__DEFAULT__", &[("prop_a", "default"), ("prop_b", "default"), ("def_c", "unrecorded")])
        .await
        .with_record("staff", &[("type", "group"), ("prop_b", "staff"), ("group_subnets.0", "10.1.0.0/16")])
        .await
        .with_record("chiefs", &[("type", "group"), ("prop_b", "chiefs"), ("group_subnets.0", "10.2.0.0/16")])
        .await
        .with_record("admins", &[("type", "group"), ("prop_superuser", "true")])
        .await
        .with_record("joe", &[("conn_group", "staff"), ("pvt_x", "1")])
        .await
}

#[tokio::test]
async fn the_user_comes_before_the_group_before_everybody() {
    let list = door("told").await.with_record("joe", &[("prop_b", "joe")]).await.admits(&vouched("joe")).await;
    assert_eq!((list.get("prop_a"), list.get("prop_b"), list.get("prop_c")), (Some("default"), Some("joe"), None));
    let list = door("told").await.admits(&vouched("somebody")).await;
    assert_eq!((list.get("prop_b"), list.get("prop_c")), (Some("default"), Some("unrecorded")));
}

#[tokio::test]
async fn a_policy_is_handed_what_is_on_record_unless_it_selects_the_group() {
    let sees = told(vouched("joe"), &[("SEES_prop_b", "staff"), ("SEES_pvt_x", "1")]);
    assert_eq!(door("told").await.refuses(&sees).await, "allowed");
    let sees_nothing = told(vouched("joe"), &[("SEES_prop_b", ""), ("SEES_pvt_x", "")]);
    assert_eq!(door("told-late").await.refuses(&sees_nothing).await, "allowed");
}

#[tokio::test]
async fn the_group_that_a_policy_selects_hands_down_when_the_look_up_is_late() {
    let chooses = told(vouched("joe"), &[("SETS_conn_group", "chiefs")]);
    let list = door("told-late").await.admits(&chooses).await;
    assert_eq!(
        (list.get("conn_group"), list.get("prop_b"), list.get("pvt_x")),
        (Some("chiefs"), Some("chiefs"), Some("1"))
    );
    let list = door("told").await.admits(&chooses).await;
    assert_eq!((list.get("conn_group"), list.get("prop_b")), (Some("chiefs"), Some("staff")));
}

#[tokio::test]
async fn a_group_that_does_not_exist_keeps_the_user_out() {
    for policy in ["told", "told-late"] {
        for group in ["ghosts", "joe", "__DEFAULT__"] {
            let chooses = told(vouched("joe"), &[("SETS_conn_group", group)]);
            assert_eq!(door(policy).await.refuses(&chooses).await, "unknown-group", "{policy} {group}");
        }
    }
    let recorded = door("told").await.with_record("joe", &[("conn_group", "ghosts")]).await;
    assert_eq!(recorded.refuses(&vouched("joe")).await, "unknown-group");
}

#[tokio::test]
async fn an_address_has_to_lie_in_the_group_and_finds_it_where_none_is_named() {
    let door = door("told-late").await;
    let addressed = |user: &str, address: &str| told(vouched(user), &[("SETS_conn_ip", address)]);
    assert_eq!(door.admits(&addressed("joe", "10.1.2.3")).await.get("conn_group"), Some("staff"));
    assert_eq!(door.refuses(&addressed("joe", "10.2.2.3")).await, "address-outside");
    assert_eq!(door.refuses(&addressed("joe", "10.1.2")).await, "invalid-address");
    assert_eq!(door.admits(&addressed("new", "10.2.2.3")).await.get("prop_b"), Some("chiefs"));
    assert_eq!(door.refuses(&addressed("new", "10.3.2.3")).await, "address-outside");
    let overlapping = [("type", "group"), ("group_subnets.0", "10.2.0.0/16")];
    let door = door.with_record("others", &overlapping).await;
    assert_eq!(door.refuses(&addressed("new", "10.2.2.3")).await, "address-ambiguous");
    let door = door.with_record("others", &[("group_subnets.0", "10.2.0.0/33")]).await;
    assert_eq!(door.refuses(&addressed("new", "10.2.2.3")).await, "invalid-subnet");
}

#[tokio::test]
async fn an_address_on_record_needs_no_policy() {
    let door = door("told").await.with_record("ann", &[("conn_ip", "10.2.0.9")]).await;
    assert_eq!(door.admits(&vouched("ann")).await.get("conn_group"), Some("chiefs"));
    let door = door.with_record("ann", &[("conn_group", "staff")]).await;
    assert_eq!(door.refuses(&vouched("ann")).await, "address-outside");
}

#[tokio::test]
async fn whoever_is_a_member_by_address_has_what_the_group_hands_down() {
    for policy in ["told", "told-late"] {
        let door = door(policy).await.with_record("ann", &[("conn_ip", "10.2.0.9")]).await;
        let list = door.admits(&vouched("ann")).await;
        assert_eq!((list.get("conn_group"), list.get("prop_b")), (Some("chiefs"), Some("chiefs")), "{policy}");
    }
    let door = door("told").await.with_record("ann", &[("conn_ip", "10.2.0.9")]).await;
    assert_eq!(door.refuses(&told(vouched("ann"), &[("SEES_prop_b", "chiefs")])).await, "allowed");
    let moves = told(vouched("ann"), &[("SETS_conn_ip", "10.1.0.9")]);
    assert_eq!(door.admits(&moves).await.get("conn_group"), Some("staff"));
}

#[tokio::test]
async fn what_denies_a_group_denies_its_members_by_address() {
    let door = door("told").await.with_record("chiefs", &[("prop_deny", "true")]).await;
    let door = door.with_record("ann", &[("conn_ip", "10.2.0.9")]).await;
    assert_eq!(door.refuses(&vouched("ann")).await, "denied-by-property");
}

#[tokio::test]
async fn a_saved_address_gives_no_privilege_of_its_group() {
    let door = door("told").await.with_record("admins", &[("group_subnets.0", "10.9.0.0/16")]).await;
    let saves = told(vouched("new"), &[("SAVES_conn_ip", "10.9.0.9")]);
    assert_eq!(door.refuses(&saves).await, "privilege-not-granted");
    assert_eq!(door.refuses(&told(vouched("new"), &[("SAVES_conn_ip", "10.2.0.9")])).await, "allowed");
}

#[tokio::test]
async fn a_group_gives_no_privilege_that_the_policy_was_not_granted() {
    let chooses = told(vouched("joe"), &[("SETS_conn_group", "admins")]);
    assert_eq!(door("told-late").await.refuses(&chooses).await, "privilege-not-granted");
    let saves = told(vouched("joe"), &[("SAVES_conn_group", "admins")]);
    for policy in ["told", "told-late"] {
        assert_eq!(door(policy).await.refuses(&saves).await, "privilege-not-granted");
    }
    let grants = Grants { properties: vec!["prop_superuser".to_owned()], ..Grants::default() };
    let door = granted("told-late", grants).await;
    assert_eq!(door.admits(&chooses).await.get("prop_superuser"), Some("true"));
}

#[tokio::test]
async fn a_first_save_may_take_what_the_unrecorded_are_permitted_but_not_what_they_are_forbidden() {
    let mut door = door("told").await.with_record("__DEFAULT__", &[("def_autologin", "true")]).await;
    assert_eq!(door.refuses(&told(vouched("new"), &[("SAVES_pvt_a", "1")])).await, "allowed");
    assert_eq!(door.record("new").await.unwrap().get("pvt_a"), Some("1"));
    door = door.with_record("__DEFAULT__", &[("def_deny", "true")]).await;
    door.settings.method = Method::Saml;
    // What is saved with a question would make the record that frees the user of `def_deny`.
    let asked = told(
        attempt("newer", Proof::Voucher(Voucher::Saml(Default::default()))),
        &[("SAVES_pvt_a", "1"), ("ASKS", "Code?")],
    );
    assert_eq!(door.refuses(&asked).await, "privilege-not-granted");
    assert_eq!(door.record("newer").await, None);
}

#[tokio::test]
async fn properties_close_doors() {
    let door = door("told").await.with_record("joe", &[("prop_deny", "true")]).await;
    assert_eq!(door.refuses(&vouched("joe")).await, "denied-by-property");
    let door = door.with_record("joe", &[("prop_deny", "false"), ("prop_deny_web", "true")]).await;
    let mut web = vouched("joe");
    web.attributes.vpn_auth = false;
    assert_eq!(door.refuses(&web).await, "web-denied");
    assert_eq!(door.refuses(&vouched("joe")).await, "allowed");
    let autologin = attempt("joe", Proof::Voucher(Voucher::Autologin));
    assert_eq!(door.refuses(&autologin).await, "autologin-not-allowed");
    let door = door.with_record("joe", &[("prop_autologin", "true")]).await;
    assert_eq!(door.refuses(&autologin).await, "allowed");
}

#[tokio::test]
async fn a_groups_name_is_no_user() {
    for name in ["staff", "__DEFAULT__"] {
        assert_eq!(door("told").await.refuses(&vouched(name)).await, "not-a-user");
        assert_eq!(door("told-late").await.refuses(&vouched(name)).await, "not-a-user");
    }
}
