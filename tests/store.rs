//! What the store remembers, on SQLite and on PostgreSQL.

mod activations_are_whole;
mod challenges_are_taken_once;
mod changes_are_seen;
mod conclusions_are_whole;
mod decisions_are_listed;
mod edits_are_whole;
mod every_change_is_on_record;
mod failures_lock_an_account;
mod killed_processes_lose_nothing;
mod logs_stay_short;
mod older_databases_open;
mod other_databases_are_refused;
mod profiles_come_back;
mod room_is_limited;
mod saves_conflict;
mod secrets_stay_secret;
mod sessions_expire;
mod signatures_are_kept;
mod silent_servers_are_unavailable;
mod tenants_are_apart;
mod tenants_come_and_go;
mod tokens_are_replaced;
mod trials_add_up;
mod versions_have_room;
mod versions_never_change;
mod writes_wait_together;
