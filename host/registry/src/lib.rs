//! Which policies each tenant runs: uploaded, inspected, activated, tried beside others, rolled back, and ready when a login comes.
//!
//! Not for: deciding on a login, which is the gate's, or speaking HTTP. Every change here is one transaction of the store; what is
//! held in memory is made of the store again whenever it changes, also by another process.
//!
//! | what happens | module |
//! |---|---|
//! | a component becomes a version | `upload`, with `report` for what it may do |
//! | versions become the tenant's chain | [`plan`], `activate` |
//! | a login needs the tenant's gate | `tenant_cache`, `load` |
//! | a login takes its turn | `login`, `busy` |
//! | many tenants share one host | `terms`, `quotas`, `retention` |
//! | a new version is tried first | `trial`, `trial_reports` |

mod activate;
mod busy;
mod error;
mod executor;
mod guards;
mod load;
mod login;
pub mod plan;
mod policies;
mod profiles;
mod quotas;
mod registry;
pub mod report;
mod retention;
mod setbacks;
mod tenant_cache;
mod tenant_runtime;
mod tenants;
mod terms;
mod trial;
mod trial_reports;
mod upload;
mod watch;

pub use busy::Busy;
pub use error::Error;
pub use login::{Admitted, LoginError};
pub use policies::VersionView;
pub use registry::{Bounds, Registry};
pub use retention::{Ages, Retention};
pub use tenants::{TenantView, Who};
pub use upload::Upload;
