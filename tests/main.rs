//! One integration binary: each module is one behaviour of the whole.

mod harness;

mod policies_answer_their_tables;
