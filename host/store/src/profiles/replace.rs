//! Replacing a whole profile, unless somebody else has changed it first.
//!
//! Not for: what to replace it with.

use vestibule_domain::{Properties, TenantName};

use crate::properties::text_of;
use crate::queue::Write;
use crate::statement::{Insert, NewRow, Statement};

static ADD: Insert = Insert {
    into: "insert into profile (tenant, name, properties)",
    columns: 3,
    on_conflict: "on conflict do nothing returning tenant, name",
    returns_key: true,
};
const UPDATE: &str = "update profile set properties = $3 where tenant = $1 and name = $2 and properties = $4";

/// Adds a whole profile, and changes no row if there is one.
pub(crate) fn add(tenant: &TenantName, name: &str, wanted: &Properties) -> NewRow {
    NewRow::of(&ADD).text(tenant.as_str()).text(name).text(&text_of(wanted))
}

/// Writes a whole profile, and changes no row if what is stored is not this text.
pub(crate) fn replace(tenant: &TenantName, name: &str, stored: Option<&str>, wanted: &Properties) -> Write {
    match stored {
        Some(stored) => {
            Statement::new(UPDATE).text(tenant.as_str()).text(name).text(&text_of(wanted)).text(stored).into()
        }
        None => add(tenant, name, wanted).into(),
    }
}
