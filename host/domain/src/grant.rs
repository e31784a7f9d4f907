//! What a tenant grants a policy, compared with what the policy wants, in one place.
//!
//! Not for: budgets; how much of a granted thing a call may use is the sandbox's to limit.

use serde::{Deserialize, Serialize};

use crate::capability::Error;
use crate::profile::USER_AUTH_TYPE;
use crate::{Manifest, http};

/// What a tenant grants. The default grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// May return another user name than it was given.
    pub user_name: bool,
    /// May decide without primary authentication.
    pub auth_null: bool,
    /// May see the password.
    pub retain_password: bool,
    /// May search the directory.
    pub directory: bool,
    /// Origins that it may reach.
    pub http: Vec<String>,
    /// Privileged properties that it may set.
    pub properties: Vec<String>,
}

/// Properties that any policy may set begin with one of these. `def_`, `type`, routes and access rules are a matter of groups;
/// `cli_` goes into the profiles of clients.
const OPEN_PREFIXES: [&str; 3] = ["conn_", "prop_", "pvt_"];

/// Properties that decide who may come in and how, or stand for a credential: granted by name or not at all.
const PRIVILEGED: [&str; 11] = [
    "prop_autologin",
    "prop_deny",
    "prop_deny_web",
    "prop_google_auth",
    "prop_pwd_change",
    "prop_superuser",
    "pvt_google_auth_secret",
    "pvt_google_auth_secret_locked",
    "pvt_password_digest",
    "pvt_totp_secret",
    USER_AUTH_TYPE,
];

/// Those of them that keep somebody out, or ask for more: what else is lost is nobody's gain.
const RESTRICTIONS: [&str; 3] = ["prop_deny", "prop_deny_web", "prop_google_auth"];

/// Programs that run on the clients' machines.
const CLIENT_SCRIPTS: &str = "prop_cli.script.";

/// Credentials that a policy does not even see unless they are granted by name.
const WITHHELD: [&str; 3] = ["pvt_google_auth_secret", "pvt_google_auth_secret_locked", "pvt_password_digest"];

impl Grants {
    /// Exactly what a manifest asks for: what an administrator grants with one click, and what `vestibule try` assumes.
    pub fn as_wanted(manifest: &Manifest) -> Self {
        Self {
            user_name: false,
            auth_null: manifest.auth_null,
            retain_password: manifest.retain_password,
            directory: manifest.wants_directory,
            http: manifest.wants_http.clone(),
            properties: manifest.wants_properties.clone(),
        }
    }

    /// Whether a policy may set this property.
    pub fn allows_property(&self, name: &str) -> bool {
        let open = OPEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        (open && !is_privileged(name)) || self.names(name)
    }

    /// Whether a user may get or lose this property by the group that a policy chose. What administrators gave a group is theirs to
    /// give, but for what decides who may come in.
    pub fn allows_by_group(&self, name: &str) -> bool {
        !is_privileged(name) || self.names(name)
    }

    /// Whether a policy is handed this property.
    pub fn shows_property(&self, name: &str) -> bool {
        !WITHHELD.contains(&name) || self.names(name)
    }

    fn names(&self, name: &str) -> bool {
        self.properties.iter().any(|granted| granted == name)
    }

    /// Whether a policy may send a request there: `Err` names what is refused.
    pub fn allows_url(&self, url: &str) -> Result<(), Error> {
        match http::origin(url) {
            None => Err(Error::Invalid("the address is no plain http or https address".to_owned())),
            Some(origin) if self.http.contains(&origin) => Ok(()),
            Some(origin) => Err(Error::Denied(format!("`http` to `{origin}` is not granted"))),
        }
    }
}

/// Whether a user who no longer has this property may do more than before.
pub(crate) fn restricts(name: &str) -> bool {
    RESTRICTIONS.contains(&name)
}

fn is_privileged(name: &str) -> bool {
    PRIVILEGED.contains(&name) || name.starts_with(CLIENT_SCRIPTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_privileged_is_open() {
        let none = Grants::default();
        assert!(none.allows_property("conn_group") && none.allows_property("pvt_hw_addr"));
        let others = ["type", "access_to.0", "def_deny", "group_declare", "cli_x", "prop_cli.script.all.user.connect"];
        for name in PRIVILEGED.iter().chain(&others) {
            assert!(!none.allows_property(name), "{name}");
        }
        assert!(none.allows_property("prop_cli.script_env.all.SITE") && !none.shows_property("pvt_password_digest"));
    }

    #[test]
    fn a_grant_names_one_property_and_one_origin() {
        let grants = Grants {
            properties: vec!["prop_superuser".into()],
            http: vec!["https://api.example.com".into()],
            ..Grants::default()
        };
        assert!(grants.allows_property("prop_superuser") && !grants.allows_property("pvt_password_digest"));
        assert_eq!(grants.allows_url("https://API.example.com/x"), Ok(()));
        let refusal = grants.allows_url("https://api.example.com.evil.example/");
        assert_eq!(
            refusal,
            Err(Error::Denied("`http` to `https://api.example.com.evil.example` is not granted".into()))
        );
    }
}
