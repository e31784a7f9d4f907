//! Guests whose answer is not to be believed.

use vestibule_domain::login::Status;
use vestibule_domain::{AuthMethod, Cause, Decision, Grants, Properties};

use crate::harness::{a_login, probe};

/// A probe whose answer is refused, naming the part that is wrong.
async fn is_not_believed(name: &str, part: &str) {
    let fault = probe(name).fails_with(Cause::InvalidOutput).await;
    assert!(fault.detail.contains(part), "{fault}");
}

#[tokio::test]
pub(crate) async fn returns_64_megabytes() {
    probe("returns-64-megabytes").fails_with(Cause::OutputTooLarge).await;
}

#[tokio::test]
pub(crate) async fn returns_a_hundred_thousand_properties() {
    probe("returns-a-hundred-thousand-properties").fails_with(Cause::OutputTooLarge).await;
}

#[tokio::test]
pub(crate) async fn returns_one_property_too_many() {
    is_not_believed("returns-one-property-too-many", "`proplist`: 513 properties").await;
}

#[tokio::test]
pub(crate) async fn sets_an_overlong_value() {
    is_not_believed("sets-an-overlong-value", "4097 bytes").await;
}

#[tokio::test]
pub(crate) async fn returns_invalid_utf8() {
    is_not_believed("returns-invalid-utf8", "utf-8").await;
}

#[tokio::test]
pub(crate) async fn returns_an_unknown_status() {
    is_not_believed("returns-an-unknown-status", "discriminant").await;
}

#[tokio::test]
pub(crate) async fn returns_a_wild_pointer() {
    is_not_believed("returns-a-wild-pointer", "out of bounds").await;
}

#[tokio::test]
pub(crate) async fn hands_out_wild_pointers() {
    is_not_believed("hands-out-wild-pointers", "beyond end of memory").await;
}

#[tokio::test]
pub(crate) async fn changes_the_user() {
    is_not_believed("changes-the-user", "`user` was changed").await;
}

#[tokio::test]
async fn a_changed_user_is_believed_where_that_is_granted() {
    let grants = Grants { user_name: true, ..Grants::default() };
    let verdict = probe("changes-the-user").granted(grants).lets_joe_in().await;
    assert_ne!(verdict.allowed().authret.user, a_login().authret.user);
}

#[tokio::test]
pub(crate) async fn respells_the_user() {
    is_not_believed("respells-the-user", "`user` was changed").await;
}

#[tokio::test]
pub(crate) async fn returns_duplicate_names() {
    is_not_believed("returns-duplicate-names", "`proplist`: the name").await;
}

#[tokio::test]
pub(crate) async fn saves_duplicate_names() {
    is_not_believed("saves-duplicate-names", "`proplist_save`: the name").await;
}

#[tokio::test]
pub(crate) async fn breaks_a_line_in_a_name() {
    is_not_believed("breaks-a-line-in-a-name", "is no property name").await;
}

#[tokio::test]
pub(crate) async fn sets_ungranted_superuser() {
    let mut login = a_login();
    login.authret.proplist = Properties::new();
    let fault = probe("sets-ungranted-superuser").judges(&login).await.fault(Cause::InvalidOutput);
    assert!(fault.detail.contains("`prop_superuser`, which is not granted"), "{fault}");
}

#[tokio::test]
pub(crate) async fn opens_ungranted_access() {
    is_not_believed("opens-ungranted-access", "which is not granted").await;
}

#[tokio::test]
pub(crate) async fn saves_a_password_digest() {
    is_not_believed("saves-a-password-digest", "`proplist_save` sets `pvt_password_digest`").await;
}

#[tokio::test]
pub(crate) async fn overgrows_session_state() {
    is_not_believed("overgrows-session-state", "`session_state` has 16385 bytes").await;
}

#[tokio::test]
pub(crate) async fn asks_an_empty_question() {
    is_not_believed("asks-an-empty-question", "`challenge`: the text is empty").await;
}

#[tokio::test]
pub(crate) async fn challenges_an_autologin() {
    let mut login = a_login();
    login.info.auth_method = AuthMethod::Autologin;
    probe("challenges-an-autologin").judges(&login).await.fault(Cause::InvalidOutput);
}

#[tokio::test]
pub(crate) async fn turns_fail_into_success() {
    let mut login = a_login();
    login.authret.status = Status::Fail;
    probe("turns-fail-into-success").judges(&login).await.fault(Cause::InvalidOutput);
}

#[tokio::test]
pub(crate) async fn asks_while_failing() {
    let verdict = probe("asks-while-failing").decides_on_joe().await;
    assert!(matches!(Decision::from(verdict.0.answer), Decision::Challenge { .. }));
}

#[tokio::test]
pub(crate) async fn saves_while_failing() {
    let grants = Grants { properties: vec!["pvt_hw_addr".to_owned()], ..Grants::default() };
    let verdict = probe("saves-while-failing").granted(grants).decides_on_joe().await;
    verdict.denied();
    let decision = serde_json::to_value(Decision::from(verdict.0.answer)).unwrap();
    assert_eq!(decision.get("proplist_save"), None);
}

#[tokio::test]
pub(crate) async fn quotes_in_client_reason() {
    let verdict = probe("quotes-in-client-reason").decides_on_joe().await;
    let text = verdict.denied().authret.client_reason.as_ref().unwrap().as_str();
    assert!(!text.is_empty() && !text.chars().any(|c| c.is_control() || c == '"' || c == '\\'), "{text}");
}

#[tokio::test]
pub(crate) async fn injects_into_a_challenge() {
    let verdict = probe("injects-into-a-challenge").decides_on_joe().await;
    let challenge = verdict.outcome().challenge.as_ref().unwrap();
    assert!(!challenge.text.as_str().chars().any(|c| c.is_control() || c == '"'), "{challenge:?}");
}
