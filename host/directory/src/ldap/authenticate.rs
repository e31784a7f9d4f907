//! Who a user is: found by name, proven by a bind with the password.
//!
//! Not for: choosing the server.

use std::slice;

use ldap3::LdapResult;
use vestibule_domain::bounded::Text;
use vestibule_domain::directory::Scope;
use vestibule_domain::dn::{self, Dn};
use vestibule_domain::login::{Info, LdapInfo};
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::text::log_text;
use vestibule_domain::{AuthMethod, CanonicalUser, EnteredUser, Secret};

use super::answer::Entry;
use super::connection::{Connection, End, Found, MAX_USER_BYTES, MAX_USER_ELEMENTS};
use super::matching::prepared;
use super::request::Search;
use super::result_code::{INVALID_CREDENTIALS, NO_SUCH_OBJECT, SIZE_LIMIT_EXCEEDED, SUCCESS, is_no_answer};
use super::settings::{MatchRule, NAME, user_filter};
use super::{Parts, Server};

impl Parts {
    /// Asks one server. Its answer may be a failure; an error is that there is no answer.
    pub(super) async fn authenticate_on(
        &self,
        server: &Server,
        user: &EnteredUser,
        password: &Secret,
    ) -> Result<Result<Proven, Failure>, String> {
        let settings = &self.checked.settings;
        let filter = match user_filter(settings, user.as_str()) {
            Ok(filter) => filter,
            Err(error) => return Ok(Err(Failure::new(Cause::UnknownUser, error.to_string()))),
        };
        let attributes = slice::from_ref(&settings.uname_attr);
        let (base, scope) = (settings.search_base.as_str(), Scope::Subtree);
        let (max_bytes, max_elements) = (MAX_USER_BYTES, MAX_USER_ELEMENTS);
        // Two, to see whether there is more than one.
        let search = Search { base, scope, filter: &filter, attributes, max: 2, max_bytes, max_elements };
        match &settings.user_dn_template {
            Some(template) => self.bind_directly(server, template, user, password, search).await,
            None => self.find_and_bind(server, user, password, search).await,
        }
    }

    /// Binds where users are, then reads how the entry spells the name, as the user.
    async fn bind_directly(
        &self,
        server: &Server,
        template: &str,
        user: &EnteredUser,
        password: &Secret,
        search: Search<'_>,
    ) -> Result<Result<Proven, Failure>, String> {
        let user_dn = template.replace(NAME, &dn::escape(user.as_str()));
        let base = Dn::parse(&user_dn).map_err(|error| error.to_string())?;
        let mut connection = Connection::open(&server.place, &self.checked).await?;
        if let Err(failure) = bound(&connection.bind(&user_dn, password).await?)? {
            return Ok(Err(failure));
        }
        let found = connection.search(&Search { base: &user_dn, scope: Scope::Base, max: 1, ..search }).await?;
        Ok(one(&found, Scope::Base, &base)?.and_then(|entry| self.proven(entry, user)))
    }

