//! Asks the directory for the groups of a user.
//!
//! Not for: comparing them; see the rules.

use vestibule_policy::Login;
use vestibule_policy::directory::{self, Query, Scope};

use crate::dn::Dn;
use crate::settings::Settings;

/// The groups of a user who was authenticated by LDAP; none for others, and none where no rule asks for them.
pub fn groups(login: &Login, settings: &Settings) -> Result<Vec<Dn>, String> {
    let Some(ldap) = login.info.ldap.as_ref().filter(|_| settings.rules.iter().any(|rule| rule.ldap_group.is_some()))
    else {
        return Ok(Vec::new());
    };
    let user = login.authret.user.as_str();
    if let Some(filter) = &settings.group_filter {
        let known = [("{dn}", ("dn", ldap.user_dn.as_str())), ("{user}", ("user", user))];
        let used: Vec<_> =
            known.iter().filter(|(placeholder, _)| filter.contains(placeholder)).map(|(_, pair)| *pair).collect();
        let found = directory::search(&Query::new(filter, &used, &[]))?;
        return Ok(found.iter().filter_map(|entry| Dn::parse(&entry.dn)).collect());
    }
    let filter = user_filter(&ldap.uname_attr)?;
    let attribute = settings.group_attribute.as_str();
    let query = Query {
        base: Some(&ldap.user_dn),
        scope: Scope::Base,
        filter: &filter,
        arguments: &[("user", user)],
        attributes: &[attribute],
    };
    let found = directory::search(&query)?;
    Ok(found.iter().flat_map(|entry| entry.texts(attribute)).filter_map(Dn::parse).collect())
}

/// A placeholder cannot stand for an attribute's name, so that is put in as it is: it must be one (RFC 4512, section 2.5).
fn user_filter(uname_attr: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';');
    if uname_attr.is_empty() || !uname_attr.chars().all(plain) {
        return Err(format!("`{uname_attr}` is no name of an LDAP attribute"));
    }
    Ok(format!("({uname_attr}={{user}})"))
}

#[cfg(test)]
mod tests {
    use super::user_filter;

    #[test]
    fn the_name_attribute_cannot_bring_a_filter_of_its_own() {
        assert_eq!(user_filter("sAMAccountName").as_deref(), Ok("(sAMAccountName={user})"));
        for name in ["", "uid=*)(x", "u id", "{user}"] {
            assert!(user_filter(name).is_err(), "{name}");
        }
    }
}
