//! What `vestibule user` and `vestibule group` have in common: properties on record.
//!
//! Not for: passwords; see `user`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::client::{Call, escape};
use crate::error::{Error, Result};
use crate::reading::Reading as _;
use crate::target::Site;
use crate::{input, output};

/// Whose properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Print one record, as JSON
    Get(Get),
    /// Set properties, and make the record if there is none
    Put(Put),
    /// Remove properties; the record stays
    Del(Del),
    /// Print all records in the order of their names, as JSON
    List(List),
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Whose record
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    /// Whose record
    #[arg(required_unless_present = "file")]
    name: Option<String>,
    /// Properties; others stay as they are
    #[arg(value_name = "NAME=VALUE", value_parser = crate::arguments::pair, required_unless_present = "file")]
    properties: Vec<(String, String)>,
    /// Records in JSON, as `get` and `list` print them; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "properties"])]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Del {
    /// Whose record
    name: String,
    /// The properties' names
    #[arg(required = true)]
    properties: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only records whose names begin with this
    #[arg(long, default_value = "")]
    prefix: String,
}

type Records = BTreeMap<String, Map<String, Value>>;

impl Kind {
    const fn resource(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
        }
    }

    pub(crate) async fn run(self, site: &Site, action: &Action) -> Result<()> {
        match action {
            Action::Get(Get { name }) => {
                let record = site.client.json(Call::get(&self.path(site, name))).await?;
                print(&json!({ name: record.at("properties") }))
            }
            Action::List(List { prefix }) => self.list(site, prefix).await,
            Action::Put(Put { name: Some(name), properties, .. }) => {
                let mut set = Map::new();
                for (name, value) in properties {
                    if set.insert(name.clone(), Value::from(value.as_str())).is_some() {
                        return Err(Error::bad_input(format!("`{name}` is given twice")));
                    }
                }
                self.change(site, name, json!({ "set": set })).await
            }
            Action::Put(Put { file, .. }) => {
                let file = file.clone().unwrap_or_else(|| "-".into());
                for (name, record) in input::json::<Records>("properties file", &file)? {
                    self.change(site, &name, json!({ "set": record })).await?;
                }
                Ok(())
            }
            Action::Del(Del { name, properties }) => self.change(site, name, json!({ "remove": properties })).await,
        }
    }

    /// Removes a record of this kind.
    pub(crate) async fn remove(self, site: &Site, name: &str) -> Result<()> {
        site.client.json(Call::delete(&self.path(site, name))).await.map(|_| ())
    }

    /// Prints one object, page after page: all records may be more than fits into memory.
    async fn list(self, site: &Site, prefix: &str) -> Result<()> {
        let first = format!("{}?count=1000&prefix={}", site.path(&[self.resource()]), escape(prefix));
        let (mut path, mut opening, mut closing) = (first.clone(), "{\n", "{}\n");
        loop {
            let page = site.client.json(Call::get(&path)).await?;
            let records = format!("{:#}", page.at("profiles"));
            if let Some(records) = records.strip_prefix("{\n").and_then(|records| records.strip_suffix("\n}")) {
                if !output::print_part(format!("{opening}{records}").as_bytes())? {
                    return Ok(());
                }
                (opening, closing) = (",\n", "\n}\n");
            }
            match page.text("next") {
                "" => return output::print(closing.as_bytes()),
                next => path = format!("{first}&after={}", escape(next)),
            }
        }
    }

    async fn change(self, site: &Site, name: &str, change: Value) -> Result<()> {
        site.client.json(Call::patch(&self.path(site, name), &change)).await.map(|_| ())
    }

    fn path(self, site: &Site, name: &str) -> String {
        site.path(&[self.resource(), name])
    }
}

/// In the form of UserPropGet.
fn print(records: &Value) -> Result<()> {
    output::print(format!("{records:#}\n").as_bytes())
}
