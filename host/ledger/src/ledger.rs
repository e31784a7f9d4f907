//! The ledger of one host: how much there is of each resource, made of what the machine has and the configuration says.

use std::sync::Arc;

use vestibule_domain::TenantName;

use crate::buckets::Buckets;
use crate::owner::Owner;
use crate::pool::Pool;
use crate::resource::Resource;
use crate::share::Share;
use crate::turns::{Room, Turns};

/// What a host may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Memory of the process in bytes, whatever is sent. Default half of what the machine has.
    pub memory_bytes: u64,
    /// Of it, compiled code of policies. Default a quarter.
    pub code_bytes: u64,
    /// Connections at once.
    pub connections: u64,
    /// Files that may be open at once besides.
    pub files: u64,
    /// Logins that compute at once.
    pub concurrent_logins: u64,
    /// Processors.
    pub processors: u64,
}

/// The most of a pool that one tenant may hold, besides what [`Share`] leaves to others: a quarter.
const TENANTS_PART: u64 = 4;
/// The most of the connections that one address may hold.
const PEERS_PART: u64 = 4;
/// Logins that wait for others, for each that computes.
const OUTSIDE_FOR_EACH: u64 = 4;
/// The part of the files that they may take: each has a socket or two.
const PART_OF_FILES: u64 = 2;
/// Versions on trial that run at once.
const SHADOWS: u64 = 16;
/// The part of the connections that is kept for this machine's own: a quarter.
const LOCAL_PART: u64 = 4;
/// Tokens that are looked up at once: rows found by their keys.
const TOKEN_LOOKUPS: u64 = 8;
/// Tokens remembered.
const REMEMBERED_TOKENS: u64 = 8_192;
/// Uploads that are spooled to disk at once: half a gigabyte of it.
const UPLOADS: u64 = 8;
/// Components in memory at once.
const COMPONENTS: u64 = 2;
/// Streams, and those of one tenant. Each asks the store twice a second, and remembers half a megabyte at most.
const STREAMS: (u64, u64) = (256, 32);
/// Addresses that are remembered for wrong passwords.
const GUESSERS: usize = 4_096;
/// Suspended logins, and those of one tenant.
const SUSPENDED: (u64, u64) = (4_096, 256);
/// Compilations at once of what is uploaded: it must not take both processors from logins.
const COMPILATIONS: u64 = 1;
/// Compilations at once for logins, at the least: one that takes long does not keep another tenant's waiting.
const LOGIN_COMPILATIONS: u64 = 2;

/// Every pool and every line of a host. Clones share them.
///
/// The parts of memory add up to less than all of it: a quarter is compiled code's, a sixteenth is that of connections, and what is left is
/// the program's own, its database's and its threads'.
#[derive(Clone)]
pub struct Ledger(Arc<Parts>);

struct Parts {
    budget: Budget,
    connections: Pool,
    local_connections: Pool,
    token_lookups: Turns,
    remembered_tokens: Pool,
    uploads: Turns,
    components: Turns,
    answers: Pool,
    streams: Pool,
    request_bodies: Pool,
    kept_answers: Pool,
    suspended_logins: Pool,
    instances: Pool,
    outside_logins: Pool,
    shadows: Pool,
    login_places: Turns,
    hashing: Turns,
    compilations: Turns,
    login_compilations: Turns,
    code: Pool,
    guesses: Guesses,
}

/// By administrator and address.
pub type Guesses = Buckets<(TenantName, String, Owner)>;

/// How much of a resource is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Of what.
    pub resource: Resource,
    /// How much is in use.
    pub used: u64,
    /// How much there is.
    pub total: u64,
}

impl Ledger {
    /// A ledger in which nothing is used.
    pub fn new(budget: Budget) -> Self {
        let memory = budget.memory_bytes;
        let of_tenants = |resource, total: u64| Pool::new(resource, total, Share { most: total / TENANTS_PART });
        let local = (budget.connections / LOCAL_PART).max(1);
        let network = budget.connections.saturating_sub(local).max(1);
        let of_peers = Share { most: (budget.connections / PEERS_PART).max(1) };
        let logins = budget.concurrent_logins;
        let outside = logins.saturating_mul(OUTSIDE_FOR_EACH).min(budget.files / PART_OF_FILES).max(1);
        let for_logins = budget.processors.max(LOGIN_COMPILATIONS);
        Self(Arc::new(Parts {
            budget,
            connections: Pool::new(Resource::Connections, network, of_peers),
            local_connections: Pool::new(Resource::LocalConnections, local, Share { most: local }),
            token_lookups: Turns::new(Resource::TokenLookups, TOKEN_LOOKUPS, Room::None),
            remembered_tokens: of_tenants(Resource::RememberedTokens, REMEMBERED_TOKENS),
            uploads: Turns::new(Resource::Uploads, UPLOADS, Room::Left),
            components: Turns::new(Resource::Components, COMPONENTS, Room::None),
            answers: of_tenants(Resource::Answers, memory / 16),
            streams: Pool::new(Resource::Streams, STREAMS.0, Share { most: STREAMS.1 }),
            request_bodies: of_tenants(Resource::RequestBodies, memory / 8),
            kept_answers: of_tenants(Resource::KeptAnswers, memory / 32),
            suspended_logins: Pool::new(Resource::SuspendedLogins, SUSPENDED.0, Share { most: SUSPENDED.1 }),
            instances: Pool::new(Resource::Instances, memory / 4, Share { most: memory / 4 }),
            outside_logins: of_tenants(Resource::OutsideLogins, outside),
            shadows: Pool::new(Resource::Shadows, SHADOWS, Share { most: SHADOWS }),
            login_places: Turns::new(Resource::LoginPlaces, logins, Room::Left),
            hashing: Turns::new(Resource::Hashing, budget.processors.max(1), Room::None),
            guesses: Buckets::new(GUESSERS),
            compilations: Turns::new(Resource::Compilations, COMPILATIONS, Room::None),
            login_compilations: Turns::new(Resource::LoginCompilations, for_logins, Room::None),
            code: Pool::new(Resource::Code, budget.code_bytes, Share { most: budget.code_bytes }),
        }))
    }

