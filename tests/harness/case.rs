//! Tables of cases: one login each, with what must come of it. Guests in every language answer the same table.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use vestibule_domain::{Decision, Login, directory, json};
use vestibule_sandbox::capability::{Answer, Directory};
use vestibule_sandbox::{Capabilities, Circumstances};

use super::Guest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub case: String,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    time: Option<u64>,
    #[serde(default)]
    directory: Vec<Canned>,
    pub login: Login,
    expect: Map<String, Value>,
}

/// What a directory says to one filter.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Canned {
    filter: String,
    entries: Vec<directory::Entry>,
}

struct CannedDirectory(Vec<Canned>);

impl Directory for CannedDirectory {
    fn search<'a>(
        &'a self,
        query: &'a directory::Query,
    ) -> Answer<'a, Result<Vec<directory::Entry>, directory::Error>> {
        let found = self.0.iter().find(|canned| canned.filter == query.filter);
        let answer = found.map(|canned| canned.entries.clone());
        let answer = answer.ok_or_else(|| directory::Error::Unavailable(format!("no answer to `{}`", query.filter)));
        Box::pin(async { answer })
    }
}

impl Case {
    /// Reads a table.
    pub fn table(policy: &str) -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cases/{policy}.json"));
        json::from_str("cases", &fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("`{policy}`: {error}"))
    }

    /// The guest as this case configures it.
    pub fn configure(&self, guest: &Guest) -> Guest {
        let directory = Arc::new(CannedDirectory(self.directory.clone()));
        guest
            .clone()
            .with_settings(&self.config)
            .with_capabilities(Capabilities { directory, ..Capabilities::default() })
    }

    pub fn circumstances(&self) -> Circumstances {
        Circumstances::at(self.time.unwrap_or(1_766_000_000))
    }

    /// What is not as expected, one line a key.
    pub async fn failures(&self, guest: &Guest) -> Vec<String> {
        let report = self.configure(guest).decides_at(&self.login, &self.circumstances()).await;
        let decision = serde_json::to_value(Decision::from(report.answer)).unwrap();
        let differs = |(key, expected): (&String, &Value)| {
            let found = decision.get(key).unwrap_or(&Value::Null);
            (found != expected).then(|| format!("{}: `{key}` is {found}, expected {expected}", self.case))
        };
        self.expect.iter().filter_map(differs).collect()
    }
}
