//! What a login leaves behind, its record included: all of it or nothing.
//!
//! Not for: administrators, whose changes do not depend on what a policy saw.

use vestibule_domain::{CanonicalUser, Properties, TenantName, save};

use crate::challenges::NewChallenge;
use crate::decisions::DecisionRow;
use crate::disk::KeptBytes;
use crate::logs::ROW_BYTES;
use crate::passwords::forgive;
use crate::profiles::replace;
use crate::properties::{parse, text_of};
use crate::queue::{LockKey, Write};
use crate::sessions::Session;
use crate::{Error, Reader, SaveError, Store};

/// What is stored together with a decision. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Properties of the user.
    pub save: Option<Save>,
    /// The question that is the decision.
    pub challenge: Option<NewChallenge>,
    /// Kept instead of the one with that id, if there is one.
    pub session: Option<Session>,
    /// The local account whose failures are forgotten, and which is unlocked.
    pub forgiven: Option<String>,
}

/// Properties that a policy wants stored, on what it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    /// Whose they are.
    pub user: String,
    /// The user's own; absent if there was no such profile.
    pub seen: Option<Properties>,
    /// An empty value removes a property.
    pub writes: Properties,
}

impl<R: Reader> Store<R> {
    /// Records a decision together with all its effects. They are durable when it returns; a save that changes anything counts
    /// only if the user's own properties are still exactly those that were seen.
    ///
    /// # Errors
    /// [`SaveError::Conflict`] if they are not; [`Error::IdUsed`] for the decision or the challenge; [`Error::Name`] and
    /// [`Error::Properties`] if the result of the save could not be stored; [`Error::StateTooLarge`]; [`Error::Damaged`];
    /// [`Error::Quota`]; [`Error::Reserve`]; [`Error::Busy`]; the database's. Nothing is stored then, except where a connection broke or
    /// time ran out while it was committed. Whoever waits no longer leaves nothing behind, unless its statements have begun.
    pub async fn commit_login(
        &self,
        tenant: &TenantName,
        decision: &DecisionRow,
        effects: &Effects,
    ) -> Result<(), SaveError> {
        self.ensure_space().await?;
        let kept = KeptBytes { decisions: decision.bytes() as u64 + ROW_BYTES, rest: effects.bytes() };
        self.0.disk.keep(tenant, kept)?;
        let concluded = self.put_down(tenant, decision, effects).await;
        if concluded.is_err() {
            self.0.disk.give_back(tenant, kept);
        }
        concluded
    }

    async fn put_down(&self, tenant: &TenantName, decision: &DecisionRow, effects: &Effects) -> Result<(), SaveError> {
        let writes = || writes(tenant, decision, effects);
        let Some((user, seen, wanted)) = change(effects)? else {
            // An empty name keeps decisions in the order they were made in: no row is waited for but one of the same id.
            self.0.queue.write(LockKey::new(tenant.as_str(), effects.locks().unwrap_or_default()), writes()?).await?;
            return Ok(());
        };
        let commit = async |stored: Option<&str>| {
            let save = replace(tenant, user.as_str(), stored, &wanted);
            self.0.queue.write_if(LockKey::new(tenant.as_str(), user.as_str()), save, writes()?).await
        };
        if commit(seen.map(text_of).as_deref()).await? {
            return Ok(());
        }
        // The same properties may be stored in another spelling.
        let stored = self.profile_text(tenant, user.as_str()).await?;
        let now = stored.as_deref().map(|text| parse(tenant, user.as_str(), text)).transpose()?;
        if now.as_ref() == seen && commit(stored.as_deref()).await? { Ok(()) } else { Err(SaveError::Conflict) }
    }
}

impl Effects {
    /// How much is kept of them.
    fn bytes(&self) -> u64 {
        let saved =
            self.save.as_ref().map(|save| save.writes.iter().map(|(name, value)| name.len() + value.len()).sum());
        let challenge = self.challenge.as_ref().map(|challenge| challenge.state.len());
        let session = self.session.as_ref().map(|session| session.state.len());
        let rows = [saved, challenge, session].into_iter().flatten();
        rows.fold(0, |all, bytes: usize| all.saturating_add(bytes as u64).saturating_add(ROW_BYTES))
    }

    /// Whose rows are waited for, besides those of a save.
    fn locks(&self) -> Option<&str> {
        self.challenge.as_ref().map(|challenge| challenge.user.as_str()).or(self.forgiven.as_deref())
    }
}

/// Whose profile becomes what, after what was seen of it.
type Change<'a> = (CanonicalUser, Option<&'a Properties>, Properties);

/// The change of a profile, unless it stays the same.
fn change(effects: &Effects) -> Result<Option<Change<'_>>, Error> {
    let Some(Save { user, seen, writes }) = &effects.save else { return Ok(None) };
    let (user, seen) = (CanonicalUser::new(user).map_err(Error::Name)?, seen.as_ref());
    let wanted = save::apply(seen, writes)?;
    Ok(wanted.filter(|wanted| Some(wanted) != seen).map(|wanted| (user, seen, wanted)))
}

/// What does not depend on anything that was seen.
fn writes(tenant: &TenantName, decision: &DecisionRow, effects: &Effects) -> Result<Vec<Write>, Error> {
    let challenge =
        effects.challenge.as_ref().map(|challenge| challenge.put(tenant)).transpose()?.into_iter().flatten();
    let session = effects.session.as_ref().map(|session| session.put(tenant)).transpose()?;
    let forgiven = effects.forgiven.as_ref().map(|user| forgive(tenant, user));
    let statements = challenge.chain([session, forgiven].into_iter().flatten()).map(Write::from);
    Ok(statements.chain([decision.add(tenant).into()]).collect())
}
