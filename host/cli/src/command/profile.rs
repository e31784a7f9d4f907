//! What `vestibule user` and `vestibule group` have in common: properties on record.
//!
//! Not for: passwords; see `user`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use vestibule_api::{Profile, ProfileChange, ProfileFilter, Profiles};
use vestibule_domain::{CanonicalUser, Properties};

use crate::client::{Call, unreadable};
use crate::error::{Error, Result};
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
    #[arg(value_name = "NAME=VALUE", value_parser = crate::input::pair, required_unless_present = "file")]
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
    const fn resource(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
        }
    }

    pub(crate) async fn run(self, site: &Site, action: &Action) -> Result<()> {
        match action {
            Action::Get(Get { name }) => {
                let Profile { properties, .. } = site.client.read(Call::get(&self.path(site, name))).await?;
                output::print(output::json_lines(&Records::from([(name.clone(), properties)]))?.as_bytes())
            }
            Action::List(List { prefix }) => self.list(site, prefix).await,
            Action::Put(Put { name: Some(name), properties, .. }) => {
                let set = Properties::from_pairs(properties.clone())
                    .map_err(|error| Error::bad_input("these are no properties").because(&error))?;
                self.change(site, name, &ProfileChange { set, ..ProfileChange::default() }).await
            }
            Action::Put(Put { file, .. }) => {
                let file = file.clone().unwrap_or_else(|| "-".into());
                for (name, set) in input::json::<Records>("properties file", &file)? {
                    self.change(site, &name, &ProfileChange { set, ..ProfileChange::default() }).await?;
                }
                Ok(())
            }
            Action::Del(Del { name, properties }) => {
                let change = ProfileChange { remove: properties.clone(), ..ProfileChange::default() };
                self.change(site, name, &change).await
            }
        }
    }

    /// Removes a record of this kind.
    pub(crate) async fn remove(self, site: &Site, name: &str) -> Result<()> {
        site.client.done(Call::delete(&self.path(site, name))).await
    }

    /// Prints one object, page after page: all records may be more than fits into memory.
    async fn list(self, site: &Site, prefix: &str) -> Result<()> {
        let (path, mut opening, mut closing) = (site.path(&[self.resource()]), "{\n", "{}\n");
        let mut filter = ProfileFilter { prefix: prefix.to_owned(), count: Some(1000), after: None };
        loop {
            let Profiles { profiles, next } = site.client.read(Call::get(&path).query(&filter)?).await?;
            let records = output::json_lines(&profiles)?;
            if let Some(records) = records.strip_prefix("{\n").and_then(|records| records.strip_suffix("\n}\n")) {
                if !output::print_part(format!("{opening}{records}").as_bytes())? {
                    return Ok(());
                }
                (opening, closing) = (",\n", "\n}\n");
            }
            match next {
                None => return output::print(closing.as_bytes()),
                Some(next) => {
                    filter.after = Some(CanonicalUser::new(next).map_err(|error| unreadable().because(&error))?)
                }
            }
        }
    }

    async fn change(self, site: &Site, name: &str, change: &ProfileChange) -> Result<()> {
        site.client.done(Call::patch(&self.path(site, name), change)?).await
    }

    fn path(self, site: &Site, name: &str) -> String {
        site.path(&[self.resource(), name])
    }
}
