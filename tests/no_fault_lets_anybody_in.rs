//! There is no path from a fault, or from an answer that is not believed, to an allow.

use proptest::prelude::*;
use vestibule_domain::login::Status;
use vestibule_domain::{Decision, Grants, Outcome};

use crate::harness::{any_claim, any_login};

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
