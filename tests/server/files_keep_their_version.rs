//! A core module that was uploaded before is the version that it became, whatever component this host would make of it.

use serde_json::{Value, json};
use vestibule_domain::TenantName;
use vestibule_store::Store;

use crate::harness::{Registers as _, Served, policy_bytes, probe_bytes};

/// A host of which another release has made a version of the policy: this one can make no component of the module.
async fn served_before(policy: &str, component: &[u8]) -> Served {
    let served = Served::new();
    served.administrator().upload("default", unfit()).await.refused(422, "bad-policy");
    made_before(&served, policy, component).await;
    served
}

async fn made_before(served: &Served, policy: &str, component: &[u8]) {
    let store = Store::open(served.data()).await.unwrap();
    store.adds_made_of(&TenantName::default(), policy, &unfit(), component).await;
    store.close().await;
}

/// A core module without a world.
fn unfit() -> Vec<u8> {
    probe_bytes("core-module")
}

fn sha256(wasm: &[u8]) -> Value {
    vestibule_sandbox::digest(wasm).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_another_release_has_encoded_is_not_encoded_again() {
    let component = policy_bytes("known-device");
    let served = served_before("known-device", &component).await;
    let administrator = served.administrator();
    let uploaded = administrator.upload("default", unfit()).await.is(200).json();
    for (key, value) in [("version", json!(1)), ("new", json!(false)), ("from_module", json!(true))] {
        assert_eq!(uploaded[key], value, "{uploaded}");
    }
    let listed = administrator.get("/v1/tenants/default/policies/known-device/versions").await.is(200).json();
    assert_eq!(listed["versions"].as_array().map(Vec::len), Some(1), "{listed}");
    for version in [&uploaded, &listed["versions"][0]] {
        assert_eq!((&version["sha256"], &version["source"]), (&sha256(&component), &sha256(&unfit())), "{version}");
    }
    // As another policy it is a version of its own, of the same component.
    let path = "/v1/tenants/default/versions?name=other";
    let other = administrator.ask("POST", path, "application/wasm", unfit().into(), &[]).await.is(201).json();
    assert_eq!((&other["version"], &other["sha256"]), (&json!(1), &sha256(&component)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_module_is_said_of_the_version_that_it_is() {
    let [first, second] = ["known-device", "group-map"].map(policy_bytes);
    let served = served_before("first", &first).await;
    made_before(&served, "second", &second).await;
    for (policy, component) in [("first", &first), ("second", &second)] {
        let path = format!("/v1/tenants/default/versions?name={policy}");
        let administrator = served.administrator();
        let uploaded = administrator.ask("POST", &path, "application/wasm", unfit().into(), &[]).await.is(200).json();
        assert_eq!(uploaded["sha256"], sha256(component), "{uploaded}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_is_not_looked_for_at_other_tenants() {
    let served = served_before("known-device", &policy_bytes("known-device")).await.with_tenant("other").await;
    served.administrator().upload("other", unfit()).await.refused(422, "bad-policy");
    served.administrator().upload("default", unfit()).await.is(200);
}
