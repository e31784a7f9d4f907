//! How a user proves who it is, and which of the ways holds for whom.
//!
//! Not for: any of the ways themselves.

use std::fmt;

use serde::{Deserialize, Serialize};
use vestibule_domain::AuthMethod;
use vestibule_domain::primary;
use vestibule_domain::profile::USER_AUTH_TYPE;
use vestibule_domain::resolve::Records;

/// A way of primary authentication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A password kept here.
    #[default]
    Local,
    /// The tenant's LDAP directory.
    Ldap,
    /// The tenant's RADIUS servers.
    Radius,
    /// An identity provider, asked by the front door.
    Saml,
    /// None: a policy alone decides (the notes' AUTH_NULL).
    None,
}

impl Method {
    const ALL: [Self; 5] = [Self::Local, Self::Ldap, Self::Radius, Self::Saml, Self::None];

    /// What policies see as `info.auth_method`.
    pub(crate) const fn auth_method(self) -> AuthMethod {
        match self {
            Self::Local => AuthMethod::Local,
            Self::Ldap => AuthMethod::Ldap,
            Self::Radius => AuthMethod::Radius,
            Self::Saml => AuthMethod::Saml,
            Self::None => AuthMethod::None,
        }
    }

    /// The name, as in configuration and in `info.auth_method`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ldap => "ldap",
            Self::Radius => "radius",
            Self::Saml => "saml",
            Self::None => "none",
        }
    }

    /// The method of a user: the user's own, or the recorded group's, or everybody's, or the tenant's.
    ///
    /// # Errors
    /// A record names a method that there is not.
    pub(crate) fn of(records: &Records, tenant: Self) -> Result<Self, primary::Failure> {
        Ok(Self::demanded(records)?.unwrap_or(tenant))
    }

    /// The method that a record demands: the user's own, or the recorded group's, or everybody's.
    ///
    /// # Errors
    /// As [`Method::of`].
    pub(crate) fn demanded(records: &Records) -> Result<Option<Self>, primary::Failure> {
        // A group that is not to be found is up to the rules, which keep its members out where it has to be known.
        let group = records.recorded_group().unwrap_or_default();
        let records = [records.user.as_ref(), group, Some(&records.default)];
        let named =
            records.into_iter().flatten().find_map(|record| record.get(USER_AUTH_TYPE).filter(|name| !name.is_empty()));
        let Some(name) = named else { return Ok(None) };
        Self::ALL.into_iter().find(|method| method.name() == name).map(Some).ok_or_else(|| {
            let detail = format!("`{USER_AUTH_TYPE}` is `{name}`, which is no method");
            primary::Failure::new(primary::Cause::MethodUnavailable, detail)
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::Properties;

    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Properties {
        Properties::from_pairs(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()).unwrap()
    }

    #[test]
    fn the_user_comes_before_the_group_before_everybody_before_the_tenant() {
        let mut records = Records::default();
        assert_eq!(Method::of(&records, Method::Ldap), Ok(Method::Ldap));
        records.default = list(&[(USER_AUTH_TYPE, "radius")]);
        assert_eq!(Method::of(&records, Method::Ldap), Ok(Method::Radius));
        records.user = Some(list(&[("conn_group", "staff")]));
        records.groups.insert("staff".to_owned(), list(&[("type", "group"), (USER_AUTH_TYPE, "saml")]));
        assert_eq!(Method::of(&records, Method::Ldap), Ok(Method::Saml));
        records.user = Some(list(&[("conn_group", "staff"), (USER_AUTH_TYPE, "local")]));
        assert_eq!(Method::of(&records, Method::Ldap), Ok(Method::Local));
    }

    #[test]
    fn what_is_no_group_says_nothing_of_others() {
        let mut records = Records { user: Some(list(&[("conn_group", "joe")])), ..Records::default() };
        records.groups.insert("joe".to_owned(), list(&[(USER_AUTH_TYPE, "none")]));
        assert_eq!(Method::of(&records, Method::Ldap), Ok(Method::Ldap));
    }

    #[test]
    fn a_method_that_there_is_not_is_no_method() {
        let records = Records { user: Some(list(&[(USER_AUTH_TYPE, "pam")])), ..Records::default() };
        let cause = Method::of(&records, Method::Local).unwrap_err().cause;
        assert_eq!(cause, primary::Cause::MethodUnavailable);
    }
}
