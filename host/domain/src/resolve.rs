//! From records and a policy's answer to the properties that a user comes in with.
//!
//! Not for: reading records. Properties are looked up before a policy runs, or after it where it selects the group; either way
//! what the policy returned lies on top (the notes on `conn_group` and `GROUP_SELECT`).

use std::collections::BTreeMap;

use crate::grant::restricts;
use crate::profile::{CONN_GROUP, CONN_IP, inherit, is_group};
use crate::refusal::Cause;
use crate::{CanonicalUser, Properties, Refusal, profile, subnet};

/// What is on record when a login is decided on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// What everybody inherits.
    pub default: Properties,
    /// The user's own record, where there is one.
    pub user: Option<Properties>,
    /// Every group that the login may come into.
    pub groups: BTreeMap<String, Properties>,
}

/// How somebody comes in: some doors are closed to some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entrance {
    /// The tunnel rather than the web.
    pub vpn: bool,
    /// By certificate alone.
    pub autologin: bool,
}

impl Records {
    /// A name that stands for a person.
    ///
    /// # Errors
    /// It is a group's, or everybody's.
    pub fn ensure_user(&self, name: &CanonicalUser) -> Result<(), Refusal> {
        if name.as_str() == profile::DEFAULT || self.user.as_ref().is_some_and(is_group) {
            return Err(Refusal::new(Cause::NotAUser, format!("`{name}` is no user's name")));
        }
        Ok(())
    }

    /// The user's own record; empty where there is none.
    pub fn own(&self) -> &Properties {
        const NONE: &Properties = &Properties::new();
        self.user.as_ref().unwrap_or(NONE)
    }

    /// What counts for the user as recorded, with the group of the own record: the one that is named there or, where none is, the
    /// one that the address is in.
    ///
    /// # Errors
    /// The recorded group does not exist, or the address belongs to none.
    pub fn recorded(&self) -> Result<Properties, Refusal> {
        inherit(self.user.as_ref(), self.recorded_group()?, &self.default)
    }

    /// The group of the own record, if it has one.
    ///
    /// # Errors
    /// The recorded group does not exist, or the address belongs to none.
    pub fn recorded_group(&self) -> Result<Option<&Properties>, Refusal> {
        let given = |name| self.own().get(name).filter(|value| !value.is_empty());
        let name = match (given(CONN_GROUP), given(CONN_IP)) {
            (Some(name), _) => name,
            (None, Some(address)) => subnet::group_of(&self.groups, subnet::address(address)?)?,
            (None, None) => return Ok(None),
        };
        self.group(name).map(Some)
    }

    /// What counts for the user as recorded, where a group that is not to be found gives nothing.
    ///
    /// # Errors
    /// The lists together exceed what one list may hold.
    pub fn baseline(&self) -> Result<Properties, Refusal> {
        inherit(self.user.as_ref(), self.recorded_group().unwrap_or_default(), &self.default)
    }

    /// What counts for the user after the policies: what they set, on top of what is looked up. The look-up is late where a
    /// policy selects the group: then it is that group which hands down, otherwise the recorded one.
    ///
    /// # Errors
    /// A group does not exist, or the address does not belong to it or to any.
    pub fn chosen(&self, set: &Properties, late: bool) -> Result<Properties, Refusal> {
        let group = self.group_of(&self.own().with(set)?)?;
        let looked_up = match (late, &group) {
            (false, _) => self.recorded()?,
            (true, None) => inherit(self.user.as_ref(), None, &self.default)?,
            (true, Some(name)) => inherit(self.user.as_ref(), Some(self.group(name)?), &self.default)?,
        };
        let mut list = looked_up.with(set)?;
        if let Some(name) = group {
            list.set(CONN_GROUP, &name)?;
        }
        Ok(list)
    }

