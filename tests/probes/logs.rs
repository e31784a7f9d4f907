//! Guests that log too much, or what they should not.

use vestibule_domain::Cause;

use crate::harness::probe;

const TOKEN: &str = "s3cret-t0ken";

#[tokio::test]
pub(crate) async fn floods_the_log() {
    let verdict = probe("floods-the-log").lets_joe_in().await;
    assert_eq!((verdict.0.log.len(), verdict.0.cost.dropped_log_lines), (64, 936));
}

#[tokio::test]
pub(crate) async fn floods_the_log_forever() {
    probe("floods-the-log-forever").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn writes_to_stdout_forever() {
    probe("writes-to-stdout-forever").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn prints_a_huge_line() {
    let verdict = probe("prints-a-huge-line").lets_joe_in().await;
    assert_eq!(verdict.0.log.len(), 1);
}

#[tokio::test]
pub(crate) async fn logs_a_huge_line() {
    let verdict = probe("logs-a-huge-line").lets_joe_in().await;
    assert!(verdict.messages().iter().all(|message| message.len() == 2048), "{:?}", verdict.messages());
}

#[tokio::test]
pub(crate) async fn logs_a_thousand_fields() {
    let verdict = probe("logs-a-thousand-fields").lets_joe_in().await;
    assert_eq!(verdict.0.log.first().map(|line| line.fields.len()), Some(16));
}

#[tokio::test]
pub(crate) async fn logs_more_than_a_transfer_carries() {
    probe("logs-more-than-a-transfer-carries").fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn forges_log_lines() {
    let verdict = probe("forges-log-lines").lets_joe_in().await;
    let messages = verdict.messages();
    assert!(messages.len() == 1 && !messages.concat().chars().any(char::is_control), "{messages:?}");
}

#[tokio::test]
pub(crate) async fn reveals_and_logs_secrets() {
    let verdict = probe("reveals-and-logs-secrets").with_setting("token", TOKEN).lets_joe_in().await;
    let log = format!("{:?}", verdict.0.log);
    assert!(!log.contains(TOKEN) && log.contains("***"), "{log}");
}

#[tokio::test]
pub(crate) async fn tells_the_client_a_secret() {
    let verdict = probe("tells-the-client-a-secret").with_setting("token", TOKEN).decides_on_joe().await;
    let outcome = format!("{:?}", verdict.denied());
    assert!(!outcome.contains(TOKEN) && outcome.contains("***"), "{outcome}");
}

#[tokio::test]
pub(crate) async fn hoards_secrets() {
    probe("hoards-secrets").with_setting("token", TOKEN).fails_with(Cause::HostCallBudget).await;
}

#[tokio::test]
pub(crate) async fn returns_a_huge_error() {
    let fault = probe("returns-a-huge-error").fails_with(Cause::PolicyError).await;
    assert!(fault.detail.len() <= 1024, "{} bytes", fault.detail.len());
}

#[tokio::test]
pub(crate) async fn returns_an_error_with_control_characters() {
    let fault = probe("returns-an-error-with-control-characters").fails_with(Cause::PolicyError).await;
    assert!(!fault.detail.chars().any(char::is_control), "{fault}");
}
