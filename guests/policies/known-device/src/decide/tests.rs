//! Each test is one login of Joe and what is decided on it.

use vestibule_policy::{Login, testing};

use super::{Verdict, verdict};
use crate::settings::{Registration, Settings, WithoutAddress};

const LAPTOP: &str = "00:1a:2b:3c:4d:5e";

fn login(address: Option<&str>, stored: &[(&str, &str)]) -> Login {
    let mut login = testing::login("joe");
    login.authcred.client_ip_addr = Some("198.51.100.7".into());
    login.authcred.client_hw_addr = address.map(Into::into);
    login.authret.proplist = testing::properties(stored);
    login
}

fn settings(max_devices: u32) -> Settings {
    Settings {
        max_devices,
        registration: Registration::Automatic,
        registration_networks: Vec::new(),
        without_address: WithoutAddress::Deny,
        check_autologin: true,
        check_session: true,
    }
}

fn registers(slot: &str) -> Verdict {
    Verdict::Register { slot: slot.into(), address: LAPTOP.into() }
}

fn text_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refuse { text, .. } => text,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn the_first_device_takes_the_first_slot_in_its_normal_spelling() {
    assert_eq!(verdict(&login(Some("00-1A-2B-3C-4D-5E"), &[]), &settings(1)), registers("pvt_hw_addr"));
}

#[test]
fn a_registered_device_is_let_in_however_its_address_is_spelled() {
    let stored = [("pvt_hw_addr2", "001A.2B3C.4D5E")];
    assert_eq!(verdict(&login(Some(LAPTOP), &stored), &settings(1)), Verdict::Allow);
}

#[test]
fn a_freed_slot_is_used_before_a_new_one() {
    let stored = [("pvt_hw_addr", ""), ("pvt_hw_addr2", "aa"), ("pvt_hw_addr_note", "bb")];
    assert_eq!(verdict(&login(Some(LAPTOP), &stored), &settings(2)), registers("pvt_hw_addr"));
    let stored = [("pvt_hw_addr", "aa"), ("pvt_hw_addr3", "bb")];
    assert_eq!(verdict(&login(Some(LAPTOP), &stored), &settings(3)), registers("pvt_hw_addr2"));
}

#[test]
fn one_device_too_many_is_refused() {
    let stored = [("pvt_hw_addr2", "aa:aa:aa:aa:aa:aa")];
    assert_eq!(text_of(verdict(&login(Some(LAPTOP), &stored), &settings(1))), "unknown_text");
}

#[test]
fn nothing_is_registered_where_registration_is_manual() {
    let settings = Settings { registration: Registration::Manual, ..settings(3) };
    assert_eq!(text_of(verdict(&login(Some(LAPTOP), &[]), &settings)), "unknown_text");
}

#[test]
fn a_client_without_an_address_is_refused_unless_it_may_come_in() {
    for address in [None, Some(""), Some("  ")] {
        assert_eq!(text_of(verdict(&login(address, &[]), &settings(1))), "without_address_text");
    }
    let settings = Settings { without_address: WithoutAddress::Allow, ..settings(1) };
    assert_eq!(verdict(&login(None, &[]), &settings), Verdict::Allow);
}

#[test]
fn devices_are_registered_from_the_given_networks_only() {
    let office =
        |network: &str| Settings { registration_networks: vec![network.parse().expect("a network")], ..settings(1) };
    assert_eq!(verdict(&login(Some(LAPTOP), &[]), &office("198.51.100.0/24")), registers("pvt_hw_addr"));
    assert_eq!(text_of(verdict(&login(Some(LAPTOP), &[]), &office("203.0.113.0/24"))), "elsewhere_text");
    let mut login = login(Some(LAPTOP), &[]);
    login.authcred.client_ip_addr = None;
    assert_eq!(text_of(verdict(&login, &office("198.51.100.7"))), "elsewhere_text");
}

#[test]
fn unattended_logins_are_checked_unless_they_are_exempt() {
    for method in ["autologin", "session"] {
        let mut login = login(None, &[]);
        login.info.auth_method = method.into();
        assert_eq!(text_of(verdict(&login, &settings(1))), "without_address_text", "{method}");
        let exempt = Settings { check_autologin: false, check_session: false, ..settings(1) };
        assert_eq!(verdict(&login, &exempt), Verdict::Allow, "{method}");
    }
}
