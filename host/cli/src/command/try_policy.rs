//! `vestibule try`: one policy on one login, offline.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use vestibule_domain::{Grants, Login, Manifest, Settings};
use vestibule_sandbox::{CallInputs, Capabilities, Configured, Limits, Recording, Report};

use crate::answer::{AnswerJson, CallAnswer};
use crate::directory::Canned;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::figures::Spread;
use crate::policy::{self, PolicyJson};
use crate::recording::{Draft, Existing, RecordFile};
use crate::{input, output};

/// Run a policy on a login, and show what it answers and costs
///
/// Nothing is asked of the network: searches in the directory are answered from a file, requests are not answered at all. The policy
/// is granted what its manifest wants, as by an administrator who says yes to everything.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// The policy: a WebAssembly component, or a core module built for the contract's world
    policy: PathBuf,
    /// The login, in JSON; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    login: PathBuf,
    /// The policy's settings: a JSON object
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answers to the policy's searches: a JSON list of objects with a `filter` and the `entries` it finds
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// Other limits than the defaults: a JSON object
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// The time of the login in seconds since 1970, with random numbers that are the same each time [default: now]
    #[arg(long, value_name = "UNIX_SECONDS")]
    time: Option<u64>,
    /// Grant nothing of what the manifest wants
    #[arg(long)]
    grant_nothing: bool,
    /// Call the policy this often, and show how the wall time spreads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    repeat: u32,
    /// Keep all that is needed to run this login again, secrets included
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Replace a recording that exists
    #[arg(long, requires = "record")]
    force: bool,
    /// Print one JSON object, for programs
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    compiling: policy::Compiling,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    ensure_one_reads_standard_input(&options)?;
    let login = read_login(&options.login)?;
    let limits: Limits =
        options.limits.as_deref().map_or(Ok(Limits::default()), |path| input::json("limits file", path))?;
    let directory: Canned =
        options.directory.as_deref().map_or(Ok(Canned::default()), |path| input::json("directory file", path))?;
    let existing = if options.force { Existing::Replace } else { Existing::Keep };
    let draft = options.record.as_deref().map(|path| Draft::new(path, existing)).transpose()?;

    let policy = policy::load(&options.policy, &options.compiling, limits.memory_bytes).await?;
    let settings = read_settings(options.config.as_deref(), &policy.manifest)?;
    let grants = if options.grant_nothing { Grants::default() } else { policy.manifest.wanted() };
    let configured = policy
        .compiled
        .configure()
        .with_settings(settings)
        .with_grants(grants)
        .with_limits(limits.clone())
        .with_capabilities(Capabilities { directory: Arc::new(directory), ..Capabilities::default() });
    let inputs = options.time.map_or_else(CallInputs::now, CallInputs::at);

    let (report, recording, wall) = call(&configured, &login, &inputs, options.repeat).await;
    if let Some(draft) = draft {
        draft.write(&RecordFile { policy: options.policy, recording })?;
    }
    let answer = CallAnswer { login: &login, limits: &limits, report: &report, wall };
    let shown = if options.json {
        output::json_line(&Shown { policy: policy::to_json(&policy), answer: answer.to_json() })?
    } else {
        answer.to_text()
    };
    output::print(shown.as_bytes())?;
    Ok(answer.exit())
}

/// For programs.
#[derive(Serialize)]
struct Shown<'a> {
    policy: PolicyJson<'a>,
    #[serde(flatten)]
    answer: AnswerJson<'a>,
}

/// Calls the policy as often as asked. All calls are the same but for their time; the first one is reported.
async fn call(policy: &Configured, login: &Login, inputs: &CallInputs, times: u32) -> (Report, Recording, Spread) {
    let (report, recording) = policy.record(login, inputs).await;
    let mut others = Vec::new();
    for _ in 1..times {
        others.push(policy.call(login, inputs).await.wall);
    }
    let wall = Spread::of(report.wall, others);
    (report, recording, wall)
}

/// What one file has read of standard input, another would miss.
fn ensure_one_reads_standard_input(options: &Options) -> Result<()> {
    let files = [&options.config, &options.directory, &options.limits].into_iter().flatten();
    let paths = files.chain([&options.policy, &options.login]);
    match paths.filter(|path| path.as_os_str() == "-").count() {
        0 | 1 => Ok(()),
        count => Err(Error::bad_input(format!("{count} files cannot all be read from standard input"))
            .hint("give `-` for one of them, and a path for the others")),
    }
}

fn read_login(path: &Path) -> Result<Login> {
    let text = input::text("login file", path)?;
    Login::from_json(&text).map_err(|error| {
        input::malformed("login file", path).because(&error).hint("`vestibule try --help` shows the smallest login")
    })
}

fn read_settings(path: Option<&Path>, manifest: &Manifest) -> Result<Settings> {
    let hint = "`vestibule inspect` lists the settings that a policy reads";
    match path {
        None => Settings::from_json("{}", manifest).map_err(|error| {
            Error::bad_input(format!("`{}` cannot run without settings", manifest.name))
                .because(&error)
                .hint("give them with `--config FILE`; `vestibule inspect` lists them")
        }),
        Some(path) => {
            let text = input::text("config file", path)?;
            Settings::from_json(&text, manifest)
                .map_err(|error| input::malformed("config file", path).because(&error).hint(hint))
        }
    }
}

fn after_help() -> String {
    let examples = r#"Examples:
  vestibule try known-device.wasm --login laptop.json
  vestibule try known-device.wasm --login laptop.json --config settings.json --repeat 1000
  vestibule try group-map.wasm --login ldap.json --directory answers.json --record login.recording
  vestibule try known-device.wasm --login - --json < laptop.json

The smallest login:
  {
    "authcred": {"username": "joe.user"},
    "attributes": {"vpn_auth": true},
    "authret": {"user": "Joe.User"},
    "info": {"auth_method": "local"}
  }

Answers to searches:
  [{"filter": "(uid=joe.user)", "entries": [{
    "dn": "uid=joe.user,ou=people,dc=example,dc=com",
    "attributes": [{"name": "memberOf", "values": ["cn=staff,ou=groups,dc=example,dc=com"]}]
  }]}]

To answer a challenge, add what it printed as `crstate`, and the answer, to the login:
  "crstate": {"values": {"round": "1"}, "response": "123456"}
"#;
    format!("{examples}\n{}", Exit::table())
}
