//! What came of a login: in authcli's form with cause and cost for people, as one object for programs.
//!
//! Not for: deciding. The decision is the domain's, made from what the sandbox reports.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use vestibule_domain::decision::{Denial, DenyCause};
use vestibule_domain::log::Line;
use vestibule_domain::login::Status;
use vestibule_domain::{Decision, Fault, Login, Outcome};
use vestibule_sandbox::{Cost, Limits, Report};

use crate::exit::Exit;
use crate::figures::{self, Spread};
use crate::form::{HEAD, write_field, write_figure, write_properties, write_question};
use crate::python;

/// What a call came to.
pub(crate) struct CallAnswer<'a> {
    pub(crate) login: &'a Login,
    pub(crate) limits: &'a Limits,
    pub(crate) report: &'a Report,
    pub(crate) wall: Spread,
}

/// How a decision is called, and what it is to the caller of this program.
pub(crate) fn verdict(decision: &Decision) -> (&'static str, Exit) {
    match decision {
        Decision::Allow { .. } => ("allowed", Exit::Allowed),
        Decision::Challenge { .. } => ("challenged", Exit::Challenged),
        Decision::Deny(denial) => match denial.cause {
            DenyCause::Fault(_) => ("denied", Exit::Fault),
            _ => ("denied", Exit::Denied),
        },
    }
}

impl CallAnswer<'_> {
    pub(crate) fn exit(&self) -> Exit {
        verdict(&self.decision()).1
    }

    fn decision(&self) -> Decision {
        Decision::from(self.report.answer.clone())
    }

    /// For people.
    pub(crate) fn to_text(&self) -> String {
        let mut text = HEAD.to_owned();
        let decision = self.decision();
        match &self.report.answer {
            Ok(outcome) => write_outcome(&mut text, outcome, &decision),
            Err(fault) => {
                write_field(&mut text, "status", "FAIL");
                write_field(&mut text, "reason", &fault.detail);
                write_field(&mut text, "client_reason", fault.cause.client_text());
                write_field(&mut text, "user", self.login.authret.user.as_str());
            }
        }
        text.push('\n');
        write_figure(&mut text, "decision", verdict(&decision).0);
        write_figure(&mut text, "cause", &self.cause(&decision));
        self.write_cost(&mut text);
        text
    }

    fn cause(&self, decision: &Decision) -> String {
        match (&self.report.answer, decision) {
            (Err(fault), _) => format!("{}: the policy failed", fault.cause),
            (_, Decision::Allow { .. }) => "the policy lets the user in".to_owned(),
            (_, Decision::Challenge { .. }) => "the policy asks a question first".to_owned(),
            (_, Decision::Deny(denial)) => format!("{}: the policy keeps the user out", denial.cause.code()),
        }
    }

    fn write_cost(&self, text: &mut String) {
        let cost = self.report.cost;
        let of = |used: u64, limit: u64| format!("{} of {}", figures::count(used), figures::count(limit));
        write_figure(text, "fuel", &of(cost.fuel, self.limits.fuel));
        let (peak, limit) = (figures::bytes(cost.peak_memory_bytes), figures::bytes(self.limits.memory_bytes));
        write_figure(text, "peak memory", &format!("{peak} of {limit}"));
        write_figure(text, "wall time", &wall(self.wall));
        write_figure(text, "host calls", &of(cost.host_calls, self.limits.host_calls));
        let mut lines = figures::count(self.report.log.len() as u64);
        if cost.dropped_log_lines > 0 {
            let _ = write!(lines, ", {} more dropped", figures::count(cost.dropped_log_lines));
        }
        write_figure(text, "log lines", &lines);
        self.report.log.iter().for_each(|line| write_line(text, line));
    }

    /// For programs.
    pub(crate) fn to_json(&self) -> AnswerJson<'_> {
        let decision = self.decision();
        let (cause, client_reason) = match &decision {
            Decision::Deny(denial) => (Some(denial.cause.code()), Some(denial.client_reason.to_string())),
            _ => (None, None),
        };
        AnswerJson {
            decision: verdict(&decision).0,
            cause,
            client_reason,
            outcome: self.report.answer.as_ref().ok(),
            fault: self.report.answer.as_ref().err(),
            cost: self.report.cost,
            wall_ns: WallJson {
                min: nanoseconds(self.wall.min),
                median: nanoseconds(self.wall.median),
                max: nanoseconds(self.wall.max),
                calls: self.wall.calls,
            },
            log: &self.report.log,
        }
    }
}

/// An answer for programs. There is an outcome or a fault; a cause and a text for the user, if the user is kept out.
#[derive(Debug, Serialize)]
pub(crate) struct AnswerJson<'a> {
    decision: &'static str,
    cause: Option<&'static str>,
    client_reason: Option<String>,
    outcome: Option<&'a Outcome>,
    fault: Option<&'a Fault>,
    cost: Cost,
    wall_ns: WallJson,
    log: &'a [Line],
}