    /// Looks the user up as the service account, then binds as the user on a connection of its own.
    async fn find_and_bind(
        &self,
        server: &Server,
        user: &EnteredUser,
        password: &Secret,
        search: Search<'_>,
    ) -> Result<Result<Proven, Failure>, String> {
        let found = self.search_as_service(server, &search).await?;
        let proven = one(&found, search.scope, &self.checked.base)?.and_then(|entry| self.proven(entry, user));
        let nobody = format!("{}={:032x},{}", self.checked.settings.uname_attr, rand::random::<u128>(), search.base);
        // Whoever is not there takes as long as whoever is.
        let user_dn = match &proven {
            Ok(proven) => proven.info.ldap.as_ref().map_or(nobody, |ldap| ldap.user_dn.to_string()),
            Err(_) => nobody,
        };
        let mut connection = Connection::open(&server.place, &self.checked).await?;
        let answer = connection.bind(&user_dn, password).await?;
        match proven {
            Ok(proven) => Ok(bound(&answer)?.map(|()| proven)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// The user as the entry has it.
    fn proven(&self, entry: &Entry, entered: &EnteredUser) -> Result<Proven, Failure> {
        let settings = &self.checked.settings;
        let not =
            |cause, why: &str| Err(Failure::new(cause, format!("the entry `{}` {why}", log_text(&entry.dn, 128))));
        let (names, asked) = (names(entry, &settings.uname_attr), prepared(entered.as_str()));
        if !names.is_empty() && !names.iter().any(|name| prepared(name) == asked) {
            return not(Cause::UnknownUser, "is somebody else's");
        }
        let Some(name) = main_name(&names, &entry.dn, &settings.uname_attr) else {
            return not(Cause::Rejected, "has no name, or several and none of them in its own");
        };
        if settings.match_rule == MatchRule::Exact && !names.iter().any(|name| is_spelled(name, entered)) {
            return not(Cause::UnknownUser, "spells the name otherwise");
        }
        let user = CanonicalUser::new(name).map_err(|error| Failure::new(Cause::Rejected, error.to_string()))?;
        let ldap = LdapInfo {
            user_dn: bounded("the name of the entry", &entry.dn)?,
            search_base: bounded("`search_base`", &settings.search_base)?,
            uname_attr: bounded("`uname_attr`", &settings.uname_attr)?,
        };
        let info = Info { ldap: Some(ldap), ..Info::of(AuthMethod::Ldap) };
        Ok(Proven { user, info })
    }
}

/// Whether this is the name that was typed, however it is composed.
fn is_spelled(name: &str, entered: &EnteredUser) -> bool {
    CanonicalUser::new(name).is_ok_and(|name| name.as_str() == entered.as_str())
}

/// What policies could not be handed is no answer.
fn bounded<const MAX: usize>(what: &str, text: &str) -> Result<Text<MAX>, Failure> {
    Text::new(text).map_err(|error| Failure::new(Cause::LdapUnavailable, format!("{what} {error}")))
}

/// The names that an entry holds; none if one of them is no text.
fn names(entry: &Entry, attribute: &str) -> Vec<String> {
    let values = entry.attribute(attribute).map_or(&[][..], |held| &held.values);
    let names: Result<Vec<_>, _> = values.iter().map(|value| std::str::from_utf8(value).map(str::to_owned)).collect();
    names.unwrap_or_default()
}

/// The one of an entry's names by which its user is known here, whichever was typed: the only one, or the one of several that is in the
/// distinguished name. A directory returns them in any order, and whoever may add one to their own entry must not become somebody else by
/// it.
fn main_name<'a>(names: &'a [String], entry: &str, attribute: &str) -> Option<&'a str> {
    if let [only] = names {
        return Some(only);
    }
    let entry = Dn::parse(entry).ok()?;
    let leaf = entry.leaf_value(attribute)?;
    names.iter().filter(|name| name.to_lowercase() == leaf).min().map(String::as_str)
}

/// The one entry that was found, or why there is not one. One that lies elsewhere than it was searched for is no answer: whoever
/// returns it answers another question.
fn one<'a>(found: &'a Found, scope: Scope, base: &Dn) -> Result<Result<&'a Entry, Failure>, String> {
    for entry in &found.entries {
        if !Dn::parse(&entry.dn).is_ok_and(|dn| scope.holds(&dn, base)) {
            return Err(format!("an entry that was not searched for: `{}`", log_text(&entry.dn, 128)));
        }
    }
    let ambiguous = || Ok(Err(Failure::new(Cause::AmbiguousUser, "more than one entry has this name")));
    let result = match &found.end {
        End::Done(result) => result,
        End::TooManyEntries => return ambiguous(),
        End::TooMuch(what) => return Err(format!("the search for a user finds {what}")),
    };
    match (found.entries.as_slice(), result.rc) {
        ([_, _, ..], _) | (_, SIZE_LIMIT_EXCEEDED) => ambiguous(),
        ([entry], SUCCESS) => Ok(Ok(entry)),
        ([], SUCCESS) => Ok(Err(Failure::new(Cause::UnknownUser, "no entry has this name"))),
        (_, NO_SUCH_OBJECT) => Err("the search base does not exist".to_owned()),
        _ => Err(format!("the search failed: {result}")),
    }
}

/// Whether a user's bind was taken.
fn bound(result: &LdapResult) -> Result<Result<(), Failure>, String> {
    let detail = log_text(&result.to_string(), 512);
    match result.rc {
        SUCCESS => Ok(Ok(())),
        INVALID_CREDENTIALS if is_disabled(&result.text) => Ok(Err(Failure::new(Cause::Rejected, detail))),
        INVALID_CREDENTIALS | NO_SUCH_OBJECT => Ok(Err(Failure::new(Cause::WrongPassword, detail))),
        rc if is_no_answer(rc) => Err(detail),
        _ => Ok(Err(Failure::new(Cause::Rejected, detail))),
    }
}

/// What Active Directory means besides a wrong password: hours, workstation, expired password, disabled or expired account, password
/// to be changed, locked account.
fn is_disabled(text: &str) -> bool {
    let Some((_, after)) = text.split_once(", data ") else { return false };
    let code = after.split(',').next().unwrap_or_default();
    matches!(code, "530" | "531" | "532" | "533" | "701" | "773" | "775")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_user_with_several_names_has_one_that_counts() {
        for joe in [held(&["joe", "Joe.User", "user"]), held(&["user", "Joe.User", "joe"])] {
            assert_eq!(main_name(&joe, "uid=joe.user,ou=people,dc=example", "UID"), Some("Joe.User"));
            assert_eq!(main_name(&joe, "cn=user,ou=people,dc=example", "uid"), None);
            assert_eq!(main_name(&joe, "uid=#0401,dc=example", "uid"), None);
        }
        assert_eq!(main_name(&held(&["zoe", "alice"]), "cn=zoe,ou=people,dc=example", "uid"), None);
        assert_eq!(main_name(&held(&["Joe"]), "cn=user,ou=people,dc=example", "uid"), Some("Joe"));
        assert_eq!(main_name(&[], "uid=joe,dc=example", "uid"), None);
    }

    #[test]
    fn active_directory_says_why_an_account_may_not_log_in() {
        let text = |code| {
            format!("80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {code}, v4563")
        };
        let cause = |code| {
            let result =
                LdapResult { rc: 49, matched: String::new(), text: text(code), refs: Vec::new(), ctrls: Vec::new() };
            bound(&result).unwrap().unwrap_err().cause
        };
        assert_eq!(cause("533"), Cause::Rejected);
        assert_eq!(cause("52e"), Cause::WrongPassword);
    }
}
