//! What the policies say of a user, and on which records.
//!
//! Not for: what follows from it; see `resolve`.

use vestibule_api::Step;
use vestibule_domain::decision::Denial;
use vestibule_domain::resolve::Records;
use vestibule_domain::{CanonicalUser, Cause, Fault, Properties};

use crate::attempt::CallerRecord;
use crate::chain::Chain;
use crate::chain_run::{ChainResult, ChainRun};
use crate::context::{Identity, LoginContext};
use crate::journal::Journal;
use crate::records;
use crate::tenant::WithoutPolicy;

/// What the chain came to, on the records of the user that it ended with.
pub(crate) struct Evaluated<'a> {
    pub(crate) result: ChainResult,
    pub(crate) source: RecordSource<'a>,
}

/// The records that count for a login, by who keeps them.
pub(crate) enum RecordSource<'a> {
    /// This host. `proplist` is what the user has before any policy.
    Host { records: Records, proplist: Properties },
    /// The front door. Groups and what follows from them are its own affair.
    Caller(&'a CallerRecord),
}

/// Asks the chain, again on other records where a policy changes the user's name.
///
/// # Errors
/// A policy denies or fails, the chain cannot run, or the store fails.
pub(crate) async fn evaluate<'a>(
    context: &LoginContext<'a>,
    identity: &mut Identity<'a>,
    journal: &mut Journal,
) -> Result<Evaluated<'a>, Denial> {
    let records = identity.records.take();
    let (chain, mut result) = (identity.chosen.chain, ChainResult::from(identity.state.clone()));
    if let Some(fault) = chain.fault() {
        return Err(fault.clone().into());
    }
    if chain.links().is_empty() && context.tenant.settings.without_policy == WithoutPolicy::Deny {
        return Err(Fault::new(Cause::NoActivePolicy, "the tenant has no active policy").into());
    }
    let mut source = match &context.attempt.caller_record {
        Some(record) => RecordSource::Caller(record),
        None => RecordSource::of(context, chain, &result.state.user, records).await?,
    };
    let run = ChainRun { context, chain, info: &identity.info };
    loop {
        journal.enter(Step::Policy);
        let seen = result.state.user.clone();
        run.go_on(&mut result, source.proplist(), journal).await?;
        let user = &result.state.user;
        if *user == seen {
            break;
        }
        // The policies that are left look again. Where the front door keeps the records, there is nothing else to see.
        if let RecordSource::Host { .. } = source {
            journal.enter(Step::LookUp);
            journal.user = Some(user.to_string());
            source = RecordSource::of(context, chain, user, None).await?;
        }
        if result.question.is_some() {
            break;
        }
    }
    Ok(Evaluated { result, source })
}

impl RecordSource<'_> {
    /// What this host has on record of a user, if that lets anybody in. Where the group is chosen late, a recorded one that is gone gives
    /// nothing; otherwise it keeps the user out.
    async fn of(
        context: &LoginContext<'_>,
        chain: &Chain,
        user: &CanonicalUser,
        records: Option<Records>,
    ) -> Result<Self, Denial> {
        let records = match records {
            Some(records) => records,
            None => records::read(context.store, &context.tenant.name, user.as_str()).await?,
        };
        records.ensure_user(user)?;
        let proplist = if chain.is_late() { records.baseline()? } else { records.recorded()? };
        Ok(Self::Host { records, proplist })
    }

    fn proplist(&self) -> &Properties {
        match self {
            Self::Host { proplist, .. } => proplist,
            Self::Caller(record) => &record.proplist,
        }
    }
}
