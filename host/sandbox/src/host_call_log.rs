//! The one way by which answers of the world enter a call: asked live and written down, or read back.
//!
//! Not for: time and randomness, which are fixed before a call begins ([`crate::CallInputs`]).

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};
use vestibule_domain::{Fault, capability, directory, http, json};

/// One question with its answer. Both may carry what only this policy should know: they print as what was asked for alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "capability", rename_all = "snake_case", deny_unknown_fields)]
pub enum Exchange {
    /// A search.
    Directory {
        /// What was asked.
        query: directory::Query,
        /// What came back.
        #[serde(with = "json::result")]
        answer: Result<Vec<directory::Entry>, capability::Error>,
    },
    /// A request.
    Http {
        /// What was asked.
        request: http::Request,
        /// What came back.
        #[serde(with = "json::result")]
        answer: Result<http::Response, capability::Error>,
    },
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory { .. } => "Directory",
            Self::Http { .. } => "Http",
        })
    }
}

/// Questions and answers of one call, in order.
#[derive(Debug)]
pub(crate) enum HostCallLog {
    /// Questions go out, and are written down with their answers.
    Live(Vec<Exchange>),
    /// Answers come from what was written down.
    Replay {
        left: VecDeque<Exchange>,
        played: Vec<Exchange>,
        /// Where the deadline stopped the recorded call, if it did.
        deadline_mark: Option<DeadlineMark>,
    },
}

/// The end of a call that its deadline stopped: after this many host calls, the last of which may not have come to its end.
#[derive(Debug, Clone)]
pub(crate) struct DeadlineMark {
    pub(crate) host_calls: u64,
    pub(crate) fault: Fault,
}

impl HostCallLog {
    pub(crate) const fn live() -> Self {
        Self::Live(Vec::new())
    }

    pub(crate) fn replay(exchanges: &[Exchange], deadline_mark: Option<DeadlineMark>) -> Self {
        Self::Replay { left: exchanges.iter().cloned().collect(), played: Vec::new(), deadline_mark }
    }

    /// Stops a replay before the host call with this number, if the recorded call never made it.
    pub(crate) fn ensure_made(&self, host_call: u64) -> Result<(), Fault> {
        self.stop_where(|deadline_mark| host_call > deadline_mark.host_calls)
    }

    /// Stops a replay inside the host call with this number, if the recorded call never came out of it.
    pub(crate) fn ensure_ended(&self, host_call: u64) -> Result<(), Fault> {
        self.stop_where(|deadline_mark| host_call >= deadline_mark.host_calls)
    }

    fn stop_where(&self, stops: impl Fn(&DeadlineMark) -> bool) -> Result<(), Fault> {
        match self {
            Self::Replay { deadline_mark: Some(deadline_mark), .. } if stops(deadline_mark) => {
                Err(deadline_mark.fault.clone())
            }
            _ => Ok(()),
        }
    }

    /// Whether answers come from the world.
    pub(crate) const fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    /// The next answer written down, if it answers the question that `same` recognises; the log stays where it is otherwise.
    pub(crate) fn next(&mut self, same: impl Fn(&Exchange) -> bool) -> Option<Exchange> {
        match self {
            Self::Live(_) => None,
            Self::Replay { left, .. } => left.pop_front_if(|exchange| same(exchange)),
        }
    }

    /// Writes an exchange down.
    pub(crate) fn write(&mut self, exchange: Exchange) {
        match self {
            Self::Live(exchanges) | Self::Replay { played: exchanges, .. } => exchanges.push(exchange),
        }
    }

    /// Everything that was asked and answered.
    pub(crate) fn into_exchanges(self) -> Vec<Exchange> {
        match self {
            Self::Live(exchanges) | Self::Replay { played: exchanges, .. } => exchanges,
        }
    }
}
