//! With nothing granted, an import of the contract tells a policy of the policy itself and of nothing else, or refuses.

use std::collections::BTreeSet;
use std::fs;

use vestibule_domain::{Cause, Grants, Properties};

use crate::harness::{Guest, a_login, policy, probe, root, scripted};

/// Each import, a guest that uses it, and what keeps it from anything that is not its own.
fn imports() -> [(&'static str, Guest, Option<Cause>); 6] {
    [
        ("config", scripted("told").with_setting("prefix", "x"), None),
        ("secrets", probe("reveals-and-logs-secrets").with_setting("token", "correct-horse"), None),
        ("log", probe("forges-log-lines"), None),
        ("directory", probe("searches-ungranted"), Some(Cause::CapabilityDenied)),
        ("http", probe("requests-ungranted-http"), Some(Cause::CapabilityDenied)),
        ("random", probe("asks-for-endless-randomness"), Some(Cause::HostCallBudget)),
    ]
}

#[tokio::test]
async fn no_import_gives_what_was_not_granted() {
    let mut login = a_login();
    login.authret.proplist.set("pvt_totp_secret", "GEZDGNBVGY3TQOJQ").unwrap();
    // The policy fails unless it is handed none.
    login.attributes.client_info.set("xSEES_pvt_totp_secret", "").unwrap();
    for (import, guest, refused) in imports() {
        let answer = guest.granted(Grants::default()).decides(&login).await.answer;
        assert_eq!(answer.as_ref().err().map(|fault| fault.cause), refused, "{import}: {answer:?}");
        let proplist = answer.map_or_else(|_| login.authret.proplist.clone(), |outcome| outcome.authret.proplist);
        assert_eq!(proplist, login.authret.proplist, "{import}: what it does not see stays as it is");
    }
}

#[test]
fn every_import_of_the_contract_is_looked_at() {
    let world = fs::read_to_string(root().join("wit/v0.1/world.wit")).unwrap();
    let imported = world.lines().filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
    assert_eq!(imported.collect::<BTreeSet<_>>(), imports().map(|(import, ..)| import).into());
}

#[tokio::test]
async fn no_property_is_seen_that_was_not_granted() {
    let mut login = a_login();
    for name in ["pvt_totp_secret", "pvt_x", "conn_group", "conn_ip", "prop_lzo", "type"] {
        login.authret.proplist.set(name, "there").unwrap();
        // The order is to fail unless the property is there with this value.
        login.attributes.client_info = Properties::from_pairs(vec![(format!("SEES_{name}"), "there".into())]).unwrap();
        let grants = |properties| Grants { properties, ..Grants::default() };
        let seen = async |grants| scripted("told").granted(grants).decides(&login).await.answer.is_ok();
        assert!(!seen(grants(Vec::new())).await, "{name}");
        assert!(seen(grants(vec![name.to_owned()])).await, "{name}");
    }
}

/// What is not granted looks as if it were not there: a policy that lets somebody in without it has to know.
#[tokio::test]
async fn users_without_a_secret_come_in_only_where_secrets_are_granted() {
    let guest =
        policy("one-time-code").with_setting("without_secret", "allow").with_setting("secret_property", "pvt_otp");
    let granted = |properties: &[&str]| {
        let properties = properties.iter().map(|name| (*name).to_owned()).collect();
        guest.clone().granted(Grants { properties, ..Grants::default() })
    };
    let login = a_login();
    assert!(granted(&["pvt_otp", "pvt_totp_last_step"]).decides(&login).await.answer.is_ok());
    assert!(granted(&["pvt_o*", "pvt_totp_last*"]).decides(&login).await.answer.is_ok());
    for (properties, missing) in [
        (&["pvt_totp_last_step"][..], "pvt_otp"),
        (&["pvt_opt", "pvt_totp_last_step"], "pvt_otp"),
        (&["pvt_otp"], "pvt_totp_last_step"),
        (&[], "pvt_otp"),
    ] {
        let fault = granted(properties).decides(&login).await.answer.unwrap_err();
        assert_eq!(fault.cause, Cause::PolicyError, "{fault}");
        assert!(fault.detail.contains(&format!("`{missing}` is not granted")), "{fault}");
    }
}
