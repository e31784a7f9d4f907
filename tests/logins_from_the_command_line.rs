//! A user is made, logs in and is looked up, all from the command line.

use std::path::Path;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::harness::{Run, component, file, vestibule_with};

/// A data directory and the commands on it.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> &Path {
        self.0.path()
    }

    fn runs(&self, arguments: &[&str]) -> Run {
        self.hears("", arguments)
    }

    /// With something on standard input.
    fn hears(&self, input: &str, arguments: &[&str]) -> Run {
        vestibule_with(input, &[("VESTIBULE_DATA", self.data().as_os_str())], arguments)
    }

    /// With Alice, who has a password, and this policy.
    fn with_alice_and(policy: &str, options: &[&str]) -> Self {
        let site = Self::new();
        site.hears("correct horse\n", &["user", "passwd", "alice", "--pass-file", "-"]).exits_with(0);
        site.runs(&[&["policy", "put", &component(policy), "--grant-wanted", "--activate"], options].concat())
            .exits_with(0);
        site
    }
}

const AUTHCLI: [&str; 5] = ["authcli", "-u", "alice", "--pass-file", "-"];

#[test]
fn whoever_has_the_password_comes_in_as_authcli_prints_it() {
    let site = Site::with_alice_and("policies/known-device", &[]);
    site.runs(&["user", "prop", "put", "alice", "prop_lzo=true"]).exits_with(0);
    let login = [&AUTHCLI[..], &["--hw-addr", "00:00:5e:00:53:01"]].concat();
    let run = site.hears("correct horse\n", &login).exits_with(0);
    run.prints("API METHOD: authenticate\n  status : SUCCEED\n  reason : local auth succeeded\n  user : alice\n")
        .prints("  proplist : {'prop_lzo': 'true'}\n")
        .prints("  proplist_save : {'pvt_hw_addr': '00:00:5e:00:53:01'}\n");
    let other = [&AUTHCLI[..], &["--hw-addr", "00:00:5e:00:53:02"]].concat();
    site.hears("correct horse\n", &other).exits_with(1).prints("status : FAIL").prints("cause       : denied");
    site.hears("wrong horse\n", &AUTHCLI).exits_with(1).prints("cause       : wrong-password");
}

#[test]
fn a_question_is_answered_at_once_or_later() {
    let site = Site::with_alice_and("scripted/told", &[]);
    let asks = [&AUTHCLI[..], &["--client-info", "ASKS=Code?"]].concat();
    site.hears("correct horse\nyes\n", &asks).exits_with(0).prints("challenge : Code?").prints("status : SUCCEED");
    let asked = site.hears("correct horse\n", &[&asks[..], &["--json"]].concat()).exits_with(5);
    let asked: Value = serde_json::from_str(&asked.stdout()).unwrap();
    let answer = format!("CRV1::{}::yes\n", asked["challenge"]["state_id"].as_str().unwrap());
    site.hears(&answer, &asks).exits_with(0);
    site.hears(&answer, &asks).exits_with(1).prints("challenge-replayed");
}

#[test]
fn properties_go_in_and_out_as_json() {
    let site = Site::new();
    let records = json!({"ann": {"conn_group": "staff"}, "__DEFAULT__": {"prop_lzo": "true"}});
    site.hears(&records.to_string(), &["user", "prop", "put", "--file", "-"]).exits_with(0);
    site.runs(&["group", "prop", "put", "staff", "group_subnets.0=10.1.0.0/16"]).exits_with(0);
    let read =
        |arguments: &[&str]| -> Value { serde_json::from_str(&site.runs(arguments).exits_with(0).stdout()).unwrap() };
    assert_eq!(read(&["user", "prop", "list"]), records);
    assert_eq!(read(&["user", "prop", "list", "--prefix", "a"]), json!({"ann": {"conn_group": "staff"}}));
    let group = json!({"staff": {"group_declare": "true", "group_subnets.0": "10.1.0.0/16", "type": "group"}});
    assert_eq!(read(&["group", "prop", "get", "staff"]), group);
    site.runs(&["user", "prop", "del", "ann", "conn_group"]).exits_with(0);
    assert_eq!(read(&["user", "prop", "get", "ann"]), json!({"ann": {}}));
    site.runs(&["user", "del", "ann"]).exits_with(0);
    site.runs(&["user", "prop", "get", "ann"]).exits_with(2).complains("there is no user `ann`");
    site.runs(&["user", "prop", "get", "staff"]).exits_with(2).complains("`staff` is a group");
    site.runs(&["user", "prop", "put", "bob", "type=group"]).exits_with(2).complains("would make a group of a user");
}

