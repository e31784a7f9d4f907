//! Lets users in from the office network only: a whole policy.

use vestibule_policy::{Login, Manifest, Outcome, Policy};

struct OfficeOnly;

impl Policy for OfficeOnly {
    fn manifest() -> Manifest {
        Manifest::new("office-only", "1.0.0", "Lets users in from the office network only")
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        match login.authcred.client_ip_addr.as_deref() {
            Some(ip) if ip.starts_with("203.0.113.") => Ok(login.allow()),
            _ => Ok(login.deny("Please connect from the office.")),
        }
    }
}

vestibule_policy::export!(OfficeOnly);
