//! Tables of cases: one login each, with what must come of it. Guests in every language answer the same table.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use vestibule_domain::{Decision, Login, capability, directory, json};
use vestibule_sandbox::capability::{CapabilityFuture, Directory};
use vestibule_sandbox::{CallInputs, Capabilities};

use super::{A_TIME, Guest};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) case: String,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    time: Option<u64>,
    #[serde(default)]
    directory: Option<Vec<Canned>>,
    pub(crate) login: Login,
    expect: Map<String, Value>,
}

/// What a directory says to one filter.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Canned {
    filter: String,
    entries: Vec<directory::Entry>,
}

/// Knows these filters, and finds nobody for others.
struct CannedDirectory(Vec<Canned>);

impl Directory for CannedDirectory {
    fn search<'a>(
        &'a self,
        query: &'a directory::Query,
    ) -> CapabilityFuture<'a, Result<Vec<directory::Entry>, capability::Error>> {
        let found = self.0.iter().find(|canned| canned.filter == query.filter);
        let entries = found.map(|canned| canned.entries.clone()).unwrap_or_default();
        Box::pin(async { Ok(entries) })
    }
}

impl Case {
    /// Reads a table.
    pub(crate) fn table(policy: &str) -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cases/{policy}.json"));
        json::from_str("cases", &fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("`{policy}`: {error}"))
    }

    /// The guest as this case configures it.
    pub(crate) fn configure(&self, guest: &Guest) -> Guest {
        let capabilities = match &self.directory {
            Some(canned) => {
                let directory = Arc::new(CannedDirectory(canned.clone()));
                Capabilities { directory, ..Capabilities::default() }
            }
            None => Capabilities::default(),
        };
        guest.clone().with_settings(&self.config).with_capabilities(capabilities)
    }

    pub(crate) fn inputs(&self) -> CallInputs {
        CallInputs::at(self.time.unwrap_or(A_TIME))
    }

    /// What is not as expected, one line a key.
    pub(crate) async fn failures(&self, guest: &Guest) -> Vec<String> {
        let report = self.configure(guest).decides_at(&self.login, &self.inputs()).await;
        let decision = serde_json::to_value(Decision::from(report.answer)).unwrap();
        let differs = |(key, expected): (&String, &Value)| {
            let found = decision.get(key).unwrap_or(&Value::Null);
            (found != expected).then(|| format!("{}: `{key}` is {found}, expected {expected}", self.case))
        };
        self.expect.iter().filter_map(differs).collect()
    }
}
