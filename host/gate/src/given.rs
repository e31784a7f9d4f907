//! Logins whose front door keeps the users' properties itself, as Access Server does: what policies set and save is handed back
//! to it, and nothing but a question is stored here.
//!
//! Not for: groups and what follows from them; whoever keeps them applies their rules.

use std::fmt;
use std::sync::Arc;

use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::field::{Reason, SessionStates};
use vestibule_domain::primary::Cause;
use vestibule_domain::{CanonicalUser, Properties, Refusal};
use vestibule_sandbox::capability::Directory;
use vestibule_store::Effects;

use crate::journal::{Journal, Step};
use crate::known::Known;
use crate::passage::{Passage, Passed};
use crate::policies::{Asking, Ran};
use crate::progress::Sessions;

/// What such a front door hands over.
#[derive(Debug, Clone)]
pub struct Given {
    /// The user's canonical name.
    pub user: CanonicalUser,
    /// What is kept for the user.
    pub proplist: Properties,
    /// What the log says of the authentication so far.
    pub reason: Option<Reason>,
    /// What an earlier login of the session was answered as [`Answer::session_state`](crate::Answer::session_state).
    pub session_state: Option<SessionStates>,
}

/// A directory that the front door searches itself, instead of the tenant's.
#[derive(Clone)]
pub struct FrontDoorDirectory(pub Arc<dyn Directory>);

impl fmt::Debug for FrontDoorDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrontDoorDirectory")
    }
}

impl Given {
    /// What policies kept for the session.
    pub(crate) fn sessions(&self) -> Result<Sessions, Denial> {
        let Some(state) = &self.session_state else { return Ok(Sessions::default()) };
        serde_json::from_slice(state).map_err(|error| {
            let detail = format!("the session's state is not as it was handed out: {error}");
            Denial::new(DenyCause::Primary(Cause::ProofMismatch), detail)
        })
    }
}

impl Passage<'_> {
    /// Where the login comes to, and the question that it leaves behind.
    pub(crate) async fn given_round(
        &self,
        known: &Known<'_>,
        given: &Given,
        journal: &mut Journal,
    ) -> Result<(Passed, Effects), Denial> {
        journal.enter(Step::Policy);
        let asking =
            Asking { attempt: self.attempt, place: self.place, info: &known.info, now: self.now, end: self.end };
        let mut ran = Ran::from(known.progress.clone());
        loop {
            let seen = ran.progress.user.clone();
            asking.run(known.chosen.chain, &mut ran, &given.proplist, journal).await?;
            // A policy that changes the name makes the others look again; here there is nothing else to see.
            if ran.progress.user == seen || ran.question.is_some() {
                break;
            }
        }
        journal.enter(Step::Rules);
        journal.set(&ran.progress.set);
        let proplist = given.proplist.with(&ran.progress.set).map_err(Refusal::from)?;
        self.finish(known, ran, proplist, None)
    }
}
