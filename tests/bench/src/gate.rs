//! A login through the whole gate: who is it, what is on record, what does the policy say, and the decision put on record.
//!
//! Not for: checking passwords, which is made slow on purpose; the front door vouches for the user here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use vestibule_domain::{Decision, EnteredUser, Login, Secret, Settings, TenantName};
use vestibule_gate::{Attempt, Chain, Gate, Link, Patience, Proof, Tenant, TenantSettings, Voucher, WithoutPolicy};
use vestibule_ledger::{Budget, Ledger};
use vestibule_sandbox::{Compiled, Engine};
use vestibule_store::{Edit, Store};

use crate::turns::Batch;

/// A gate on a store of its own, which goes when the last batch does.
#[derive(Clone)]
pub struct Site {
    runtime: Arc<Runtime>,
    guarded: Gate,
    open: Gate,
    attempt: Attempt,
    newcomers: Arc<AtomicU64>,
    _directory: Option<Arc<TempDir>>,
}

/// What a login through the gate is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of a user whose device is registered: nothing is saved.
    ReadOnly,
    /// The same without any policy.
    PolicyOff,
    /// Of a user who was never here: the device is saved.
    First,
}

impl Site {
    pub fn on_sqlite(engine: &Engine, wasm: &[u8], login: &Login) -> Result<Self> {
        let directory = tempfile::tempdir_in(workshop()?)?;
        let runtime = runtime()?;
        let store = runtime.block_on(Store::open(directory.path()))?;
        Self::new(runtime, store, Some(directory), engine, wasm, login)
    }

    pub fn on_postgres(url: &Secret, engine: &Engine, wasm: &[u8], login: &Login) -> Result<Self> {
        let runtime = runtime()?;
        let store = runtime.block_on(Store::connect(url))?;
        Self::new(runtime, store, None, engine, wasm, login)
    }

    fn new(
        runtime: Runtime,
        store: Store,
        directory: Option<TempDir>,
        engine: &Engine,
        wasm: &[u8],
        login: &Login,
    ) -> Result<Self> {
        let tenant = TenantName::default();
        let user = login.authret.user.as_str();
        let record = login.authret.proplist.iter().filter(|(name, _)| *name != "conn_group");
        let record = record.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let record = vestibule_domain::Properties::from_pairs(record)?;
        runtime.block_on(store.edit_profile(&tenant, user, Edit { set: &record, remove: &[] }, u32::MAX, None))?;
        let compiled = Compiled::new(engine, wasm)?;
        let manifest = runtime.block_on(compiled.manifest())?;
        let settings = Settings::from_object(Default::default(), &manifest)?;
        let link = Link::new(
            "known-device".to_owned(),
            compiled.configure().with_settings(settings).with_grants(manifest.wanted()),
            &manifest,
            manifest.wanted(),
        );
        let rules = TenantSettings { without_policy: WithoutPolicy::Allow, ..TenantSettings::default() };
        let tenant = Tenant::new(tenant, rules)?;
        let budget = Budget {
            memory_bytes: 1 << 30,
            code_bytes: 1 << 28,
            connections: 1_000,
            files: 4_096,
            // One tenant gets half of them: as many as there are clients.
            concurrent_logins: 512,
            processors: 2,
        };
        let ledger = Ledger::new(budget);
        let guarded = Gate::new(store.clone(), ledger.clone(), tenant.clone(), Chain::new(vec![link])?, None);
        let open = Gate::new(store, ledger, tenant, Chain::default(), None);
        let attempt = Attempt {
            user: EnteredUser::new(user)?,
            proof: Proof::Voucher(Voucher::Session),
            client_ip_addr: login.authcred.client_ip_addr.clone(),
            client_hw_addr: login.authcred.client_hw_addr.clone(),
            static_response: None,
            attributes: login.attributes.clone(),
            checked_password: None,
            session_id: None,
            caller_record: None,
            directory: None,
            patience: Patience::since(Instant::now()),
        };
        let directory = directory.map(Arc::new);
        let (runtime, newcomers) = (Arc::new(runtime), Arc::new(AtomicU64::new(0)));
        Ok(Self { runtime, guarded, open, attempt, newcomers, _directory: directory })
    }

    /// So many clients at once, each with its share of the logins.
    pub fn batch<'a>(&self, kind: Kind, clients: u32) -> Batch<'a> {
        let site = self.clone();
        Box::new(move |logins| {
            let start = Instant::now();
            site.runtime.block_on(async {
                let clients: Vec<_> =
                    (0..clients).map(|_| tokio::spawn(site.clone().decide(kind, logins / clients))).collect();
                for client in clients {
                    client.await.context("a client panicked")??;
                }
                Ok::<_, anyhow::Error>(())
            })?;
            Ok(start.elapsed())
        })
    }

    async fn decide(self, kind: Kind, logins: u32) -> Result<()> {
        let gate = if kind == Kind::PolicyOff { &self.open } else { &self.guarded };
        let mut attempt = self.attempt.clone();
        for _ in 0..logins {
            if kind == Kind::First {
                let number = self.newcomers.fetch_add(1, Ordering::Relaxed);
                attempt.user = EnteredUser::new(format!("newcomer {number}"))?;
            }
            attempt.patience = Patience::since(Instant::now());
            match gate.decide(&attempt, SystemTime::now()).await?.decision {
                Decision::Allow { proplist_save, .. } if proplist_save.is_empty() == (kind != Kind::First) => {}
                other => bail!("the gate decided {other:?}"),
            }
        }
        Ok(())
    }
}

/// One write of a page at a time that is on the disk before the next: what a save costs where nothing is shared.
pub fn one_by_one<'a>() -> Result<Batch<'a>> {
    use std::os::unix::fs::FileExt as _;
    let file = tempfile::tempfile_in(workshop()?)?;
    let mut at = 0;
    Ok(Box::new(move |writes| {
        let start = Instant::now();
        for _ in 0..writes {
            file.write_all_at(&[1; 4096], at)?;
            file.sync_data()?;
            at += 4096;
        }
        Ok(start.elapsed())
    }))
}

/// The directory of this program: on a disk, where a temporary directory may be memory, and never under version control.
pub fn workshop() -> Result<PathBuf> {
    let program = std::env::current_exe().context("find this program")?;
    program.parent().map(Path::to_owned).context("this program lies in no directory")
}

/// As many threads as there are processors, for all clients together.
fn runtime() -> Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("make a scheduler")
}
