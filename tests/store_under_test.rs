//! A process of its own that saves or activates, so that a test can kill it or let its disk run full.

use std::io::Write as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, bail, ensure};
use vestibule_domain::profile::Kind;
use vestibule_domain::{Properties, Secret, TenantName};
use vestibule_store::{
    By, DecisionRow, Effects, Error, NewVersion, ProfileFilter, Room, Save, SaveError, Store, TenantRow,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["saves", place] => saves_until_killed(place).await,
        ["activates", place] => activates_until_killed(place).await,
        ["fills", directory, ballast] => fills_the_disk(Path::new(directory), Path::new(ballast)).await,
        _ => bail!("what to do?"),
    }
}

async fn open(place: &str) -> Result<Store, Error> {
    if place.contains("://") { Store::connect(&Secret::new(place)).await } else { Store::open(Path::new(place)).await }
}

fn one(name: &str, value: String) -> anyhow::Result<Properties> {
    Ok(Properties::from_pairs(vec![(name.to_owned(), value)])?)
}

/// A first login, whose decision names the process and the user.
async fn save(store: &Store, user: &str, writes: Properties) -> Result<(), SaveError> {
    let [outcome, record] = ["allowed", "{}"].map(str::to_owned);
    let id = format!("{} {user}", std::process::id());
    let decision = DecisionRow { id, at: UNIX_EPOCH, user: user.to_owned(), outcome, cause: None, record };
    let save = Save { user: user.to_owned(), seen: None, writes };
    store.commit_login(&TenantName::default(), &decision, &Effects { save: Some(save), ..Effects::default() }).await
}

/// Prints every user whose save was acknowledged.
async fn saves_until_killed(place: &str) -> anyhow::Result<()> {
    let store = open(place).await?;
    let mut savers = tokio::task::JoinSet::new();
    for saver in 0..16 {
        let store = store.clone();
        savers.spawn(async move {
            for number in 0.. {
                let user = format!("user-{saver}-{number}");
                save(&store, &user, one("pvt_n", number.to_string())?).await?;
                writeln!(std::io::stdout(), "{user}")?;
            }
            anyhow::Ok(())
        });
    }
    savers.join_next().await.context("nobody saves")??
}

/// Prints the number of every revision whose activation was acknowledged. Its links and its note are that number, too.
async fn activates_until_killed(place: &str) -> anyhow::Result<()> {
    let (tenant, store) = (TenantName::default(), open(place).await?);
    let [actor, origin] = ["test", "test"].map(str::to_owned);
    let by = By { actor, origin, at: UNIX_EPOCH };
    let [settings, terms] = ["{}", "{}"].map(str::to_owned);
    store.create_tenant(&TenantRow { name: tenant.clone(), settings, terms, created: UNIX_EPOCH }, &by).await?;
    let (policy, digest, source, component) = ("p", "d", "d", b"component".as_slice());
    let (manifest, settings, grants, signer) = ("{}", "{}", "{}", None);
    let version = NewVersion { policy, digest, source, component, manifest, settings, grants, signer };
    let room = Room { bytes: 1 << 20, policies: 1 };
    let uses = [(policy.to_owned(), store.add_version(&tenant, &version, room, &by).await?.number)];
    let mut active = store.active_revision(&tenant).await?.map(|revision| revision.number);
    loop {
        let next = (active.unwrap_or_default() + 1).to_string();
        let number = store.activate(&tenant, active, &next, &uses, &next, &by).await?;
        writeln!(std::io::stdout(), "{number}")?;
        active = Some(number);
    }
}

/// How many users there are on a disk so small that they are one page.
async fn users(store: &Store, tenant: &TenantName) -> Result<usize, Error> {
    let filter = ProfileFilter { kind: Kind::User, prefix: String::new() };
    Ok(store.for_administrators().profiles(tenant, &filter, u32::MAX, None).await?.profiles.len())
}

/// Saves until there is no room, looks whether all is there, makes room, and saves again.
async fn fills_the_disk(directory: &Path, ballast: &Path) -> anyhow::Result<()> {
    let (tenant, store) = (TenantName::default(), Store::open(directory).await?);
    let mut saved = 0;
    let error = loop {
        let page = one("page", "x".repeat(4000))?;
        match save(&store, &format!("user-{saved}"), page).await {
            Ok(()) => saved += 1,
            Err(SaveError::Store(error)) => break error,
            Err(SaveError::Conflict) => bail!("a conflict that nobody made"),
        }
    };
    ensure!(error == Error::Full, "not full, but: {error:?}");
    ensure!(users(&store, &tenant).await? == saved, "lost while full");

    std::fs::remove_file(ballast)?;
    save(&store, "late", one("a", "1".to_owned())?).await?;
    store.close().await;
    let again = Store::open(directory).await?;
    ensure!(users(&again, &tenant).await? == saved + 1, "lost after it was full");
    writeln!(std::io::stdout(), "full after {saved}")?;
    Ok(())
}
