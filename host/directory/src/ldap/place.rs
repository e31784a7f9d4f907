//! Where a server is, and how it is spoken to.

use vestibule_ledger::Owner;

use crate::name::Name;

/// Where a server is, and how it is spoken to.
pub(super) struct Place {
    pub(super) url: String,
    pub(super) scheme: Scheme,
    /// Whom its certificate has to name.
    pub(super) host: String,
    pub(super) name: Name,
}

/// Whether TLS comes before LDAP, or is turned to where that is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Ldap,
    Ldaps,
}

impl Place {
    /// Of a server's address that has been checked. Without a port it is the scheme's own.
    pub(super) fn new(url: &str, owner: &Owner) -> Self {
        let (scheme, place) = url.split_once("://").unwrap_or(("ldap", url));
        let (scheme, port) = if scheme == "ldaps" { (Scheme::Ldaps, ":636") } else { (Scheme::Ldap, ":389") };
        let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
        let port = if place.contains(':') { "" } else { port };
        let name = Name::new(&format!("{place}{port}"), owner);
        Self { url: url.to_owned(), scheme, host: host.to_owned(), name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_port_of_its_own_or_the_schemes() {
        for (url, scheme, host, name) in [
            ("ldap://a.example", Scheme::Ldap, "a.example", "a.example:389"),
            ("ldaps://a.example", Scheme::Ldaps, "a.example", "a.example:636"),
            ("ldaps://127.0.0.1:1636", Scheme::Ldaps, "127.0.0.1", "127.0.0.1:1636"),
        ] {
            let place = Place::new(url, &Owner::Host);
            assert_eq!((place.scheme, place.host.as_str(), place.name.as_str()), (scheme, host, name));
        }
    }
}
