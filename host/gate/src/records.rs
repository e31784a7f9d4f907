//! What is on record of a user, read for one round of a login.
//!
//! Not for: what follows from it; that is [`vestibule_domain::resolve`].

use vestibule_domain::profile::{CONN_GROUP, CONN_IP};
use vestibule_domain::resolve::Records;
use vestibule_domain::{Cause, Fault, Properties, TenantName};
use vestibule_store::{Error, LoginProfiles, Store};

/// A failing store is a fault; what it says is for the log.
pub(crate) fn unavailable(error: &Error) -> Fault {
    Fault::new(Cause::StoreUnavailable, error.to_string())
}

/// The records of a user whose own group is the only one known so far.
pub(crate) fn of(profiles: LoginProfiles) -> Records {
    let LoginProfiles { default, user, group } = profiles;
    let groups = group.and_then(|(name, record)| Some((name, record?))).into_iter().collect();
    Records { default, user, groups }
}

/// Reads the groups that a login may come into after what its policies set: the one that is named, or all of them where an
/// address has to find its own.
pub(crate) async fn add_groups(
    store: &Store,
    tenant: &TenantName,
    records: &mut Records,
    set: &Properties,
) -> Result<(), Error> {
    let Ok(list) = records.own().with(set) else {
        // Too long to be chosen from: the rules say so when they are asked.
        return Ok(());
    };
    let given = |name| list.get(name).filter(|value: &&str| !value.is_empty());
    match (given(CONN_GROUP), given(CONN_IP)) {
        (Some(group), _) if !records.groups.contains_key(group) => {
            if let Some(record) = store.profile(tenant, group).await? {
                records.groups.insert(group.to_owned(), record);
            }
        }
        (None, Some(_)) => records.groups = store.groups(tenant).await?,
        _ => {}
    }
    Ok(())
}
