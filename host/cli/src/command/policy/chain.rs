//! What changes the chain: each command reads the active one, and replaces it unless somebody else was faster.

use clap::Args;
use serde_json::json;
use vestibule_api::{
    ActivateRequest, Activated, LinkRequest, Policy, ReportDifference, Reported, Revision, Revisions, RollBackRequest,
    Trial, TrialMode,
};

use crate::client::Call;
use crate::error::{Error, Result};
use crate::output::{self, shown};
use crate::target::Site;

#[derive(Debug, Args)]
pub(crate) struct Versioned {
    /// The policy's name
    name: String,
    /// The version; the newest, unless given
    #[arg(long)]
    version: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct Activate {
    /// The policy's name
    name: String,
    /// The version; the newest, unless given
    #[arg(long)]
    version: Option<i64>,
    /// Its place in the chain, counted from 1; where it is, or the end, unless given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=16))]
    place: Option<u16>,
    /// After faults of its own on so many users, the chain before comes back by itself
    #[arg(long, value_name = "USERS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    roll_back_after: Option<u32>,
    /// Within so many seconds; an hour, unless given
    #[arg(long, value_name = "SECONDS", requires = "roll_back_after", value_parser = clap::value_parser!(u32).range(1..=2_592_000))]
    roll_back_within: Option<u32>,
    /// For whoever reads the history
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
pub(crate) struct Canary {
    #[command(flatten)]
    versioned: Versioned,
    /// How many of a hundred users
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=99))]
    percent: u8,
}

#[derive(Debug, Args)]
pub(crate) struct RollBack {
    /// The revision that comes back; the one before, unless given
    #[arg(long, value_name = "REVISION")]
    to: Option<i64>,
}

/// How a policy is to be activated.
#[derive(Debug, Default)]
pub(super) struct Asked {
    place: Option<usize>,
    roll_back_after: Option<u32>,
    roll_back_within: Option<u32>,
    note: String,
}

/// The active chain, as it is sent back.
struct Active {
    revision: i64,
    links: Vec<LinkRequest>,
}

impl Active {
    async fn read(site: &Site) -> Result<Self> {
        let Revision { revision, chain, .. } = site.client.read(Call::get(&site.path(&["chain"]))).await?;
        Ok(Self { revision, links: chain.into_iter().map(LinkRequest::from).collect() })
    }

    fn find(&mut self, name: &str) -> Option<&mut LinkRequest> {
        self.links.iter_mut().find(|link| link.policy == name)
    }

    /// Makes these links the chain, if nobody else was faster. Returns the new revision.
    async fn replace(self, site: &Site, note: &str) -> Result<i64> {
        let request = ActivateRequest { expected: self.revision, chain: self.links, note: note.to_owned() };
        let Activated { revision } = site.client.read(Call::put(&site.path(&["chain"]), &request)?).await?;
        Ok(revision)
    }
}

impl Versioned {
    /// The version that is meant.
    async fn number(&self, site: &Site) -> Result<i64> {
        if let Some(version) = self.version {
            return Ok(version);
        }
        let policy: Policy = site.client.read(Call::get(&site.path(&["policies", &self.name]))).await?;
        policy.latest.ok_or_else(|| Error::bad_input(format!("`{}` has no version", self.name)))
    }

    pub(super) async fn diff(&self, site: &Site, json: bool) -> Result<()> {
        let number = self.number(site).await?.to_string();
        let path = site.path(&["policies", &self.name, "versions", &number, "report"]);
        let reported: Reported = site.client.read(Call::get(&path)).await?;
        let shown = match (json, &reported.difference) {
            (true, _) => output::json_line(&reported)?,
            (false, Some(difference)) => format!("{} version {number}\n{}", self.name, changes(difference)),
            (false, None) => return Err(missing(&self.name)),
        };
        output::print(shown.as_bytes())
    }

    pub(super) async fn shadow(&self, site: &Site, json: bool) -> Result<()> {
        self.try_beside(site, json, TrialMode::Shadow).await
    }

    async fn try_beside(&self, site: &Site, json: bool, mode: TrialMode) -> Result<()> {
        let version = self.number(site).await?;
        let mut active = Active::read(site).await?;
        let link = active.find(&self.name).ok_or_else(|| missing(&self.name))?;
        let note = format!("{} version {version} on trial as {}", self.name, mode.name());
        link.trial = Some(Trial { version, mode });
        report(active.replace(site, &note).await?, &note, json)
    }
}

