//! One round of a login: records are read, policies asked, and rules applied.
//!
//! Not for: a second round, if the records change before the decision is stored; see [`crate::gate`].

use vestibule_domain::decision::Denial;
use vestibule_domain::profile::{CONN_IP, USER_AUTH_TYPE, inherit};
use vestibule_domain::resolve::{Entrance, Records, ensure_granted, ensure_open, not_granted};
use vestibule_domain::{Properties, save};
use vestibule_store::{Effects, Save};

use crate::attempt::{Proof, Voucher};
use crate::chain::Chain;
use crate::challenge::{Waiting, expiry};
use crate::journal::{Journal, Step};
use crate::known::Known;
use crate::passage::{Passage, Passed};
use crate::policies::{Asking, Ran, Saves, too_much};
use crate::records::{add_groups, unavailable};

impl Passage<'_> {
    /// Where the login comes to, and what it leaves behind.
    pub(crate) async fn round(
        &self,
        known: &Known<'_>,
        records: Option<Records>,
        journal: &mut Journal,
    ) -> Result<(Passed, Effects), Denial> {
        let (chain, mut ran) = (known.chosen.chain, Ran::from(known.progress.clone()));
        let mut records = match records {
            Some(records) => records,
            None => self.look_up(ran.progress.user.as_str()).await?,
        };
        records.ensure_user(&ran.progress.user)?;
        let mut handed = looked_up(chain, &records)?;
        let asking =
            Asking { attempt: self.attempt, place: self.place, info: &known.info, now: self.now, end: self.end };
        loop {
            journal.enter(Step::Policy);
            let seen = ran.progress.user.clone();
            asking.run(chain, &mut ran, &handed, journal).await?;
            let user = &ran.progress.user;
            if *user == seen {
                break;
            }
            journal.enter(Step::LookUp);
            journal.user = Some(user.to_string());
            records = self.look_up(user.as_str()).await?;
            records.ensure_user(user)?;
            handed = looked_up(chain, &records)?;
            if ran.question.is_some() {
                break;
            }
        }
        journal.enter(Step::Rules);
        journal.set(&ran.progress.set);
        let proplist = self.settle(chain, &mut records, &handed, &ran).await?;
        let save = self.save(chain, &ran, &mut records, handed).await?;
        self.finish(known, ran, proplist, save)
    }

    /// The properties that follow from records and policies, unless a question comes first.
    async fn settle(
        &self,
        chain: &Chain,
        records: &mut Records,
        before: &Properties,
        ran: &Ran,
    ) -> Result<Properties, Denial> {
        if ran.question.is_some() {
            return Ok(Properties::new());
        }
        let (set, late) = (&ran.progress.set, chain.is_late());
        let nothing_chosen = set.is_empty() && !late;
        let after = if nothing_chosen && !has_an_address(before) {
            before.clone()
        } else {
            let added = add_groups(self.store, &self.tenant.name, records, set).await;
            added.map_err(|error| unavailable(&error))?;
            records.chosen(set, late)?
        };
        if !nothing_chosen {
            let choice = &ran.progress.choice;
            ensure_granted(before, &after, |name| choice.may_change(chain, name) || set.get(name).is_some())?;
        }
        let autologin = matches!(self.attempt.proof, Proof::Voucher(Voucher::Autologin));
        ensure_open(&after, Entrance { vpn: self.attempt.attributes.vpn_auth, autologin })?;
        Ok(after)
    }

    /// What policies want stored, if that changes anything and they may.
    async fn save(
        &self,
        chain: &Chain,
        ran: &Ran,
        records: &mut Records,
        mut before: Properties,
    ) -> Result<Option<Save>, Denial> {
        let (user, saves) = (ran.progress.user.as_str(), &ran.saves);
        if !save::changes(records.user.as_ref(), &saves.list) {
            return Ok(None);
        }
        let (seen, method) = (records.user.clone(), self.method_of(user, records));
        let applied = save::apply(seen.as_ref(), &saves.list).map_err(|error| too_much(&error))?;
        let added = add_groups(self.store, &self.tenant.name, records, &saves.list).await;
        added.map_err(|error| unavailable(&error))?;
        if seen.is_none() {
            // A first record ends what counts for those who have none, whichever policy wants it.
            let begun = inherit(Some(&Properties::new()), None, &records.default)?;
            ensure_granted(&before, &begun, |name| saves.by.iter().any(|place| chain.may_change(*place, name)))?;
            before = begun;
        }
        records.user = applied;
        ensure_granted(&before, &records.baseline()?, |name| saves.may_change(chain, name))?;
        if self.method_of(user, records) != method && !saves.may_change(chain, USER_AUTH_TYPE) {
            return Err(not_granted(USER_AUTH_TYPE).into());
        }
        Ok(Some(Save { user: user.to_owned(), seen, writes: saves.list.clone() }))
    }

    /// What the front door is told, and what is stored before.
    pub(crate) fn finish(
        &self,
        known: &Known<'_>,
        ran: Ran,
        proplist: Properties,
        save: Option<Save>,
    ) -> Result<(Passed, Effects), Denial> {
        let Ran { progress, saves: Saves { list: saved, .. }, question } = ran;
        let effects = Effects { save, ..Effects::default() };
        let (user, reason) = (progress.user.clone(), progress.reason.clone());
        let Some(question) = question else {
            let (session, session_state) = match &self.attempt.given {
                Some(_) => (None, progress.sessions.to_state()?),
                None => (self.kept_session(&user, &progress.sessions)?, None),
            };
            let passed = Passed::In { user, proplist, saved, reason, session_state };
            return Ok((passed, Effects { session, ..effects }));
        };
        let waiting = Waiting::new(known, progress, &question);
        let expires = expiry(self.now, self.tenant.settings.challenge_seconds);
        let (challenge, state_id) = waiting.put(&self.attempt.user, expires)?;
        let effects = Effects { challenge: Some(challenge), ..effects };
        Ok((Passed::Asked { user, question, saved, reason, state_id }, effects))
    }
}

/// What the user has before any policy. Where the group is chosen late, a recorded one that is gone gives nothing; otherwise it keeps the
/// user out.
fn looked_up(chain: &Chain, records: &Records) -> Result<Properties, Denial> {
    Ok(if chain.is_late() { records.baseline()? } else { records.recorded()? })
}

/// An address has to lie in the group, or to find its own.
fn has_an_address(list: &Properties) -> bool {
    list.get(CONN_IP).is_some_and(|address| !address.is_empty())
}
