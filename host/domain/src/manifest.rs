//! What a policy says it is and what it asks for.
//!
//! Not for: what it gets; see [`crate::grant`].

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::outcome::Echo;
use crate::text::{ClientText, MAX_CHALLENGE_BYTES};
use crate::{Grants, grant};

/// The most entries in any of a manifest's lists.
const MAX_LIST: usize = 64;
/// The longest text in a manifest, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// A checked manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Lower-case letters, digits and dashes, 1 to 64 bytes.
    pub name: String,
    /// A semantic version.
    pub version: String,
    /// One sentence for an administrator.
    pub description: String,
    /// Look properties up after the call, from the group that the policy chose (the notes' GROUP_SELECT).
    pub group_select: bool,
    /// The policy alone decides (the notes' AUTH_NULL).
    pub auth_null: bool,
    /// Wants the password (RETAIN_PASSWORD).
    pub retain_password: bool,
    /// Asked together with the password (STATIC_CHALLENGE).
    pub static_challenge: Option<StaticChallenge>,
    /// X509 attributes to pass on; a leading `+` asks for the whole chain.
    pub x509_track: Vec<String>,
    /// Wants to search the directory.
    pub wants_directory: bool,
    /// Origins it wants to reach.
    pub wants_http: Vec<String>,
    /// Properties it wants to see and set; see [`crate::Grants::properties`].
    pub wants_properties: Vec<String>,
    /// Every setting it reads.
    pub settings: Vec<Setting>,
}

/// A question that clients know from their profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaticChallenge {
    /// What the user is asked.
    pub text: ClientText,
    /// Whether the answer is shown while it is typed.
    pub echo: Echo,
}

/// One setting that a policy reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// How the tenant's file names it.
    pub name: String,
    /// One sentence with the form of the value.
    pub description: String,
    /// What holds where the tenant says nothing; absent for a setting that must be given.
    pub default_value: Option<String>,
    /// Whether the value is a secret.
    pub secret: bool,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("manifest: {key}: {problem}")]
pub struct Error {
    key: &'static str,
    problem: String,
}

impl Manifest {
    /// Believes a manifest, or says which key is wrong and how.
    pub fn check(self) -> Result<Self, Error> {
        let name_like = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        ensure("name", (1..=64).contains(&self.name.len()) && self.name.chars().all(name_like), || {
            format!("`{}` is not made of 1 to 64 lower-case letters, digits and dashes", shown(&self.name))
        })?;
        ensure("version", is_semantic_version(&self.version), || {
            format!("`{}` is no semantic version such as `1.4.0`", shown(&self.version))
        })?;
        ensure("description", is_text(&self.description), || "is no line of at most 1024 bytes".to_owned())?;
        if let Some(question) = &self.static_challenge {
            let length = question.text.as_str().trim().len();
            ensure("static_challenge", (1..=MAX_CHALLENGE_BYTES).contains(&length), || {
                format!("the text has {length} bytes, not 1 to {MAX_CHALLENGE_BYTES}")
            })?;
        }
        check_list("x509_track", &self.x509_track, |name| {
            let name = name.strip_prefix('+').unwrap_or(name);
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })?;
        check_list("wants_http", &self.wants_http, grant::is_origin)?;
        check_list("wants_properties", &self.wants_properties, grant::is_property)?;
        let names: Vec<_> = self.settings.iter().map(|setting| setting.name.clone()).collect();
        check_list("settings", &names, |name| {
            !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                && names.iter().filter(|other| *other == name).count() == 1
        })?;
        for setting in &self.settings {
            let texts = [Some(&setting.description), setting.default_value.as_ref()];
            ensure("settings", texts.into_iter().flatten().all(|text| is_text(text)), || {
                format!("`{}` has a description or default over 1024 bytes or with control characters", setting.name)
            })?;
        }
        Ok(self)
    }
}

impl Manifest {
    /// Exactly what it asks for: what an administrator grants with one click, and what `vestibule try` assumes.
    pub fn wanted(&self) -> Grants {
        Grants {
            user_name: false,
            auth_null: self.auth_null,
            retain_password: self.retain_password,
            directory: self.wants_directory,
            http: self.wants_http.clone(),
            properties: self.wants_properties.clone(),
        }
    }
}

fn ensure(key: &'static str, holds: bool, problem: impl FnOnce() -> String) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error { key, problem: problem() }) }
}

fn check_list(key: &'static str, list: &[String], good: impl Fn(&str) -> bool) -> Result<(), Error> {
    ensure(key, list.len() <= MAX_LIST, || format!("{} entries are more than {MAX_LIST}", list.len()))?;
    match list.iter().find(|entry| entry.len() > MAX_TEXT_BYTES || !good(entry)) {
        Some(entry) => Err(Error { key, problem: format!("`{}` is malformed, too long or given twice", shown(entry)) }),
        None => Ok(()),
    }
}

fn is_text(text: &str) -> bool {
    text.len() <= MAX_TEXT_BYTES && !text.chars().any(char::is_control)
}

fn shown(text: &str) -> String {
    crate::text::log_text(text, 64)
}

/// Three numbers and, optionally, a pre-release and build part (semver.org, 2.0.0), at most 64 bytes.
fn is_semantic_version(version: &str) -> bool {
    let (core, rest) = match version.find(['-', '+']) {
        Some(at) => version.split_at(at),
        None => (version, ""),
    };
    let numbers: Vec<_> = core.split('.').collect();
    version.len() <= 64
        && numbers.len() == 3
        && numbers.iter().all(|n| n.parse::<u32>().is_ok() && (*n == "0" || !n.starts_with(['0', '+'])))
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            name: "known-device".into(),
            version: "1.0.0".into(),
            description: "Lets users in from devices they have used before".into(),
            group_select: false,
            auth_null: false,
            retain_password: false,
            static_challenge: None,
            x509_track: vec!["+SHA1".into()],
            wants_directory: false,
            wants_http: vec!["https://api.example.com".into()],
            wants_properties: Vec::new(),
            settings: Vec::new(),
        }
    }

    #[test]
    fn a_plain_manifest_is_believed() {
        assert_eq!(manifest().check(), Ok(manifest()));
    }

    #[test]
    fn each_wrong_key_is_named() {
        type Spoil = fn(&mut Manifest);
        let wrong: [(&str, Spoil); 7] = [
            ("name", |m| m.name = "Known Device".into()),
            ("version", |m| m.version = "1.0".into()),
            ("description", |m| m.description = "two\nlines".into()),
            ("x509_track", |m| m.x509_track = vec!["a b".into()]),
            ("wants_http", |m| m.wants_http = vec!["https://a/path".into()]),
            ("wants_properties", |m| m.wants_properties = vec!["conection".into()]),
            ("wants_properties", |m| m.wants_properties = vec!["pvt_note".into(); MAX_LIST + 1]),
        ];
        for (key, spoil) in wrong {
            let mut manifest = manifest();
            spoil(&mut manifest);
            assert_eq!(manifest.check().map_err(|error| error.key), Err(key));
        }
    }

    #[test]
    fn versions_are_semantic() {
        for good in ["0.1.0", "1.20.3", "1.0.0-rc.1", "1.0.0+build.5"] {
            assert!(is_semantic_version(good), "{good}");
        }
        for bad in ["", "1", "1.0", "01.0.0", "1.0.0.0", "1.0.x", "+1.0.0"] {
            assert!(!is_semantic_version(bad), "{bad}");
        }
    }
}