    /// What the host may use.
    pub fn budget(&self) -> Budget {
        self.0.budget
    }

    /// [`Resource::Connections`].
    pub fn connections(&self) -> &Pool {
        &self.0.connections
    }

    /// [`Resource::LocalConnections`].
    pub fn local_connections(&self) -> &Pool {
        &self.0.local_connections
    }

    /// [`Resource::TokenLookups`].
    pub fn token_lookups(&self) -> &Turns {
        &self.0.token_lookups
    }

    /// [`Resource::RememberedTokens`].
    pub fn remembered_tokens(&self) -> &Pool {
        &self.0.remembered_tokens
    }

    /// [`Resource::Uploads`].
    pub fn uploads(&self) -> &Turns {
        &self.0.uploads
    }

    /// [`Resource::Components`].
    pub fn components(&self) -> &Turns {
        &self.0.components
    }

    /// [`Resource::Answers`].
    pub fn answers(&self) -> &Pool {
        &self.0.answers
    }

    /// [`Resource::Streams`].
    pub fn streams(&self) -> &Pool {
        &self.0.streams
    }

    /// [`Resource::RequestBodies`].
    pub fn request_bodies(&self) -> &Pool {
        &self.0.request_bodies
    }

    /// [`Resource::KeptAnswers`].
    pub fn kept_answers(&self) -> &Pool {
        &self.0.kept_answers
    }

    /// [`Resource::SuspendedLogins`].
    pub fn suspended_logins(&self) -> &Pool {
        &self.0.suspended_logins
    }

    /// [`Resource::Instances`].
    pub fn instances(&self) -> &Pool {
        &self.0.instances
    }

    /// [`Resource::OutsideLogins`].
    pub fn outside_logins(&self) -> &Pool {
        &self.0.outside_logins
    }

    /// [`Resource::Shadows`].
    pub fn shadows(&self) -> &Pool {
        &self.0.shadows
    }

    /// [`Resource::LoginCompilations`].
    pub fn login_compilations(&self) -> &Turns {
        &self.0.login_compilations
    }

    /// [`Resource::Code`].
    pub fn code(&self) -> &Pool {
        &self.0.code
    }

    /// Policies that may be under way at once: of logins that compute, of those that wait for others, and on trial.
    pub fn concurrent_calls(&self) -> u64 {
        let logins = self.0.budget.concurrent_logins;
        logins.saturating_add(self.0.outside_logins.usage().1).saturating_add(SHADOWS)
    }

    /// [`Resource::LoginPlaces`].
    pub fn login_places(&self) -> &Turns {
        &self.0.login_places
    }

    /// [`Resource::Hashing`].
    pub fn hashing(&self) -> &Turns {
        &self.0.hashing
    }

    /// [`Resource::Compilations`].
    pub fn compilations(&self) -> &Turns {
        &self.0.compilations
    }

    /// [`Resource::Guesses`], by tenant, administrator and address.
    pub fn guesses(&self) -> &Guesses {
        &self.0.guesses
    }

    /// How much of each is in use, for the metrics.
    pub fn usage(&self) -> impl Iterator<Item = Usage> {
        let parts = &*self.0;
        let pools = [
            &parts.connections,
            &parts.local_connections,
            &parts.remembered_tokens,
            &parts.request_bodies,
            &parts.answers,
            &parts.streams,
            &parts.kept_answers,
            &parts.suspended_logins,
            &parts.instances,
            &parts.outside_logins,
            &parts.shadows,
            &parts.code,
        ];
        let turns = [
            &parts.token_lookups,
            &parts.uploads,
            &parts.components,
            &parts.login_places,
            &parts.hashing,
            &parts.compilations,
            &parts.login_compilations,
        ];
        let of = |resource, (used, total)| Usage { resource, used, total };
        let pools = pools.into_iter().map(move |pool| of(pool.resource(), pool.usage()));
        pools.chain(turns.into_iter().map(move |turns| of(turns.resource(), turns.usage())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Unit;

    const A_HOST: Budget = Budget {
        memory_bytes: 1 << 30,
        code_bytes: 1 << 28,
        connections: 1_000,
        files: 4_096,
        concurrent_logins: 256,
        processors: 2,
    };

    #[test]
    fn logins_that_wait_for_others_leave_files_to_those_that_do_not() {
        let outside = |files| Ledger::new(Budget { files, ..A_HOST }).outside_logins().usage().1;
        assert_eq!([4_096, 512, 1].map(outside), [1_024, 256, 1]);
    }

    #[test]
    fn the_parts_of_memory_add_up_to_less_than_all_of_it() {
        let memory_bytes = 1 << 30;
        let code_bytes = memory_bytes / 4;
        let budget = Budget { memory_bytes, code_bytes, ..A_HOST };
        let ledger = Ledger::new(budget);
        let parts = ledger.usage().filter(|usage| usage.resource.unit() == Unit::Memory);
        let parts: u64 = parts.map(|usage| usage.total).sum();
        let connections = memory_bytes / 16;
        assert!(parts + connections < memory_bytes * 7 / 8, "{parts}");
    }
}
