//! Each test is what a client reports and what is made of it.

use std::collections::BTreeMap;

use vestibule_policy::{Login, testing};

use super::problems;
use crate::settings::{Action, Minimum, Settings, minimums};

fn table(list: &[(&str, &str)]) -> BTreeMap<String, Minimum> {
    minimums("test", testing::properties(list).into_iter().collect(), Minimum::or_any).expect("versions")
}

fn settings() -> Settings {
    Settings {
        client: table(&[("win", "3.4.2"), ("mac", "3.4.0-1000")]),
        openvpn: table(&[("linux", "2.6.10")]),
        apps: [("win".to_owned(), table(&[("ANTIVIRUS", ""), ("FIREFOX", "115")]))].into(),
        unknown_platform: Action::Deny,
        without_version: Action::Deny,
        on_not_reported: Action::Deny,
        on_not_found: Action::Deny,
        on_no_version: Action::Deny,
        on_many_found: Action::Deny,
        on_regex: Action::Deny,
    }
}

fn client(reports: &[(&str, &str)]) -> Login {
    let mut login = testing::login("joe");
    login.attributes.client_info = testing::properties(reports);
    login
}

fn windows(firefox: &str) -> Login {
    client(&[
        ("IV_PLAT", "win"),
        ("UV_APPVER_ANTIVIRUS", "7"),
        ("UV_APPVER_FIREFOX", firefox),
        ("UV_ASCLI_VER", "3.4.4-3412"),
    ])
}

/// The reasons, as the log has them.
fn reasons(login: &Login, settings: &Settings) -> Vec<String> {
    problems(login, settings).iter().map(ToString::to_string).collect()
}

#[test]
fn a_client_with_everything_it_needs_may_come_in() {
    assert_eq!(reasons(&windows("115.0.1"), &settings()), [""; 0]);
}

#[test]
fn every_problem_is_named() {
    let login = client(&[("IV_PLAT", "win"), ("UV_APPVER_FIREFOX", "114.9"), ("UV_ASCLI_VER", "3.4.1-9")]);
    let expected = [
        "`UV_ASCLI_VER` is `3.4.1-9`, at least `3.4.2` is required",
        "`ANTIVIRUS` is ``",
        "`FIREFOX` is `114.9`, at least `115` is required",
    ];
    assert_eq!(reasons(&login, &settings()), expected);
}

#[test]
fn the_version_of_the_client_is_looked_for_in_two_places() {
    let mac = |name, version| reasons(&client(&[("IV_PLAT", "mac"), (name, version)]), &settings());
    assert_eq!(mac("IV_GUI_VER", "OCmacOS_3.4.0-1000"), [""; 0]);
    assert_eq!(
        mac("IV_GUI_VER", "OCmacOS_3.4.0-999"),
        ["`IV_GUI_VER` is `OCmacOS_3.4.0-999`, at least `3.4.0-1000` is required"]
    );
    assert_eq!(
        mac("IV_VER", "3.10"),
        ["`UV_ASCLI_VER` is ``, at least `3.4.0-1000` is required"],
        "that is another version"
    );
}

#[test]
fn the_version_of_openvpn_has_a_table_of_its_own() {
    let linux = |version| reasons(&client(&[("IV_PLAT", "linux"), ("IV_VER", version)]), &settings());
    assert_eq!(linux("2.6.12"), [""; 0]);
    assert_eq!(linux("2.5.9"), ["`IV_VER` is `2.5.9`, at least `2.6.10` is required"]);
}

#[test]
fn each_error_of_the_host_checker_has_its_own_action() {
    type Switch = fn(&mut Settings);
    let switches: [(&str, Switch); 5] = [
        ("ERR_NOT_FOUND", |s| s.on_not_found = Action::Allow),
        ("ERR_NO_VERSION", |s| s.on_no_version = Action::Allow),
        ("ERR_MANY_FOUND", |s| s.on_many_found = Action::Allow),
        ("ERR_REGEX", |s| s.on_regex = Action::Allow),
        ("", |s| s.on_not_reported = Action::Allow),
    ];
    for (error, allow) in switches {
        let mut settings = settings();
        assert_eq!(reasons(&windows(error), &settings).len(), 1, "`{error}`");
        allow(&mut settings);
        assert_eq!(reasons(&windows(error), &settings).len(), 0, "`{error}`");
    }
    assert_eq!(reasons(&windows("unknown"), &settings()).len(), 1, "a version without a number");
}

#[test]
fn a_platform_in_no_table_is_unknown_unless_all_are_meant() {
    let phone = client(&[("IV_PLAT", "android"), ("UV_ASCLI_VER", "3.4.1-9")]);
    assert_eq!(reasons(&phone, &settings()), ["`IV_PLAT` is `android`"]);
    assert_eq!(reasons(&client(&[]), &settings()), ["`IV_PLAT` is ``"]);
    assert_eq!(reasons(&phone, &Settings { unknown_platform: Action::Allow, ..settings() }), [""; 0]);
    let all = Settings { client: table(&[("all", "3.4.2")]), ..settings() };
    assert_eq!(reasons(&phone, &all), ["`UV_ASCLI_VER` is `3.4.1-9`, at least `3.4.2` is required"]);
}

#[test]
fn a_client_that_reports_no_version_has_an_action_of_its_own() {
    let silent = client(&[("IV_PLAT", "mac")]);
    assert_eq!(reasons(&silent, &settings()).len(), 1);
    assert_eq!(reasons(&silent, &Settings { without_version: Action::Allow, ..settings() }).len(), 0);
}

#[test]
fn the_text_for_the_user_says_what_to_do() {
    let told = |login: &Login| {
        let problem = problems(login, &settings()).remove(0);
        (problem.text, problem.filled("{name}, {minimum}, {found}"))
    };
    assert_eq!(told(&windows("1.0")), ("app_text", "FIREFOX, 115, 1.0".into()));
    assert_eq!(told(&windows("ERR_NOT_FOUND")), ("missing_text", "FIREFOX, 115, ERR_NOT_FOUND".into()));
    assert_eq!(told(&client(&[("IV_PLAT", "mac")])), ("client_text", "UV_ASCLI_VER, 3.4.0-1000, ".into()));
}
