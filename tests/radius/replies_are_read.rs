//! What the server says of a user, policies can read; what it refuses, nobody gets.

use vestibule_directory::{RadiusCase, RadiusSettings};
use vestibule_domain::primary::Cause;
use vestibule_gate::Method;

use super::{answering, asked, cause, signed};
use crate::harness::{Door, FreeRadius, free_port, policy, radius_settings, typed, typed_as};

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn the_reply_has_codes_vendors_names_and_values() {
    let proven = asked(FreeRadius::shared().settings(), "joe", PASSWORD).await.unwrap();
    assert_eq!((proven.user.as_str(), proven.info.auth_method.as_str()), ("Joe.User", "radius"));
    let reply = &proven.info.radius_reply;
    let of = |code, vendor| -> Vec<_> {
        let those = reply.iter().filter(|held| held.code == code && held.vendor == vendor);
        those.map(|held| (held.name.as_deref().unwrap_or_default(), held.value.as_str())).collect()
    };
    assert_eq!(of(6, None), [("Service-Type", "Framed-User")]);
    assert_eq!(of(8, None), [("Framed-IP-Address", "10.1.2.3")]);
    assert_eq!(of(25, None), [("Class", "0x010203")]);
    assert_eq!(of(88, None), [("Framed-Pool", "staff")]);
    assert_eq!(of(1, Some(9)), [("Cisco-AVPair", "a=1"), ("Cisco-AVPair", "b=2")]);
}

#[tokio::test]
async fn a_dictionary_of_the_tenants_own_names_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = crate::harness::file(&directory, "dictionary", "ATTRIBUTE My-Pool 88 string\n");
    let settings = RadiusSettings { dictionary: Some(path.into()), ..FreeRadius::shared().settings() };
    let reply = asked(settings, "joe", PASSWORD).await.unwrap().info.radius_reply;
    assert!(reply.iter().any(|held| held.name.as_deref() == Some("My-Pool")));
}

#[tokio::test]
async fn passwords_of_every_length_are_taken() {
    let settings = || FreeRadius::shared().settings();
    for (user, password) in [
        ("short16", "0123456789abcdef"),
        ("long17", "0123456789abcdefg"),
        ("long128", &"x".repeat(128)),
        ("umlaut", "p\u{e4}ssw\u{f6}rd"),
    ] {
        assert!(asked(settings(), user, password).await.is_ok(), "{user}");
        assert_eq!(cause(settings(), user, &password.replace(['x', '0', 'p'], "?")).await, Cause::Rejected, "{user}");
    }
    assert_eq!(cause(settings(), "long128", &"x".repeat(129)).await, Cause::Rejected);
    assert_eq!(cause(settings(), "ann", "").await, Cause::WrongPassword);
}

#[tokio::test]
async fn a_name_that_the_server_does_not_spell_is_the_one_that_was_typed_or_in_lower_case() {
    let port = answering(|request| signed(request, 2, &[true])).await;
    for (case, expected) in [(RadiusCase::Exact, "Ann"), (RadiusCase::Lower, "ann")] {
        let proven = asked(RadiusSettings { case, ..radius_settings(port) }, "Ann", PASSWORD).await.unwrap();
        assert_eq!(proven.user.as_str(), expected);
    }
    let settings = RadiusSettings { case: RadiusCase::Lower, ..FreeRadius::shared().settings() };
    assert_eq!(asked(settings, "joe", PASSWORD).await.unwrap().user.as_str(), "Joe.User");
}

#[tokio::test]
async fn a_name_that_does_not_fit_is_refused_and_not_cut() {
    let port = answering(|request| signed(request, 2, &[true])).await;
    assert!(asked(radius_settings(port), &"x".repeat(253), PASSWORD).await.is_ok());
    assert_eq!(cause(radius_settings(free_port()), &"x".repeat(254), PASSWORD).await, Cause::Rejected);
}

#[tokio::test]
async fn whoever_is_refused_stays_out_and_the_log_knows_what_was_said() {
    let settings = || FreeRadius::shared().settings();
    assert_eq!(cause(settings(), "ann", "wrong horse").await, Cause::Rejected);
    assert_eq!(cause(settings(), "nobody", PASSWORD).await, Cause::Rejected);
    let failure = asked(settings(), "barred", PASSWORD).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Rejected);
    assert!(failure.detail.contains("Not today"), "{failure}");
}

#[tokio::test]
async fn a_question_of_the_servers_own_lets_nobody_in() {
    let failure = asked(FreeRadius::shared().settings(), "asked", PASSWORD).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Rejected);
    assert!(failure.detail.contains("question"), "{failure}");
}

#[tokio::test]
async fn a_policy_puts_the_user_where_the_reply_says() {
    let mut door =
        Door::new().await.with_record("staff", &[("type", "group"), ("group_subnets.0", "10.1.0.0/16")]).await;
    door.settings.method = Method::Radius;
    door.settings.radius = Some(FreeRadius::shared().settings());
    let map = policy("group-map").with_setting("radius_framed_pool", "true").with_setting("radius_framed_ip", "true");
    let door = door.guarded_by("group-map", map.with_setting("no_match", "unchanged"));
    let list = door.admits(&typed("joe")).await;
    assert_eq!((list.get("conn_group"), list.get("conn_ip")), (Some("staff"), Some("10.1.2.3")));
    assert_eq!(door.refuses(&typed_as("joe", "wrong horse")).await, "rejected");
}
