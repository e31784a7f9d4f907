//! RADIUS, asked for real: FreeRADIUS says who users are, and nobody else is believed.

mod forgeries_are_ignored;
mod replies_are_read;
mod servers_fail;

use std::time::Duration;

use tokio::time::Instant;
use vestibule_directory::{Radius, RadiusSettings};
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::{EnteredUser, Secret};

/// What servers with these settings say of a user and a password.
async fn asked(settings: RadiusSettings, user: &str, password: &str) -> Result<Proven, Failure> {
    let radius = Radius::new(settings).unwrap();
    let (user, password) = (EnteredUser::new(user).unwrap(), Secret::new(password));
    radius.authenticate(&user, &password, Some("203.0.113.7"), Instant::now() + Duration::from_secs(20)).await
}

async fn cause(settings: RadiusSettings, user: &str, password: &str) -> Cause {
    asked(settings, user, password).await.unwrap_err().cause
}
