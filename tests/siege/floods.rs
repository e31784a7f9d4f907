//! The floods: each says in its name what there is too much of.

mod administration;
mod connections;
mod fields;
mod logins;
mod policies;
mod routes;

use std::pin::Pin;
use std::time::Instant;

use tokio::task::JoinSet;

use super::besieged::Besieged;
use super::client::{Client, Said};

/// One way to take what others need.
#[derive(Clone, Copy)]
pub(super) struct Flood {
    pub(super) name: &'static str,
    /// Begins it, until then.
    pub(super) run: fn(&Besieged, Instant) -> Flooding,
}

pub(super) type Flooding = Pin<Box<dyn Future<Output = Tally> + Send>>;

/// What was sent, and how much of it was answered with a refusal or not at all.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) sent: usize,
    pub(super) refused: usize,
}

impl Tally {
    fn note(&mut self, said: &Said) {
        self.sent += 1;
        self.refused += usize::from(said.as_ref().is_none_or(|(status, _)| *status >= 400));
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.refused += other.refused;
    }
}

pub(super) const FLOODS: &[Flood] = &[
    Flood { name: "heads that never end", run: connections::unfinished_heads },
    Flood { name: "connections that say nothing", run: connections::idle },
    Flood { name: "bodies that never end", run: connections::unfinished_bodies },
    Flood { name: "uploads that never end", run: connections::unfinished_uploads },
    Flood { name: "methods and addresses that there are not", run: connections::unknown_routes },
    Flood { name: "tokens that there are not", run: connections::guessed_tokens },
    Flood { name: "reads of the metrics", run: connections::metrics },
    Flood { name: "probes of readiness", run: connections::readiness },
    Flood { name: "fields that are too long", run: fields::long },
    Flood { name: "lists with too many entries", run: fields::many },
    Flood { name: "secrets in every field", run: fields::secrets },
    Flood { name: "every route, asked for what it does not have", run: routes::every },
    Flood { name: "keys for retries", run: logins::retries },
    Flood { name: "wrong passwords", run: logins::wrong_passwords },
    Flood { name: "answers to no question", run: logins::unknown_challenges },
    Flood { name: "users who were never there", run: logins::new_users },
    Flood { name: "logins that wait for a search", run: logins::suspended },
    Flood { name: "directories that do not answer", run: logins::silent_directories },
    Flood { name: "policies that compute, hoard and call the host", run: policies::hostile },
    Flood { name: "components that take long to compile", run: policies::bombs },
    Flood { name: "activations", run: policies::activations },
    Flood { name: "uploads again and again", run: policies::uploads },
    Flood { name: "downloads", run: administration::downloads },
    Flood { name: "searches that find nothing", run: administration::searches },
    Flood { name: "lists", run: administration::lists },
    Flood { name: "large records", run: administration::large_records },
];

/// So many at once, each of which asks what `ask` says until the time is over: which of them it is, and how often it has asked.
fn crowd<F, A>(host: &Besieged, tenant: &str, size: usize, until: Instant, ask: A) -> Flooding
where
    F: Future<Output = (Client, Said)> + Send,
    A: Fn(Client, usize, usize) -> F + Clone + Send + Sync + 'static,
    F: 'static,
{
    let (address, token) =
        (host.address(), if tenant.is_empty() { String::new() } else { host.token(tenant).to_owned() });
    Box::pin(async move {
        let mut all = JoinSet::new();
        for member in 0..size {
            let (ask, mut client) = (ask.clone(), Client::attacking(address, &token, member));
            all.spawn(async move {
                let mut tally = Tally::default();
                for round in 0.. {
                    if Instant::now() >= until {
                        break;
                    }
                    let asked = tokio::time::timeout_at(until.into(), ask(client, member, round)).await;
                    let Ok((again, said)) = asked else {
                        tally.note(&Some((0, Default::default())));
                        break;
                    };
                    client = again;
                    tally.note(&said);
                }
                tally
            });
        }
        together(all).await
    })
}

async fn together(mut all: JoinSet<Tally>) -> Tally {
    let mut tally = Tally::default();
    while let Some(one) = all.join_next().await {
        tally.add(&one.unwrap_or_default());
    }
    tally
}

/// Several floods at once, counted as one.
fn at_once(all: Vec<Flooding>) -> Flooding {
    Box::pin(async move {
        let mut tally = Tally::default();
        for one in futures_util::future::join_all(all).await {
            tally.add(&one);
        }
        tally
    })
}
