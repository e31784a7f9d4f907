//! A tenant whose terms name signers takes and activates signed policies only.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use vestibule_domain::TenantName;
use vestibule_store::Store;

use crate::harness::{
    Caller, Registers as _, Reply, Served, component, module, module_bytes, policy_bytes, probe_bytes,
};

const VERSIONS: &str = "/v1/tenants/default/policies/known-device/versions";
const UPLOAD: &str = "/v1/tenants/default/versions?name=known-device";

/// Somebody with a key of minisign.
struct Signer {
    home: TempDir,
    key: String,
}

impl Signer {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        minisign(home.path(), &["-G", "-W", "-p", "key.pub", "-s", "key"]);
        let key = std::fs::read_to_string(home.path().join("key.pub")).unwrap();
        Self { key: key.lines().nth(1).unwrap().to_owned(), home }
    }

    /// The file that minisign writes beside a file with these bytes.
    fn signs(&self, wasm: &[u8]) -> PathBuf {
        let file = self.home.path().join(format!("{}.wasm", vestibule_sandbox::digest(wasm)));
        std::fs::write(&file, wasm).unwrap();
        minisign(self.home.path(), &["-S", "-s", "key", "-m", file.to_str().unwrap()]);
        file.with_extension("wasm.minisig")
    }

    /// Uploads a version of `known-device` with a signature.
    async fn uploads(&self, caller: &Caller<'_>, wasm: Vec<u8>) -> Reply {
        let signature = STANDARD.encode(std::fs::read(self.signs(&wasm)).unwrap());
        let headers = [("vestibule-signature", signature.as_str())];
        caller.ask("POST", UPLOAD, "application/wasm", wasm.into(), &headers).await
    }
}

fn minisign(home: &Path, arguments: &[&str]) {
    let signed = Command::new("minisign").args(arguments).current_dir(home).output().unwrap();
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
}

async fn demands(caller: &Caller<'_>, signers: &[&Signer]) {
    let keys: Vec<_> = signers.iter().map(|signer| &signer.key).collect();
    caller.put("/v1/tenants/default", json!({ "terms": { "signers": keys } })).await.is(200);
}

