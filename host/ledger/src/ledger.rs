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
/// Addresses that are remembered for wrong passwords, of all tenants together.
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

/// Of each tenant, by administrator and address; absent: what stands for an address is none.
pub type Guesses = Buckets<TenantName, (String, Option<Owner>)>;

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

/// The pools and lines, each by the name of its resource: who takes from one, and the metrics, ask for it here.
macro_rules! parts {
    ($($part:ident: $kind:ident of $resource:ident,)+) => {
        struct Parts {
            budget: Budget,
            guesses: Guesses,
            $($part: $kind,)+
        }

        impl Ledger {
            $(
                #[doc = concat!("[`Resource::", stringify!($resource), "`].")]
                pub fn $part(&self) -> &$kind {
                    &self.0.$part
                }
            )+

            /// How much of each is in use, for the metrics.
            pub fn usage(&self) -> impl Iterator<Item = Usage> + use<> {
                let of = |resource, (used, total)| Usage { resource, used, total };
                [$(of(self.0.$part.resource(), self.0.$part.usage())),+].into_iter()
            }
        }
    };
}

parts! {
    connections: Pool of Connections,
    local_connections: Pool of LocalConnections,
    token_lookups: Turns of TokenLookups,
    remembered_tokens: Pool of RememberedTokens,
    request_bodies: Pool of RequestBodies,
    long_bodies: Turns of LongBodies,
    uploads: Turns of Uploads,
    components: Turns of Components,
    answers: Pool of Answers,
    streams: Pool of Streams,
    kept_answers: Pool of KeptAnswers,
    suspended_logins: Pool of SuspendedLogins,
    instances: Pool of Instances,
    login_places: Turns of LoginPlaces,
    outside_logins: Pool of OutsideLogins,
    shadows: Pool of Shadows,
    slow_policies: Turns of SlowPolicies,
    password_checks: Turns of PasswordChecks,
    hashing: Turns of Hashing,
    compilations: Turns of Compilations,
    login_compilations: Turns of LoginCompilations,
    code: Pool of Code,
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
            long_bodies: Turns::new(Resource::LongBodies, budget.processors.max(1), Room::None),
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
            slow_policies: Turns::new(Resource::SlowPolicies, budget.processors.max(1), Room::None),
            // Any login may come to one: how many of a tenant's may do so at once, says whoever checks.
            password_checks: Turns::new(
                Resource::PasswordChecks,
                logins.saturating_mul(1 + OUTSIDE_FOR_EACH),
                Room::None,
            ),
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

    /// Policies that may be under way at once: of logins that compute, of those that wait for others, and on trial.
    pub fn concurrent_calls(&self) -> u64 {
        let logins = self.0.budget.concurrent_logins;
        logins.saturating_add(self.0.outside_logins.usage().1).saturating_add(SHADOWS)
    }

    /// [`Resource::Guesses`].
    pub fn guesses(&self) -> &Guesses {
        &self.0.guesses
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
