//! The gate: from an attempt to a decision that is on record.

mod accounts_are_locked;
mod bootstrap_administrators_come_in;
mod bugs_are_on_record;
mod canaries_choose_by_who_it_is;
mod chains_stop_at_the_first_no;
mod challenges_need_their_answer;
mod deadlines_count_from_arrival;
mod decisions_are_on_record;
mod doors_close_in_time;
mod executors_keep_threads_free;
mod failing_stores_tell_nothing;
mod grants_are_each_policys_own;
mod groups_follow_the_rules;
mod methods_are_the_administrators;
mod methods_do_not_mix;
mod passwords_are_checked;
mod places_are_given_back;
mod saves_are_stored_first;
mod sessions_are_remembered;
