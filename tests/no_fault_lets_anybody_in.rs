//! There is no path from a fault, or from an answer that is not believed, to an allow.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use vestibule_domain::login::Status;
use vestibule_domain::{Decision, Grants, Outcome};
use vestibule_gate::{Method, Proof, Voucher};

use crate::harness::{Door, any_claim, any_login, attempt, probe, scripted, told};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn only_a_believed_success_without_a_question_allows(mut login in any_login(), claim in any_claim(), failed in any::<bool>()) {
        if failed {
            login.authret.status = Status::Fail;
        }
        let claimed = claim.clone();
        let answer = claim.believe(&login, &Grants::default());
        let believed: Option<Outcome> = answer.as_ref().ok().cloned();
        if let Decision::Allow { user, proplist, .. } = Decision::from(answer) {
            let outcome = believed.expect("an answer that was not believed let somebody in");
            prop_assert!(!failed && claimed.status == Status::Succeed);
            prop_assert!(outcome.challenge.is_none() && claimed.challenge.is_none());
            prop_assert_eq!(&user, &login.authret.user);
            let privileged = proplist.changes_from(&login.authret.proplist).get("prop_superuser").is_some();
            prop_assert!(!privileged);
        }
    }
}

/// What a policy does with a login, and what comes of that if it is the first one of a chain to do anything but let the user pass.
const POLICIES: [(&str, &str); 7] = [
    ("passes", "allowed"),
    ("DENIES", "denied"),
    ("FAILS", "policy-error"),
    ("ASKS", "challenged"),
    ("panics", "trap"),
    ("loops-forever", "out-of-fuel"),
    ("sets-ungranted-superuser", "invalid-output"),
];

/// What the gate decides where these policies guard it. Orders to the first scripted policy begin with `0`.
async fn decided(policies: &[(&str, &str)]) -> String {
    let mut door = Door::new().await;
    door.settings.method = Method::Saml;
    let mut orders = Vec::new();
    for (place, (does, _)) in policies.iter().enumerate() {
        let guest = match *does {
            "panics" | "loops-forever" | "sets-ungranted-superuser" => probe(does),
            _ => scripted("told").with_setting("prefix", &place.to_string()),
        };
        orders.push((format!("{place}{does}"), "Well?"));
        door = door.guarded_by(&place.to_string(), guest);
    }
    let orders: Vec<_> = orders.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let saml = Proof::Voucher(Voucher::Saml(Default::default()));
    door.refuses(&told(attempt("joe", saml), &orders)).await
}

#[test]
fn a_chain_lets_in_whom_all_of_its_policies_let_pass_and_nobody_else() {
    let runtime = Runtime::new().unwrap();
    let half = prop_oneof![Just(POLICIES[0]), select(POLICIES.to_vec())];
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let decides = TestRunner::new(config).run(&vec(half, 0..4), |policies| {
        let first = policies.iter().find(|(does, _)| *does != "passes");
        let expected = first.map_or("allowed", |(_, becomes)| becomes);
        prop_assert_eq!(runtime.block_on(decided(&policies)), expected);
        Ok(())
    });
    decides.unwrap();
}
