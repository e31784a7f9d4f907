//! Writes a manifest down in a few lines.
//!
//! Not for: checking it; the host does when a version is uploaded.

use crate::{Manifest, Setting, StaticChallenge};

impl Manifest {
    /// A policy that asks for nothing. The name is made of lower-case letters, digits and dashes, the version is a semantic
    /// one, and the description is one sentence for an administrator.
    pub fn new(name: &str, version: &str, description: &str) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            description: description.into(),
            group_select: false,
            auth_null: false,
            retain_password: false,
            static_challenge: None,
            x509_track: Vec::new(),
            wants_directory: false,
            wants_http: Vec::new(),
            wants_properties: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// Chooses the group by `conn_group`: properties are looked up after the call, and none are handed in.
    #[must_use]
    pub fn group_select(mut self) -> Self {
        self.group_select = true;
        self
    }

    /// Decides alone: there is no primary authentication before it.
    #[must_use]
    pub fn auth_null(mut self) -> Self {
        self.auth_null = true;
        self
    }

    /// Wants `authcred.password`.
    #[must_use]
    pub fn retain_password(mut self) -> Self {
        self.retain_password = true;
        self
    }

    /// Has clients ask this together with the password; `echo` shows the answer while it is typed.
    #[must_use]
    pub fn static_challenge(mut self, text: &str, echo: bool) -> Self {
        self.static_challenge = Some(StaticChallenge { text: text.into(), echo });
        self
    }

    /// Wants this X509 attribute in `auth_parms`; a leading `+` asks for the whole chain.
    #[must_use]
    pub fn x509_track(mut self, attribute: &str) -> Self {
        self.x509_track.push(attribute.into());
        self
    }

    /// Wants to search the directory.
    #[must_use]
    pub fn wants_directory(mut self) -> Self {
        self.wants_directory = true;
        self
    }

    /// Wants to send requests to this origin, such as `https://api.example.com`.
    #[must_use]
    pub fn wants_http(mut self, origin: &str) -> Self {
        self.wants_http.push(origin.into());
        self
    }

    /// Wants to see and set this property, such as `prop_superuser`; those of a group, such as `connection`; or those whose names begin
    /// so, such as `pvt_hw_addr*`.
    #[must_use]
    pub fn wants_property(mut self, name: &str) -> Self {
        self.wants_properties.push(name.into());
        self
    }

    /// Reads this setting; `default` holds where the tenant says nothing.
    #[must_use]
    pub fn setting(self, name: &str, description: &str, default: &str) -> Self {
        self.reading(name, description, Some(default), false)
    }

    /// Reads this setting, which the tenant must give.
    #[must_use]
    pub fn required_setting(self, name: &str, description: &str) -> Self {
        self.reading(name, description, None, false)
    }

    /// Reads this secret, which the tenant must give.
    #[must_use]
    pub fn secret(self, name: &str, description: &str) -> Self {
        self.reading(name, description, None, true)
    }

    fn reading(mut self, name: &str, description: &str, default: Option<&str>, secret: bool) -> Self {
        let (name, description, default_value) = (name.into(), description.into(), default.map(Into::into));
        self.settings.push(Setting { name, description, default_value, secret });
        self
    }
}
