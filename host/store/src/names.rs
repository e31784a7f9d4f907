//! Names that an earlier version of this program stored as they were typed: their records are moved to the form in which names are
//! compared by now. A user whose record stays under another spelling would be found without one, and let in by what holds for everybody.
//!
//! Not for: what that form is; it is the domain's.

use std::collections::HashMap;

use vestibule_domain::text::log_text;
use vestibule_domain::{CanonicalUser, Properties};

use crate::Error;
use crate::properties::text_of;
use crate::statement::{Executor, Statement};

/// Names of printable ASCII are in their form. What is left is looked at whenever the store is opened: a node of an earlier version may
/// still be running.
pub(crate) const IN_SQLITE: &str = "select tenant, name from profile where name glob '*[^ -~]*' order by tenant, name";
/// The column's collation tells which characters are between two.
pub(crate) const IN_POSTGRES: &str = "select tenant, name from profile where name ~ '[^ -~]' order by tenant, name";

const COPY: &str = "
    insert into profile (tenant, name, properties)
    select tenant, $3, properties from profile where tenant = $1 and name = $2
    on conflict do nothing";
const MEMBERS: &str = "select name, properties from profile where tenant = $1 and conn_group = $2";
const SET: &str = "update profile set properties = $3 where tenant = $1 and name = $2";
/// A password cannot be without its profile.
const MOVE: [&str; 3] = [
    "update password set name = $3 where tenant = $1 and name = $2",
    "update session set user_name = $3 where tenant = $1 and user_name = $2",
    "update challenge set user_name = $3 where tenant = $1 and user_name = $2 and not taken",
];
const DELETE: &str = "delete from profile where tenant = $1 and name = $2";

/// Moves what is under another spelling, within a transaction that nobody else makes at the same time.
///
/// # Errors
/// [`Error::OneName`]; the database's.
pub(crate) async fn settle<C: Executor>(connection: &mut C, unusual: &'static str) -> Result<(), Error> {
    let stored = connection.find(&Statement::new(unusual)).await?;
    let mut moved = HashMap::new();
    for (tenant, name) in &stored {
        match CanonicalUser::new(name.as_str()) {
            Ok(normal) if normal.as_str() == name => {}
            Ok(normal) => {
                let normal = String::from(normal);
                if !rename(connection, tenant, name, &normal).await? {
                    let other = moved.remove(&(tenant, normal.clone())).unwrap_or(normal);
                    return Err(Error::OneName { tenant: tenant.clone(), one: name.clone(), other });
                }
                tracing::info!(tenant, name, "a record was moved to the one spelling of its name");
                moved.insert((tenant, normal), name.clone());
            }
            Err(error) => {
                let name = log_text(&name.escape_default().to_string(), 256);
                tracing::warn!(tenant, name, %error, "a record has a name that nobody can have any more: no login finds it");
            }
        }
    }
    Ok(())
}

/// Returns whether nobody has the new name.
async fn rename<C: Executor>(connection: &mut C, tenant: &str, from: &str, to: &str) -> Result<bool, Error> {
    let of = |sql| Statement::new(sql).text(tenant).text(from);
    if connection.run(&of(COPY).text(to)).await?.rows == 0 {
        return Ok(false);
    }
    for sql in MOVE {
        connection.run(&of(sql).text(to)).await?;
    }
    connection.run(&of(DELETE)).await?;
    for (member, properties) in connection.find(&of(MEMBERS)).await? {
        // What does not read is told to whoever reads it.
        let Ok(mut properties) = serde_json::from_str::<Properties>(&properties) else { continue };
        if properties.set("conn_group", to).is_ok() {
            let set = Statement::new(SET).text(tenant).text(&member).text(&text_of(&properties));
            connection.run(&set).await?;
        }
    }
    Ok(true)
}