    /// The group of a list: the one it names, which has to exist and hold the address, or the one that the address is in.
    fn group_of(&self, list: &Properties) -> Result<Option<String>, Refusal> {
        let named = list.get(CONN_GROUP).filter(|name| !name.is_empty());
        let address = list.get(CONN_IP).filter(|text| !text.is_empty()).map(subnet::address).transpose()?;
        match (named, address) {
            (None, None) => Ok(None),
            (None, Some(address)) => subnet::group_of(&self.groups, address).map(|name| Some(name.to_owned())),
            (Some(name), address) => {
                let record = self.group(name)?;
                let held = address.map(|address| subnet::narrowest(name, record, address)).transpose()?;
                if held == Some(None) {
                    let detail = format!("`conn_ip` lies in no subnet of group `{name}`");
                    return Err(Refusal::new(Cause::AddressOutside, detail));
                }
                Ok(Some(name.to_owned()))
            }
        }
    }

    fn group(&self, name: &str) -> Result<&Properties, Refusal> {
        self.groups
            .get(name)
            .filter(|record| is_group(record))
            .ok_or_else(|| Refusal::new(Cause::UnknownGroup, format!("there is no group `{name}`")))
    }
}

/// Refuses what a policy gave indirectly: a group, or a record, that carries what the policy itself may not set.
///
/// # Errors
/// Names the first property that the user would have otherwise, or the first restriction that the user would lose, without a grant.
pub fn ensure_granted(before: &Properties, after: &Properties, granted: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let lost = before.iter().map(|(name, _)| name).filter(|name| after.get(name).is_none() && restricts(name));
    match after.changes_from(before).iter().map(|(name, _)| name).chain(lost).find(|name| !granted(name)) {
        None => Ok(()),
        Some(name) => Err(not_granted(name)),
    }
}

/// What becomes of a choice that changes a property without a grant.
pub fn not_granted(name: &str) -> Refusal {
    Refusal::new(Cause::PrivilegeNotGranted, format!("the policies' choice changes `{name}`, which is not granted"))
}

