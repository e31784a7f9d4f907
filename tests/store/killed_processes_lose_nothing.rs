//! What a save or an activation has acknowledged is there after the process was killed, or its disk was full.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use vestibule_store::DecisionFilter;

use vestibule_domain::TenantName;

use crate::harness::{Home, Lists as _, Reads as _, on_every_store, properties};

const PROCESS: &str = env!("CARGO_BIN_EXE_store-under-test");

on_every_store!(every_acknowledged_save_survives_a_kill, a_revision_is_active_whenever_the_process_is_killed);

async fn every_acknowledged_save_survives_a_kill(home: Home) {
    for acknowledged in [1, 100, 500] {
        home.store.close().await;
        let mut process =
            Command::new(PROCESS).args(["saves", &home.argument()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut users: Vec<String> = lines.by_ref().take(acknowledged).map(Result::unwrap).collect();
        process.kill().unwrap();
        users.extend(lines.map(Result::unwrap));
        process.wait().unwrap();
        home.is_left_alone().await;
        assert!(users.len() >= acknowledged, "it ended by itself after {}", users.len());

        let (store, tenant) = (home.another().await.unwrap(), TenantName::default());
        let mut kept = store.all_profiles(&tenant, "user-").await.unwrap();
        let decisions = store.find_decisions(&tenant, &DecisionFilter::default(), u32::MAX, None).await.unwrap();
        let of_this_process = decisions.iter().filter(|row| row.id.starts_with(&format!("{} ", process.id())));
        let decided: BTreeSet<_> = of_this_process.map(|row| &row.user).collect();
        assert!(kept.keys().eq(decided), "a save without its decision, or a decision without its save");
        for user in users {
            let (_, number) = user.rsplit_once('-').unwrap();
            assert_eq!(kept.remove(&user), Some(properties(&[("pvt_n", number)])), "{user}");
        }
        // At most one save of each saver was done, but not yet acknowledged.
        assert!(kept.len() <= 16, "{} saves that nobody knows of", kept.len());
        for (user, _) in store.all_profiles(&tenant, "user-").await.unwrap() {
            store.delete_profile(&tenant, &user, None).await.unwrap();
        }
        store.close().await;
    }
}

async fn a_revision_is_active_whenever_the_process_is_killed(home: Home) {
    home.store.close().await;
    for acknowledged in [1, 20, 60] {
        let mut process =
            Command::new(PROCESS).args(["activates", &home.argument()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut numbers: Vec<i64> =
            lines.by_ref().take(acknowledged).map(|line| line.unwrap().parse().unwrap()).collect();
        process.kill().unwrap();
        numbers.extend(lines.map(|line| line.unwrap().parse::<i64>().unwrap()));
        process.wait().unwrap();
        home.is_left_alone().await;
        assert!(numbers.len() >= acknowledged, "it ended by itself after {}", numbers.len());

        let (store, tenant) = (home.another().await.unwrap(), TenantName::default());
        let active = store.active_revision(&tenant).await.unwrap().unwrap();
        // At most one activation was done, but not yet acknowledged.
        let last = *numbers.last().unwrap();
        assert!(active.number == last || active.number == last + 1, "{} after {last}", active.number);
        assert_eq!((&active.links, &active.note), (&active.number.to_string(), &active.number.to_string()));
        let logged = store.last_audits(Some(&tenant), 1, None).await.unwrap();
        assert_eq!((&*logged[0].action, &logged[0].target), ("revision.activate", &active.number.to_string()));
        let used = "select count(*) from revision_use join chain using (tenant, revision)";
        assert_eq!(home.count(used).await, 1);
        store.close().await;
    }
}

/// The disk is a small one in memory, which only that process sees.
#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let script = r#"
        mount -t tmpfs -o size=2m,mode=0700 tmpfs "$1" &&
        head -c 500000 /dev/zero > "$1/ballast" &&
        "$0" fills "$1" "$1/ballast""#;
    // Mounting takes a namespace in which one is root.
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = Command::new("unshare");
    command.arg("--mount").args((!root).then_some("--map-root-user"));
    let output = command.args(["sh", "-c", script, PROCESS]).arg(directory.path()).output().unwrap();
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.starts_with("full after "), "{said}{why}");
}
