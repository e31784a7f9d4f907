//! Saving what a login changes, unless somebody else changed the user first.
//!
//! Not for: administrators, whose changes do not depend on what was there.

use vestibule_domain::{CanonicalUser, Properties, TenantName, save};

use super::parse;
use crate::queue::Row;
use crate::statement::{Insert, NewRow, Statement};
use crate::{Error, SaveError, Store};

static INSERT: Insert = Insert {
    into: "insert into profile (tenant, name, properties)",
    columns: 3,
    on_conflict: "on conflict do nothing returning tenant, name",
    returns_key: true,
};
const UPDATE: &str = "update profile set properties = $3 where tenant = $1 and name = $2 and properties = $4";

impl Store {
    /// Writes properties of a user if the user's own are still exactly `seen`; absent means that there is no such profile. An
    /// empty value removes the property. Durable when it returns.
    ///
    /// # Errors
    /// [`SaveError::Conflict`] if they are not; [`Error::Name`] and [`Error::Properties`] if the result could not be stored;
    /// [`Error::Damaged`]; the database's.
    pub async fn save(
        &self,
        tenant: &TenantName,
        user: &str,
        seen: Option<&Properties>,
        writes: &Properties,
    ) -> Result<(), SaveError> {
        CanonicalUser::new(user).map_err(Error::Name)?;
        let wanted = save::apply(seen, writes).map_err(Error::Properties)?;
        // Nothing is written where nothing changes; what was seen still has to be what is stored.
        let wanted = wanted.filter(|wanted| Some(wanted) != seen);
        if let Some(wanted) = &wanted
            && self.replace(tenant, user, seen.map(text_of).as_deref(), wanted).await?
        {
            return Ok(());
        }
        // The same properties may be stored in another spelling.
        let stored = self.profile_text(tenant, user).await?;
        let now = stored.as_deref().map(|text| parse(tenant, user, text)).transpose()?;
        if now.as_ref() != seen {
            return Err(SaveError::Conflict);
        }
        match &wanted {
            None => Ok(()),
            Some(wanted) if self.replace(tenant, user, stored.as_deref(), wanted).await? => Ok(()),
            Some(_) => Err(SaveError::Conflict),
        }
    }

    /// Writes a whole profile if what is stored is still this text. Returns whether it was.
    pub(super) async fn replace(
        &self,
        tenant: &TenantName,
        name: &str,
        stored: Option<&str>,
        wanted: &Properties,
    ) -> Result<bool, Error> {
        let (locked, wanted) = (Row::new(tenant.as_str(), name), text_of(wanted));
        let answer = match stored {
            Some(stored) => {
                let update = Statement::new(UPDATE).text(tenant.as_str()).text(name).text(&wanted).text(stored);
                self.0.queue.write_one(locked, update).await?
            }
            None => {
                let row = NewRow::of(&INSERT).text(tenant.as_str()).text(name).text(&wanted);
                self.0.queue.insert(locked, row).await?
            }
        };
        Ok(answer.rows > 0)
    }
}

/// The one spelling that this program stores: sorted by name, without spaces.
fn text_of(properties: &Properties) -> String {
    let object = properties.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    serde_json::Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_stored_reads_back_whatever_it_says(pairs in btree_map("[!-~]{1,9}", "[^\\p{Cc}]{0,9}|\n\t", 0..9)) {
            let properties = Properties::from_pairs(pairs.into_iter().collect()).unwrap();
            let tenant = TenantName::default();
            prop_assert_eq!(parse(&tenant, "joe", &text_of(&properties)).unwrap(), properties);
        }
    }
}
