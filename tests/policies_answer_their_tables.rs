//! Each policy answers every login of its table as the table says.

use crate::harness::{Case, Guest, policy};

async fn answers(guest: &Guest, table: &str) {
    let cases = Case::table(table);
    let mut failures = Vec::new();
    for case in &cases {
        failures.extend(case.failures(guest).await);
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[tokio::test]
async fn known_device() {
    answers(&policy("known-device"), "known-device").await;
}

#[tokio::test]
async fn known_device_in_python() {
    answers(&policy("known-device-py"), "known-device").await;
}

#[tokio::test]
async fn known_device_in_javascript() {
    answers(&policy("known-device-js"), "known-device").await;
}

#[tokio::test]
async fn group_map() {
    answers(&policy("group-map"), "group-map").await;
}

#[tokio::test]
async fn app_versions() {
    answers(&policy("app-versions"), "app-versions").await;
}

#[tokio::test]
async fn one_time_code() {
    answers(&policy("one-time-code"), "one-time-code").await;
}
