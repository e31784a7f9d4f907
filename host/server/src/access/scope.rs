//! What a token may be used for.

use std::collections::BTreeSet;

use vestibule_api::Scope;

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
