//! The host that is besieged: its own process, which may use little memory and few files, with a tenant that attacks and one that does not.

use std::fs;
use std::net::SocketAddr;

use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Served, policy_bytes, probe_bytes, root};

/// What the host may use by its own configuration, in MiB. Whether it does is measured: the address space that policies' stacks reserve
/// counts for the system's own limits although nobody ever touches it.
const MEMORY_MIB: u64 = 1024;
/// Open files that the system allows.
const FILES: u64 = 1024;
/// How far whoever attacks steps back behind the host, which has to share the processors with it.
const NICE: i32 = 10;

/// Tenants of the attacker whose directory never answers.
pub(super) const SILENT: [&str; 4] = ["silent-1", "silent-2", "silent-3", "silent-4"];

/// Policies of the attacker, each the chain of a tenant of its name: what computes, what takes memory, and what calls the host.
pub(super) const HOSTILE: [&str; 8] = [
    "loops-forever",
    "asks-for-memory-forever",
    "loops-in-host-calls",
    "floods-the-log-forever",
    "logs-a-huge-line",
    "floods-randomness",
    "recurses",
    "returns-64-megabytes",
];

/// A host under siege.
pub(super) struct Besieged {
    served: Served,
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
    /// A host with both tenants. The executable is the one that `VESTIBULE_UNDER_SIEGE` names, or the one that is tested.
    pub(super) fn start() -> Self {
        let config = std::env::var("SIEGE_CONFIG")
            .unwrap_or_else(|_| format!("[server]\nmemory_bytes = {}\nmetrics = \"127.0.0.1:0\"\n", MEMORY_MIB << 20));
        let limits = format!("ulimit -n {FILES}");
        let step_back = || {
            let _ = rustix::process::setpriority_process(None, NICE);
        };
        let attackers = Builder::new_multi_thread().worker_threads(2).enable_all().on_thread_start(step_back).build();
        let others = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let silence = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let directory = silence.local_addr().unwrap();
        let mut besieged = Self {
            served: Served::limited(&config, &limits, std::env::var("VESTIBULE_UNDER_SIEGE").ok().as_deref()),
            attackers: attackers.unwrap(),
            others,
            good: String::new(),
            evil: Vec::new(),
            _silence: silence,
        };
        let (good, evil) = besieged.others.block_on(furnish(&besieged.served, directory));
        (besieged.good, besieged.evil) = (good, evil);
        besieged
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.served.address()
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

    /// What the host may use by its own word.
    pub(super) const fn memory_limit_kib() -> u64 {
        MEMORY_MIB << 10
    }
}

/// Tenants, policies, users and tokens. Returns the good tenant's token and the others'.
async fn furnish(served: &Served, directory: SocketAddr) -> (String, Vec<(String, String)>) {
    let administrator = served.administrator();
    let generous = json!({ "terms": { "logins_per_second": 100_000, "requests_per_second": 100_000, "fuel_per_minute": 1_000_000_000_000_u64 } });
    let mut evil = Vec::new();
    let hostile = HOSTILE.iter().map(|probe| (*probe, probe_bytes(probe)));
    let silent = SILENT.iter().map(|tenant| (*tenant, policy_bytes("known-device")));
    let all =
        hostile.chain(silent).chain([("evil", policy_bytes("known-device")), ("good", policy_bytes("known-device"))]);
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
        let uploaded = administrator.upload(tenant, component).await.json();
        administrator.activate(tenant, json!([{ "policy": uploaded["policy"] }])).await.is(200);
        let scopes = json!({ "scopes": ["decide", "read", "manage"] });
        let made = administrator.put(&format!("{path}/tokens/siege"), scopes).await.is(200).json();
        evil.push((tenant.to_owned(), made["token"].as_str().unwrap().to_owned()));
    }
    for tenant in ["evil", "good"] {
        let user = json!({ "password": crate::harness::PASSWORD });
        administrator.put(&format!("/v1/tenants/{tenant}/users/ann/password"), user).await.is(204);
    }
    let good = evil.iter().position(|(tenant, _)| tenant == "good").unwrap();
    (evil.remove(good).1, evil)
}

/// A component whose compilation takes long, as text: the host takes both.
pub(super) fn bomb() -> Vec<u8> {
    fs::read(root().join("guests/target/components/probes/bombs-the-compiler.wat")).unwrap()
}
