//! Several policies decide in their order: what one sets, the next one sees; the first no or question ends it.

use vestibule_domain::Decision;

use crate::harness::{Door, Home, answering, on_every_store, probe, question, scripted, told, typed, vouched};

on_every_store!(what_all_of_them_save_is_stored_together, a_question_in_the_middle_goes_on_from_there);

/// Two policies; orders to the first begin with `1`, to the second with `2`.
fn two(home: Home) -> Door {
    let told = |prefix| scripted("told").with_setting("prefix", prefix);
    Door::on(home).guarded_by("first", told("1")).guarded_by("second", told("2"))
}

async fn what_all_of_them_save_is_stored_together(home: Home) {
    let door = two(home);
    let orders = [("1SAVES_pvt_a", "1"), ("1SAVES_pvt_b", "1"), ("2SAVES_pvt_b", "2")];
    door.admits(&told(vouched("joe"), &orders)).await;
    let record = door.record("joe").await.unwrap();
    assert_eq!((record.get("pvt_a"), record.get("pvt_b")), (Some("1"), Some("2")));
}

async fn a_question_in_the_middle_goes_on_from_there(home: Home) {
    let door = two(home).with_passwords(&["joe"]).await;
    let attempt = typed("joe");
    let asking = told(attempt.clone(), &[("1SETS_prop_x", "kept"), ("1SAVES_pvt_a", "1"), ("2ASKS", "Code?")]);
    let asked = door.decides(&asking).await;
    assert_eq!(question(&asked).0.text.as_str(), "Code?");
    assert_eq!(door.record("joe").await.unwrap().get("pvt_a"), Some("1"));
    // The first policy is not asked again: it would fail now.
    let orders = [("1FAILS", "again"), ("2ASKS", "Code?"), ("2SEES_prop_x", "kept")];
    let answer = told(answering(&asking, &asked, "yes"), &orders);
    assert_eq!(door.admits(&answer).await.get("prop_x"), Some("kept"));
}

#[tokio::test]
async fn the_next_one_sees_what_the_one_before_has_set() {
    let door = two(Home::on_sqlite().await).with_record("joe", &[("prop_y", "recorded")]).await;
    let orders = [("1SETS_prop_x", "1"), ("2SEES_prop_x", "1"), ("2SEES_prop_y", "recorded"), ("2SETS_prop_y", "2")];
    let list = door.admits(&told(vouched("joe"), &orders)).await;
    assert_eq!((list.get("prop_x"), list.get("prop_y")), (Some("1"), Some("2")));
}

#[tokio::test]
async fn a_no_ends_it_and_nothing_is_saved() {
    let door = two(Home::on_sqlite().await);
    let denied = told(vouched("joe"), &[("1SAVES_pvt_a", "1"), ("2DENIES", "no")]);
    assert_eq!(door.refuses(&denied).await, "denied");
    let failed = told(vouched("joe"), &[("1SAVES_pvt_a", "1"), ("2FAILS", "bug")]);
    assert_eq!(door.refuses(&failed).await, "policy-error");
    assert_eq!(door.refuses(&told(vouched("joe"), &[("1DENIES", "no"), ("2FAILS", "not asked")])).await, "denied");
    assert_eq!(door.record("joe").await, None);
}

#[tokio::test]
async fn a_hostile_policy_fails_its_login_whatever_the_others_say() {
    for (name, cause) in
        [("loops-forever", "out-of-fuel"), ("panics", "trap"), ("sets-ungranted-superuser", "invalid-output")]
    {
        let door = Door::new().await.guarded_by("told", scripted("told")).guarded_by("hostile", probe(name));
        assert_eq!(door.refuses(&vouched("joe")).await, cause, "{name}");
    }
}

#[tokio::test]
async fn without_a_policy_nobody_comes_in_unless_the_tenant_says_so() {
    let mut door = Door::new().await;
    assert_eq!(door.refuses(&vouched("joe")).await, "allowed");
    door.settings.without_policy = vestibule_gate::WithoutPolicy::Deny;
    assert_eq!(door.refuses(&vouched("joe")).await, "no-active-policy");
}

#[tokio::test]
async fn a_name_that_a_policy_changes_is_the_one_that_counts() {
    let grants = vestibule_domain::Grants { user_name: true, ..Default::default() };
    let door = Door::new().await.guarded_by_granted("told", scripted("told"), grants);
    let door = door.with_record("Joe.User", &[("prop_x", "Joe's")]).await;
    let answer = door.decides(&told(vouched("joe"), &[("RENAMES", "Joe.User"), ("SAVES_pvt_a", "1")])).await;
    let Decision::Allow { user, proplist, .. } = answer.decision else { panic!("{answer:?}") };
    assert_eq!((user.as_str(), proplist.get("prop_x")), ("Joe.User", Some("Joe's")));
    assert_eq!(door.record("Joe.User").await.unwrap().get("pvt_a"), Some("1"));
    assert_eq!(door.record("joe").await, None);
    let to_a_group = told(vouched("joe"), &[("RENAMES", "__DEFAULT__")]);
    assert_eq!(door.refuses(&to_a_group).await, "not-a-user");
}

#[tokio::test]
async fn policies_after_a_change_of_name_see_and_save_what_belongs_to_it() {
    let grants = vestibule_domain::Grants { user_name: true, ..Default::default() };
    let told_as = |prefix| scripted("told").with_setting("prefix", prefix);
    let door = Door::new().await.guarded_by_granted("first", told_as("1"), grants).guarded_by("second", told_as("2"));
    let door = door.with_record("joe", &[("pvt_hw", "joe's"), ("pvt_old", "1")]).await;
    let door = door.with_record("Joe.User", &[("pvt_hw", "Joe.User's")]).await;
    let orders = [
        ("1SEES_pvt_hw", "joe's"),
        ("1RENAMES", "Joe.User"),
        ("2SEES_pvt_hw", "Joe.User's"),
        ("2SEES_pvt_old", ""),
        ("2SAVES_pvt_new", "1"),
    ];
    assert_eq!(door.refuses(&told(vouched("joe"), &orders)).await, "allowed");
    assert_eq!(door.record("Joe.User").await.unwrap().get("pvt_new"), Some("1"));
    assert_eq!(door.record("joe").await.unwrap().get("pvt_new"), None);
}

#[tokio::test]
async fn a_name_that_changes_with_a_question_is_the_one_that_answers() {
    let grants = vestibule_domain::Grants { user_name: true, ..Default::default() };
    let door = Door::new().await.guarded_by_granted("told", scripted("told"), grants).with_passwords(&["joe"]).await;
    let first = told(typed("joe"), &[("RENAMES", "Joe.User"), ("ASKS", "Code?"), ("SAVES_pvt_a", "1")]);
    let asked = door.decides(&first).await;
    assert_eq!(door.record("Joe.User").await.unwrap().get("pvt_a"), Some("1"));
    let answer = told(answering(&first, &asked, "yes"), &[("ASKS", "Code?"), ("SEES_pvt_a", "1")]);
    assert_eq!(door.refuses(&answer).await, "allowed");
}
