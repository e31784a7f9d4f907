//! Logins to begin with; a test changes what it is about.

use vestibule_domain::Login;

/// When logins happen, unless a test says otherwise: seconds since 1970.
pub(crate) const A_TIME: u64 = 1_766_000_000;

/// A plain VPN login of Joe from a laptop.
pub(crate) fn a_login() -> Login {
    Login::from_json(include_str!("../logins/laptop.json")).unwrap()
}
