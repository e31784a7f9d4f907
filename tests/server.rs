//! What a host does over HTTP: everything that administrators change, and every login that a front door brings.

mod callers_are_known;
mod compilers_serve_logins_first;
mod connections_end_well;
mod fields_are_bounded;
mod files_keep_their_version;
mod followers_miss_nothing;
mod front_doors_keep_properties;
mod killed_hosts_are_whole;
mod lists_come_in_pages;
mod logs_are_as_configured;
mod permission_comes_before_bodies;
mod policies_are_given_what_is_granted;
mod policies_come_and_go;
mod problems_say_what_to_do;
mod requests_are_read_strictly;
mod requests_have_a_rate;
mod retries_have_one_effect;
mod signatures_are_demanded;
mod silent_clients_shut_nobody_out;
mod tenants_share_fairly;
mod tenants_stay_apart;
mod terms_bound_what_grows;
mod trials_are_remembered;
mod trials_have_no_effect;
mod whoever_sends_bytes_pays;
