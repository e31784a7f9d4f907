//! A tenant's gate on a store of its own, and attempts to come in.

use std::time::SystemTime;

use tokio::time::Instant;
use vestibule_domain::field::{self, ClientAddress};
use vestibule_domain::login::Attributes;
use vestibule_domain::outcome::Challenge;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{Decision, EnteredUser, Grants, Properties, Secret};
use vestibule_gate::{
    Answer, Attempt, Chain, Gate, Link, Patience, Proof, Tenant, TenantSettings, Voucher, WithoutPolicy,
};
use vestibule_ledger::{Budget, Ledger};

use super::{Edits as _, Guest, Home, at, properties, tenant};

/// The password of everybody who has one.
pub(crate) const PASSWORD: &str = "correct horse";

/// What the host has that tests come to.
pub(crate) const A_SMALL_HOST: Budget = Budget {
    memory_bytes: 1 << 30,
    code_bytes: 1 << 28,
    connections: 1_000,
    files: 1_000,
    concurrent_logins: 64,
    processors: 2,
};

/// All ordinary properties, as grants name them.
pub(crate) const ORDINARY: [&str; 3] = ["conn_*", "prop_*", "pvt_*"];

/// A gate with the policies and settings that a test chose.
pub(crate) struct Door {
    pub(crate) home: Home,
    pub(crate) settings: TenantSettings,
    pub(crate) ledger: Ledger,
    links: Vec<(String, Guest, Grants)>,
}

impl Door {
    /// Without policies, on SQLite; failures are answered at once.
    pub(crate) async fn new() -> Self {
        Self::on(Home::on_sqlite().await)
    }

    pub(crate) fn on(home: Home) -> Self {
        let settings = TenantSettings {
            min_failure_delay_ms: 0,
            without_policy: WithoutPolicy::Allow,
            ..TenantSettings::default()
        };
        Self { home, settings, ledger: Ledger::new(A_SMALL_HOST), links: Vec::new() }
    }

    /// With one more policy, that is granted ordinary properties and nothing else.
    pub(crate) fn guarded_by(self, name: &str, guest: Guest) -> Self {
        self.guarded_by_granted(name, guest, Grants::default())
    }

    /// Ordinary properties are granted besides: few tests are about them.
    pub(crate) fn guarded_by_granted(mut self, name: &str, guest: Guest, mut grants: Grants) -> Self {
        grants.properties.extend(ORDINARY.map(str::to_owned));
        self.links.push((name.to_owned(), guest, grants));
        self
    }

    /// With local users, all of them with the same password.
    pub(crate) async fn with_passwords(self, users: &[&str]) -> Self {
        for user in users {
            let user = EnteredUser::new(*user).unwrap();
            vestibule_gate::set_password(
                &self.home.store,
                &self.ledger,
                &tenant(),
                &user,
                Secret::new(PASSWORD),
                u32::MAX,
                None,
            )
            .await
            .unwrap();
        }
        self
    }

    /// With these properties on record.
    pub(crate) async fn with_record(self, name: &str, record: &[(&str, &str)]) -> Self {
        self.home.store.put_properties(&tenant(), name, &properties(record), None).await.unwrap();
        self
    }

    pub(crate) async fn record(&self, name: &str) -> Option<Properties> {
        self.home.store.profile(&tenant(), name).await.unwrap()
    }

    /// The gate, as a process makes it when it starts.
    pub(crate) async fn gate(&self) -> Gate {
        let chain = self.chain().await;
        Gate::new(self.home.store.clone(), self.ledger.clone(), self.tenant(), chain, None)
    }

    pub(crate) async fn chain(&self) -> Chain {
        let mut links = Vec::new();
        for (name, guest, grants) in &self.links {
            let manifest = guest.manifest().await;
            links.push(Link::new(name.clone(), guest.configured().await, &manifest, grants.clone()));
        }
        Chain::new(links).unwrap()
    }

    pub(crate) fn tenant(&self) -> Tenant {
        Tenant::new(tenant(), self.settings.clone()).unwrap()
    }

    /// What a new process decides, a while after some day began.
    pub(crate) async fn decides_at(&self, attempt: &Attempt, now: SystemTime) -> Answer {
        let gate = self.gate().await;
        let attempt = Attempt { patience: Patience::since(Instant::now()), ..attempt.clone() };
        gate.decide(&attempt, now).await.unwrap()
    }

    pub(crate) async fn decides(&self, attempt: &Attempt) -> Answer {
        self.decides_at(attempt, at(0)).await
    }

    /// Lets this attempt in, with these properties.
    pub(crate) async fn admits(&self, attempt: &Attempt) -> Properties {
        match self.decides(attempt).await.decision {
            Decision::Allow { proplist, .. } => proplist,
            other => panic!("{other:?}"),
        }
    }

    /// Keeps this attempt out, for this cause.
    pub(crate) async fn refuses(&self, attempt: &Attempt) -> String {
        cause(&self.decides(attempt).await)
    }
}

/// Somebody at the tunnel's door.
pub(crate) fn attempt(user: &str, proof: Proof) -> Attempt {
    let attributes = Attributes {
        client_info: Properties::new(),
        vpn_auth: true,
        reauth: Some(false),
        log_service_name: None,
        auth_parms: Properties::new(),
    };
    Attempt {
        user: EnteredUser::new(user).unwrap(),
        proof,
        client_ip_addr: Some(ClientAddress::cut("203.0.113.7")),
        client_hw_addr: None,
        static_response: None,
        attributes,
        checked_password: None,
        session_id: None,
        caller_record: None,
        directory: None,
        patience: Patience::since(Instant::now()),
    }
}

/// Who types the right password.
pub(crate) fn typed(user: &str) -> Attempt {
    typed_as(user, PASSWORD)
}

pub(crate) fn typed_as(user: &str, password: &str) -> Attempt {
    attempt(user, Proof::Password(field::Password::new(Secret::new(password)).unwrap()))
}

/// Whom the front door has proven.
pub(crate) fn vouched(user: &str) -> Attempt {
    attempt(user, Proof::Voucher(Voucher::Session))
}

/// The same attempt with orders for scripted policies.
pub(crate) fn told(attempt: Attempt, orders: &[(&str, &str)]) -> Attempt {
    let attributes = Attributes { client_info: properties(orders), ..attempt.attributes };
    Attempt { attributes, ..attempt }
}

/// The same client, answering the question.
pub(crate) fn answering(attempt: &Attempt, asked: &Answer, response: &str) -> Attempt {
    let proof =
        Proof::Response { state_id: question(asked).1, response: field::Response::new(Secret::new(response)).unwrap() };
    Attempt { proof, ..attempt.clone() }
}

/// The question and its handle.
pub(crate) fn question(answer: &Answer) -> (Challenge, StateId) {
    match (&answer.decision, &answer.state_id) {
        (Decision::Challenge { challenge, .. }, Some(state_id)) => (challenge.clone(), state_id.clone()),
        _ => panic!("{answer:?}"),
    }
}

/// The code of the cause that keeps somebody out; `allowed` or `challenged` where nothing does.
pub(crate) fn cause(answer: &Answer) -> String {
    match &answer.decision {
        Decision::Deny(denial) => denial.cause.code().to_owned(),
        Decision::Allow { .. } => "allowed".to_owned(),
        Decision::Challenge { .. } => "challenged".to_owned(),
    }
}
