//! Goes through the rules and puts together what a user is given.
//!
//! Not for: asking the directory; its answer is handed in.

use vestibule_policy::Login;

use crate::dn::Dn;
use crate::radius;
use crate::settings::{Match, NoMatch, Settings};

/// What a user is given, and by which rules.
#[derive(Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The names of the rules that matched, or their places, with commas between them.
    pub rules: String,
    pub properties: Vec<(&'static str, String)>,
}

/// The rules, then the RADIUS reply, then the default group: what comes first holds. Nothing where none of them applies.
pub fn map(login: &Login, groups: &[Dn], settings: &Settings) -> Option<Mapping> {
    let mut given: Vec<(&'static str, String)> = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    let most = if settings.matching == Match::First { 1 } else { usize::MAX };
    let matching = settings.rules.iter().enumerate().filter(|(_, rule)| rule.matches(login, groups)).take(most);
    for (index, rule) in matching {
        labels.push(rule.label(index));
        rule.properties().into_iter().for_each(|(name, value)| give(&mut given, name, value));
    }
    if settings.radius_access_flags {
        radius::access_flags(login).into_iter().for_each(|(name, value)| give(&mut given, name, value));
    }
    let pool = radius::framed_pool(login).filter(|_| settings.radius_framed_pool);
    if let Some(group) = pool.or(settings.default_group.as_deref()) {
        give(&mut given, "conn_group", group.to_owned());
    }
    // An address without a group would be looked for in all groups: what a RADIUS server says must not choose one that way.
    if settings.radius_framed_ip && given.iter().any(|(name, _)| *name == "conn_group") {
        radius::framed_ip(login).into_iter().for_each(|ip| give(&mut given, "conn_ip", ip));
    }
    // Rights alone let nobody in: a user who must have a group has none yet.
    let has_group = given.iter().any(|(name, _)| *name == "conn_group");
    let counts = !labels.is_empty() || has_group || (settings.no_match == NoMatch::Unchanged && !given.is_empty());
    counts.then(|| Mapping { rules: labels.join(","), properties: given })
}

fn give(given: &mut Vec<(&'static str, String)>, name: &'static str, value: String) {
    if !given.iter().any(|(other, _)| *other == name) {
        given.push((name, value));
    }
}

#[cfg(test)]
mod tests;
