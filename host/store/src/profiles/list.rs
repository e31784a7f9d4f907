//! Profiles page after page: all of a tenant's may be gigabytes.
//!
//! Not for: logins, which read those that they need.

use std::collections::BTreeMap;

use vestibule_domain::profile::Kind;
use vestibule_domain::user::MAX_USER_BYTES;
use vestibule_domain::{Properties, TenantName};

use super::parse_all;
use crate::database::read;
use crate::page::MAX_PAGE_BYTES;
use crate::{Administrators, Error, Store};

/// The lengths of properties stand apart from them in both databases: so it is known which profiles are on the page before one is read,
/// and that another one follows.
macro_rules! page {
    ($kind:literal) => {
        concat!(
            "
    select name, properties, more from (
        select name, row_number() over names as place, sum(length) over names as total,
            lead(name) over names is not null as more
        from (
            select name, octet_length(properties) as length from profile
            where tenant = $1 and name >= $2 and name <= $3 and ",
            $kind,
            " order by name limit $4 + 1
        ) as found
        window names as (order by name)
    ) as page join profile using (name)
    where tenant = $1 and place <= $4 and (total <= $5 or place = 1)"
        )
    };
}

/// Of a profile with neither mark it is null.
const USERS: &str = page!("is_group is not true");
const GROUPS: &str = page!("is_group");

/// Which profiles to list: those of which everything is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileFilter {
    /// Of this kind; that of everybody is a user's.
    pub kind: Kind,
    /// With names that begin with this, case and all; every name begins with the empty one.
    pub prefix: String,
}

/// A part of a list of profiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfilePage {
    /// Profiles by their names.
    pub profiles: BTreeMap<String, Properties>,
    /// The name after which the next page begins; absent at the end of the list.
    pub next: Option<String>,
}

impl Store<Administrators> {
    /// The first profiles that a filter finds, by the bytes of their names, or the first after a name. There are fewer than `count` on the
    /// page, but at least one, where they are large.
    ///
    /// # Errors
    /// [`Error::Damaged`] if one of them is; the database's.
    pub async fn profiles(
        &self,
        tenant: &TenantName,
        filter: &ProfileFilter,
        count: u32,
        after: Option<&str>,
    ) -> Result<ProfilePage, Error> {
        let ProfileFilter { kind, prefix } = filter;
        let sql = match kind {
            Kind::User => USERS,
            Kind::Group => GROUPS,
        };
        let (first, last) = bounds(prefix, after);
        let rows: Vec<(String, String, bool)> = read!(self, Some(tenant), on => {
            let query = sqlx::query_as(sql).bind(tenant.as_str()).bind(&first).bind(&last);
            query.bind(i64::from(count)).bind(MAX_PAGE_BYTES).fetch_all(on)
        })?;
        let more = rows.iter().all(|(.., more)| *more);
        let profiles = parse_all(tenant, rows.into_iter().map(|(name, text, _)| (name, text)))?;
        let next = profiles.keys().next_back().filter(|_| more).cloned();
        Ok(ProfilePage { profiles, next })
    }
}

/// Between which texts, both included, all names lie that begin with a prefix and come after a name. One comparison at each end is what
/// both databases find in their index. Of names it is known that they have no control characters, and how long they are.
fn bounds(prefix: &str, after: Option<&str>) -> (String, String) {
    let after = after.map(|after| format!("{after}\u{1}")).unwrap_or_default();
    let longest = char::MAX.to_string().repeat(MAX_USER_BYTES.div_ceil(char::MAX.len_utf8()));
    (after.max(prefix.to_owned()), format!("{prefix}{longest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_include_what_begins_with_the_prefix_and_nothing_else() {
        let names = ["a", "a ", "a a", "ab", "aé", "a\u{ffff}", "a\u{10ffff}", &"\u{10ffff}".repeat(64), "b", "B", "é"];
        for (prefix, after) in names.iter().chain([&""]).flat_map(|prefix| names.map(|after| (*prefix, after))) {
            let within = |name: &str, after| {
                let (first, last) = bounds(prefix, after);
                first.as_str() <= name && name <= last.as_str()
            };
            for name in names {
                assert_eq!(within(name, None), name.starts_with(prefix), "{name:?} from {prefix:?}");
                let follows = name.starts_with(prefix) && name > after;
                assert_eq!(within(name, Some(after)), follows, "{name:?} from {prefix:?} after {after:?}");
            }
        }
    }
}
