//! Landlock: which files a process reaches, and whom it talks to.
//!
//! Not for: who may do so at all; the files' modes say that, and hold besides.

use std::io;
use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

/// The newest of what this is written for: Linux 6.12. An older kernel holds less, and that is a gap.
const NEWEST: ABI = ABI::V6;

/// What a process reaches, with all that is below. What is not there is passed over.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// What it reads.
    pub read: Vec<PathBuf>,
    /// What it reads, writes, makes and removes.
    pub write: Vec<PathBuf>,
    /// What it runs.
    pub run: Vec<PathBuf>,
}

/// Whom a process talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    /// Nobody by TCP, and no process outside by signals and abstract sockets.
    None,
    /// Anybody by TCP; signals go to its own children only.
    Tcp,
}

pub(super) fn keep_to(reach: &Reach, talk: Talk) -> io::Result<()> {
    match restrict(reach, talk).map_err(io::Error::other)?.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err(io::Error::other("this kernel holds a part of it")),
        RulesetStatus::NotEnforced => Err(io::Error::other("this kernel does not have it")),
    }
}

fn restrict(reach: &Reach, talk: Talk) -> Result<RestrictionStatus, RulesetError> {
    let all = AccessFs::from_all(NEWEST);
    let rules = Ruleset::default().handle_access(all)?;
    let rules = match talk {
        Talk::None => rules.handle_access(AccessNet::from_all(NEWEST))?.scope(Scope::from_all(NEWEST))?,
        Talk::Tcp => rules.scope(Scope::Signal)?,
    };
    let run = AccessFs::Execute | AccessFs::ReadFile;
    let nodes = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    rules
        .create()?
        .add_rules(path_beneath_rules(&reach.read, AccessFs::ReadFile | AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(&reach.write, all & !nodes))?
        .add_rules(path_beneath_rules(&reach.run, run))?
        .restrict_self()
}