/// Nanoseconds.
#[derive(Debug, Serialize)]
struct WallJson {
    min: u64,
    median: u64,
    max: u64,
    calls: usize,
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn write_outcome(text: &mut String, outcome: &Outcome, decision: &Decision) {
    let authret = &outcome.authret;
    // As in Access Server, whoever is asked a question is not let in yet.
    let succeeds = authret.status == Status::Succeed && outcome.challenge.is_none();
    write_field(text, "status", if succeeds { "SUCCEED" } else { "FAIL" });
    if let Some(reason) = &authret.reason {
        write_field(text, "reason", reason);
    }
    if let Decision::Deny(Denial { client_reason, .. }) = decision {
        write_field(text, "client_reason", client_reason.as_str());
    }
    write_field(text, "user", authret.user.as_str());
    write_properties(text, "proplist", &authret.proplist);
    if !outcome.proplist_save.is_empty() {
        write_properties(text, "proplist_save", &outcome.proplist_save);
    }
    if let Some(challenge) = &outcome.challenge {
        write_question(text, challenge.text.as_str(), challenge.echo);
        write_properties(text, "crstate", &challenge.values);
    }
    if let Some(state) = &outcome.session_state {
        write_field(text, "session_state", &figures::bytes(state.len()));
    }
}

fn write_line(text: &mut String, line: &Line) {
    let _ = write!(text, "    {:<5} {}", line.level.name(), line.message);
    for (name, value) in &line.fields {
        let _ = write!(text, "  {name}={}", python::string(value));
    }
    text.push('\n');
}

fn wall(wall: Spread) -> String {
    let [min, median, max] = [wall.min, wall.median, wall.max].map(figures::duration);
    match wall.calls {
        1 => median,
        calls => format!("{min} / {median} / {max} (min / median / max of {} calls)", figures::count(calls as u64)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use vestibule_domain::log::Level;
    use vestibule_domain::outcome::{Challenge, Echo};
    use vestibule_domain::text::ClientText;
    use vestibule_domain::{Cause, Properties};

    use super::*;

    fn login() -> Login {
        Login::from_json(
            r#"{
                "authcred": {"username": "joe.user"},
                "attributes": {"vpn_auth": true},
                "authret": {"user": "Joe.User", "reason": "local auth succeeded", "proplist": {"conn_group": "staff"}},
                "info": {"auth_method": "local"}
            }"#,
        )
        .unwrap()
    }

    fn outcome() -> Outcome {
        Outcome { authret: login().authret, proplist_save: Properties::new(), challenge: None, session_state: None }
    }

    fn show(answer: Result<Outcome, Fault>) -> (String, Value, Exit) {
        let wall = Duration::from_micros(20);
        let report = Report {
            answer,
            log: vec![Line {
                level: Level::Info,
                message: "known device".to_owned(),
                fields: vec![("device".to_owned(), "aa:bb".to_owned())],
            }],
            cost: Cost { fuel: 12_345, peak_memory_bytes: 1 << 20, host_calls: 2, ..Cost::default() },
            wall,
            exchanges: Vec::new(),
        };
        let (login, limits) = (login(), Limits::default());
        let answer = CallAnswer { login: &login, limits: &limits, report: &report, wall: Spread::of(wall, Vec::new()) };
        (answer.to_text(), serde_json::to_value(answer.to_json()).unwrap(), answer.exit())
    }

    #[test]
    fn an_allow_is_shown_in_authclis_form_with_its_cost() {
        let (text, json, exit) = show(Ok(outcome()));
        assert_eq!(
            text,
            "API METHOD: authenticate\n\
             \x20 status : SUCCEED\n\
             \x20 reason : local auth succeeded\n\
             \x20 user : Joe.User\n\
             \x20 proplist : {'conn_group': 'staff'}\n\
             \n\
             \x20 decision    : allowed\n\
             \x20 cause       : the policy lets the user in\n\
             \x20 fuel        : 12,345 of 50,000,000\n\
             \x20 peak memory : 1 MiB of 64 MiB\n\
             \x20 wall time   : 20.0 µs\n\
             \x20 host calls  : 2 of 10,000\n\
             \x20 log lines   : 1\n\
             \x20   info  known device  device='aa:bb'\n"
        );
        assert_eq!((&json["decision"], &json["cause"], exit), (&json!("allowed"), &Value::Null, Exit::Allowed));
    }

    #[test]
    fn a_denial_shows_the_text_for_the_user_even_where_the_policy_gives_none() {
        let mut outcome = outcome();
        outcome.authret.status = Status::Fail;
        let (text, json, exit) = show(Ok(outcome));
        assert!(text.contains("  status : FAIL\n"), "{text}");
        assert!(text.contains("  client_reason : You are not allowed to log in.\n"), "{text}");
        assert!(text.contains("  decision    : denied\n"), "{text}");
        assert_eq!((&json["cause"], exit), (&json!("denied"), Exit::Denied));
    }

    #[test]
    fn a_challenge_fails_for_now_and_shows_its_question() {
        let mut outcome = outcome();
        outcome.challenge = Some(Challenge {
            text: ClientText::clean("Your code?"),
            echo: Echo::Hidden,
            values: Properties::from_pairs(vec![("round".into(), "1".into())]).unwrap(),
        });
        let (text, json, exit) = show(Ok(outcome));
        assert!(text.contains("  status : FAIL\n"), "{text}");
        assert!(text.contains("  challenge : Your code?\n  echo : False\n  crstate : {'round': '1'}\n"), "{text}");
        assert_eq!((&json["decision"], exit), (&json!("challenged"), Exit::Challenged));
    }

    #[test]
    fn a_fault_fails_with_its_cause() {
        let (text, json, exit) = show(Err(Fault::new(Cause::OutOfFuel, "all fuel consumed")));
        assert!(text.contains("  status : FAIL\n  reason : all fuel consumed\n"), "{text}");
        assert!(text.contains("  cause       : out-of-fuel: the policy failed\n"), "{text}");
        assert_eq!((&json["fault"]["cause"], exit), (&json!("out-of-fuel"), Exit::Fault));
    }
}
