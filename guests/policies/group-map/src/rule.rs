//! One rule: conditions that must all hold, and what a user is given then.
//!
//! Not for: the order of rules; see the mapping.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::value::RawValue;
use vestibule_policy::Login;

use crate::dn::Dn;

/// A rule as the tenant's file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    name: Option<String>,

    user: Option<String>,
    method: Option<String>,
    pub ldap_group: Option<String>,
    radius: Option<RadiusCondition>,
    saml: Option<SamlCondition>,

    group: Option<String>,
    ip: Option<IpAddr>,
    admin: Option<bool>,
    autologin: Option<bool>,
    lzo: Option<bool>,
    reroute_gw: Option<RerouteGateway>,
    deny_web: Option<bool>,
}

/// An attribute of the RADIUS reply, by number or by its dictionary's name, with any value or with this one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RadiusCondition {
    code: Option<u32>,
    vendor: Option<u32>,
    name: Option<String>,
    value: Option<String>,
}

/// A SAML attribute with any value or with this one among its values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SamlCondition {
    attribute: String,
    value: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RerouteGateway {
    Disable,
    DnsOnly,
    Global,
}

/// Reads the list of rules.
///
/// # Errors
/// Names the rule by its place and quotes it.
pub fn read(json: &str) -> Result<Vec<Rule>, String> {
    // Kept as text at first, so that an error belongs to one rule.
    let texts: Vec<&RawValue> =
        serde_json::from_str(json).map_err(|error| format!("setting `rules` is no list: {error}"))?;
    texts.into_iter().zip(1..).map(|(text, place)| read_one(text.get(), place)).collect()
}

fn read_one(text: &str, place: usize) -> Result<Rule, String> {
    let rule: Rule =
        serde_json::from_str(text).map_err(|error| format!("setting `rules`: rule {place}: {error} in {text}"))?;
    rule.check().map_err(|problem| format!("setting `rules`: rule {place}: {problem} in {text}"))?;
    Ok(rule)
}

impl Rule {
    fn check(&self) -> Result<(), &'static str> {
        let conditions = [
            self.user.is_some(),
            self.method.is_some(),
            self.ldap_group.is_some(),
            self.radius.is_some(),
            self.saml.is_some(),
        ];
        if !conditions.contains(&true) {
            return Err("has no condition: `user`, `method`, `ldap_group`, `radius` or `saml`");
        }
        if self.radius.as_ref().is_some_and(|radius| radius.code.is_none() && radius.name.is_none()) {
            return Err("`radius` needs a `code` or a `name`");
        }
        if self.ldap_group.as_ref().is_some_and(|group| group.contains('=') && Dn::parse(group).is_none()) {
            return Err("`ldap_group` is no distinguished name (RFC 4514) and no common name");
        }
        if self.group.as_ref().is_some_and(String::is_empty) {
            return Err("`group` is empty");
        }
        if self.properties().is_empty() {
            return Err("gives nothing: `group`, `ip`, `admin`, `autologin`, `lzo`, `reroute_gw` or `deny_web`");
        }
        Ok(())
    }

    /// Whether every condition holds.
    pub fn matches(&self, login: &Login, groups: &[Dn]) -> bool {
        self.user.as_ref().is_none_or(|user| *user == login.authret.user)
            && self.method.as_ref().is_none_or(|method| *method == login.info.auth_method)
            && self.ldap_group.as_ref().is_none_or(|group| is_member(group, groups))
            && self.radius.as_ref().is_none_or(|radius| radius.holds(login))
            && self.saml.as_ref().is_none_or(|saml| saml.holds(login))
    }

    /// What the rule is called in the log.
    pub fn label(&self, index: usize) -> String {
        self.name.clone().unwrap_or_else(|| (index + 1).to_string())
    }

    /// The properties that the rule gives.
    pub fn properties(&self) -> Vec<(&'static str, String)> {
        let reroute = self.reroute_gw.map(|reroute| match reroute {
            RerouteGateway::Disable => "disable",
            RerouteGateway::DnsOnly => "dns_only",
            RerouteGateway::Global => "global",
        });
        let given = [
            ("conn_group", self.group.clone()),
            ("conn_ip", self.ip.map(|ip| ip.to_string())),
            ("prop_superuser", self.admin.map(|right| right.to_string())),
            ("prop_autologin", self.autologin.map(|right| right.to_string())),
            ("prop_lzo", self.lzo.map(|right| right.to_string())),
            ("prop_reroute_gw_override", reroute.map(str::to_owned)),
            ("prop_deny_web", self.deny_web.map(|right| right.to_string())),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// A text with `=` is a distinguished name, any other the common name of a group anywhere in the directory.
fn is_member(group: &str, groups: &[Dn]) -> bool {
    match Dn::parse(group) {
        Some(dn) => groups.contains(&dn),
        None => {
            let name = group.trim().to_lowercase();
            groups.iter().any(|group| group.common_name() == Some(&name))
        }
    }
}

impl RadiusCondition {
    fn holds(&self, login: &Login) -> bool {
        login.info.radius_reply.iter().any(|attribute| {
            let named = |name: &String| attribute.name.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(name));
            self.code.is_none_or(|code| code == attribute.code && self.vendor == attribute.vendor)
                && self.vendor.is_none_or(|vendor| Some(vendor) == attribute.vendor)
                && self.name.as_ref().is_none_or(named)
                && self.value.as_ref().is_none_or(|value| *value == attribute.value)
        })
    }
}

impl SamlCondition {
    fn holds(&self, login: &Login) -> bool {
        login.info.saml_attributes.iter().any(|(name, values)| {
            *name == self.attribute && self.value.as_ref().map_or(!values.is_empty(), |value| values.contains(value))
        })
    }
}

#[cfg(test)]
mod tests;
