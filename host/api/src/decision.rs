//! Decisions on record: who, when, what, and each step on the way.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use vestibule_domain::log::Line;

/// A decision on record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Its name.
    pub id: String,
    /// When it was made (RFC 3339).
    pub at: String,
    /// Whom it is about.
    pub user: String,
    /// `allowed`, `challenged` or `denied`.
    pub outcome: String,
    /// Why somebody was kept out: a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Steps, policies with their costs and logs, and names of properties: a [`Record`], read by whoever looks into it.
    #[schema(value_type = Record)]
    pub record: Box<RawValue>,
}

/// Decisions, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Decisions {
    /// The decisions.
    pub decisions: Vec<Decision>,
    /// What to give as `before` for the next page; absent after the last one. A search looks at so many decisions at a time that a page
    /// may have few or none, and yet another one may follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionFilter {
    /// Only about this user.
    #[param(max_length = 256)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Only with this outcome: `allowed`, `challenged` or `denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Only with this cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Only since this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Only before this time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How many, 1 to 1000; 100 unless given.
    #[param(minimum = 1, maximum = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only those before this one: the `next` of the page before.
    #[param(max_length = 128)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// How a decision came about. Nothing that is secret is in it: properties are named, their values are not. Older releases wrote less.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Record<'a> {
    /// The name as it was typed.
    #[schema(value_type = String)]
    pub entered: Cow<'a, str>,
    /// How the user was authenticated.
    #[schema(value_type = Option<String>)]
    pub method: Option<Cow<'a, str>>,
    /// From where.
    pub client_ip_addr: Option<String>,
    /// Whether it was a VPN login rather than a web login.
    pub vpn_auth: bool,
    /// Why, for administrators.
    #[schema(value_type = String)]
    pub reason: Cow<'a, str>,
    /// What the user was told.
    #[schema(value_type = Option<String>)]
    pub client_reason: Option<Cow<'a, str>>,
    /// What was done one after the other.
    pub steps: Vec<StepTime>,
    /// The policies that were asked, in their order.
    #[schema(value_type = Vec<PolicyRun>)]
    pub policies: Cow<'a, [PolicyRun]>,
    /// How often the user's record changed meanwhile.
    pub conflicts: u32,
    /// Names of the properties that policies have set.
    #[schema(value_type = Vec<String>)]
    pub set: Cow<'a, [String]>,
    /// Names of the properties that were stored.
    #[schema(value_type = Vec<String>)]
    pub saved: Vec<Cow<'a, str>>,
    /// Whether it was too long, and policies and names of properties were left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// A step of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It waited for a place; and before that, for its tenant to be made ready.
    Waited,
    /// Records and settings were looked up.
    LookUp,
    /// The password was checked.
    Primary,
    /// The question was looked up that is answered.
    Challenge,
    /// Policies were asked.
    Policy,
    /// It was seen what follows from what they said.
    Rules,
    /// The session was looked up.
    Session,
}

impl Step {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waited => "waited",
            Self::LookUp => "look-up",
            Self::Primary => "primary",
            Self::Challenge => "challenge",
            Self::Policy => "policy",
            Self::Rules => "rules",
            Self::Session => "session",
        }
    }
}

/// How long a step took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepTime {
    /// The step.
    pub step: Step,
    /// In microseconds of wall time.
    pub micros: u64,
}

/// What a policy took, and what it logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyRun {
    /// Its name.
    pub name: String,
    /// Its version, as its manifest says.
    pub version: String,
    /// The SHA-256 of its component.
    pub sha256: String,
    /// In microseconds of wall time.
    pub micros: u64,
    /// Fuel consumed.
    pub fuel: u64,
    /// The most memory held at once, in bytes.
    pub peak_memory_bytes: usize,
    /// Calls to the host.
    pub host_calls: u64,
    /// Lines that were logged beyond what a call or the tenant may log.
    pub dropped_log_lines: u64,
    /// How long it kept a thread, in microseconds of wall time.
    #[serde(default)]
    pub busy_micros: u64,
    /// What it logged.
    pub log: Vec<Line>,
}

impl Decision {
    /// How it came about.
    ///
    /// # Errors
    /// Another release has written what this one cannot read.
    pub fn record(&self) -> serde_json::Result<Record<'static>> {
        serde_json::from_str(self.record.get())
    }
}
