//! The HTTP API: front doors bring logins, administrators change what decides on them, operators look after tenants.
//!
//! Not for: any rule. A handler reads what was asked, asks the registry, and writes what it said; whoever asks is known first.
//!
//! | room | what is in it |
//! |---|---|
//! | [`listen`] | sockets, TLS, and the end of both |
//! | [`access`] | tokens, scopes, and who is asking |
//! | `routes` | every route, and the document that describes them |
//! | `api` | a file for each resource |
//! | `app` | what they share |
//! | `problem` | what is answered when something is wrong (RFC 9457) |
//! | `body`, `answer` | what comes in and goes out, paid for as long as it is held |
//! | `spool` | components on their way, on disk |
//! | `idempotency` | an answer that is given twice, for a retry |
//! | `suspended_logins` | logins that wait for a search by their front door |
//! | `streams` | answers that go on |
//! | `metrics` | what is counted |
//! | `fresh` | what is found out once a second for all |

pub mod access;
mod answer;
mod api;
mod app;
mod body;
mod fresh;
mod idempotency;
pub mod listen;
mod metrics;
mod problem;
mod routes;
mod spool;
mod streams;
mod suspended_logins;

pub use app::App;
pub use metrics::Metrics;
pub use routes::openapi;