#[test]
fn a_list_of_several_pages_is_one_object() {
    let site = Site::new();
    let lists = |arguments: &[&str]| site.runs(&[&["user", "prop", "list"], arguments].concat()).exits_with(0).stdout();
    assert_eq!(lists(&[]), "{}\n");
    // Forty times 128 KiB are more than one page.
    let large: Map<_, _> = (0..32).map(|number| (format!("pvt_{number}"), json!("x".repeat(4096)))).collect();
    let records: Map<_, _> = (0..40).map(|number| (format!("user {number:02}"), json!(large))).collect();
    site.hears(&json!(records).to_string(), &["user", "prop", "put", "--file", "-"]).exits_with(0);
    site.runs(&["user", "prop", "put", "ann", "prop_lzo=true"]).exits_with(0);
    let printed = lists(&[]);
    let whole: Map<_, _> = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        whole.keys().collect::<Vec<_>>(),
        ["ann"].into_iter().chain(records.keys().map(String::as_str)).collect::<Vec<_>>()
    );
    assert_eq!(printed, format!("{:#}\n", json!(whole)));
    let part: Map<_, _> = serde_json::from_str(&lists(&["--prefix", "user"])).unwrap();
    assert_eq!(part, records);
    assert_eq!(lists(&["--prefix", "ann"]), format!("{:#}\n", json!({ "ann": { "prop_lzo": "true" } })));
}

#[test]
fn decisions_can_be_looked_up() {
    let site = Site::with_alice_and("scripted/told", &[]);
    site.hears("wrong horse\n", &AUTHCLI).exits_with(1);
    site.hears("correct horse\n", &AUTHCLI).exits_with(0);
    let tail = site.runs(&["decisions", "tail", "--json"]).exits_with(0).stdout();
    let rows: Vec<Value> = tail.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect::<Vec<_>>(), ["denied", "allowed"]);
    site.runs(&["decisions", "tail"]).exits_with(0).prints("wrong-password");
    let show = site.runs(&["decisions", "show", rows[1]["id"].as_str().unwrap()]).exits_with(0);
    show.prints("outcome       : allowed").prints("policy        : told 0.1.0, ");
    site.runs(&["decisions", "show", "none"]).exits_with(2).complains("there is no such decision");
    site.runs(&["decisions", "prune", "--older-than", "1h"]).exits_with(0).prints("0 decisions, ");
    site.runs(&["decisions", "prune", "--older-than", "0s"]).exits_with(0).prints("2 decisions, ");
    assert_eq!(site.runs(&["decisions", "tail", "--json"]).exits_with(0).stdout(), "");
}