impl Canary {
    pub(super) async fn run(&self, site: &Site, json: bool) -> Result<()> {
        self.versioned.try_beside(site, json, TrialMode::Canary { percent: self.percent }).await
    }
}

impl Activate {
    /// The newest version unless said otherwise, where it is or at the end.
    pub(super) fn of(name: &str, version: Option<i64>) -> Self {
        let (place, roll_back_after, roll_back_within) = (None, None, None);
        Self { name: name.to_owned(), version, place, roll_back_after, roll_back_within, note: String::new() }
    }

    pub(super) async fn run(&self, site: &Site, json: bool) -> Result<()> {
        let place = self.place.map(|place| usize::from(place) - 1);
        let Self { roll_back_after, roll_back_within, .. } = *self;
        let asked = Asked { place, roll_back_after, roll_back_within, note: self.note.clone() };
        let revision = self.activate(site, asked).await?;
        report(revision, &format!("{} decides from now on", self.name), json)
    }

    /// Settings and grants are the policy's, as they were set for this. A trial of it is over.
    pub(super) async fn activate(&self, site: &Site, asked: Asked) -> Result<i64> {
        let mut active = Active::read(site).await?;
        let Asked { roll_back_after, roll_back_within, .. } = asked;
        let (policy, version) = (self.name.clone(), self.version);
        let link = LinkRequest { policy, version, roll_back_after, roll_back_within, ..LinkRequest::default() };
        let index = active.links.iter().position(|link| link.policy == self.name);
        if let Some(index) = index {
            active.links.remove(index);
        }
        let place = asked.place.or(index).unwrap_or(active.links.len()).min(active.links.len());
        active.links.insert(place, link);
        active.replace(site, &asked.note).await
    }
}

impl RollBack {
    pub(super) async fn run(&self, site: &Site, json: bool) -> Result<()> {
        let expected = Active::read(site).await?.revision;
        let request = RollBackRequest { expected, to: self.to };
        let call = Call::post(&site.path(&["chain", "rollback"]), &request)?;
        let Activated { revision } = site.client.read(call).await?;
        report(revision, "an older chain is back", json)
    }
}

pub(super) async fn end_trial(site: &Site, name: &str, json: bool) -> Result<()> {
    let mut active = Active::read(site).await?;
    active.find(name).ok_or_else(|| missing(name))?.trial = None;
    let note = format!("the trial of {name} is over");
    report(active.replace(site, &note).await?, &note, json)
}

pub(super) async fn deactivate(site: &Site, name: &str, json: bool) -> Result<()> {
    let mut active = Active::read(site).await?;
    active.find(name).ok_or_else(|| missing(name))?;
    active.links.retain(|link| link.policy != name);
    let note = format!("{name} decides no longer");
    report(active.replace(site, &note).await?, &note, json)
}

pub(super) async fn history(site: &Site, json: bool) -> Result<()> {
    let Revisions { revisions } = site.client.read(Call::get(&site.path(&["chain", "revisions"]))).await?;
    for row in revisions {
        if json {
            output::print(output::json_line(&row)?.as_bytes())?;
            continue;
        }
        let Revision { revision, chain, activated, actor, note } = row;
        let [activated, actor] = [activated, actor].map(|text| shown(&text.unwrap_or_default()));
        let links: Vec<_> = chain.iter().map(|link| format!("{} {}", shown(&link.policy), link.version)).collect();
        let links = if links.is_empty() { "no policy".to_owned() } else { links.join(", ") };
        let line = format!("{revision:<5} {activated}  by {actor:<16} {links}  {}\n", shown(&note));
        output::print(line.as_bytes())?;
    }
    Ok(())
}

fn report(revision: i64, what: &str, json: bool) -> Result<()> {
    let shown = match json {
        true => output::json_line(&json!({ "revision": revision }))?,
        false => format!("{what}: revision {revision}\n"),
    };
    output::print(shown.as_bytes())
}

/// What one version has and the other has not.
pub(super) fn changes(difference: &ReportDifference) -> String {
    let ReportDifference { active, added, removed } = difference;
    let mut text = format!("\nbeside the active version {active}\n");
    if added.is_empty() && removed.is_empty() {
        text += "  nothing that it may do has changed\n";
    }
    text.extend(added.iter().map(|line| format!("  + {}\n", shown(line))));
    text.extend(removed.iter().map(|line| format!("  - {}\n", shown(line))));
    text
}

/// What a command cannot do without.
fn missing(name: &str) -> Error {
    Error::bad_input(format!("the policy `{}` is not in the active chain", shown(name)))
        .hint("`vestibule policy list` shows the chain, `vestibule policy activate` changes it")
}
