//! The host that is besieged: its own process, which may use little memory and few files, with a tenant that attacks and one that does not.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Postgres, Served, policy_bytes, probe_bytes, root, sqlite};

/// What the host may use by its own configuration, in MiB.
const MEMORY_MIB: u64 = 1024;
/// What the kernel lets it use before it kills it, in MiB. A control group says so where one can be made; `ulimit` cannot, since the
/// address space that policies' stacks reserve counts there although nobody ever touches it.
const KERNEL_MIB: u64 = 1536;
/// Open files that the system allows.
const FILES: u64 = 1024;
/// How far whoever attacks steps back behind the host, which has to share the processors with it.
const NICE: i32 = 10;

/// Decisions of the attacker's that are on record before the siege.
const DECISIONS: u32 = 200_000;

/// Tenants of the attacker whose directory never answers.
pub(super) const SILENT: [&str; 4] = ["silent-1", "silent-2", "silent-3", "silent-4"];

/// Policies of the attacker, each the chain of a tenant of its name: what computes, what takes memory, what calls the host by each of
/// its imports, and what answers more than anybody asked for.
pub(super) const HOSTILE: [&str; 16] = [
    "asks-for-endless-names",
    "asks-for-endless-randomness",
    "asks-for-memory-forever",
    "calls-the-host-while-allocating",
    "floods-randomness",
    "floods-the-clock",
    "floods-the-log-forever",
    "hoards-secrets",
    "injects-into-a-filter",
    "logs-a-huge-line",
    "logs-a-thousand-fields",
    "loops-forever",
    "loops-in-host-calls",
    "recurses",
    "returns-64-megabytes",
    "returns-a-hundred-thousand-properties",
];

/// A host under siege.
pub(super) struct Besieged {
    served: Served,
    /// Other processes on the same records, where the siege is one of several nodes.
    beside: Vec<Served>,
    kernel_limit: Option<ControlGroup>,
    /// For whoever attacks; its threads have a lower priority.
    pub(super) attackers: Runtime,
    /// For whoever is not to be disturbed.
    pub(super) others: Runtime,
    /// May decide on logins of the tenant `good`.
    pub(super) good: String,
    /// May decide and manage for each of the attacker's tenants.
    evil: Vec<(String, String)>,
    /// Never answers, and stays open.
    _silence: std::net::TcpListener,
}

impl Besieged {
    /// A host with both tenants. The executable is the one that `VESTIBULE_UNDER_SIEGE` names, or the one that is tested; its records
    /// are in SQLite, or in PostgreSQL if `SIEGE_STORE` says `postgres`: then there may be as many nodes as `SIEGE_NODES` says, of which
    /// the first is attacked, and limited, and the last lets the other tenant's users in. Their policy is `known-device`, or what
    /// `SIEGE_GUEST` names.
    pub(super) fn start() -> Self {
        let kernel_limit = ControlGroup::new();
        let enter = kernel_limit.as_ref().map_or_else(String::new, ControlGroup::enter);
        let limits = format!("ulimit -n {FILES}{enter}");
        let step_back = || {
            let _ = rustix::process::setpriority_process(None, NICE);
        };
        let attackers = Builder::new_multi_thread().worker_threads(2).enable_all().on_thread_start(step_back).build();
        let others = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = std::env::var("SIEGE_CONFIG")
            .unwrap_or_else(|_| format!("[server]\nmemory_bytes = {}\nmetrics = \"127.0.0.1:0\"\n", MEMORY_MIB << 20));
        let postgres = (std::env::var("SIEGE_STORE").as_deref() == Ok("postgres"))
            .then(|| others.block_on(Postgres::shared().database()));
        let config = match &postgres {
            Some(database) => format!("database = \"{}\"\n{config}", database.expose()),
            None => config,
        };
        let nodes: usize = std::env::var("SIEGE_NODES").map_or(1, |nodes| nodes.parse().unwrap());
        assert!(nodes <= 1 || postgres.is_some(), "several nodes need `SIEGE_STORE=postgres`");
        let executable = std::env::var("VESTIBULE_UNDER_SIEGE").ok();
        let start = |limits: &str| Served::limited(&config, limits, executable.as_deref());
        let silence = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let directory = silence.local_addr().unwrap();
        let mut besieged = Self {
            served: start(&limits),
            beside: (1..nodes).map(|_| start(&format!("ulimit -n {FILES}"))).collect(),
            attackers: attackers.unwrap(),
            others,
            kernel_limit,
            good: String::new(),
            evil: Vec::new(),
            _silence: silence,
        };
        let (good, evil) = besieged.others.block_on(furnish(&besieged.served, directory));
        (besieged.good, besieged.evil) = (good, evil);
        if postgres.is_none() {
            besieged.others.block_on(remember(&besieged.served));
        }
        besieged
    }

    /// Where the attack goes.
    pub(super) fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// Where the other tenant's users log in.
    pub(super) fn calm_address(&self) -> SocketAddr {
        self.beside.last().unwrap_or(&self.served).address()
    }

    pub(super) fn metrics(&self) -> Option<SocketAddr> {
        self.served.metrics
    }

    /// The token of one of the attacker's tenants.
    pub(super) fn token(&self, tenant: &str) -> &str {
        let found = self.evil.iter().find(|(of, _)| of == tenant);
        &found.unwrap_or_else(|| panic!("no tenant `{tenant}`")).1
    }

