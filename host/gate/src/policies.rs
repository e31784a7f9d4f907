//! Asks a chain of policies about one login: what one sets, the next one sees; the first denial or question ends it.
//!
//! Not for: believing what they answer, which the sandbox does, nor what follows from it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use vestibule_domain::decision::Denial;
use vestibule_domain::field::Reason;
use vestibule_domain::login::{Authret, Crstate, Info, Login, Status};
use vestibule_domain::outcome::Challenge;
use vestibule_domain::{Cause, Fault, Outcome, Properties, Refusal};
use vestibule_sandbox::{Circumstances, Configured};

use crate::attempt::Attempt;
use crate::chain::{Chain, Link};
use crate::choice::Choice;
use crate::given::FrontDoorDirectory;
use crate::journal::Journal;
use crate::place::Place;
use crate::progress::Progress;
use crate::searches::Outward;

/// What is the same for all policies of a login.
pub(crate) struct Asking<'a> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) place: &'a Place,
    pub(crate) info: &'a Info,
    pub(crate) now: SystemTime,
    /// When the login's time is up.
    pub(crate) end: Instant,
}

/// What a chain came to.
pub(crate) struct Ran {
    pub(crate) progress: Progress,
    pub(crate) saves: Saves,
    /// What the policy at `progress.next` asks the user.
    pub(crate) question: Option<Challenge>,
}

/// What all policies of a login want stored.
#[derive(Default)]
pub(crate) struct Saves {
    pub(crate) list: Properties,
    /// Which of them chose the group by that.
    pub(crate) choice: Choice,
    /// The places of those that want more than removals: each would make a record where there is none.
    pub(crate) by: Vec<usize>,
}

impl From<Progress> for Ran {
    fn from(progress: Progress) -> Self {
        Self { progress, saves: Saves::default(), question: None }
    }
}

impl Saves {
    /// The policy at a place wants these stored too.
    fn add(&mut self, place: usize, list: &Properties) -> Result<(), Fault> {
        self.list = self.list.with(list).map_err(|error| too_much(&error))?;
        self.choice.note(place, list);
        if list.iter().any(|(_, value)| !value.is_empty()) {
            self.by.push(place);
        }
        Ok(())
    }

    /// Whether the record that comes of it may give or take this property. A policy that gives it by name has been granted it, and
    /// what it gives lies above every group; what it removes, a group may give anew.
    pub(crate) fn may_change(&self, chain: &Chain, name: &str) -> bool {
        match self.list.get(name) {
            Some(value) if !value.is_empty() || self.choice.is_nobodys() => true,
            _ => self.choice.may_change(chain, name),
        }
    }
}

impl Asking<'_> {
    /// Runs the chain from where the login has come to, until it ends, or a policy asks a question or changes the user's name: what
    /// is on record is another user's then. `recorded` is what counts for the user as recorded.
    pub(crate) async fn run(
        &self,
        chain: &Chain,
        ran: &mut Ran,
        recorded: &Properties,
        journal: &mut Journal,
    ) -> Result<(), Denial> {
        let progress = &mut ran.progress;
        for (place, link) in chain.links().iter().enumerate().skip(progress.next) {
            let login = self.login(link, progress, recorded)?;
            let left = self.end.saturating_duration_since(Instant::now());
            let circumstances = self.circumstances();
            let (outings, in_line) = (self.place.outings(), self.place.meter().in_line());
            let policy = self.policy(link, left);
            let report = self.place.call(policy, &login, &circumstances).await?;
            if let Err(fault) = &report.answer {
                let in_line = self.place.meter().in_line().saturating_sub(in_line);
                let own = report.wall.saturating_sub(in_line);
                let held_up = left.min(own) < link.policy.deadline();
                let hurried = self.place.outings() != outings || held_up;
                let its_own = fault.cause.is_a_policys_own() && !(fault.cause == Cause::Deadline && hurried);
                journal.at_fault = its_own.then(|| link.name.clone());
            }
            if let Some(shadow) = &link.shadow {
                shadow.follow(self.attempt, &login, &circumstances, &report);
            }
            journal.policy(link, report.wall, report.cost, report.log);
            let Outcome { authret, proplist_save, challenge, session_state } =
                report.answer.map_err(Denial::from).and_then(Outcome::passing)?;
            let changed = authret.proplist.changes_from(&login.authret.proplist);
            progress.set = progress.set.with(&changed).map_err(Refusal::from)?;
            progress.choice.note(place, &changed);
            if let Some(reason) = authret.reason {
                progress.reason = reason.to_string();
            }
            if let Some(state) = session_state {
                progress.sessions.keep(&link.name, state);
            }
            ran.saves.add(place, &proplist_save)?;
            let renamed = authret.user != progress.user;
            progress.user = authret.user;
            ran.question = challenge;
            if ran.question.is_some() {
                break;
            }
            progress.next += 1;
            if renamed {
                break;
            }
        }
        Ok(())
    }

    /// The policy as it runs for this login: with the time that is left, and a directory, which may be the front door's own, for which it
    /// waits without a place.
    fn policy(&self, link: &Link, left: Duration) -> Configured {
        let policy = link.policy.within(left);
        if !link.searches() {
            return policy;
        }
        let directory = match &self.attempt.directory {
            Some(FrontDoorDirectory(directory)) => Arc::clone(directory),
            None => policy.directory(),
        };
        policy.with_directory(Arc::new(Outward { place: self.place.clone(), directory }))
    }

    /// The login as one policy sees it.
    fn login(&self, link: &Link, progress: &mut Progress, recorded: &Properties) -> Result<Login, Denial> {
        let proplist = match (link.group_select, progress.set.is_empty()) {
            // Its group is not chosen yet: all there is to see is what policies before it have set.
            (true, _) => progress.set.clone(),
            (false, true) => recorded.clone(),
            (false, false) => recorded.with(&progress.set).map_err(Refusal::from)?,
        };
        let crstate = match progress.answered.take() {
            Some((values, response)) => Crstate { values, response: Some(response) },
            None => Crstate::default(),
        };
        Ok(Login {
            authcred: self.attempt.authcred(),
            attributes: self.attempt.attributes.clone(),
            authret: Authret {
                status: Status::Succeed,
                user: progress.user.clone(),
                reason: Some(Reason::cut(&progress.reason)),
                client_reason: None,
                proplist,
            },
            info: self.info.clone(),
            crstate,
            session_state: progress.sessions.get(&link.name).cloned(),
        })
    }

    /// The login's time, and a seed of its own for each policy.
    fn circumstances(&self) -> Circumstances {
        let since = self.now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Circumstances { unix_seconds: since.as_secs(), seed: rand::random() }
    }
}

/// Each policy kept to the limits, all of them together did not.
pub(crate) fn too_much(error: &vestibule_domain::properties::Error) -> Fault {
    Fault::new(Cause::OutputTooLarge, format!("the policies together: {error}"))
}
