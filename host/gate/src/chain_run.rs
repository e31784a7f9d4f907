//! Asks a chain of policies about one login: what one sets, the next one sees; the first denial or question ends it.
//!
//! Not for: believing what they answer, which the sandbox does, nor what follows from it.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::time::Instant;
use vestibule_domain::decision::Denial;
use vestibule_domain::field::Reason;
use vestibule_domain::login::{Authret, Crstate, Info, Login, Status};
use vestibule_domain::outcome::Challenge;
use vestibule_domain::{Cause, Fault, Outcome, Properties, Refusal};
use vestibule_sandbox::{CallInputs, Configured};

use crate::attempt::FrontDoorDirectory;
use crate::chain::{Chain, Link};
use crate::chain_state::ChainState;
use crate::context::LoginContext;
use crate::journal::Journal;
use crate::provenance::GroupProvenance;
use crate::searches::Outward;

/// A chain that is asked about one login: what is the same for all of its policies.
pub(crate) struct ChainRun<'a> {
    pub(crate) context: &'a LoginContext<'a>,
    pub(crate) chain: &'a Chain,
    pub(crate) info: &'a Info,
}

/// What a chain came to.
pub(crate) struct ChainResult {
    pub(crate) state: ChainState,
    pub(crate) saves: Saves,
    /// What the policy at `state.next` asks the user.
    pub(crate) question: Option<Challenge>,
}

/// What all policies of a login want stored.
#[derive(Default)]
pub(crate) struct Saves {
    pub(crate) list: Properties,
    /// The policies that chose the group by that.
    pub(crate) group: GroupProvenance,
    /// The places of those that want more than removals: each would make a record where there is none.
    pub(crate) by: Vec<usize>,
}

impl From<ChainState> for ChainResult {
    fn from(state: ChainState) -> Self {
        Self { state, saves: Saves::default(), question: None }
    }
}

impl Saves {
    /// The policy at a place wants these stored too.
    fn add(&mut self, place: usize, list: &Properties) -> Result<(), Fault> {
        self.list = self.list.with(list).map_err(|error| too_much(&error))?;
        self.group.note(place, list);
        if list.iter().any(|(_, value)| !value.is_empty()) {
            self.by.push(place);
        }
        Ok(())
    }

    /// Whether the record that comes of it may give or take this property. A policy that gives it by name has been granted it, and
    /// what it gives lies above every group; what it removes, a group may give anew.
    pub(crate) fn may_change(&self, chain: &Chain, name: &str) -> bool {
        match self.list.get(name) {
            Some(value) if !value.is_empty() || self.group.is_nobodys() => true,
            _ => self.group.may_change(chain, name),
        }
    }
}

impl ChainRun<'_> {
    /// Runs the chain from where the login has come to, until it ends, or a policy asks a question or changes the user's name: what
    /// is on record is another user's then. `recorded` is what counts for the user as recorded.
    pub(crate) async fn go_on(
        &self,
        result: &mut ChainResult,
        recorded: &Properties,
        journal: &mut Journal,
    ) -> Result<(), Denial> {
        let LoginContext { attempt, place: login_place, end, .. } = self.context;
        let state = &mut result.state;
        for (place, link) in self.chain.links().iter().enumerate().skip(state.next) {
            let login = self.login(link, state, recorded)?;
            let left = end.saturating_duration_since(Instant::now());
            let inputs = self.inputs();
            let (outings, in_line) = (login_place.outings(), login_place.meter().in_line());
            let policy = self.policy(link, left);
            let report = login_place.call(policy, &login, &inputs).await?;
            if let Err(fault) = &report.answer {
                let in_line = login_place.meter().in_line().saturating_sub(in_line);
                let own = report.wall.saturating_sub(in_line);
                let held_up = left.min(own) < link.policy.deadline();
                let hurried = login_place.outings() != outings || held_up;
                let its_own = fault.cause.is_a_policys_own() && !(fault.cause == Cause::Deadline && hurried);
                journal.at_fault = its_own.then(|| link.name.clone());
            }
            if let Some(shadow) = &link.shadow {
                // A front door that has its own directory is not asked twice.
                if attempt.directory.is_some() {
                    shadow.skip();
                } else {
                    shadow.follow(&login, &inputs, &report);
                }
            }
            journal.policy(link, report.wall, report.cost, report.log);
            let Outcome { authret, proplist_save, challenge, session_state } =
                report.answer.map_err(Denial::from).and_then(Outcome::passing)?;
            let changed = authret.proplist.changes_from(&login.authret.proplist);
            state.set = state.set.with(&changed).map_err(Refusal::from)?;
            state.group.note(place, &changed);
            if let Some(reason) = authret.reason {
                state.reason = reason.to_string();
            }
            if let Some(kept) = session_state {
                state.sessions.keep(&link.name, kept);
            }
            result.saves.add(place, &proplist_save)?;
            let renamed = authret.user != state.user;
            state.user = authret.user;
            result.question = challenge;
            if result.question.is_some() {
                break;
            }
            state.next += 1;
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
        let directory = match &self.context.attempt.directory {
            Some(FrontDoorDirectory(directory)) => Arc::clone(directory),
            None => policy.directory(),
        };
        policy.with_directory(Arc::new(Outward { place: self.context.place.clone(), directory }))
    }

    /// The login as one policy sees it.
    fn login(&self, link: &Link, state: &mut ChainState, recorded: &Properties) -> Result<Login, Denial> {
        let proplist = match (link.group_select, state.set.is_empty()) {
            // Its group is not chosen yet: all there is to see is what policies before it have set.
            (true, _) => state.set.clone(),
            (false, true) => recorded.clone(),
            (false, false) => recorded.with(&state.set).map_err(Refusal::from)?,
        };
        let crstate = match state.answered.take() {
            Some((values, response)) => Crstate { values, response: Some(response) },
            None => Crstate::default(),
        };
        Ok(Login {
            authcred: self.context.attempt.authcred(),
            attributes: self.context.attempt.attributes.clone(),
            authret: Authret {
                status: Status::Succeed,
                user: state.user.clone(),
                reason: Some(Reason::cut(&state.reason)),
                client_reason: None,
                proplist,
            },
            info: self.info.clone(),
            crstate,
            session_state: state.sessions.get(&link.name).cloned(),
        })
    }

    /// The login's time, and a seed of its own for each policy.
    fn inputs(&self) -> CallInputs {
        let since = self.context.now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        CallInputs { unix_seconds: since.as_secs(), seed: rand::random() }
    }
}

/// Each policy kept to the limits, all of them together did not.
pub(crate) fn too_much(error: &vestibule_domain::properties::Error) -> Fault {
    Fault::new(Cause::OutputTooLarge, format!("the policies together: {error}"))
}
