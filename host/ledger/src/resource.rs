//! The table: every resource of a host, with who pays for it, what limits it, and the answer at the limit.
//!
//! Not for: the numbers, which follow from the configuration; see [`crate::Ledger`]. The table in the documentation is made of this one.

use std::fmt::Write as _;

/// Who pays for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// Whoever is at an address: nobody has shown a token yet.
    Peer,
    /// A user of this machine who has not shown a token yet.
    User,
    /// The tenant on whose behalf it is spent.
    Tenant,
    /// The host, for what no tenant can make it spend.
    Host,
}

impl Payer {
    const fn name(self) -> &'static str {
        match self {
            Self::Peer => "address",
            Self::User => "user",
            Self::Tenant => "tenant",
            Self::Host => "host",
        }
    }
}

/// What a resource is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of memory.
    Memory,
    /// Bytes on disk.
    Disk,
    /// Things.
    Count,
    /// Things in a second or minute.
    Rate,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "bytes of memory",
            Self::Disk => "bytes on disk",
            Self::Count => "number",
            Self::Rate => "rate",
        }
    }
}

macro_rules! resources {
    ($($(#[doc = $doc:literal])+ $resource:ident = $name:literal, $unit:ident of $payer:ident,
        limit $limit:literal, answer $answer:literal, test $test:literal;)+) => {
        /// What can be used up.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Resource { $($(#[doc = $doc])+ $resource,)+ }

        impl Resource {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$resource),+];

            /// The name, as in problems, in metrics and in the table.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$resource => $name),+ }
            }

            /// Who pays for it.
            pub const fn payer(self) -> Payer {
                match self { $(Self::$resource => Payer::$payer),+ }
            }

            /// What it is counted in.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$resource => Unit::$unit),+ }
            }

            /// Where its limit comes from, with the keys of the configuration or of a tenant's terms.
            pub const fn limit(self) -> &'static str {
                match self { $(Self::$resource => $limit),+ }
            }

            /// What happens at the limit.
            pub const fn answer(self) -> &'static str {
                match self { $(Self::$resource => $answer),+ }
            }

            /// The test that shows it: the end of its path.
            pub const fn test(self) -> &'static str {
                match self { $(Self::$resource => $test),+ }
            }
        }
    };
}

