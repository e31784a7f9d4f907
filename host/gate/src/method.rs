//! How a user proves who it is, and which of the ways holds for whom.
//!
//! Not for: any of the ways themselves.

use std::fmt;

use serde::{Deserialize, Serialize};
use vestibule_domain::primary;
use vestibule_store::LoginProfiles;

/// The property that names a user's, a group's or everybody's method.
const PROPERTY: &str = "user_auth_type";

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

    /// The method of a user: the user's own, or the group's, or everybody's, or the tenant's.
    ///
    /// # Errors
    /// A record names a method that there is not.
    pub(crate) fn of(profiles: &LoginProfiles, tenant: Self) -> Result<Self, primary::Failure> {
        let group = profiles.group.as_ref().and_then(|(_, group)| group.as_ref());
        let records = [profiles.user.as_ref(), group, Some(&profiles.default)];
        let named =
            records.into_iter().flatten().find_map(|record| record.get(PROPERTY).filter(|name| !name.is_empty()));
        let Some(name) = named else { return Ok(tenant) };
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| {
            let detail = format!("`{PROPERTY}` is `{name}`, which is no method");
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

    fn named(name: &str) -> Properties {
        Properties::from_pairs(vec![(PROPERTY.to_owned(), name.to_owned())]).unwrap()
    }

    #[test]
    fn the_user_comes_before_the_group_before_everybody_before_the_tenant() {
        let mut profiles = LoginProfiles::default();
        assert_eq!(Method::of(&profiles, Method::Ldap), Ok(Method::Ldap));
        profiles.default = named("radius");
        assert_eq!(Method::of(&profiles, Method::Ldap), Ok(Method::Radius));
        profiles.group = Some(("staff".to_owned(), Some(named("saml"))));
        assert_eq!(Method::of(&profiles, Method::Ldap), Ok(Method::Saml));
        profiles.user = Some(named("local"));
        assert_eq!(Method::of(&profiles, Method::Ldap), Ok(Method::Local));
    }

    #[test]
    fn a_method_that_there_is_not_is_no_method() {
        let profiles = LoginProfiles { user: Some(named("pam")), ..LoginProfiles::default() };
        let cause = Method::of(&profiles, Method::Local).unwrap_err().cause;
        assert_eq!(cause, primary::Cause::MethodUnavailable);
    }
}
