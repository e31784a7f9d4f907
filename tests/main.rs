//! One integration binary: each module is one behaviour of the whole.

mod harness;

mod no_fault_lets_anybody_in;
mod policies_answer_their_tables;
mod probes;
mod recordings_replay;
