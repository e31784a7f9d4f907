//! What scripted policies do: whatever the client's facts tell them.
//!
//! Not for: people. A client that tells a real policy what to do would be let in by any of them.
//!
//! Orders are entries of `client_info` whose names begin with the setting `prefix`; what follows it is one of
//!
//! | order | what the policy does |
//! |---|---|
//! | `SEES_x` | fails unless it is handed property `x` with this value; an empty one stands for none |
//! | `RECALLS` | fails unless this is what it kept in the session |
//! | `ASKS` | asks this; goes on when the answer is `yes`, asks again when it is `again`, else denies |
//! | `DENIES` | denies with this text |
//! | `FAILS` | returns this error |
//! | `SETS_x`, `SAVES_x` | sets or saves property `x` |
//! | `KEEPS` | keeps this in the session |
//! | `RENAMES` | returns this user name |

use vestibule_policy::{Challenge, Login, Manifest, Outcome, config, property};

/// A manifest with the one setting that they read.
pub fn manifest(name: &str) -> Manifest {
    Manifest::new(name, "0.1.0", "Does as it is told")
        .setting("prefix", "What the names of its orders begin with", "")
        .wants_property("prop_superuser")
        .wants_property("conn_*")
        .wants_property("prop_*")
        .wants_property("pvt_*")
}

/// Does as it is told.
///
/// # Errors
/// An order to fail, or something is not as an order says.
pub fn obey(login: Login) -> Result<Outcome, String> {
    let prefix = config::text("prefix")?;
    let facts = login.attributes.client_info.clone();
    let orders: Vec<_> =
        facts.iter().filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?, value.as_str()))).collect();
    let order = |wanted: &str| orders.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let orders_about =
        |verb: &'static str| orders.iter().filter_map(move |(name, value)| Some((name.strip_prefix(verb)?, *value)));
    for (name, expected) in orders_about("SEES_") {
        let seen = property(&login.authret.proplist, name).unwrap_or_default();
        if seen != expected {
            return Err(format!("`{name}` is `{seen}`, not `{expected}`"));
        }
    }
    if let Some(expected) = order("RECALLS") {
        let kept = login.session_state.as_deref().unwrap_or_default();
        if kept != expected.as_bytes() {
            return Err(format!("the session has {} bytes, not `{expected}`", kept.len()));
        }
    }
    if let Some(text) = order("FAILS") {
        return Err(text.to_owned());
    }
    if let Some(text) = order("DENIES") {
        return Ok(login.deny(text));
    }
    let question = order("ASKS").filter(|_| !login.is_unattended());
    let answer = login.crstate.response.clone();
    let round = property(&login.crstate.values, "round").and_then(|round| round.parse().ok()).unwrap_or(0_u32);
    let mut outcome = login.allow();
    if let Some(name) = order("RENAMES") {
        outcome.authret.user = name.to_owned();
    }
    for (name, value) in orders_about("SETS_") {
        outcome = outcome.with_property(name, value);
    }
    for (name, value) in orders_about("SAVES_") {
        outcome = outcome.saving(name, value);
    }
    if let Some(state) = order("KEEPS") {
        outcome = outcome.keeping(state);
    }
    match (question, answer.as_deref()) {
        (None, _) | (Some(_), Some("yes")) => Ok(outcome),
        (Some(text), None | Some("again")) => {
            Ok(outcome.asking(Challenge::new(text).with_value("round", (round + 1).to_string())))
        }
        (Some(_), Some(_)) => {
            outcome.authret.status = vestibule_policy::Status::Fail;
            outcome.authret.client_reason = Some(format!("wrong answer in round {round}"));
            Ok(outcome)
        }
    }
}

/// Makes a policy of what it does, with this manifest.
#[macro_export]
macro_rules! scripted {
    ($manifest:expr) => {
        struct Puppet;

        impl vestibule_policy::Policy for Puppet {
            fn manifest() -> vestibule_policy::Manifest {
                $manifest
            }

            fn post_auth(login: vestibule_policy::Login) -> Result<vestibule_policy::Outcome, String> {
                $crate::obey(login)
            }
        }

        vestibule_policy::export!(Puppet);
    };
}
