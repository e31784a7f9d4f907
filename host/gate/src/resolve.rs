//! What follows from what the policies said: properties, by the rules of who keeps the records, and what has to be stored first.
//!
//! Not for: storing it; see `commit`. Rules of properties are the domain's.

use vestibule_api::Step;
use vestibule_domain::decision::Denial;
use vestibule_domain::profile::{CONN_IP, USER_AUTH_TYPE, inherit};
use vestibule_domain::resolve::{Entrance, Records, ensure_granted, ensure_open, not_granted};
use vestibule_domain::{CanonicalUser, Fault, Properties, Refusal, save};
use vestibule_store::{Effects, Save, Session};

use crate::attempt::{Proof, Voucher};
use crate::chain::Chain;
use crate::chain_run::{ChainResult, Saves, too_much};
use crate::chain_state::Sessions;
use crate::challenge::{Waiting, expiry};
use crate::context::{Identity, LoginContext};
use crate::evaluate::{Evaluated, RecordSource};
use crate::journal::Journal;
use crate::outcome::LoginOutcome;
use crate::records::add_groups;

/// What the front door is told, and what is stored before.
///
/// # Errors
/// The properties keep the user out, a policy may not change them so, or the store fails.
pub(crate) async fn resolve(
    context: &LoginContext<'_>,
    identity: &Identity<'_>,
    evaluated: Evaluated<'_>,
    journal: &mut Journal,
) -> Result<(LoginOutcome, Effects), Denial> {
    let (chain, Evaluated { result, source }) = (identity.chosen.chain, evaluated);
    journal.enter(Step::Rules);
    journal.set(&result.state.set);
    let (proplist, save) = match source {
        RecordSource::Caller(record) => (record.proplist.with(&result.state.set).map_err(Refusal::from)?, None),
        RecordSource::Host { mut records, proplist: before } => {
            let after = settle(context, chain, &mut records, &before, &result).await?;
            (after, to_save(context, chain, &result, &mut records, before).await?)
        }
    };
    let ChainResult { state, saves: Saves { list: saved, .. }, question } = result;
    let (user, reason) = (state.user.clone(), state.reason.clone());
    let effects = Effects { save, ..Effects::default() };
    let Some(question) = question else {
        let (session, session_state) = match &context.attempt.caller_record {
            Some(_) => (None, state.sessions.to_state()?),
            None => (kept_session(context, &user, &state.sessions)?, None),
        };
        let outcome = LoginOutcome { session_state, ..LoginOutcome::allow(user, reason, proplist, saved) };
        return Ok((outcome, Effects { session, ..effects }));
    };
    let waiting = Waiting::new(identity, state, &question);
    let expires = expiry(context.now, context.tenant.settings.challenge_seconds);
    let (challenge, state_id) = waiting.put(&context.attempt.user, expires)?;
    let outcome = LoginOutcome::challenge(user, reason, (question, state_id), saved);
    Ok((outcome, Effects { challenge: Some(challenge), ..effects }))
}

/// A bootstrap administrator comes in: no policy is asked, and no property keeps the user out, as what a policy has saved may be what is
/// wrong.
///
/// # Errors
/// The name is a group's or `__DEFAULT__`, or the properties are too many for one list.
pub(crate) fn break_glass(context: &LoginContext<'_>, identity: &mut Identity<'_>) -> Result<LoginOutcome, Denial> {
    let user = identity.state.user.clone();
    tracing::warn!(tenant = %context.tenant.name, %user, "a bootstrap administrator comes in without any policy");
    let records = identity.records.take().unwrap_or_default();
    records.ensure_user(&user)?;
    let mut proplist = inherit(records.user.as_ref(), None, &records.default)?;
    proplist.set("prop_superuser", "true").map_err(Refusal::from)?;
    let reason = "a bootstrap administrator: no policy was asked".to_owned();
    Ok(LoginOutcome::allow(user, reason, proplist, Properties::new()))
}

/// The properties that follow from records and policies, unless a question comes first.
async fn settle(
    context: &LoginContext<'_>,
    chain: &Chain,
    records: &mut Records,
    before: &Properties,
    result: &ChainResult,
) -> Result<Properties, Denial> {
    if result.question.is_some() {
        return Ok(Properties::new());
    }
    let (set, late) = (&result.state.set, chain.is_late());
    let nothing_chosen = set.is_empty() && !late;
    let after = if nothing_chosen && !has_an_address(before) {
        before.clone()
    } else {
        add_groups(context.store, &context.tenant.name, records, set).await?;
        records.chosen(set, late)?
    };
    if !nothing_chosen {
        let group = &result.state.group;
        ensure_granted(before, &after, |name| group.may_change(chain, name) || set.get(name).is_some())?;
    }
    let autologin = matches!(context.attempt.proof, Proof::Voucher(Voucher::Autologin));
    ensure_open(&after, Entrance { vpn: context.attempt.attributes.vpn_auth, autologin })?;
    Ok(after)
}

/// What policies want stored, if that changes anything and they may.
async fn to_save(
    context: &LoginContext<'_>,
    chain: &Chain,
    result: &ChainResult,
    records: &mut Records,
    mut before: Properties,
) -> Result<Option<Save>, Denial> {
    let (user, saves) = (result.state.user.as_str(), &result.saves);
    if !save::changes(records.user.as_ref(), &saves.list) {
        return Ok(None);
    }
    let (seen, method) = (records.user.clone(), context.tenant.method_of(user, records));
    let applied = save::apply(seen.as_ref(), &saves.list).map_err(|error| too_much(&error))?;
    add_groups(context.store, &context.tenant.name, records, &saves.list).await?;
    if seen.is_none() {
        // A first record ends what counts for those who have none, whichever policy wants it.
        let begun = inherit(Some(&Properties::new()), None, &records.default)?;
        ensure_granted(&before, &begun, |name| saves.by.iter().any(|place| chain.may_change(*place, name)))?;
        before = begun;
    }
    records.user = applied;
    ensure_granted(&before, &records.baseline()?, |name| saves.may_change(chain, name))?;
    if context.tenant.method_of(user, records) != method && !saves.may_change(chain, USER_AUTH_TYPE) {
        return Err(not_granted(USER_AUTH_TYPE).into());
    }
    Ok(Some(Save { user: user.to_owned(), seen, writes: saves.list.clone() }))
}

/// What policies want to know again in this session. A login by certificate alone has none.
fn kept_session(
    context: &LoginContext<'_>,
    user: &CanonicalUser,
    sessions: &Sessions,
) -> Result<Option<Session>, Fault> {
    let Some((id, state)) = context.attempt.session_id.as_ref().zip(sessions.to_state()?) else { return Ok(None) };
    let expires = expiry(context.now, context.tenant.settings.session_seconds);
    Ok(Some(Session { id: id.to_string(), user: user.to_string(), state, expires }))
}

/// An address has to lie in the group, or to find its own.
fn has_an_address(list: &Properties) -> bool {
    list.get(CONN_IP).is_some_and(|address| !address.is_empty())
}