/// The doors that properties close.
///
/// # Errors
/// Says which property keeps the user out.
pub fn ensure_open(list: &Properties, entrance: Entrance) -> Result<(), Refusal> {
    let holds = |name| list.get(name) == Some("true");
    if holds("prop_deny") {
        Err(Refusal::new(Cause::DeniedByProperty, "`prop_deny` is set"))
    } else if !entrance.vpn && holds("prop_deny_web") {
        Err(Refusal::new(Cause::WebDenied, "`prop_deny_web` is set"))
    } else if entrance.autologin && !holds("prop_autologin") {
        Err(Refusal::new(Cause::AutologinNotAllowed, "`prop_autologin` is not set"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Properties {
        Properties::from_pairs(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()).unwrap()
    }

    fn records() -> Records {
        let group = |net: &str, rank: &str| {
            list(&[("type", "group"), ("group_subnets.0", net), ("prop_rank", rank), ("prop_superuser", rank)])
        };
        Records {
            default: list(&[("prop_rank", "default")]),
            user: Some(list(&[("conn_group", "staff"), ("pvt_x", "1")])),
            groups: [("staff", group("10.1.0.0/16", "staff")), ("chiefs", group("10.2.0.0/16", "true"))]
                .map(|(name, record)| (name.to_owned(), record))
                .into(),
        }
    }

    fn refused<T>(answer: Result<T, Refusal>) -> Option<Cause> {
        answer.err().map(|refusal| refusal.cause)
    }

    #[test]
    fn a_late_look_up_takes_the_chosen_group_and_an_early_one_the_recorded() {
        let set = list(&[("conn_group", "chiefs")]);
        assert_eq!(records().chosen(&set, true).unwrap().get("prop_rank"), Some("true"));
        assert_eq!(records().chosen(&set, false).unwrap().get("prop_rank"), Some("staff"));
        assert_eq!(records().chosen(&Properties::new(), true).unwrap(), records().recorded().unwrap());
    }

    #[test]
    fn an_address_has_to_lie_in_the_group_and_finds_it_where_none_is_named() {
        let outside = list(&[("conn_ip", "10.2.0.9")]);
        assert_eq!(refused(records().chosen(&outside, true)), Some(Cause::AddressOutside));
        let derived = list(&[("conn_ip", "10.2.0.9"), ("conn_group", "")]);
        assert_eq!(records().chosen(&derived, true).unwrap().get("conn_group"), Some("chiefs"));
    }

    #[test]
    fn a_group_that_does_not_exist_and_a_name_that_is_a_groups_are_refused() {
        assert_eq!(refused(records().chosen(&list(&[("conn_group", "ghosts")]), true)), Some(Cause::UnknownGroup));
        let group = Records { user: Some(list(&[("type", "group")])), ..records() };
        let joe = CanonicalUser::new("joe").unwrap();
        assert_eq!(refused(group.ensure_user(&joe)), Some(Cause::NotAUser));
        assert_eq!(refused(records().ensure_user(&joe)), None);
        let everybody = CanonicalUser::new(profile::DEFAULT).unwrap();
        assert_eq!(refused(records().ensure_user(&everybody)), Some(Cause::NotAUser));
    }

    #[test]
    fn a_choice_gives_no_privilege_that_was_not_granted() {
        let before = records().recorded().unwrap();
        let after = records().chosen(&list(&[("conn_group", "chiefs")]), true).unwrap();
        let none = |name: &str| crate::Grants::default().allows_by_group(name);
        assert_eq!(refused(ensure_granted(&before, &after, none)), Some(Cause::PrivilegeNotGranted));
        assert!(ensure_granted(&before, &after, |_| true).is_ok());
    }

    #[test]
    fn a_privilege_may_be_lost_and_a_restriction_may_not() {
        let none = |name: &str| crate::Grants::default().allows_by_group(name);
        let lose = |pair| refused(ensure_granted(&list(&[pair]), &Properties::new(), none));
        assert_eq!(lose(("prop_autologin", "true")), None);
        assert_eq!(lose(("prop_superuser", "true")), None);
        for restriction in ["prop_deny", "prop_deny_web", "prop_google_auth"] {
            assert_eq!(lose((restriction, "true")), Some(Cause::PrivilegeNotGranted), "{restriction}");
        }
    }

    #[test]
    fn a_recorded_address_finds_its_group_where_none_is_named() {
        let by_address = Records { user: Some(list(&[("conn_ip", "10.2.0.9")])), ..records() };
        assert_eq!(by_address.recorded().unwrap().get("prop_rank"), Some("true"));
        let lost = Records { user: Some(list(&[("conn_ip", "10.3.0.9")])), ..records() };
        assert_eq!(refused(lost.recorded()), Some(Cause::AddressOutside));
        assert_eq!(lost.baseline().unwrap().get("prop_rank"), Some("default"));
        let named = Records { user: Some(list(&[("conn_ip", "10.2.0.9"), ("conn_group", "staff")])), ..records() };
        assert_eq!(named.recorded().unwrap().get("prop_rank"), Some("staff"));
    }

    #[test]
    fn properties_close_doors() {
        let entrance = |vpn, autologin| Entrance { vpn, autologin };
        let open = |pair, entrance| refused(ensure_open(&list(&[pair]), entrance));
        assert_eq!(open(("prop_deny", "true"), entrance(true, false)), Some(Cause::DeniedByProperty));
        assert_eq!(open(("prop_deny_web", "true"), entrance(false, false)), Some(Cause::WebDenied));
        assert_eq!(open(("prop_deny_web", "true"), entrance(true, false)), None);
        assert_eq!(open(("prop_deny", "false"), entrance(true, true)), Some(Cause::AutologinNotAllowed));
        assert_eq!(open(("prop_autologin", "true"), entrance(true, true)), None);
    }
}
