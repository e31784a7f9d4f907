//! The API's wire types: what is sent to a host over HTTP, what it answers, and how each is written in JSON.
//!
//! Not for: sending or serving. A front door in Rust can depend on this crate alone; a field that is renamed here is a compile error in
//! every client.
//!
//! Requests refuse fields that they do not know. Answers may have more fields than a client knows: the host may be newer.

mod audit;
mod chain;
mod decision;
mod login;
mod page;
mod policy;
mod problem;
mod profile;
mod question;
mod revealed;
mod tenant;
mod terms;
mod token;
mod trial;
mod version;

pub use audit::{AuditEntries, AuditEntry};
pub use chain::{
    ActivateRequest, Activated, Link, LinkRequest, Revision, Revisions, RollBackRequest, Trial, TrialMode,
};
pub use decision::{Decision, DecisionFilter, Decisions, PolicyRun, Record, Step, StepTime};
pub use login::{AuthretAnswer, Challenge, LoginAnswer, Search, Verdict};
pub use page::{After, Before};
pub use policy::{Policies, Policy, PolicyChange, SecretName, SecretNames, SecretValue};
pub use problem::Problem;
pub use profile::{Password, Profile, ProfileChange, ProfileFilter, Profiles};
pub use question::{Authenticate, ChallengeResponse, Continuation, LoginHeaders, PostAuth};
pub use tenant::{Tenant, TenantChange, Tenants};
pub use terms::Terms;
pub use token::{NewToken, Scope, Token, TokenRequest, Tokens};
pub use trial::{TrialDifference, TrialReport};
pub use version::{Report, ReportDifference, Reported, UploadQuery, Uploaded, Version, Versions};
