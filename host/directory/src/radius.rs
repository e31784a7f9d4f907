//! RADIUS servers (RFC 2865), asked for a user by name and password (PAP).
//!
//! Not for: CHAP, MS-CHAP and EAP, whose exchanges need more than a password in hand, nor for accounting. The password is hidden by
//! MD5 as the RFC has it: the network to the server has to be a trusted one.

mod attribute;
pub(crate) mod dictionary;
mod exchange;
pub(crate) mod packet;
pub(crate) mod settings;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vestibule_domain::login::{Info, RadiusReply};
use vestibule_domain::primary::{Cause, Failure, Proven};
use vestibule_domain::text::log_text;
use vestibule_domain::{AuthMethod, CanonicalUser, EnteredUser, Secret};
use vestibule_ledger::Owner;

use crate::apart::apart;
use crate::name::Name;
use crate::servers::Servers;
use crate::settings::SettingsError;
use dictionary::Dictionary;
use exchange::Exchange;
use packet::{
    ACCESS_ACCEPT, ACCESS_CHALLENGE, ACCESS_REJECT, MAX_PASSWORD_BYTES, MAX_VALUE_BYTES, Packet, REPLY_MESSAGE,
    USER_NAME,
};
use settings::{RadiusCase, RadiusSettings};

/// A tenant's RADIUS servers. Clones share what is known of them.
#[derive(Clone)]
pub struct Radius(Arc<Parts>);

struct Parts {
    settings: RadiusSettings,
    dictionary: Dictionary,
    servers: Servers<Name>,
}

impl std::fmt::Debug for Radius {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Radius").field(&self.0.settings).finish()
    }
}

impl Radius {
    /// Servers as configured, on behalf of the host itself. Nobody is asked yet.
    ///
    /// # Errors
    /// Names the key whose value cannot be used.
    pub fn new(settings: RadiusSettings) -> Result<Self, SettingsError> {
        Self::paid_by(&Owner::Host, settings)
    }

    /// The same, on behalf of an owner who pays for the names that are looked up.
    ///
    /// # Errors
    /// As [`Radius::new`].
    pub fn paid_by(owner: &Owner, settings: RadiusSettings) -> Result<Self, SettingsError> {
        let dictionary = settings.check()?;
        let servers = Servers::new(settings.servers.iter().map(|server| Name::new(server, owner)));
        Ok(Self(Arc::new(Parts { settings, dictionary, servers })))
    }

    /// Finds out who a user is by the password. RADIUS does not say whether the name or the password was wrong.
    ///
    /// # Errors
    /// A server rejects the user, or asks a question of its own; or no server answers in time in a way that can be believed.
    pub async fn authenticate(
        &self,
        user: &EnteredUser,
        password: &Secret,
        client_ip: Option<&str>,
        deadline: Instant,
    ) -> Result<Proven, Failure> {
        if password.expose().is_empty() {
            return Err(Failure::new(Cause::WrongPassword, "the password is empty"));
        }
        if user.as_str().len() > MAX_VALUE_BYTES {
            let detail = format!("RADIUS takes names of {MAX_VALUE_BYTES} bytes at most");
            return Err(Failure::new(Cause::Rejected, detail));
        }
        if password.expose().len() > MAX_PASSWORD_BYTES {
            let detail = format!("RADIUS takes passwords of {MAX_PASSWORD_BYTES} bytes at most");
            return Err(Failure::new(Cause::Rejected, detail));
        }
        let answered = self.0.servers.ask(deadline, |server| async move {
            let request = Packet::request(user, password, &self.0.settings, client_ip);
            let (parts, place) = (Arc::clone(&self.0), server.clone());
            let exchanged =
                async move { Exchange { settings: &parts.settings, server: &place, deadline }.run(&request).await };
            apart(deadline, exchanged).await.map_err(|failure| format!("{}: {failure}", server.as_str()))
        });
        match answered.await {
            Ok(reply) => self.judge(user, &reply),
            Err(failures) => Err(Failure::new(Cause::RadiusUnavailable, failures)),
        }
    }

    fn judge(&self, entered: &EnteredUser, reply: &Packet) -> Result<Proven, Failure> {
        match reply.code {
            ACCESS_ACCEPT => self.proven(entered, reply),
            ACCESS_REJECT => {
                let messages: Vec<_> = reply.values(REPLY_MESSAGE).map(String::from_utf8_lossy).collect();
                let detail = format!("the server rejects the user: {}", log_text(&messages.join(" "), 256));
                Err(Failure::new(Cause::Rejected, detail))
            }
            ACCESS_CHALLENGE => {
                Err(Failure::new(Cause::Rejected, "the server asks a question of its own, which is not passed on"))
            }
            code => Err(Failure::new(Cause::RadiusUnavailable, format!("the server answers with code {code}"))),
        }
    }

    /// The user as the server spells it, where it does (RFC 2865, section 5.1).
    fn proven(&self, entered: &EnteredUser, reply: &Packet) -> Result<Proven, Failure> {
        let mut named = reply.values(USER_NAME);
        let name = match (named.next().map(std::str::from_utf8), named.next()) {
            (Some(Ok(name)), None) => name.to_owned(),
            _ => self.0.settings.case.of(entered.as_str()),
        };
        let user = CanonicalUser::new(name).map_err(|error| Failure::new(Cause::Rejected, error.to_string()))?;
        let radius_reply = RadiusReply::new(attribute::all(reply, &self.0.dictionary))
            .map_err(|error| Failure::new(Cause::RadiusUnavailable, format!("the reply {error}")))?;
        let info = Info { radius_reply, ..Info::of(AuthMethod::Radius) };
        Ok(Proven { user, info })
    }
}

impl RadiusSettings {
    /// How long one transmission waits.
    const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

impl RadiusCase {
    /// The name of a user who typed this.
    fn of(self, typed: &str) -> String {
        match self {
            Self::Exact => typed.to_owned(),
            Self::Lower => typed.to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UdpSocket;
    use tokio::task::JoinSet;

    use super::*;

    /// The clock stands still but for waits: what is measured is what was waited for.
    #[tokio::test(start_paused = true)]
    async fn the_deadline_holds_for_each_of_many_logins_on_a_silent_server() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = silent.local_addr().unwrap().to_string();
        let settings = RadiusSettings {
            servers: vec![server.clone(), server],
            secret: Secret::new("a shared secret"),
            ..RadiusSettings::default()
        };
        let (radius, began) = (Radius::new(settings).unwrap(), Instant::now());
        let deadline = began + Duration::from_secs(5);
        let mut logins = JoinSet::new();
        for number in 0..300 {
            let radius = radius.clone();
            logins.spawn(async move {
                let user = EnteredUser::new(format!("user{number}")).unwrap();
                let failure = radius.authenticate(&user, &Secret::new("password"), None, deadline).await.unwrap_err();
                (failure.cause, began.elapsed().as_millis())
            });
        }
        for (cause, waited) in logins.join_all().await {
            assert_eq!((cause, waited / 10), (Cause::RadiusUnavailable, 500));
        }
    }
}
