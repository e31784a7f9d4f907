//! Changing single properties, whatever the others are.
//!
//! Not for: logins, whose writes depend on what their policies saw.

use vestibule_domain::{CanonicalUser, Properties, TenantName};

use super::replace::add;
use super::{PROFILES, replace, room};
use crate::audit::By;
use crate::properties::{parse, text_of};
use crate::queue::{LockKey, Write};
use crate::registry::{Change, Outcome};
use crate::{Error, Reader, Store};

/// The most bytes of names that are set, and of those that are removed, in the audit log: both together have 2 KiB.
const MAX_NAMES_BYTES: usize = 960;

/// How often a change starts anew because somebody else was faster. Each time, one of those who wait succeeds.
pub(crate) const MAX_TRIES: usize = 64;

/// What to change of a profile. Other properties stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit<'a> {
    /// Properties to set; an empty value is stored as such.
    pub set: &'a Properties,
    /// Names of properties to remove, also of one that is set.
    pub remove: &'a [String],
}

impl<R: Reader> Store<R> {
    /// Sets and removes properties of a profile, all of it or nothing. Makes the profile if there is none, unless that is only to
    /// remove something from it, and the tenant has fewer than `most`.
    ///
    /// # Errors
    /// [`Error::TooMany`]; [`Error::Name`] and [`Error::Properties`] if the result could not be stored; [`Error::Contended`];
    /// [`Error::Damaged`]; the database's.
    pub async fn edit_profile(
        &self,
        tenant: &TenantName,
        name: &str,
        edit: Edit<'_>,
        most: u32,
        by: Option<&By>,
    ) -> Result<(), Error> {
        let name = CanonicalUser::new(name).map_err(Error::Name)?;
        let name = name.as_str();
        for _ in 0..MAX_TRIES {
            let text = self.profile_text(tenant, name).await?;
            let before = text.as_deref().map(|text| parse(tenant, name, text)).transpose()?;
            let after = edit.of(before.as_ref())?;
            let nothing = before.as_ref().map_or_else(|| edit.only_removes(), |before| *before == after);
            if nothing {
                return Ok(());
            }
            let detail = edit.detail(before.as_ref());
            let audit = by.map(|by| by.did(tenant.as_str(), "profile.put", name, &detail));
            let audit = audit.into_iter().map(Write::from).collect();
            let done = match text {
                Some(text) => self.replace_profile(tenant, name, &text, &after, audit).await?,
                None => self.add_profile(tenant, name, &after, most, audit).await?,
            };
            if done {
                return Ok(());
            }
        }
        Err(Error::Contended(name.to_owned()))
    }

    /// Replaces a profile and writes what goes with it, unless it is no longer what was read. Returns whether it was. What makes it shorter
    /// is done also where no room is left.
    async fn replace_profile(
        &self,
        tenant: &TenantName,
        name: &str,
        before: &str,
        after: &Properties,
        writes: Vec<Write>,
    ) -> Result<bool, Error> {
        let (row, replaced) = (LockKey::new(tenant.as_str(), name), replace(tenant, name, Some(before), after));
        match text_of(after).len().checked_sub(before.len()) {
            None => self.0.queue.write_if(row, replaced, writes).await,
            Some(longer) => self.write_counted(row, tenant, longer as u64, replaced, writes).await,
        }
    }

    /// Adds a profile and writes what goes with it, unless there is one by now. Returns whether there was none. It is one of the changes
    /// that are made one after another: two that are added at once would not see each other.
    pub(crate) async fn add_profile(
        &self,
        tenant: &TenantName,
        name: &str,
        properties: &Properties,
        most: u32,
        writes: Vec<Write>,
    ) -> Result<bool, Error> {
        let change = Change::unmarked(tenant.as_str()).needs(room(tenant, name, most), NotAdded::Allowed);
        let change = change.needs(add(tenant, name, properties), NotAdded::New);
        match self.change(writes.into_iter().fold(change, Change::then)).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Stopped(NotAdded::New, _) => Ok(false),
            Outcome::Stopped(NotAdded::Allowed, _) => Err(Error::TooMany { most, what: PROFILES }),
        }
    }
}

/// Why no profile is added.
enum NotAdded {
    Allowed,
    New,
}

impl Edit<'_> {
    fn only_removes(&self) -> bool {
        self.set.is_empty() && !self.remove.is_empty()
    }

    /// What becomes of a profile.
    fn of(&self, before: Option<&Properties>) -> Result<Properties, Error> {
        let stays = |name: &str, _: &str| !self.removes(name);
        let rest = before.map(|before| before.filter(stays)).unwrap_or_default();
        Ok(rest.with(&self.set.filter(stays))?)
    }

    fn removes(&self, name: &str) -> bool {
        self.remove.iter().any(|removed| removed == name)
    }

    /// Which properties are set, and which of those that were there are removed, without their values.
    fn detail(&self, before: Option<&Properties>) -> String {
        let names = |of: &Properties, removed: bool| {
            let names = of.iter().map(|(name, _)| name.to_owned()).filter(|name| self.removes(name) == removed);
            first_names(names.collect())
        };
        let removed = before.map(|before| names(before, true)).unwrap_or_default();
        serde_json::json!({ "set": names(self.set, false), "removed": removed }).to_string()
    }
}

/// As many names as stand in the audit log, and how many more there are.
fn first_names(mut names: Vec<String>) -> Vec<String> {
    let mut left = MAX_NAMES_BYTES;
    let written = |name: &String| serde_json::Value::from(name.as_str()).to_string().len() + 1;
    let fit = names.iter().take_while(|name| {
        let fits = written(name) <= left;
        left = left.saturating_sub(written(name));
        fits
    });
    let fit = fit.count();
    if let more @ 1.. = names.len() - fit {
        names.truncate(fit);
        names.push(format!("… and {more} more"));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_change_has_an_end_however_much_was_changed() {
        let few = Edit { set: &Properties::from_pairs(vec![("a".to_owned(), "1".to_owned())]).unwrap(), remove: &[] };
        let detail: serde_json::Value = serde_json::from_str(&few.detail(None)).unwrap();
        assert_eq!(detail, serde_json::json!({ "set": ["a"], "removed": [] }));
        let names = first_names((0..1000).map(|number| format!("name-\u{1}-{number}")).collect());
        let text = serde_json::Value::from(names.clone()).to_string();
        assert!(text.len() < 1_024 && names.last().is_some_and(|last| last.starts_with("… and 9")), "{text}");
    }
}
