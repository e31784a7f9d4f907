//! Saving what a login changes, unless somebody else changed the user first.
//!
//! Not for: administrators, whose changes do not depend on what was there.

use vestibule_domain::{CanonicalUser, Properties, TenantName};

use super::parse;
use crate::queue::Row;
use crate::statement::{Insert, Statement};
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
        let wanted = apply(seen, writes).map_err(Error::Properties)?;
        let unchanged = seen.map_or(wanted.is_empty(), |seen| *seen == wanted);
        if !unchanged && self.replace(tenant, user, seen.map(text_of).as_deref(), &wanted).await? {
            return Ok(());
        }
        // The same properties may be stored in another spelling.
        let stored = self.profile_text(tenant, user).await?;
        let now = stored.as_deref().map(|text| parse(tenant, user, text)).transpose()?;
        if now.as_ref() != seen {
            return Err(SaveError::Conflict);
        }
        let done = unchanged || self.replace(tenant, user, stored.as_deref(), &wanted).await?;
        if done { Ok(()) } else { Err(SaveError::Conflict) }
    }

    /// Writes a whole profile if what is stored is still this text. Returns whether it was.
    pub(super) async fn replace(
        &self,
        tenant: &TenantName,
        name: &str,
        stored: Option<&str>,
        wanted: &Properties,
    ) -> Result<bool, Error> {
        let statement = if stored.is_some() { Statement::new(UPDATE) } else { Statement::row(&INSERT) };
        let statement = statement.text(tenant.as_str()).text(name).text(&text_of(wanted));
        let statement = match stored {
            Some(text) => statement.text(text),
            None => statement,
        };
        let answer = self.0.queue.write_one(Row::new(tenant.as_str(), name), statement).await?;
        Ok(answer.rows > 0)
    }
}

/// The one spelling that this program stores: sorted by name, without spaces.
fn text_of(properties: &Properties) -> String {
    let object = properties.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    serde_json::Value::Object(object).to_string()
}

fn apply(seen: Option<&Properties>, writes: &Properties) -> Result<Properties, vestibule_domain::properties::Error> {
    let kept = seen.into_iter().flat_map(Properties::iter).filter(|(name, _)| writes.get(name).is_none());
    let written = writes.iter().filter(|(_, value)| !value.is_empty());
    let pairs = kept.chain(written).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Properties::from_pairs(pairs.collect())
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn properties(pairs: impl IntoIterator<Item = (String, String)>) -> Properties {
        Properties::from_pairs(pairs.into_iter().collect()).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_stored_reads_back_whatever_it_says(pairs in btree_map("[!-~]{1,9}", "[^\\p{Cc}]{0,9}|\n\t", 0..9)) {
            let properties = properties(pairs);
            let tenant = TenantName::default();
            prop_assert_eq!(parse(&tenant, "joe", &text_of(&properties)).unwrap(), properties);
        }

        #[test]
        fn a_write_replaces_an_empty_one_removes_and_the_rest_stays(
            seen in btree_map("[a-e]", "[01]?", 0..6),
            writes in btree_map("[a-e]", "[01]?", 0..6),
        ) {
            let mut expected = seen.clone();
            expected.extend(writes.clone());
            expected.retain(|name, _| writes.get(name) != Some(&String::new()));
            let applied = apply(Some(&properties(seen)), &properties(writes)).unwrap();
            prop_assert_eq!(applied, properties(expected));
        }
    }
}
