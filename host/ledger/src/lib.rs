//! Everything of a host that can be used up: who pays for it, how much there is, and what happens at the limit.
//!
//! Not for: what a tenant may do, which its terms say, or what one call of a policy may use, which the sandbox limits. A room that
//! spends something on somebody's bytes takes it from here first, and gives it back by dropping what it was handed.
//!
//! | what is used up | type |
//! |---|---|
//! | an amount that is held: bytes, connections, files | [`Pool`], which hands out [`Hold`]s |
//! | a place for which others wait in turn | [`Turns`], which hands out [`Turn`]s |
//! | what flows: so many in a second | [`TokenBucket`], or [`Buckets`] of many |
//!
//! Pools and turns share one rule, [`Share`]: nobody holds more than is left over for others.

mod bucket;
mod buckets;
mod ledger;
mod owner;
mod pool;
mod refused;
mod resource;
mod share;
mod turns;

pub use bucket::{Rate, TokenBucket};
pub use buckets::Buckets;
pub use ledger::{Budget, Guesses, Ledger, Usage};
pub use owner::Owner;
pub use pool::{Hold, Pool};
pub use refused::Refused;
pub use resource::{Payer, Resource, Unit, table};
pub use share::Share;
pub use turns::{Room, Turn, Turns, Waiting};
