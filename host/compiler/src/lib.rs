//! From a file's bytes to a policy that can be called: made a component where it is a core module, and compiled, in child processes
//! with limits, or taken from a cache.
//!
//! Not for: where components come from, or what a tenant decides about them. A compiler is a large program that reads what a
//! stranger wrote: it runs where it can only hurt itself.
//!
//! The child is the running program itself. Its `main` hands the subcommand [`SUBCOMMAND`] to [`child::run`].

mod cache;
pub mod child;
mod failure;
mod loader;
pub mod module;
mod process;
mod protocol;
mod purpose;
mod shape;
mod shelf;

pub use cache::{Cache, Error as CacheError};
pub use failure::{Failure, Refusal};
pub use loader::{Bounds as LoaderBounds, Loader, Order, Policy};
pub use protocol::{Bounds, REFUSED, SUBCOMMAND, Task};
pub use purpose::Purpose;