    /// Memory of the process now, and the most of it so far, in KiB. None of a process that has ended.
    pub(super) fn memory_kib(&self) -> Option<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.served.id())).ok()?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        };
        Some((value("VmRSS:")?, value("VmHWM:")?))
    }

    /// Memory of the process now that files back: its own code and that of policies, which the kernel takes back when it needs it.
    pub(super) fn file_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.served.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
    }

    /// What the kernel lets the host use, in MiB, if anything limits it.
    pub(super) fn kernel_limit_mib(&self) -> Option<u64> {
        self.kernel_limit.as_ref().map(|_| KERNEL_MIB)
    }

    /// What the host may use by its own word.
    pub(super) const fn memory_limit_kib() -> u64 {
        MEMORY_MIB << 10
    }
}

/// A control group of the host's own, which its memory is limited in (cgroup-v1/memory.rst and cgroup-v2.rst of the kernel's
/// documentation).
struct ControlGroup(PathBuf);

impl ControlGroup {
    /// None where this process may not make one, or memory is nothing that is controlled there.
    fn new() -> Option<Self> {
        let kinds = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        kinds.into_iter().find_map(|(parent, limit)| {
            let group = Path::new(parent).join(format!("vestibule-siege-{}", std::process::id()));
            fs::create_dir(&group).ok()?;
            let group = Self(group);
            fs::write(group.0.join(limit), (KERNEL_MIB << 20).to_string()).ok().map(|()| group)
        })
    }

    /// What a shell runs to be in it, after another command.
    fn enter(&self) -> String {
        format!(" && echo $$ > {}/cgroup.procs", self.0.display())
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // One with processes in it stays; there is none when the host has ended.
        let _ = fs::remove_dir(&self.0);
    }
}

/// Tenants, policies, users and tokens. Returns the good tenant's token and the others'.
async fn furnish(served: &Served, directory: SocketAddr) -> (String, Vec<(String, String)>) {
    let administrator = served.administrator();
    let guest = std::env::var("SIEGE_GUEST").unwrap_or_else(|_| "known-device".to_owned());
    let generous = json!({ "terms": { "logins_per_second": 100_000, "requests_per_second": 100_000, "fuel_per_minute": 1_000_000_000_000_u64 } });
    let mut evil = Vec::new();
    let hostile = HOSTILE.iter().map(|probe| (*probe, probe_bytes(probe)));
    let silent = SILENT.iter().map(|tenant| (*tenant, policy_bytes(&guest)));
    let all = hostile.chain(silent).chain(["evil", "good"].map(|tenant| (tenant, policy_bytes(&guest))));
    for (tenant, component) in all {
        let path = format!("/v1/tenants/{tenant}");
        administrator.put(&path, generous.clone()).await.is(201);
        if SILENT.contains(&tenant) {
            let terms = json!({ "own_directories": true, "logins_per_second": 100_000 });
            let template = "uid={},dc=example,dc=com";
            let servers = [format!("ldap://{directory}")];
            let ldap = json!({ "servers": servers, "search_base": "dc=example,dc=com", "user_dn_template": template });
            administrator
                .put(&path, json!({ "terms": terms, "settings": { "method": "ldap", "ldap": ldap } }))
                .await
                .is(200);
        }
        let uploaded = administrator.upload(tenant, component).await.is(201).json();
        administrator.activate(tenant, json!([{ "policy": uploaded["policy"] }])).await.is(200);
        let scopes = json!({ "scopes": ["decide", "read", "manage"] });
        let made = administrator.put(&format!("{path}/tokens/siege"), scopes).await.is(200).json();
        evil.push((tenant.to_owned(), made["token"].as_str().unwrap().to_owned()));
    }
    // What a tenant's first login makes is there from the beginning, and nothing that a flood has left.
    for tenant in HOSTILE {
        administrator.post_auth(tenant, "ann", None).await.is(200);
    }
    for tenant in ["evil", "good"] {
        let user = json!({ "password": crate::harness::PASSWORD });
        administrator.put(&format!("/v1/tenants/{tenant}/users/ann/password"), user).await.is(204);
    }
    let good = evil.iter().position(|(tenant, _)| tenant == "good").unwrap();
    (evil.remove(good).1, evil)
}

/// Makes the attacker's tenant one of which many decisions are on record.
async fn remember(served: &Served) {
    served.administrator().post_auth("evil", "ann", None).await.is(200);
    let copies = format!(
        "with recursive copy (number) as (select 1 union all select number + 1 from copy where number < {DECISIONS})
         insert into decision (tenant, decision_id, at_ms, user_name, outcome, cause, record)
         select tenant, substr(decision_id, 1, length(decision_id) - 7) || printf('%07d', number), at_ms, user_name, outcome, cause, record
         from copy, (select * from decision where tenant = 'evil' limit 1)"
    );
    let mut database = sqlite(served.data()).await;
    sqlx::query(sqlx::AssertSqlSafe(copies)).execute(&mut database).await.unwrap();
}

/// A component whose compilation takes long, as text: the host takes both.
pub(super) fn bomb() -> Vec<u8> {
    fs::read(root().join("guests/target/components/probes/bombs-the-compiler.wat")).unwrap()
}
