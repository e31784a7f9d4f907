//! Who is asking, found out before anything else is looked at.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use vestibule_api::Scope;
use vestibule_domain::TenantName;
use vestibule_ledger::Owner;
use vestibule_registry::{Registry, Who};
use vestibule_store::By;

use super::scope::Scopes;
use super::token::{KnownToken, Tokens};
use crate::problem::{Problem, Result};

/// How often it is looked at whether a token still holds.
const LOOK: Duration = Duration::from_secs(1);

/// The other end of a connection, as the listener knows it.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it is, for the audit log: an address, or a process on this machine.
    pub origin: Arc<str>,
    /// Whether it is this machine's administrator, who could change the store as well.
    pub is_administrator: bool,
    /// Who pays for what is spent on it before it has shown a token.
    pub owner: Owner,
}

impl Peer {
    /// Somebody at an address.
    pub fn remote(address: IpAddr) -> Self {
        Self { origin: address.to_string().into(), is_administrator: false, owner: Owner::peer(address) }
    }

    /// A process of this user on this machine.
    pub fn user(number: u32, is_administrator: bool) -> Self {
        let origin = format!("this machine, user {number}").into();
        Self { origin, is_administrator, owner: Owner::User(number) }
    }

    /// This process itself, on behalf of whoever may open its data.
    pub fn own(origin: &str) -> Self {
        Self { origin: origin.into(), is_administrator: true, owner: Owner::Host }
    }
}

/// Whoever asks.
pub(crate) struct Caller {
    registry: Registry,
    who: Arc<KnownToken>,
    origin: Arc<str>,
    at: SystemTime,
}

impl Caller {
    /// Whoever has sent this head.
    ///
    /// # Errors
    /// [`Problem`]: no token, or one that is not known here any more.
    pub(crate) async fn of(parts: &Parts, registry: Registry, tokens: &Tokens) -> Result<Self> {
        let at = now();
        let peer = parts.extensions.get::<Peer>().cloned();
        let origin = peer.as_ref().map_or_else(|| "unknown".into(), |peer| Arc::clone(&peer.origin));
        // A token counts for less than the machine's administrator, but whoever sends one wants it to count.
        match parts.headers.get(AUTHORIZATION) {
            Some(header) => {
                let token = header.to_str().ok().and_then(bearer);
                let token =
                    token.ok_or_else(|| Problem::unauthorized("the `Authorization` header holds no bearer token"))?;
                let payer = peer.map_or(Owner::Host, |peer| peer.owner);
                let known = tokens.check(token, &payer, at).await?;
                let who = known.ok_or_else(|| Problem::unauthorized("the token is not known here, or has expired"))?;
                Ok(Self { registry, who, origin, at })
            }
            None if peer.is_some_and(|peer| peer.is_administrator) => {
                Ok(Self { registry, who: Arc::new(KnownToken::administrator()), origin, at })
            }
            None => Err(Problem::unauthorized("this needs a token")),
        }
    }

    /// Whether this may be done with what is the tenant's, now. What is another tenant's is not there at all.
    ///
    /// Logins have a rate of their own. The operator has none: whoever sets the terms is not held to them, and looks after tenants whose
    /// own requests are too many. What a scope does not allow does not count, so that a front door's token cannot use up what its
    /// tenant's administrator may ask.
    pub(crate) async fn may(&self, scope: Scope, tenant: &TenantName) -> Result<()> {
        if self.who.tenant.as_ref().is_some_and(|own| own != tenant) {
            return Err(Problem::not_found(format!("there is no tenant `{tenant}`")));
        }
        self.ensure(scope)?;
        match (&self.who.tenant, scope) {
            (Some(own), Scope::Read | Scope::Manage) => Ok(self.registry.take_request(own).await?),
            (Some(_), Scope::Decide) | (None, _) => Ok(()),
        }
    }

    /// Whether this may be done with what is the host's.
    pub(crate) fn may_operate(&self, scope: Scope) -> Result<()> {
        if self.who.tenant.is_some() {
            return Err(Problem::forbidden("only the host's operator may do this"));
        }
        self.ensure(scope)
    }

    /// Whether tokens with these scopes may be made. Nobody gives what they do not have: who looks after a tenant's users brings no logins,
    /// unless their own token says so.
    pub(crate) fn may_give(&self, scopes: &Scopes) -> Result<()> {
        match scopes.iter().find(|scope| !self.who.scopes.allow(*scope)) {
            None => Ok(()),
            Some(scope) => {
                let detail = format!("the token does not have the scope `{scope}`, and so cannot give it");
                Err(Problem::forbidden(detail))
            }
        }
    }

    fn ensure(&self, scope: Scope) -> Result<()> {
        if self.who.scopes.allow(scope) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("the token does not have the scope `{scope}`")))
    }

    /// On whose behalf.
    pub(crate) fn who(&self) -> Who {
        if self.who.tenant.is_some() { Who::Tenant } else { Who::Operator }
    }

    /// Who pays for what an administrator sends and asks for. What a front door brings, its tenant pays for, whoever runs the door.
    pub(crate) fn payer(&self) -> Owner {
        self.who.tenant.as_ref().map_or(Owner::Host, Owner::from)
    }

    /// Waits until the token that was shown is good no more, whether it was revoked, was replaced or has expired. How late that is noticed
    /// is [`LOOK`] and what a token is trusted without a look. A store that does not answer says nothing of it, and is complained of where
    /// decisions are read.
    pub(crate) async fn ended(&self, tokens: &Tokens) {
        loop {
            tokio::time::sleep(LOOK).await;
            match tokens.holds(&self.who, now()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::debug!(%error, "whether a token is still good cannot be known"),
            }
        }
    }

    /// Whoever changes something, for the audit log.
    pub(crate) fn by(&self) -> By {
        By { actor: self.who.name.clone(), origin: self.origin.to_string(), at: self.at }
    }
}

#[expect(clippy::disallowed_methods, reason = "whether a token has expired, and when a change was made")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The scheme's name is spelled in any case (RFC 9110, section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
