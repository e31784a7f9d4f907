//! `vestibule authcli`: one login through the whole gate, as a client's would go.
//!
//! Not for: front doors; each of them talks to the gate itself.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use serde::Serialize;
use vestibule_domain::login::Attributes;
use vestibule_domain::outcome::Echo;
use vestibule_domain::wire::Password;
use vestibule_domain::{Decision, EnteredUser, Properties, Secret};
use vestibule_gate::{Answer, Attempt, Proof};

use crate::answer::verdict;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::form::{HEAD, write_field, write_figure, write_properties, write_question};
use crate::place::Place;
use crate::policy::Compiling;
use crate::prompt::Answers;
use crate::{chain, output};

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
    place: Place,
    #[command(flatten)]
    compiling: Compiling,
}

pub(crate) async fn run(options: Options) -> Result<Exit> {
    let data = options.place.open().await?;
    let gate = chain::gate(&data, &options.compiling).await?;
    let mut answers = Answers::new(options.pass_file.as_deref())?;
    let mut attempt = attempt(&options, answers.require("Password")?)?;
    let exit = loop {
        let answer = gate.decide(&attempt, now()).await;
        let shown = if options.json { output::json_line(&json(&answer))? } else { text(&answer) };
        output::print(shown.as_bytes())?;
        let Some(response) = answer_to(&answer, &mut answers)? else { break verdict(&answer.decision).1 };
        attempt.proof = response;
    };
    data.close().await;
    Ok(exit)
}

#[expect(clippy::disallowed_methods, reason = "a login's time begins here")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The attempt of a client that sends this password, which may carry answers as OpenVPN's clients send them.
fn attempt(options: &Options, password: Secret) -> Result<Attempt> {
    let client_info = Properties::from_pairs(options.client_info.clone())
        .map_err(|error| Error::bad_input("these are no facts of one client").because(&error))?;
    let (proof, given) = match Password::parse(password) {
        Ok(Password::Plain(password)) => (Proof::Password(password), None),
        Ok(Password::Static(both)) => (Proof::Password(both.password), Some(both.response)),
        Ok(Password::Response(answer)) => {
            (Proof::Response { state_id: answer.state_id, response: answer.response }, None)
        }
        Err(error) => return Err(Error::bad_input("the password is none").because(&error)),
    };
    Ok(Attempt {
        user: options.user.clone(),
        proof,
        client_ip_addr: Some(options.client_ip.clone()),
        client_hw_addr: options.hw_addr.clone(),
        static_response: options.sr.clone().map(Secret::new).or(given),
        attributes: Attributes {
            client_info,
            vpn_auth: !options.web,
            reauth: (!options.web).then_some(false),
            log_service_name: options.web.then(|| "WEB_CLIENT".to_owned()),
            auth_parms: Properties::new(),
        },
        session_id: None,
        given: None,
        directory: None,
    })
}

/// What somebody answers to the question, if it is one and somebody is there.
fn answer_to(answer: &Answer, answers: &mut Answers) -> Result<Option<Proof>> {
    let (Decision::Challenge { challenge, .. }, Some(state_id)) = (&answer.decision, &answer.state_id) else {
        return Ok(None);
    };
    let response = answers.next(challenge.text.as_str(), challenge.echo)?;
    Ok(response.map(|response| Proof::Response { state_id: state_id.clone(), response }))
}

/// For people.
fn text(answer: &Answer) -> String {
    let mut text = HEAD.to_owned();
    let allowed = matches!(answer.decision, Decision::Allow { .. });
    write_field(&mut text, "status", if allowed { "SUCCEED" } else { "FAIL" });
    write_field(&mut text, "reason", &answer.reason);
    if let Decision::Deny(denial) = &answer.decision {
        write_field(&mut text, "client_reason", denial.client_reason.as_str());
    }
    write_field(&mut text, "user", &answer.user);
    match &answer.decision {
        Decision::Allow { proplist, proplist_save, .. } => {
            write_properties(&mut text, "proplist", proplist);
            if !proplist_save.is_empty() {
                write_properties(&mut text, "proplist_save", proplist_save);
            }
        }
        Decision::Challenge { challenge, .. } => {
            write_question(&mut text, challenge);
            write_field(&mut text, "state_id", answer.state_id.as_ref().map_or("", |id| id.as_str()));
        }
        Decision::Deny(_) => {}
    }
    text.push('\n');
    write_figure(&mut text, "decision", verdict(&answer.decision).0);
    if let Decision::Deny(denial) = &answer.decision {
        write_figure(&mut text, "cause", denial.cause.code());
    }
    write_figure(&mut text, "id", &answer.id);
    text
}

/// An answer for programs.
#[derive(Serialize)]
struct AnswerJson<'a> {
    id: &'a str,
    decision: &'static str,
    cause: Option<&'static str>,
    user: &'a str,
    reason: &'a str,
    client_reason: Option<&'a str>,
    proplist: Option<&'a Properties>,
    proplist_save: Option<&'a Properties>,
    challenge: Option<Question<'a>>,
}

#[derive(Serialize)]
struct Question<'a> {
    text: &'a str,
    echo: bool,
    state_id: Option<&'a str>,
}

fn json(answer: &Answer) -> AnswerJson<'_> {
    let mut json = AnswerJson {
        id: &answer.id,
        decision: verdict(&answer.decision).0,
        cause: None,
        user: &answer.user,
        reason: &answer.reason,
        client_reason: None,
        proplist: None,
        proplist_save: None,
        challenge: None,
    };
    match &answer.decision {
        Decision::Allow { proplist, proplist_save, .. } => {
            (json.proplist, json.proplist_save) = (Some(proplist), Some(proplist_save));
        }
        Decision::Challenge { challenge, proplist_save } => {
            let state_id = answer.state_id.as_ref().map(|id| id.as_str());
            let echo = challenge.echo == Echo::Shown;
            json.challenge = Some(Question { text: challenge.text.as_str(), echo, state_id });
            json.proplist_save = Some(proplist_save);
        }
        Decision::Deny(denial) => {
            (json.cause, json.client_reason) = (Some(denial.cause.code()), Some(denial.client_reason.as_str()));
        }
    }
    json
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
