//! Each test is a round of Joe's login. His secret is that of RFC 4226, whose code for time step 3 is 969429.

use vestibule_policy::{Login, testing};

use super::{Verdict, verdict};
use crate::settings::Settings;
use crate::totp::{Algorithm, Totp};

const SECRET: &str = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ";
const NOW: u64 = 3 * 30 + 7;

fn settings() -> Settings {
    Settings {
        totp: Totp { algorithm: Algorithm::Sha1, digits: 6, period: 30, drift_steps: 1 },
        secret_property: "pvt_totp_secret".into(),
        tries: 3,
        allow_without_secret: false,
        check_reauth: false,
    }
}

fn login(stored: &[(&str, &str)]) -> Login {
    let mut login = testing::login("joe");
    login.time = NOW;
    login.authret.proplist = testing::properties(stored);
    login
}

fn answering(response: &str, tries: &str, stored: &[(&str, &str)]) -> Login {
    let mut login = login(stored);
    login.crstate.values = testing::properties(&[("tries", tries)]);
    login.crstate.response = Some(response.into());
    login
}

fn decide(login: &Login) -> Verdict {
    verdict(login, &settings()).expect("a verdict")
}

#[test]
fn a_login_without_a_code_is_asked_for_one() {
    assert_eq!(decide(&login(&[("pvt_totp_secret", SECRET)])), Verdict::Ask);
    let mut blank = login(&[("pvt_totp_secret", SECRET)]);
    blank.authcred.static_response = Some(" ".into());
    assert_eq!(decide(&blank), Verdict::Ask);
}

#[test]
fn a_right_code_is_accepted_for_its_time_step() {
    assert_eq!(decide(&answering("969 429", "0", &[("pvt_totp_secret", SECRET)])), Verdict::Accept { step: 3 });
    let mut at_once = login(&[("pvt_totp_secret", SECRET)]);
    at_once.authcred.static_response = Some("338314".into());
    assert_eq!(decide(&at_once), Verdict::Accept { step: 4 });
}

#[test]
fn the_answer_to_a_question_counts_rather_than_the_static_response() {
    let mut login = answering("969429", "1", &[("pvt_totp_secret", SECRET)]);
    login.authcred.static_response = Some("000000".into());
    assert_eq!(decide(&login), Verdict::Accept { step: 3 });
}

#[test]
fn a_code_counts_once_and_older_ones_no_more() {
    let used = |last| decide(&answering("969429", "0", &[("pvt_totp_last_step", last), ("pvt_totp_secret", SECRET)]));
    assert_eq!(used("2"), Verdict::Accept { step: 3 });
    assert_eq!(used("3"), Verdict::AskAgain { tries: 1, why: "was used before" });
    assert_eq!(used("4"), Verdict::AskAgain { tries: 1, why: "was used before" });
}

#[test]
fn the_third_wrong_code_denies() {
    let wrong = |tries| decide(&answering("000000", tries, &[("pvt_totp_secret", SECRET)]));
    assert_eq!(wrong("0"), Verdict::AskAgain { tries: 1, why: "is wrong" });
    assert_eq!(wrong("1"), Verdict::AskAgain { tries: 2, why: "is wrong" });
    assert_eq!(wrong("2"), Verdict::Deny { tries: 3, why: "is wrong" });
    assert!(matches!(wrong("many"), Verdict::Deny { .. }));
}

#[test]
fn an_empty_answer_is_a_wrong_code() {
    assert_eq!(
        decide(&answering("", "0", &[("pvt_totp_secret", SECRET)])),
        Verdict::AskAgain { tries: 1, why: "is wrong" }
    );
}

#[test]
fn a_user_without_a_secret_is_told_apart() {
    assert_eq!(decide(&login(&[])), Verdict::WithoutSecret);
    assert_eq!(decide(&login(&[("pvt_totp_secret", " ")])), Verdict::WithoutSecret);
}

#[test]
fn a_record_that_cannot_be_right_is_an_error_that_does_not_quote_the_secret() {
    let error = |stored| verdict(&login(stored), &settings()).expect_err("an error");
    assert_eq!(error(&[("pvt_totp_secret", "not base32!")]), "property `pvt_totp_secret` is no Base32 (RFC 4648)");
    assert_eq!(error(&[("pvt_totp_secret", "MZXW6")]), "property `pvt_totp_secret` holds 3 octets, fewer than 10");
    assert!(error(&[("pvt_totp_last_step", "soon"), ("pvt_totp_secret", SECRET)]).contains("`soon`"));
}
