//! What is on record of a user, read each time that a login's chain begins.
//!
//! Not for: what follows from it; that is [`vestibule_domain::resolve`].

use vestibule_domain::profile::{CONN_GROUP, CONN_IP, is_group};
use vestibule_domain::resolve::Records;
use vestibule_domain::{Cause, Fault, Properties, TenantName};
use vestibule_store::{Error, LoginProfiles, Store};

/// A failing store is a fault; what it says is for the log.
pub(crate) fn unavailable(error: &Error) -> Fault {
    Fault::new(Cause::StoreUnavailable, error.to_string())
}

/// The records of a user, with the group that is named there, or all of them where an address has to find its own.
pub(crate) async fn read(store: &Store, tenant: &TenantName, user: &str) -> Result<Records, Fault> {
    let profiles = store.login_profiles(tenant, user).await.map_err(|error| unavailable(&error))?;
    let LoginProfiles { default, user, group } = profiles;
    let named = group.is_some();
    let groups = group.and_then(|(name, record)| Some((name, record.filter(is_group)?))).into_iter().collect();
    let mut records = Records { default, user, groups };
    if !named {
        add_groups(store, tenant, &mut records, &Properties::new()).await?;
    }
    Ok(records)
}

/// Reads the groups that a login may come into after what its policies set: the one that is named, or all of them where an
/// address has to find its own.
pub(crate) async fn add_groups(
    store: &Store,
    tenant: &TenantName,
    records: &mut Records,
    set: &Properties,
) -> Result<(), Fault> {
    let Ok(list) = records.own().with(set) else {
        // Too long to be chosen from: the rules say so when they are asked.
        return Ok(());
    };
    let given = |name| list.get(name).filter(|value: &&str| !value.is_empty());
    match (given(CONN_GROUP), given(CONN_IP)) {
        (Some(group), _) if !records.groups.contains_key(group) => {
            if let Some(record) =
                store.profile(tenant, group).await.map_err(|error| unavailable(&error))?.filter(is_group)
            {
                records.groups.insert(group.to_owned(), record);
            }
        }
        (None, Some(_)) => records.groups = store.groups(tenant).await.map_err(|error| unavailable(&error))?,
        _ => {}
    }
    Ok(())
}