resources! {
    /// Connections that are open, the files that they take among them.
    Connections = "connections", Count of Peer,
        limit "what `ulimit -n` less 512 and a sixteenth of `server.memory_bytes` at 128 KiB each allow, 16,384 at most; a quarter of those for one address",
        answer "closed, or waits to be accepted",
        test "one_address_has_its_share_and_gets_it_back";
    /// Connections over sockets of this machine, and to the metrics, where an address counts as a user does.
    LocalConnections = "connections of this machine", Count of User,
        limit "a quarter of all connections; half of those for one user",
        answer "closed, or waits to be accepted",
        test "one_user_of_this_machine_leaves_places_for_the_others";
    /// Tokens that are looked up in the store, because nobody has shown them for a while, or they are guesses.
    TokenLookups = "places for looking up tokens", Count of Peer,
        limit "8; 4 for one address, and 256 that wait",
        answer "503 `overloaded`",
        test "guesses_wait_in_a_line_of_their_own";
    /// Tokens that were looked up and are known for a moment.
    RememberedTokens = "tokens remembered", Count of Tenant,
        limit "8,192; a quarter for one tenant; one second",
        answer "looked up again",
        test "tokens_are_remembered_within_a_share";
    /// Bodies of requests that are read or parsed, each weighed as what reading it may take, and what front doors are told, until it has
    /// left for them.
    RequestBodies = "bytes of request bodies", Memory of Tenant,
        limit "an eighth of `server.memory_bytes`; a quarter of that for one tenant",
        answer "503 `overloaded` with `Retry-After`",
        test "a_body_is_paid_for_before_it_is_read_and_until_it_is_answered";
    /// Components that are uploaded, spooled to disk.
    Uploads = "places for uploads", Count of Tenant,
        limit "8, each of 64 MiB at most; 2 of a tenant, and 8 that wait",
        answer "503 `overloaded`",
        test "unfinished_uploads_wait_on_disk_and_leave_places_for_others";
    /// Components that are in memory whole while they are uploaded.
    Components = "places for components in memory", Count of Tenant,
        limit "2; 1 of a tenant, and 8 that wait",
        answer "503 `overloaded`",
        test "unfinished_uploads_wait_on_disk_and_leave_places_for_others";
    /// Lists and other long answers, until the client has taken them.
    Answers = "bytes of answers", Memory of Tenant,
        limit "a sixteenth of `server.memory_bytes`; a quarter of that for one tenant",
        answer "503 `overloaded` with `Retry-After`",
        test "an_answer_is_held_until_it_was_taken_or_the_client_has_gone";
    /// Answers that go on: decisions that are followed.
    Streams = "streams", Count of Tenant,
        limit "256; 32 for a tenant",
        answer "503 `overloaded`",
        test "a_tenant_has_its_share_and_the_host_an_end";
    /// Answers kept for whoever asks again under the same `Idempotency-Key`.
    KeptAnswers = "bytes of answers kept for retries", Memory of Tenant,
        limit "a thirty-second of `server.memory_bytes`; a quarter of that for one tenant; five minutes",
        answer "the tenant's own oldest go; what is too large is refused when it is asked for again",
        test "one_tenants_keys_drive_out_its_own_oldest_and_nobody_elses";
    /// Logins that wait while their front door makes a search for a policy.
    SuspendedLogins = "suspended logins", Count of Tenant,
        limit "4,096; 256 for a tenant",
        answer "503 `overloaded`",
        test "a_tenant_suspends_its_share_and_leaves_room_for_others";
    /// Memory of policies that run.
    Instances = "bytes of policies' memory", Memory of Tenant,
        limit "a quarter of `server.memory_bytes`; `memory_bytes` of the terms for one call",
        answer "the login is denied as `overloaded`",
        test "a_login_that_finds_no_memory_is_denied_as_overloaded_and_gives_back_what_it_took";
    /// Places of logins that are decided on.
    LoginPlaces = "places for logins", Count of Tenant,
        limit "`server.concurrent_logins`; `concurrent_logins` of the terms, and `waiting_logins` that wait",
        answer "503 `overloaded`",
        test "where_room_is_left_whoever_comes_next_finds_a_place_however_many_there_are";
    /// Logins that wait for a directory, a RADIUS server, a front door or a hash: they compute nothing meanwhile, and hold no place.
    OutsideLogins = "logins that wait for others", Count of Tenant,
        limit "four times `server.concurrent_logins`, and half of the files of `ulimit -n` that connections leave; a quarter of that for a tenant",
        answer "the login keeps its place meanwhile, and others of the tenant wait",
        test "where_too_many_wait_for_others_the_next_keeps_its_place";
    /// Threads of the system's resolver that look up the names of directories and RADIUS servers.
    NameLookups = "names that are looked up", Count of Tenant,
        limit "16; 2 of a tenant, and 64 that wait",
        answer "the server is passed over, and where all are the login is denied as `ldap-unavailable` or `radius-unavailable`",
        test "a_tenant_whose_names_stall_leaves_threads_for_others";
    /// Versions on trial that run beside the ones that decide.
    Shadows = "versions on trial that run", Count of Tenant,
        limit "16; half of those for one tenant",
        answer "the login is not compared, and counted as skipped",
        test "a_login_that_finds_no_place_for_a_version_on_trial_is_not_compared";
    /// Local passwords that are checked: what is on record is read, the password hashed, and a wrong one counted.
    PasswordChecks = "places for checking passwords", Count of Tenant,
        limit "for each tenant one for each processor; 1,024 of a tenant wait",
        answer "the login is denied as `overloaded`",
        test "a_tenant_whose_failures_wait_to_be_counted_keeps_no_place_for_hashing";
    /// Steps of policies that compute for long: each ends with a tick of the epoch, or with the host call that it is in.
    SlowPolicies = "places for policies that compute for long", Count of Tenant,
        limit "one for each processor",
        answer "the policy waits for its next step, as long as the login may take",
        test "one_that_computes_for_long_waits_for_a_step_of_each_tenant_and_not_for_all_that_one_tenant_has_begun";
    /// Processors that read long bodies, by threads of low priority.
    LongBodies = "places for reading long bodies", Count of Tenant,
        limit "one for each processor; 1,024 of a tenant wait",
        answer "503 `overloaded`",
        test "long_bodies_of_one_tenant_keep_no_other_ones_waiting";
    /// Processors that hash passwords.
    Hashing = "places for hashing passwords", Count of Tenant,
        limit "one for each processor; 1,024 of a tenant wait",
        answer "the login is denied as `overloaded`",
        test "a_flood_of_passwords_does_not_keep_another_tenant_waiting";
    /// Places among the readers of the database that are kept for administrators: lists, searches, downloads.
    AdministratorReads = "places for administrators' reads", Count of Tenant,
        limit "4 in PostgreSQL, in SQLite half of the processors, 2 at least; half of them for one tenant, of which 32 wait for 5 s",
        answer "503 `overloaded` with `Retry-After`",
        test "one_tenants_searches_leave_a_place_for_anothers";
    /// What waits to be written to the database, or is under way.
    WriteQueue = "bytes that wait to be written", Memory of Tenant,
        limit "64 MiB; 16 MiB for a tenant",
        answer "503 `overloaded`; a login is denied as `store-unavailable`",
        test "one_tenants_large_jobs_leave_the_next_batch_to_anothers_small_ones";
    /// Wrong passwords for a tenant's bootstrap administrators.
    Guesses = "wrong passwords for an administrator", Rate of Peer,
        limit "`lockout_after` in `lockout_seconds` for each administrator from each address",
        answer "`locked-out` for that address, and nobody else",
        test "wrong_passwords_lock_an_administrator_out_at_their_own_address_alone";
    /// Compilers that run for uploads, and for whoever looks at what is stored.
    Compilations = "places for compiling", Count of Tenant,
        limit "1; 1 of a tenant, and 8 that wait",
        answer "503 `overloaded`",
        test "too_many_that_wait_are_refused_and_those_that_leave_are_forgotten";
    /// Compilers that run for logins, which no upload waits before.
    LoginCompilations = "places for compiling for logins", Count of Tenant,
        limit "one for each processor, 2 at least; 1 of a tenant, and 8 that wait",
        answer "503 `overloaded`",
        test "a_login_does_not_wait_for_the_compilation_of_an_upload";
    /// Code of policies in memory: one copy of each, until the last login that runs it is over.
    Code = "bytes of compiled code", Memory of Tenant,
        limit "`server.policy_bytes`; half of what others leave for one tenant",
        answer "tenants without a login for longest make room; then 503 `overloaded`",
        test "code_is_there_once_and_counted_until_the_last_one_leaves";
    /// Code of policies on disk, so that a host that starts again has nothing to compile.
    KeptCode = "bytes of compiled code on disk", Disk of Tenant,
        limit "`server.cache_bytes`; a quarter of it for what was uploaded and no login has needed",
        answer "what nobody has needed for longest goes, and is compiled again",
        test "what_was_needed_last_is_kept_and_what_was_only_uploaded_takes_a_quarter";
    /// Logins of a tenant in a second, by whichever front door.
    LoginRate = "logins in a second", Rate of Tenant,
        limit "`logins_per_second` of the terms; twice as many at once",
        answer "429 `too-many-logins` with `Retry-After`",
        test "logins_beyond_the_rate_are_told_when_to_come_back";
    /// Requests of a tenant's tokens in a second, logins aside.
    RequestRate = "requests in a second", Rate of Tenant,
        limit "`requests_per_second` of the terms; twice as many at once",
        answer "429 `too-many-requests` with `Retry-After`",
        test "requests_beyond_the_rate_are_told_when_to_come_back";
    /// Fuel that a tenant's policies burn in a minute.
    FuelRate = "fuel in a minute", Rate of Tenant,
        limit "`fuel_per_minute` of the terms; `fuel_per_login` for one call",
        answer "429 `too-much-fuel` with `Retry-After`",
        test "fuel_beyond_a_minutes_worth_is_not_burnt";
    /// What is on disk of a tenant's decisions, questions, sessions, users and changes.
    Records = "bytes of records", Disk of Tenant,
        limit "`record_bytes` and `decisions` of the terms",
        answer "the oldest decisions go; then logins are denied as `store-unavailable`, and administrators are told `not-allowed-by-terms`",
        test "of_too_many_bytes_the_oldest_decisions_go_and_then_there_is_room";
    /// Versions of policies.
    Versions = "bytes of versions", Disk of Tenant,
        limit "`stored_bytes` and `policies` of the terms",
        answer "403 `not-allowed-by-terms`",
        test "a_tenant_has_so_many_policies_and_bytes_and_no_more";
    /// What is left of the disk for what keeps the host running.
    DiskReserve = "bytes of the disk that are kept free", Disk of Host,
        limit "`server.disk_reserve_bytes`",
        answer "logins are denied as `store-unavailable`, administrators only delete, and `/readyz` says so",
        test "what_the_host_keeps_for_itself_is_for_no_login";
}

/// The table in Markdown, as it stands in the documentation.
pub fn table() -> String {
    let mut table =
        String::from("| resource | counted in | who pays | limit | at the limit | test |\n|---|---|---|---|---|---|\n");
    for resource in Resource::ALL {
        let (unit, payer) = (resource.unit().name(), resource.payer().name());
        // Writing to a text does not fail.
        let _ = writeln!(
            table,
            "| {} | {unit} | {payer} | {} | {} | `{}` |",
            resource.name(),
            resource.limit(),
            resource.answer(),
            resource.test()
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_resource_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Resource::ALL.iter().map(|resource| resource.name()).collect();
        assert_eq!(names.len(), Resource::ALL.len());
        assert_eq!(table().lines().count(), Resource::ALL.len() + 2);
    }
}
