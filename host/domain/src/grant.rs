//! What a tenant grants a policy, compared with what the policy wants, in one place.
//!
//! Not for: budgets; how much of a granted thing a call may use is the sandbox's to limit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::capability::Error;
use crate::http;
use crate::profile::USER_AUTH_TYPE;
use crate::properties::MAX_NAME_BYTES;
use crate::text::log_text;

/// The most entries in each of a policy's lists of grants: every property of a login is compared with each of them.
const MAX_ENTRIES: usize = 64;

/// What a tenant grants. The default grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// Properties that it may see, set and save: names, groups of them such as `connection`, and beginnings of ordinary names such as
    /// `pvt_hw_addr*`. It sees no others.
    pub properties: Vec<String>,
}

/// Names that belong together.
#[derive(Debug)]
pub struct Group {
    /// Its word in grants and manifests, which is no property's name.
    pub word: &'static str,
    /// What they are, for people.
    pub meaning: &'static str,
    /// Names, and beginnings of names with `*` at the end.
    pub names: &'static [&'static str],
}

/// The groups of ordinary properties. A privileged one is granted by its own name or not at all.
pub const GROUPS: [Group; 4] = [
    Group { word: "connection", meaning: "the user's group and address", names: &["conn_group", "conn_ip"] },
    Group {
        word: "devices",
        meaning: "the devices and addresses that the user is known from",
        names: &["pvt_hw_addr*", "pvt_clientip*"],
    },
    Group {
        word: "session",
        meaning: "how long the user stays in without a new login",
        names: &["prop_expire", "prop_expire_halt"],
    },
    Group {
        word: "tunnel",
        meaning: "how the client's tunnel works, and variables of its scripts",
        names: &[
            "prop_block_local",
            "prop_cli.script_env.*",
            "prop_force_lzo",
            "prop_ibytes",
            "prop_isec",
            "prop_lzo",
            "prop_reroute_gw_override",
        ],
    },
];

/// Properties whose names are plain words.
const WORDS: [&str; 2] = ["type", "inherit"];

/// Beginnings of names may be granted of these. `def_`, `type`, routes and access rules are a matter of groups; `cli_` goes into the
/// profiles of clients.
const ORDINARY: [&str; 3] = ["conn_", "prop_", "pvt_"];

/// Properties that decide who may come in and how, or stand for a credential. Each is granted by its own name, and so is whatever
/// begins like it: nobody knows what a server makes of `prop_superuser.0`.
const PRIVILEGED: [&str; 9] = [
    "prop_autologin",
    "prop_deny",
    "prop_google_auth",
    "prop_pwd_change",
    "prop_superuser",
    "pvt_google_auth",
    "pvt_password_digest",
    "pvt_totp_secret",
    USER_AUTH_TYPE,
];

/// The same, where what follows tells them apart from ordinary ones: programs that run on the clients' machines, and what is typed into
/// them.
const CLIENT_SCRIPTS: &str = "prop_cli.script";
const CLIENT_VARIABLES: &str = "prop_cli.script_env.";

/// Those that keep somebody out, or ask for more: what else is lost is nobody's gain.
const RESTRICTIONS: [&str; 3] = ["prop_deny", "prop_deny_web", "prop_google_auth"];

/// What a user's record keeps for itself; credentials are among it.
const PRIVATE: &str = "pvt_";

impl Grants {
    /// That each of these can be granted, and that there are not too many: a misspelt group or origin would grant nothing, and nobody
    /// would see why.
    ///
    /// # Errors
    /// In words, the list that has more than 64 entries, or the first entry that is no origin in its one spelling, or neither a group, a
    /// beginning of ordinary names nor a property's name.
    pub fn ensure_meaningful(&self) -> Result<(), String> {
        for (list, held) in [("origins", &self.http), ("properties", &self.properties)] {
            if held.len() > MAX_ENTRIES {
                return Err(format!("{} {list} are more than the {MAX_ENTRIES} that can be granted", held.len()));
            }
        }
        if let Some(granted) = self.http.iter().find(|granted| !is_origin(granted)) {
            let granted = log_text(granted, 64);
            return Err(format!("`{granted}` is no origin that can be granted, such as `https://api.example.com`"));
        }
        if let Some(granted) = self.properties.iter().find(|granted| !is_property(granted)) {
            let (granted, groups) = (log_text(granted, 64), GROUPS.map(|group| group.word).join("`, `"));
            return Err(format!(
                "`{granted}` is no property that can be granted, nor a group of them: those are `{groups}`"
            ));
        }
        Ok(())
    }

    /// Whether a policy is handed this property, and may set and save it.
    pub fn allows_property(&self, name: &str) -> bool {
        self.properties.iter().any(|granted| match GROUPS.iter().find(|group| group.word == granted) {
            Some(group) => group.names.iter().any(|granted| covers(granted, name)),
            None => covers(granted, name),
        })
    }

    /// Whether a user may get or lose this property by the group that a policy chose. What administrators gave a group is theirs to
    /// give, but for what decides who may come in.
    pub fn allows_by_group(&self, name: &str) -> bool {
        !is_privileged(name) || self.allows_property(name)
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

/// Whether this can be granted, and wanted, as an origin.
pub(crate) fn is_origin(granted: &str) -> bool {
    http::origin(granted).as_deref() == Some(granted)
}

/// Whether this can be granted, and wanted, as a property: it is a group's word, a beginning of ordinary names, or a name. All names but
/// two have an underscore or a dot in them, and no group's word has: a misspelt one is no name.
pub(crate) fn is_property(granted: &str) -> bool {
    let is_text =
        |text: &str| text.len() <= MAX_NAME_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*');
    match granted.strip_suffix('*') {
        Some(beginning) => {
            let ordinary = ORDINARY.iter().any(|prefix| beginning.starts_with(prefix)) && !is_privileged(beginning);
            ordinary && is_text(beginning)
        }
        None => {
            let is_name = granted.contains(['_', '.']) || WORDS.contains(&granted);
            is_name && is_text(granted) || GROUPS.iter().any(|group| group.word == granted)
        }
    }
}

/// A grant in words for people.
pub fn in_words(granted: &str) -> String {
    match GROUPS.iter().find(|group| group.word == granted) {
        Some(group) => format!("{} ({}: {})", group.word, group.meaning, group.names.join(" ")),
        None => granted.to_owned(),
    }
}

/// Whether a property stays on the host that keeps the user's record: front doors need none of these to let somebody in.
pub fn is_private(name: &str) -> bool {
    name.starts_with(PRIVATE)
}

/// Whether a user who no longer has this property may do more than before.
pub(crate) fn restricts(name: &str) -> bool {
    RESTRICTIONS.contains(&name)
}

/// Whether one granted name, or beginning of names, is one of this property.
fn covers(granted: &str, name: &str) -> bool {
    match granted.strip_suffix('*') {
        Some(beginning) => {
            let ordinary = ORDINARY.iter().any(|prefix| name.starts_with(prefix));
            ordinary && name.starts_with(beginning) && !is_privileged(name)
        }
        None => granted == name,
    }
}

fn is_privileged(name: &str) -> bool {
    let by_script = name.starts_with(CLIENT_SCRIPTS) && !name.starts_with(CLIENT_VARIABLES);
    by_script || PRIVILEGED.iter().any(|privileged| name.starts_with(privileged))
}

#[cfg(test)]
mod tests;
