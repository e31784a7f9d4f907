//! An LDAP directory, asked for real: slapd says who users are and what policies find.

mod answers_are_measured;
mod connections_are_private;
mod kept_connections_are_watched;
mod names_are_matched;
mod outages_are_survived;
mod policies_search;
mod settings_are_checked;
mod stalls_end;
mod stand_in;

use std::time::Duration;

use tokio::time::Instant;
use vestibule_directory::{Ldap, LdapSettings};
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::{EnteredUser, Secret};

/// What a directory with these settings says of a user and a password.
async fn asked(settings: LdapSettings, user: &str, password: &str) -> Result<Proven, Failure> {
    let ldap = Ldap::new(settings).unwrap();
    ldap.authenticate(&EnteredUser::new(user).unwrap(), &Secret::new(password), soon()).await
}

async fn cause(settings: LdapSettings, user: &str, password: &str) -> Cause {
    asked(settings, user, password).await.unwrap_err().cause
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}
