//! Maps what a directory, RADIUS or SAML says of a user to a group and to rights in it.
//!
//! Not for: groups themselves; their networks and access rules are the store's.

mod dn;
mod ldap;
mod mapping;
mod radius;
mod rule;
mod settings;

use mapping::Mapping;
use settings::{NoMatch, Settings};
use vestibule_policy::{Login, Manifest, Outcome, Policy, config, log};

struct GroupMap;

impl Policy for GroupMap {
    fn manifest() -> Manifest {
        settings::manifest()
    }

    fn post_auth(login: Login) -> Result<Outcome, String> {
        // Neither was authenticated by a directory just now: the stored group holds for a certificate, and what the session's
        // first login was given holds for its token.
        if login.is_autologin() {
            return Ok(login.allow());
        }
        if login.is_session() {
            return restore(login);
        }
        let settings = Settings::read()?;
        let groups = ldap::groups(&login, &settings)?;
        let mapping = mapping::map(&login, &groups, &settings);
        match (mapping, settings.no_match) {
            (Some(mapping), _) => answer(login, mapping, settings.save_group),
            (None, NoMatch::Unchanged) => Ok(login.allow()),
            (None, NoMatch::Deny) => {
                let reason =
                    format!("no rule matches `{}`, authenticated by `{}`", login.authret.user, login.info.auth_method);
                Ok(login.deny(config::text("no_match_text")?).with_reason(reason))
            }
        }
    }
}

fn answer(login: Login, mapping: Mapping, save_group: bool) -> Result<Outcome, String> {
    let Mapping { rules, properties } = mapping;
    let group = properties.iter().find(|(name, _)| *name == "conn_group").map(|(_, group)| group.clone());
    let fields = [("user", login.authret.user.as_str()), ("group", group.as_deref().unwrap_or("")), ("rules", &rules)];
    log::info("a user is mapped", &fields);

    let state = serde_json::to_vec(&properties).map_err(|error| format!("session state: {error}"))?;
    let outcome = with_properties(login.allow().keeping(state), properties);
    Ok(match group {
        Some(group) if save_group => outcome.saving("conn_group", group),
        _ => outcome,
    })
}

fn restore(login: Login) -> Result<Outcome, String> {
    let Some(state) = &login.session_state else { return Ok(login.allow()) };
    let properties: Vec<(String, String)> =
        serde_json::from_slice(state).map_err(|error| format!("session state: {error}"))?;
    Ok(with_properties(login.allow(), properties))
}

fn with_properties<N: Into<String>>(outcome: Outcome, properties: Vec<(N, String)>) -> Outcome {
    properties.into_iter().fold(outcome, |outcome, (name, value)| outcome.with_property(name, value))
}

vestibule_policy::export!(GroupMap);
