//! One integration binary: each module is one behaviour of the whole.

mod harness;

mod damaged_components_do_no_harm;
mod no_fault_lets_anybody_in;
mod overload_denies;
mod policies_answer_their_tables;
mod probes;
mod recordings_replay;
