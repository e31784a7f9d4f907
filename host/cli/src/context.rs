//! The context file: which server commands speak to, and with which token, unless they are told otherwise.
//!
//! Not for: the server's own configuration.

use std::env;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use vestibule_domain::{Secret, TenantName};
use vestibule_os::file;

use crate::error::{Error, Result};
use crate::input::shown;

/// What is read of the file: its few lines have a thousandth of it.
const MAX_BYTES: u64 = 1 << 20;

/// Where commands go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// The server's address.
    pub(crate) server: String,
    /// The token for it; none on a Unix socket of this machine.
    pub(crate) token: Option<Secret>,
    /// Certificates that the server is believed by; those of the system, if absent.
    pub(crate) ca_file: Option<PathBuf>,
    /// The tenant; `default`, if absent.
    pub(crate) tenant: Option<TenantName>,
}

impl Context {
    /// Where the file is: where the XDG Base Directory Specification puts it.
    pub(crate) fn path() -> Option<PathBuf> {
        let absolute = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let configs = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
        configs.map(|configs| configs.join("vestibule/context.toml"))
    }

    /// The context, if there is one.
    pub(crate) fn read() -> Result<Option<Self>> {
        let Some(path) = Self::path() else { return Ok(None) };
        Self::read_from(&path)
    }

    fn read_from(path: &Path) -> Result<Option<Self>> {
        let failed = |error: std::io::Error| Error::bad_input(format!("cannot read `{}`", shown(path))).because(&error);
        let file = match file::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
        if mode & 0o077 != 0 {
            return Err(Error::bad_input(format!("`{}` can be read by others", shown(path)))
                .hint("it may hold a token: `chmod 600` it"));
        }
        let context = Self::parse(&text).map_err(|cause| {
            Error::bad_input(format!("`{}` is not as it should be", shown(path)))
                .because_of(cause)
                .hint("`vestibule context set` writes it")
        })?;
        Ok(Some(context))
    }

    /// Reads the text.
    ///
    /// # Errors
    /// Says what is wrong, but quotes nothing: it may hold a token.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    /// The text that reads back as this. The token stands in it.
    pub fn to_text_revealed(&self) -> String {
        // A text in JSON is one in TOML as well, but for one character that has to be escaped here.
        let quoted = |text: &str| serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f");
        let mut text = format!("server = {}\n", quoted(&self.server));
        if let Some(token) = &self.token {
            text += &format!("token = {}\n", quoted(token.expose()));
        }
        if let Some(file) = &self.ca_file {
            text += &format!("ca_file = {}\n", quoted(&file.to_string_lossy()));
        }
        if let Some(tenant) = &self.tenant {
            text += &format!("tenant = {}\n", quoted(tenant.as_str()));
        }
        text
    }

    /// Writes the context, readable by its owner only.
    pub(crate) fn write(&self) -> Result<PathBuf> {
        let path = Self::path().ok_or_else(|| Error::bad_input("neither `XDG_CONFIG_HOME` nor `HOME` is set"))?;
        self.write_to(&path)
            .map_err(|error| Error::fault(format!("cannot write `{}`", shown(&path))).because(&error))?;
        Ok(path)
    }

    fn write_to(&self, path: &Path) -> std::io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        // Whoever reads meanwhile sees the old one or the new one.
        let new = path.with_extension("new");
        let _ = fs::remove_file(&new);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(self.to_text_revealed().as_bytes())?;
        fs::rename(&new, path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_context_reads_back_and_nobody_else_may_read_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("vestibule/context.toml");
        let context = Context {
            server: "https://vpn.example.com:9443".to_owned(),
            token: Some(Secret::new("vst_a_\"b\"")),
            ca_file: Some("/etc/ca.pem".into()),
            tenant: Some(TenantName::new("acme").unwrap()),
        };
        context.write_to(&path).unwrap();
        assert_eq!(Context::read_from(&path).unwrap(), Some(context));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Context::read_from(&path).is_err());
        assert_eq!(Context::read_from(&home.path().join("none")).unwrap(), None);
    }

    /// With control characters, too.
    fn any_text() -> impl Strategy<Value = String> {
        let character = prop_oneof![any::<char>(), prop::char::range('\0', '\u{9f}')];
        proptest::collection::vec(character, 0..12).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_context_reads_back(
            server in any_text(),
            token in proptest::option::of(any_text()),
            ca_file in proptest::option::of(any_text()),
            tenant in proptest::option::of("[a-z][a-z0-9]{0,20}"),
        ) {
            let tenant = tenant.map(|name| TenantName::new(name).unwrap());
            let context = Context { server, token: token.map(Secret::new), ca_file: ca_file.map(PathBuf::from), tenant };
            prop_assert_eq!(Context::parse(&context.to_text_revealed()), Ok(context));
        }

        #[test]
        fn what_no_context_has_is_refused(name in "[a-z_]{1,12}", value: String) {
            prop_assume!(!["server", "token", "ca_file", "tenant"].contains(&name.as_str()));
            let text = format!("server = \"unix:x\"\n{name} = {}\n", serde_json::Value::from(value));
            let error = Context::parse(&text).unwrap_err();
            prop_assert!(error.starts_with(&format!("unknown field `{name}`")), "{}", error);
        }

        #[test]
        fn an_error_quotes_no_token(token in "[a-z]{24}", after in "[\"'= a-z]{1,4}") {
            if let Err(error) = Context::parse(&format!("token = \"{token}\"{after}\n")) {
                prop_assert!(!error.contains(&token), "{}", error);
            }
        }
    }
}
