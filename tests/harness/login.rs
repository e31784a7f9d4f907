//! Logins to begin with; a test changes what it is about.

use vestibule_domain::Login;
use vestibule_sandbox::Circumstances;

/// A plain VPN login of Joe from a laptop.
pub(crate) fn a_login() -> Login {
    Login::from_json(include_str!("../logins/laptop.json")).unwrap()
}

/// A fixed time.
pub(crate) fn at(unix_seconds: u64) -> Circumstances {
    Circumstances::at(unix_seconds)
}
