//! What is compiled for a login does not wait for uploads, is tried again, and its code is there once, for as long as somebody runs it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::harness::{DEVICE, Reply, Served, exchange, policy_bytes, probe_bytes, vestibule};

/// What the one compiled policy is kept as.
fn kept(served: &Served) -> PathBuf {
    let [artefact] = <[PathBuf; 1]>::try_from(all_kept(served)).unwrap();
    artefact
}

/// Each is named by a digest, and what no login has needed yet by somewhat more.
fn all_kept(served: &Served) -> Vec<PathBuf> {
    let entries = fs::read_dir(served.data().join("cache")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().is_some_and(|name| name.len() >= 64)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_could_not_be_compiled_is_tried_again() {
    let served = Served::new().guarded_by("known-device").await;
    let (artefact, config) = (kept(&served), served.data().join("vestibule.toml"));
    let bytes = fs::read(&artefact).unwrap();
    fs::remove_file(&artefact).unwrap();
    // No compiler needs as little.
    fs::write(&config, "[server]\ncompile_memory_bytes = 8388608\n").unwrap();
    let served = served.killed_and_started_again();
    let administrator = served.administrator();
    for _ in 0..2 {
        let refused = administrator.post_auth("default", "ann", Some(DEVICE)).await.refused(503, "unavailable");
        assert!(refused.headers.contains_key("retry-after"));
    }
    // Somebody else has compiled it: nobody has changed anything at the tenant.
    fs::write(&artefact, bytes).unwrap();
    assert_eq!(administrator.post_auth("default", "ann", Some(DEVICE)).await.is(200).decision(), "allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_has_enough_with_what_the_smallest_machine_leaves_it() {
    let served = Served::configured("[server]\ncompile_memory_bytes = 536870912\n");
    served.administrator().upload("default", policy_bytes("known-device")).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_does_not_wait_for_the_compilation_of_an_upload() {
    let served = Served::new().guarded_by("known-device").await.with_tenant("other").await;
    fs::remove_file(kept(&served)).unwrap();
    let mut served = served.killed_and_started_again();
    let process = served.process().id();
    let socket = served.socket();
    // Takes many seconds to compile.
    let upload = tokio::spawn(async move {
        let stream = tokio::net::UnixStream::connect(socket).await.unwrap();
        let request = hyper::Request::post("/v1/tenants/other/versions").header("host", "localhost");
        let request = request.header("content-type", "application/wasm");
        exchange(stream, request.body(http_body_util::Full::new(policy_bytes("known-device-py").into())).unwrap()).await
    });
    while !has_children(process) {
        assert!(!upload.is_finished());
        tokio::task::yield_now().await;
    }
    assert_eq!(served.administrator().post_auth("default", "ann", Some(DEVICE)).await.is(200).decision(), "allow");
    assert!(!upload.is_finished(), "the login came first");
    upload.abort();
}

/// Whether a host's compiler runs. A probe of the walls around compilers ends by itself.
fn has_children(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let children =
        threads.map_while(Result::ok).filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<_> =
        children.flat_map(|all| all.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    children.iter().any(|child| {
        fs::read(format!("/proc/{child}/cmdline"))
            .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == b"compile"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn code_is_there_once_and_counted_until_the_last_one_leaves() {
    let served = Served::configured("[server]\nmetrics = \"127.0.0.1:0\"\n").guarded_by("known-device").await;
    let served = served.with_tenant("other").await;
    served.activate("other", "known-device", json!({})).await;
    let administrator = served.administrator();
    let log_in = async |tenant| administrator.post_auth(tenant, "ann", Some(DEVICE)).await.is(200).decision();
    // Its code is read from there, and weighed with its seal.
    let one = fs::metadata(kept(&served)).unwrap().len();
    // What was just changed is forgotten once more when the host looks for changes by others: then nothing is in memory.
    let both = async || loop {
        log_in("default").await;
        log_in("other").await;
        match loaded(&served).await {
            0 => {}
            bytes => return bytes,
        }
    };
    assert_eq!(both().await, one, "two tenants run the same policy");

    // Of what is replaced while a login runs it, the code is there until that is over.
    administrator.put("/v1/tenants/default", json!({ "terms": { "deadline_ms": 9_000 } })).await.is(200);
    let uploaded = administrator.upload("default", probe_bytes("sleeps-past-the-deadline")).await.is(201).json();
    let chain = json!([{ "policy": uploaded["policy"], "version": uploaded["version"] }]);
    administrator.activate("default", chain).await.is(200);
    let sleeping = all_kept(&served).iter().map(|kept| fs::metadata(kept).unwrap().len()).sum::<u64>() - one;
    // The other tenant may just be forgotten.
    let asleep = [sleeping, sleeping + one];
    let meanwhile = async {
        while !asleep.contains(&loaded(&served).await) {
            tokio::task::yield_now().await;
        }
        administrator.activate("default", json!([])).await.is(200);
        loaded(&served).await
    };
    let (decision, while_asleep) = tokio::join!(log_in("default"), meanwhile);
    assert_eq!(decision, "deny");
    assert!(asleep.contains(&while_asleep), "{while_asleep} of {sleeping} and {one}");
    log_in("other").await;
    while loaded(&served).await > one {
        tokio::task::yield_now().await;
    }
}

/// Bytes of code in memory.
async fn loaded(served: &Served) -> u64 {
    let stream = tokio::net::TcpStream::connect(served.metrics.unwrap()).await.unwrap();
    let request = hyper::Request::get("/metrics").header("host", "localhost").body(Default::default()).unwrap();
    let text = Reply::of(exchange(stream, request).await).await.body;
    let text = String::from_utf8_lossy(&text);
    text.lines().find_map(|line| line.strip_prefix("vestibule_loaded_bytes ")).unwrap().parse().unwrap()
}

#[test]
fn a_compiling_child_can_open_nothing_reach_nobody_and_run_nothing() {
    let run = vestibule(&[
        "compile-component",
        "probe",
        "--seconds=20",
        "--memory-mib=512",
        "--policy-memory-bytes=1048576",
        "--answer-bytes=65536",
        "--nice=0",
    ]);
    let found: Vec<String> = serde_json::from_str(&run.exits_with(0).stdout()).unwrap();
    let open: Vec<_> = found.iter().filter(|found| found.starts_with("it ")).collect();
    assert!(open.is_empty(), "{open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_says_which_walls_it_lacks_and_has_the_others() {
    for (config, confined) in [("", true), ("[server]\nconfine = false\n", false)] {
        let mut served = Served::configured(config);
        let status = fs::read_to_string(format!("/proc/{}/status", served.process().id())).unwrap();
        let filters = if confined { "Seccomp:\t2" } else { "Seccomp:\t0" };
        assert!(
            status.contains(filters) && status.contains(&format!("NoNewPrivs:\t{}", u8::from(confined))),
            "{status}"
        );
        let said = |reply: &Reply| String::from_utf8_lossy(&reply.body).into_owned();
        let mut ready = served.administrator().get("/readyz").await.is(200);
        while !confined && said(&ready) == "ready\n" {
            tokio::time::sleep(Duration::ZERO).await;
            ready = served.administrator().get("/readyz").await.is(200);
        }
        let lines = said(&ready);
        let mut lines = lines.lines();
        assert_eq!(lines.next(), Some("ready"));
        assert!(lines.clone().all(|line| line.starts_with("not confined: ")));
        assert_eq!(lines.any(|line| line.contains("server.confine")), !confined);
    }
}
