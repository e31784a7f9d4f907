//! `vestibule authcli`: one login through the whole gate, as a client's would go.
//!
//! Not for: front doors; each of them talks to the gate itself.

use std::path::PathBuf;

use clap::Args;
use vestibule_api::{Authenticate, AuthretAnswer, Challenge, ChallengeResponse, LoginAnswer, Verdict};
use vestibule_domain::bounded::{Text, TooLong};
use vestibule_domain::field::{self, ServiceName};
use vestibule_domain::login::Attributes;
use vestibule_domain::wire::Password;
use vestibule_domain::{Cause, EnteredUser, Properties, Secret};

use crate::client::Call;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::form::{HEAD, write_field, write_figure, write_properties, write_question};
use crate::output;
use crate::prompt::Answers;
use crate::target::{Site, Target};

/// Log a user in as a VPN client would, and show what is decided
///
/// The password is checked by the method that holds for the user, then the tenant's policies decide, and what they save is stored:
/// this is a real login, and it is on record. Questions are asked on the terminal.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Options {
    /// The user's name, as somebody would type it
    #[arg(short, long)]
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
    #[arg(long = "client-info", value_name = "NAME=VALUE", value_parser = crate::input::pair)]
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
    options.target.at(async |site| log_in(site, &options).await).await
}

/// Goes on until nobody answers a question.
async fn log_in(site: &Site, options: &Options) -> Result<Exit> {
    let mut answers = Answers::new(options.pass_file.as_deref())?;
    let mut request = request(options, answers.require("Password")?)?;
    loop {
        let call = Call::post(&site.path(&["authenticate"]), &request)?;
        let answer: LoginAnswer = site.client.read(call).await?;
        let shown = if options.json { output::json_line(&answer)? } else { text(&answer) };
        output::print(shown.as_bytes())?;
        let Some(response) = answer_to(&answer, &mut answers)? else { return Ok(exit(&answer)) };
        (request.password, request.crstate) = (None, Some(response));
    }
}

/// What a client is that sends this password, which may carry answers as OpenVPN's clients send them.
fn request(options: &Options, password: Secret) -> Result<Authenticate> {
    let client_info = Properties::from_pairs(options.client_info.clone())
        .map_err(|error| Error::bad_input("these are no facts of one client").because(&error))?;
    let attributes = Attributes {
        client_info,
        vpn_auth: !options.web,
        reauth: (!options.web).then_some(false),
        log_service_name: options.web.then(|| ServiceName::cut("WEB_CLIENT")),
        auth_parms: Properties::new(),
    };
    let (password, crstate, given) = match Password::parse(password) {
        Ok(Password::Plain(password)) => (Some(password), None, None),
        Ok(Password::Static(both)) => (Some(both.password), None, Some(both.response)),
        Ok(Password::Response(answer)) => (None, Some(response(answer.state_id.as_str(), answer.response)?), None),
        Err(error) => return Err(Error::bad_input("the password is none").because(&error)),
    };
    let static_response = options.sr.as_deref().map(Secret::new).or(given);
    Ok(Authenticate {
        username: options.user.clone(),
        password: password.map(field::Password::new).transpose().map_err(|error| too_long("the password", &error))?,
        crstate,
        client_ip_addr: Some(bounded("the address", &options.client_ip)?),
        client_hw_addr: options
            .hw_addr
            .as_deref()
            .map(|address| bounded("the hardware address", address))
            .transpose()?,
        static_response: static_response
            .map(field::Response::new)
            .transpose()
            .map_err(|error| too_long("the response", &error))?,
        attributes: Some(attributes),
        session_id: None,
    })
}

fn bounded<const MAX: usize>(what: &str, text: &str) -> Result<Text<MAX>> {
    Text::new(text).map_err(|error| too_long(what, &error))
}

fn too_long(what: &str, error: &TooLong) -> Error {
    Error::bad_input(format!("{what} is too long")).because(error)
}

fn response(state_id: &str, response: Secret) -> Result<ChallengeResponse> {
    let response = field::Response::new(response).map_err(|error| too_long("the answer", &error))?;
    Ok(ChallengeResponse { state_id: state_id.to_owned(), response })
}

/// What somebody answers to the question, if it is one and somebody is there.
fn answer_to(answer: &LoginAnswer, answers: &mut Answers) -> Result<Option<ChallengeResponse>> {
    let Some(Challenge { text, echo, state_id }) = &answer.challenge else { return Ok(None) };
    let given = answers.next(&output::shown(text), *echo)?;
    given.map(|given| response(state_id, given)).transpose()
}

/// How the process ends on an answer.
fn exit(answer: &LoginAnswer) -> Exit {
    match (answer.decision, answer.cause.as_deref()) {
        (Verdict::Allow, _) => Exit::Allowed,
        (Verdict::Challenge, _) => Exit::Challenged,
        (_, Some(cause)) if Cause::ALL.iter().any(|fault| fault.code() == cause) => Exit::Fault,
        _ => Exit::Denied,
    }
}

/// For people.
fn text(answer: &LoginAnswer) -> String {
    let LoginAnswer { id, decision, cause, authret, proplist_save, challenge, .. } = answer;
    let is_allowed = *decision == Verdict::Allow;
    let mut text = HEAD.to_owned();
    write_field(&mut text, "status", if is_allowed { "SUCCEED" } else { "FAIL" });
    if let Some(AuthretAnswer { user, reason, client_reason, .. }) = authret {
        write_field(&mut text, "reason", reason);
        if let Some(client_reason) = client_reason {
            write_field(&mut text, "client_reason", client_reason);
        }
        write_field(&mut text, "user", user);
    }
    if let Some(AuthretAnswer { proplist, .. }) = authret.as_ref().filter(|_| is_allowed) {
        write_properties(&mut text, "proplist", proplist);
    }
    if let Some(saved) = proplist_save.as_ref().filter(|saved| is_allowed && !saved.is_empty()) {
        write_properties(&mut text, "proplist_save", saved);
    }
    if let Some(Challenge { text: question, echo, state_id }) = challenge {
        write_question(&mut text, question, *echo);
        write_field(&mut text, "state_id", state_id);
    }
    text.push('\n');
    let decided = match decision {
        Verdict::Allow => "allowed",
        Verdict::Challenge => "challenged",
        Verdict::Deny | Verdict::Search => "denied",
    };
    write_figure(&mut text, "decision", decided);
    for (name, value) in [("cause", cause.as_deref()), ("id", id.as_deref())] {
        if let Some(value) = value {
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