#[test]
fn the_chain_is_kept_in_its_order() {
    let site = Site::new();
    let (first, second) = (component("policies/known-device"), component("scripted/told"));
    site.runs(&["policy", "list"]).exits_with(0).prints("no policy is active");
    site.runs(&["policy", "put", &first, "--activate"]).exits_with(0);
    let mine = ["policy", "put", &second, "--name", "mine", "--activate"];
    site.runs(&mine).exits_with(0).complains("wants more than it is granted");
    site.runs(&["policy", "put", &first, "--activate"]).exits_with(0).prints("version 1 was stored before");
    let list = site.runs(&["policy", "list"]).exits_with(0).stdout();
    let names: Vec<_> = list.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(names, ["known-device", "mine"]);
    site.runs(&["policy", "activate", "mine", "--place", "1"]).exits_with(0);
    site.runs(&["policy", "list"]).exits_with(0).prints("1. mine");
    site.runs(&["policy", "deactivate", "known-device"]).exits_with(0);
    site.runs(&["policy", "deactivate", "known-device"]).exits_with(2).complains("not in the active chain");
    site.runs(&["policy", "rollback"]).exits_with(0);
    site.runs(&["policy", "list"]).exits_with(0).prints("2. known-device");
    site.runs(&["policy", "rm", "mine", "--version", "1"]).exits_with(2).complains("part of the active chain");
    site.runs(&["policy", "put", "Makefile"]).exits_with(4);
    let settings = file(&site.0, "settings.json", r#"{"no_such": 1}"#);
    site.runs(&["policy", "put", &first, "--config", &settings]).exits_with(2).complains("`no_such` is no setting");
}

#[test]
fn the_configuration_is_read_and_printed() {
    let site = Site::with_alice_and("scripted/told", &[]);
    let config = file(&site.0, "vestibule.toml", "[tenant.default]\nlockout_after = 1\n");
    site.runs(&["decisions", "tail"]).exits_with(2).complains("chmod 600");
    std::fs::set_permissions(&config, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    site.hears("wrong horse\n", &AUTHCLI).exits_with(1);
    site.hears("correct horse\n", &AUTHCLI).exits_with(1).prints("locked-out");
    site.hears("another horse\n", &["user", "passwd", "alice", "--pass-file", "-"]).exits_with(0);
    site.hears("another horse\n", &AUTHCLI).exits_with(0);
    site.runs(&["config"]).exits_with(0).prints("lockout_after = 5");
    std::fs::write(&config, "[tenant.default]\nlockout = \"hunter2\"\n").unwrap();
    let run = site.runs(&["decisions", "tail"]).exits_with(2).complains("line 2: unknown field `lockout`");
    assert!(!run.stderr().contains("hunter2"));
}

#[test]
fn tenants_do_not_see_each_other() {
    let site = Site::with_alice_and("scripted/told", &[]);
    let elsewhere = [&AUTHCLI[..], &["--tenant", "acme"]].concat();
    site.hears("correct horse\n", &elsewhere).exits_with(2).complains("there is no tenant `acme`");
    site.runs(&["tenant", "put", "acme"]).exits_with(0);
    site.runs(&["tenant", "list"]).exits_with(0).prints("acme\ndefault\n");
    site.hears("correct horse\n", &elsewhere).exits_with(1).prints("unknown-user");
    site.runs(&["user", "prop", "list", "--tenant", "acme"]).exits_with(0).prints("{}");
    site.runs(&["user", "prop", "list", "--tenant", "Acme!"]).exits_with(2).complains("no tenant's name");
}

#[test]
fn without_anybody_to_ask_there_is_no_password() {
    let site = Site::new();
    site.runs(&["authcli", "-u", "alice"]).exits_with(2).complains("there is no password");
    site.hears("", &["user", "passwd", "alice", "--pass-file", "-"]).exits_with(2).complains("there is no password");
    site.hears("short\n", &["user", "passwd", "alice", "--pass-file", "-"]).exits_with(2).complains("at least 8");
}

#[test]
fn a_store_that_cannot_be_used_gets_a_sentence_and_no_damage() {
    let site = Site::new();
    let path = site.data().join("vestibule.db");
    std::fs::write(&path, "no database").unwrap();
    site.runs(&["user", "prop", "list"]).exits_with(2).complains("is not a database").complains("hint:");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "no database");
    let config = file(&site.0, "vestibule.toml", "database = \"postgres://u:hunter2@127.0.0.1:1/d\"\n");
    std::fs::set_permissions(&config, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let run = site.runs(&["user", "prop", "list"]).exits_with(3).complains("the database is unavailable");
    assert!(!run.stderr().contains("hunter2"));
}
