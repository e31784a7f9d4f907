//! What the store remembers, on SQLite and on PostgreSQL.

mod challenges_are_taken_once;
mod conclusions_are_whole;
mod decisions_are_listed;
mod failures_lock_an_account;
mod killed_processes_lose_nothing;
mod other_databases_are_refused;
mod profiles_come_back;
mod saves_conflict;
mod sessions_expire;
mod silent_servers_are_unavailable;
mod tenants_are_apart;
mod writes_wait_together;
