//! One integration binary: each module is one behaviour of the whole.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

mod gate;
mod harness;

mod bad_input_gets_a_sentence;
mod commands_say_what_happened;
mod damaged_components_do_no_harm;
mod documents_are_true;
mod files_make_no_circles;
mod imports_need_their_grants;
mod ldap;
mod logins_from_the_command_line;
mod model;
mod modules_become_components;
mod no_fault_lets_anybody_in;
mod overload_denies;
mod policies_answer_their_tables;
mod prices_are_paid;
mod probes;
mod radius;
mod readme_is_true;
mod recordings_replay;
mod server;
mod siege;
mod store;