fn chain(version: i64, more: Value) -> Value {
    let mut link = json!({ "policy": "known-device", "version": version });
    link.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([link])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_has_to_be_signed() {
    let (served, signer) = (Served::new(), Signer::new());
    let administrator = served.administrator();
    demands(&administrator, &[&signer]).await;
    administrator.upload("default", policy_bytes("known-device")).await.refused(422, "signature");
    let signature = signer.signs(&policy_bytes("known-device"));
    let (wasm, signature) = (component("policies/known-device"), signature.display().to_string());
    served.runs(&["policy", "put", &wasm, "--signature", &signature]).exits_with(0);
    let other = component("policies/group-map");
    served
        .runs(&["policy", "put", &other, "--signature", &signature])
        .exits_with(2)
        .complains("no key of the tenant's terms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_covers_the_module_that_is_uploaded_and_not_what_is_made_of_it() {
    let (served, signer) = (Served::new(), Signer::new());
    let administrator = served.administrator();
    let made = administrator.upload("default", module_bytes("known-device")).await.is(201).json();
    let made = administrator.get(&format!("{VERSIONS}/{}/component", made["version"])).await.is(200).body;
    demands(&administrator, &[&signer]).await;
    let of_component = signer.signs(&made).display().to_string();
    let put = ["policy", "put", &module("known-device"), "--signature"];
    served.runs(&[put.as_slice(), &[&of_component]].concat()).exits_with(2).complains("no key of the tenant's terms");
    let of_module = signer.signs(&module_bytes("known-device")).display().to_string();
    served.runs(&[put.as_slice(), &[&of_module]].concat()).exits_with(0);
    let version = administrator.get(&format!("{VERSIONS}/1")).await.is(200).json();
    assert_eq!(version["signed_by"], json!([signer.key]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_covers_the_module_whichever_release_has_made_the_component() {
    let (served, signer) = (Served::new(), Signer::new());
    let administrator = served.administrator();
    demands(&administrator, &[&signer]).await;
    // As another release makes it.
    let (module, component) = (module_bytes("known-device"), policy_bytes("known-device"));
    let store = Store::open(served.data()).await.unwrap();
    store.adds_made_of(&TenantName::default(), "known-device", &module, &component).await;
    administrator.activate("default", chain(1, json!({}))).await.refused(422, "unsigned");
    let signed = signer.uploads(&administrator, module).await.is(200).json();
    assert_eq!((&signed["version"], &signed["new"]), (&json!(1), &json!(false)), "{signed}");
    administrator.activate("default", chain(1, json!({}))).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_from_before_stays_active_and_is_activated_again_once_it_is_signed() {
    let served = Served::new().with_user("alice").await.guarded_by("known-device").await;
    let (administrator, signer, other) = (served.administrator(), Signer::new(), Signer::new());
    demands(&administrator, &[&signer]).await;
    assert_eq!(administrator.authenticate("alice", json!({ "vpn_auth": false })).await.decision(), "allow");
    let refused = administrator.activate("default", chain(1, json!({}))).await.refused(422, "unsigned").json();
    assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("upload the same file again")), "{refused}");
    let active = administrator.get("/v1/tenants/default/chain").await.is(200).json();
    assert_eq!(active["revision"], 1);

    let signed = signer.uploads(&administrator, policy_bytes("known-device")).await.is(200).json();
    assert_eq!((&signed["version"], &signed["new"]), (&json!(1), &json!(false)));
    let listed = administrator.get(VERSIONS).await.is(200).json();
    assert_eq!(listed["versions"][0]["signed_by"], json!([signer.key]));
    administrator.activate("default", chain(1, json!({}))).await.is(200);

    // The terms' present signers count, not those of the upload.
    demands(&administrator, &[&other]).await;
    administrator.activate("default", chain(1, json!({}))).await.refused(422, "unsigned");
    demands(&administrator, &[&other, &signer]).await;
    administrator.activate("default", chain(1, json!({}))).await.is(200);
    demands(&administrator, &[&other]).await;
    other.uploads(&administrator, policy_bytes("known-device")).await.is(200);
    administrator.activate("default", chain(1, json!({}))).await.is(200);
    demands(&administrator, &[]).await;
    let version = administrator.get(&format!("{VERSIONS}/1")).await.is(200).json();
    assert_eq!(version["signed_by"].as_array().map(Vec::len), Some(2), "{version}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_version_comes_back_by_no_rollback_and_is_tried_on_nobody() {
    let served = Served::new().guarded_by("known-device").await;
    let (administrator, signer) = (served.administrator(), Signer::new());
    demands(&administrator, &[&signer]).await;
    signer.uploads(&administrator, policy_bytes("group-map")).await.is(201);
    for trial in [json!({ "version": 1, "mode": "shadow" }), json!({ "version": 1, "mode": "canary", "percent": 5 })] {
        let chain = chain(2, json!({ "trial": trial }));
        administrator.activate("default", chain).await.refused(422, "unsigned");
    }
    administrator.activate("default", chain(2, json!({}))).await.is(200);
    let rollback = "/v1/tenants/default/chain/rollback";
    administrator.post(rollback, json!({ "expected": 2 })).await.refused(422, "unsigned");
    administrator.post(rollback, json!({ "expected": 2, "to": 1 })).await.refused(422, "unsigned");
    signer.uploads(&administrator, policy_bytes("known-device")).await.is(200);
    administrator.post(rollback, json!({ "expected": 2 })).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_version_makes_way_for_the_last_one_that_is_signed() {
    let served = Served::new().with_user("alice").await.guarded_by("known-device").await;
    let (administrator, signer) = (served.administrator(), Signer::new());
    let unsigned = policy_bytes("app-versions");
    administrator.ask("POST", UPLOAD, "application/wasm", unsigned.into(), &[]).await.is(201);
    administrator.activate("default", chain(2, json!({}))).await.is(200);
    demands(&administrator, &[&signer]).await;
    signer.uploads(&administrator, policy_bytes("known-device")).await.is(200);
    signer.uploads(&administrator, probe_bytes("panics")).await.is(201);
    administrator.activate("default", chain(3, json!({ "roll_back_after": 1 }))).await.is(200);
    let failed = administrator.authenticate("alice", json!({ "vpn_auth": false })).await.is(200).json();
    assert_eq!(failed["cause"], "trap");
    // The login that was one too many does not wait for that.
    while administrator.authenticate("alice", json!({ "vpn_auth": false })).await.decision() != "allow" {}
    let active = administrator.get("/v1/tenants/default/chain").await.is(200).json();
    assert_eq!((&active["chain"][0]["version"], &active["actor"]), (&json!(1), &json!("host")), "{active}");
}
