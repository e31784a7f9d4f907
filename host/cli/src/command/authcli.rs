//! `vestibule authcli`: one login through the whole gate, as a client's would go.
//!
//! Not for: front doors; each of them talks to the gate itself.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use vestibule_domain::field::ServiceName;
use vestibule_domain::login::Attributes;
use vestibule_domain::outcome::Echo;
use vestibule_domain::wire::Password;
use vestibule_domain::{Cause, EnteredUser, Properties, Secret};

use crate::client::Call;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::form::{HEAD, write_field, write_figure, write_properties};
use crate::output;
use crate::prompt::Answers;
use crate::reading::Reading as _;
use crate::target::{Site, Target};

/// Log a user in as a VPN client would, and show what is decided
///
/// The password is checked by the method that holds for the user, then the tenant's policies decide, and what they save is stored:
/// this is a real login, and it is on record. Questions are asked on the terminal.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// The user's name, as somebody would type it
    #[arg(short, long, value_parser = crate::arguments::entered_user)]
    user: EnteredUser,
    /// The answer to a static challenge, given together with the password
    #[arg(long, value_name = "RESPONSE")]
    sr: Option<String>,
    /// Read the password from the first line of a file, and answers to questions from the next ones; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pass_file: Option<PathBuf>,
    /// The client's address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    client_ip: String,
    /// The client's hardware address, as IV_HWADDR carries it
    #[arg(long, value_name = "ADDRESS")]
    hw_addr: Option<String>,
    /// A fact that the client sends, such as `IV_PLAT=linux`; may be given often
    #[arg(long = "client-info", value_name = "NAME=VALUE", value_parser = crate::arguments::pair)]
    client_info: Vec<(String, String)>,
    /// A web login instead of a tunnel
    #[arg(long)]
    web: bool,
    /// Print one JSON object for each decision, for programs
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let site = options.target.open().await?;
    let done = log_in(&site, &options).await;
    site.client.close().await;
    done
}

/// Goes on until nobody answers a question.
async fn log_in(site: &Site, options: &Options) -> Result<Exit> {
    let mut answers = Answers::new(options.pass_file.as_deref())?;
    let mut request = request(options, answers.require("Password")?)?;
    loop {
        let answer = site.client.json(Call::post(&site.path(&["authenticate"]), &request)).await?;
        let shown = if options.json { output::json_line(&answer)? } else { text(&answer) };
        output::print(shown.as_bytes())?;
        let Some(crstate) = answer_to(&answer, &mut answers)? else { return Ok(exit(&answer)) };
        if let Some(request) = request.as_object_mut() {
            request.remove("password");
            request.insert("crstate".to_owned(), crstate);
        }
    }
}

/// What a client is that sends this password, which may carry answers as OpenVPN's clients send them.
fn request(options: &Options, password: Secret) -> Result<Value> {
    let client_info = Properties::from_pairs(options.client_info.clone())
        .map_err(|error| Error::bad_input("these are no facts of one client").because(&error))?;
    let attributes = Attributes {
        client_info,
        vpn_auth: !options.web,
        reauth: (!options.web).then_some(false),
        log_service_name: options.web.then(|| ServiceName::cut("WEB_CLIENT")),
        auth_parms: Properties::new(),
    };
    let mut request = json!({
        "username": options.user.as_str(),
        "client_ip_addr": options.client_ip,
        "client_hw_addr": options.hw_addr,
        "attributes": attributes,
    });
    let (proof, given) = match Password::parse(password) {
        Ok(Password::Plain(password)) => (("password", Value::from(password.expose())), None),
        Ok(Password::Static(both)) => (("password", Value::from(both.password.expose())), Some(both.response)),
        Ok(Password::Response(answer)) => (("crstate", crstate(answer.state_id.as_str(), &answer.response)), None),
        Err(error) => return Err(Error::bad_input("the password is none").because(&error)),
    };
    let response = options.sr.clone().or(given.map(|response| response.expose().to_owned()));
    if let Some(request) = request.as_object_mut() {
        request.insert(proof.0.to_owned(), proof.1);
        request.extend(response.map(|response| ("static_response".to_owned(), Value::from(response))));
    }
    Ok(request)
}

fn crstate(state_id: &str, response: &Secret) -> Value {
    json!({ "state_id": state_id, "response": response.expose() })
}

/// What somebody answers to the question, if it is one and somebody is there.
fn answer_to(answer: &Value, answers: &mut Answers) -> Result<Option<Value>> {
    let Some(challenge) = answer.get("challenge") else { return Ok(None) };
    let echo = if challenge.at("echo") == true { Echo::Shown } else { Echo::Hidden };
    let response = answers.next(&challenge.shown("text"), echo)?;
    Ok(response.map(|response| crstate(challenge.text("state_id"), &response)))
}

/// How the process ends on an answer.
fn exit(answer: &Value) -> Exit {
    match (answer.at("decision").as_str(), answer.at("cause").as_str()) {
        (Some("allow"), _) => Exit::Allowed,
        (Some("challenge"), _) => Exit::Challenged,
        (_, Some(cause)) if Cause::ALL.iter().any(|fault| fault.code() == cause) => Exit::Fault,
        _ => Exit::Denied,
    }
}

/// For people.
fn text(answer: &Value) -> String {
    let (authret, decision) = (answer.at("authret"), answer.at("decision").as_str());
    let mut text = HEAD.to_owned();
    write_field(&mut text, "status", if decision == Some("allow") { "SUCCEED" } else { "FAIL" });
    for name in ["reason", "client_reason", "user"] {
        if let Some(value) = authret.get(name).and_then(Value::as_str) {
            write_field(&mut text, name, value);
        }
    }
    let list = |value: &Value| serde_json::from_value::<Properties>(value.clone()).unwrap_or_default();
    if decision == Some("allow") {
        write_properties(&mut text, "proplist", &list(authret.at("proplist")));
        let saved = list(answer.at("proplist_save"));
        if !saved.is_empty() {
            write_properties(&mut text, "proplist_save", &saved);
        }
    }
    if let Some(challenge) = answer.get("challenge") {
        write_field(&mut text, "challenge", challenge.text("text"));
        write_field(&mut text, "echo", if challenge.at("echo") == true { "True" } else { "False" });
        write_field(&mut text, "state_id", challenge.text("state_id"));
    }
    text.push('\n');
    let decided = match decision {
        Some("allow") => "allowed",
        Some("challenge") => "challenged",
        _ => "denied",
    };
    write_figure(&mut text, "decision", decided);
    for name in ["cause", "id"] {
        if let Some(value) = answer.get(name).and_then(Value::as_str) {
            write_figure(&mut text, name, value);
        }
    }
    text
}

fn after_help() -> String {
    let examples = "\
Examples:
  vestibule authcli -u alice
  vestibule authcli -u alice --client-info IV_PLAT=linux --hw-addr 00:00:5e:00:53:01
  printf 'password\\n123456\\n' | vestibule authcli -u alice --pass-file - --json

A question without anybody to answer it ends with exit code 5. It can be answered later as an OpenVPN client does it, with the
password `CRV1::<state_id>::<response>`.
";
    format!("{examples}\n{}", Exit::table())
}
