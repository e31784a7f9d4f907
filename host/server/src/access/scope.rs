//! What a token may be used for.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Bring logins: for front doors.
    Decide,
    /// Read everything but secrets.
    Read,
    /// Change everything, and give what the token itself has.
    Manage,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Decide, Self::Read, Self::Manage];

    /// The name, as in requests and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|scope| scope.name() == text);
        known.ok_or_else(|| "a scope is `decide`, `read` or `manage`".to_owned())
    }
}

/// The scopes of a token. Whoever may change something may also read it; nothing else follows from anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// These scopes.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().collect())
    }

    /// All of them.
    pub fn all() -> Self {
        Self::new(Scope::ALL)
    }

    /// Whether they allow this.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || (scope == Scope::Read && self.0.contains(&Scope::Manage))
    }

    /// Whether they allow nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }

    /// As the store keeps them.
    pub(crate) fn write(&self) -> String {
        self.0.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
    }

    /// As the store kept them. A word that a later host wrote allows nothing here.
    pub(crate) fn read(text: &str) -> Self {
        Self(text.split(' ').filter_map(|word| word.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reading_follows_from_changing() {
        let manage = Scopes::new([Scope::Manage]);
        assert!(manage.allow(Scope::Read) && !manage.allow(Scope::Decide));
        assert!(!Scopes::new([Scope::Read]).allow(Scope::Manage));
        assert!(!Scopes::new([Scope::Decide]).allow(Scope::Read));
    }

    #[test]
    fn scopes_read_back_and_unknown_ones_allow_nothing() {
        assert_eq!(Scopes::read(&Scopes::all().write()), Scopes::all());
        assert_eq!(Scopes::read("decide everything"), Scopes::new([Scope::Decide]));
        assert!(Scopes::read("").is_empty());
    }
}
