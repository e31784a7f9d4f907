//! What `vestibule user` and `vestibule group` have in common: properties on record.
//!
//! Not for: passwords; see `user`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use vestibule_domain::{Properties, profile};

use crate::error::{Error, Result};
use crate::place::Data;
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
    /// Print all records, as JSON
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

type Records = BTreeMap<String, Properties>;

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    fn of(record: &Properties) -> Self {
        if profile::is_group(record) { Self::Group } else { Self::User }
    }

    /// What stands in every record of this kind.
    fn marks(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::User => &[],
            Self::Group => &[("type", "group"), ("group_declare", "true")],
        }
    }

    pub(crate) async fn run(self, data: &Data, action: &Action) -> Result<()> {
        match action {
            Action::Get(Get { name }) => self.get(data, name).await,
            Action::Put(Put { name: Some(name), properties, .. }) => self.put(data, name, properties.clone()).await,
            Action::Put(Put { file, .. }) => self.put_all(data, file.as_deref()).await,
            Action::Del(Del { name, properties }) => self.del(data, name, properties).await,
            Action::List(List { prefix }) => self.list(data, prefix).await,
        }
    }

    /// A record of this kind, if there is one of that name.
    pub(crate) async fn find(self, data: &Data, name: &str) -> Result<Option<Properties>> {
        match data.store.profile(&data.tenant, name).await? {
            Some(record) if Self::of(&record) != self => {
                let other = Self::of(&record).name();
                Err(Error::bad_input(format!("`{}` is a {other}", input::shown(Path::new(name))))
                    .hint(format!("use `vestibule {other}`")))
            }
            record => Ok(record),
        }
    }

    /// Removes a record of this kind.
    pub(crate) async fn remove(self, data: &Data, name: &str) -> Result<()> {
        self.find(data, name).await?.ok_or_else(|| self.missing(name))?;
        data.store.delete_profile(&data.tenant, name, None).await?;
        Ok(())
    }

    async fn get(self, data: &Data, name: &str) -> Result<()> {
        let record = self.find(data, name).await?.ok_or_else(|| self.missing(name))?;
        print(&[(name.to_owned(), record)].into())
    }

    async fn list(self, data: &Data, prefix: &str) -> Result<()> {
        let mut records = data.store.profiles(&data.tenant, prefix).await?;
        records.retain(|_, record| Self::of(record) == self);
        print(&records)
    }

    async fn put(self, data: &Data, name: &str, properties: Vec<(String, String)>) -> Result<()> {
        let given = Properties::from_pairs(properties);
        self.write(data, name, given.map_err(|error| Error::bad_input("these are no properties").because(&error))?)
            .await
    }

    async fn put_all(self, data: &Data, file: Option<&Path>) -> Result<()> {
        let records: Records = input::json("properties file", file.unwrap_or(Path::new("-")))?;
        for (name, record) in records {
            self.write(data, &name, record).await?;
        }
        Ok(())
    }

    async fn write(self, data: &Data, name: &str, mut properties: Properties) -> Result<()> {
        self.find(data, name).await?;
        if Self::of(&properties) != self && self == Self::User {
            return Err(Error::bad_input("these properties would make a group of a user").hint("use `vestibule group`"));
        }
        for (mark, value) in self.marks() {
            properties.set(mark, value).map_err(|error| Error::bad_input("too many properties").because(&error))?;
        }
        Ok(data.store.put_properties(&data.tenant, name, &properties, None).await?)
    }

    async fn del(self, data: &Data, name: &str, properties: &[String]) -> Result<()> {
        self.find(data, name).await?.ok_or_else(|| self.missing(name))?;
        data.store.delete_properties(&data.tenant, name, properties, None).await?;
        Ok(())
    }

    fn missing(self, name: &str) -> Error {
        Error::bad_input(format!("there is no {} `{}`", self.name(), input::shown(Path::new(name))))
            .hint(format!("`vestibule {} prop list` prints all of them", self.name()))
    }
}

/// In the form of UserPropGet.
fn print(records: &Records) -> Result<()> {
    let mut text =
        serde_json::to_string_pretty(records).map_err(|error| Error::fault("cannot write JSON").because(&error))?;
    text.push('\n');
    output::print(text.as_bytes())
}
