//! A core module that was built for the contract's world is made a component, wherever a component would do.

use std::io::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Run, Served, component, module, module_bytes, policy_bytes, probe_bytes, vestibule};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// What a policy answers: Alice's first device, another one that she has no place for, and a browser.
async fn answers(wasm: Vec<u8>) -> Vec<Value> {
    let served = Served::new().with_user("alice").await;
    let administrator = served.administrator();
    let uploaded = administrator.upload("default", wasm).await.is(201).json();
    administrator.activate("default", json!([{ "policy": uploaded["policy"] }])).await.is(200);
    let mut answers = Vec::new();
    for address in ["00:00:5e:00:53:01", "00:00:5e:00:53:02"] {
        let login = json!({
            "username": "alice", "password": PASSWORD, "client_hw_addr": address, "attributes": { "vpn_auth": true }
        });
        answers.push(administrator.post("/v1/tenants/default/authenticate", login).await.is(200).json());
    }
    answers.push(administrator.authenticate("alice", json!({ "vpn_auth": false })).await.is(200).json());
    answers.iter_mut().for_each(|answer| {
        answer.as_object_mut().unwrap().remove("id").unwrap();
    });
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_uploaded_as_module_answers_as_the_component_does() {
    let of_module = answers(module_bytes("known-device")).await;
    assert_eq!(of_module, answers(policy_bytes("known-device")).await);
    let decisions: Vec<_> = of_module.iter().map(|answer| answer["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["allow", "deny", "allow"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_the_component_and_the_same_one_each_time() {
    let served = Served::new();
    let administrator = served.administrator();
    let uploaded = administrator.upload("default", module_bytes("known-device")).await.is(201).json();
    assert_eq!((&uploaded["from_module"], &uploaded["version"]), (&json!(true), &json!(1)));
    let path = "/v1/tenants/default/policies/known-device/versions/1/component";
    let stored = administrator.get(path).await.is(200).body;
    assert_eq!(uploaded["sha256"], vestibule_sandbox::digest(&stored));
    assert_eq!(uploaded["source"], vestibule_sandbox::digest(&module_bytes("known-device")));
    assert!(!vestibule_sandbox::is_core_module(&stored));

    let again = administrator.upload("default", module_bytes("known-device")).await.is(200).json();
    let as_component = administrator.upload("default", stored).await.is(200).json();
    assert_eq!((&again["version"], &again["from_module"]), (&json!(1), &json!(true)));
    assert_eq!((&as_component["version"], &as_component["from_module"]), (&json!(1), &json!(false)));
    assert_eq!(as_component["source"], uploaded["sha256"]);
    let shown = served.runs(&["policy", "show", "known-device", "--json"]).exits_with(0).stdout();
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["versions"][0]["source"], uploaded["source"]);
    // The command line makes the same one.
    let shown = vestibule(&["inspect", &module("known-device"), "--json"]).exits_with(0).stdout();
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["sha256"], uploaded["sha256"]);
    served
        .runs(&["policy", "put", &module("known-device")])
        .exits_with(0)
        .prints("version 1 was stored before, as the component made of this core module");
}

#[test]
fn a_module_that_speaks_the_first_wasi_prints_and_reads_the_clock_and_finds_no_files() {
    vestibule(&["try", &module("speaks-preview1"), "--login", "tests/logins/laptop.json", "--time", "1700000000"])
        .exits_with(0)
        .prints("printed 26 bytes at 1700000000, and to open a file was error 8")
        .prints("printed by the first WASI");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_without_a_world_is_told_how_to_name_it() {
    let served = Served::new();
    let refused =
        served.administrator().upload("default", probe_bytes("core-module")).await.refused(422, "bad-policy").json();
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("which world")), "{refused}");
    assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("wasm-tools component embed")), "{refused}");
    vestibule(&["inspect", &component("probes/core-module")]).exits_with(4).complains("wasm-tools component embed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_keeps_the_encoder_busy_is_stopped() {
    let served = Served::configured("[server]\ncompile_seconds = 2\n");
    // Worlds are merged in a time that grows with the square of their number: so many would take minutes.
    let world = world_of(&module_bytes("known-device"));
    let bomb = [module_bytes("known-device"), world.repeat(4_000)].concat();
    let refused = served.administrator().upload("default", bomb).await.refused(422, "bad-policy").json();
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("took more than 2 s")), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_whose_component_is_too_large_is_refused() {
    let served = Served::new();
    // A custom section, which the component keeps: as much as may be uploaded, to the byte.
    let module = module_bytes("speaks-preview1");
    let room = vestibule_sandbox::MAX_COMPONENT_BYTES - module.len();
    let section = custom_section(room - 6, b"ballast");
    let padded = [module, section].concat();
    assert_eq!(padded.len(), vestibule_sandbox::MAX_COMPONENT_BYTES);
    let refused = served.administrator().upload("default", padded).await.refused(422, "bad-policy").json();
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("more than 67108864")), "{refused}");
}

/// A custom section with so many bytes behind its size, which takes five.
fn custom_section(bytes: usize, name: &[u8]) -> Vec<u8> {
    let mut section = vec![0];
    for shift in [0, 7, 14, 21, 28] {
        let more = if shift < 28 { 0x80 } else { 0 };
        section.push(u8::try_from((bytes >> shift) & 0x7f).unwrap() | more);
    }
    let content = section.len();
    section.push(u8::try_from(name.len()).unwrap());
    section.extend_from_slice(name);
    section.resize(content + bytes, 0);
    section
}

/// The sections in which the bindings keep their world, each whole.
fn world_of(module: &[u8]) -> Vec<u8> {
    let (mut worlds, mut rest) = (Vec::new(), &module[HEADER.len()..]);
    while !rest.is_empty() {
        let digits = rest[1..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let size = rest[1..=digits].iter().rev().fold(0, |size, byte| (size << 7) | usize::from(byte & 0x7f));
        let (section, after) = rest.split_at(1 + digits + size);
        if section[0] == 0 && section.windows(14).any(|word| word == b"component-type") {
            worlds.extend_from_slice(section);
        }
        rest = after;
    }
    worlds
}

/// How a run ends whose policy is this file.
fn inspected(wasm: &[u8]) -> Run {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(wasm).unwrap();
    vestibule(&["inspect", file.path().to_str().unwrap(), "--no-cache"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bytes_behind_the_header_of_a_module_are_refused(rest in prop::collection::vec(any::<u8>(), 0..200)) {
        inspected(&[HEADER, rest.as_slice()].concat()).exits_with(4).complains("cannot be used as a policy");
    }

    #[test]
    fn bytes_in_place_of_a_world_are_refused(bytes in prop::collection::vec(any::<u8>(), 20..200)) {
        let mut section = custom_section(bytes.len() + 15, b"component-type");
        let content = section.len() - bytes.len();
        section[content..].copy_from_slice(&bytes);
        inspected(&[HEADER, section.as_slice()].concat()).exits_with(4).complains("cannot be used as a policy");
    }

    #[test]
    fn a_module_with_a_flipped_bit_is_a_policy_or_is_refused(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut wasm = module_bytes("known-device");
        let place = HEADER.len() + place.index(wasm.len() - HEADER.len());
        wasm[place] ^= 1_u8 << bit;
        let run = inspected(&wasm);
        // Some are compiled and then say nothing of themselves: their `manifest` traps.
        prop_assert!(run.succeeded() || run.exits_with(4).stderr().contains("hint: "));
    }
}
