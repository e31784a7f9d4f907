//! What an administrator can set, and how it is read.
//!
//! Not for: decisions. Defaults stand in the manifest alone; the host fills them in.

use vestibule_policy::{Manifest, config};

use crate::rule::{self, Rule};

/// What comes of a user whom no rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMatch {
    Deny,
    /// Lets the user in as if this policy did not exist.
    Unchanged,
}

/// How many of the matching rules count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    First,
    /// Every one; where two rules set the same, the earlier one holds.
    All,
}

/// The settings of one call.
#[derive(Debug)]
pub struct Settings {
    pub rules: Vec<Rule>,
    pub matching: Match,
    pub default_group: Option<String>,
    pub no_match: NoMatch,
    pub save_group: bool,
    /// Finds the entries of a user's groups; absent: the user's own entry lists them.
    pub group_filter: Option<String>,
    pub group_attribute: String,
    pub radius_framed_ip: bool,
    pub radius_framed_pool: bool,
    pub radius_access_flags: bool,
}

pub fn manifest() -> Manifest {
    let version = env!("CARGO_PKG_VERSION");
    Manifest::new(
        "group-map",
        version,
        "Maps what a directory, RADIUS or SAML says of a user to a group and its rights",
    )
    .group_select()
    .wants_directory()
    .wants_property("connection")
    .wants_property("prop_superuser")
    .wants_property("prop_autologin")
    .wants_property("prop_deny_web")
    .wants_property("prop_lzo")
    .wants_property("prop_reroute_gw_override")
    .setting("rules", "A list of rules, tried in order: conditions and what they give; see the policy's README", "[]")
    .setting(
        "match",
        "`first`: the first rule that matches counts; `all`: every one, the earlier before the later",
        "first",
    )
    .setting("default_group", "The group of users who are given none by a rule; empty for none", "")
    .setting(
        "no_match",
        "What happens to a user whom no rule matches where there is no default group: `deny` or `unchanged`",
        "deny",
    )
    .setting(
        "no_match_text",
        "What a user is told who is denied because no rule matches",
        "You are not a member of a group that may use this VPN.",
    )
    .setting(
        "save_group",
        "Whether the group is stored for logins that no directory takes part in, such as autologin: `true` or `false`",
        "true",
    )
    .setting(
        "group_filter",
        "An LDAP filter that finds a user's groups by `{dn}` or `{user}`; empty: the user's entry lists them",
        "",
    )
    .setting("group_attribute", "The attribute of the user's entry that lists groups", "memberOf")
    .setting(
        "radius_framed_ip",
        "Whether Framed-IP-Address of a RADIUS reply becomes the user's address in the VPN: `true` or `false`",
        "false",
    )
    .setting(
        "radius_framed_pool",
        "Whether Framed-Pool of a RADIUS reply names the group where no rule does: `true` or `false`",
        "false",
    )
    .setting(
        "radius_access_flags",
        "Whether five digits in Callback-Number of a RADIUS reply set rights where no rule does: `true` or `false`",
        "false",
    )
}

impl Settings {
    pub fn read() -> Result<Self, String> {
        Ok(Self {
            rules: rule::read(&config::text("rules")?)?,
            matching: config::choice("match", &[("first", Match::First), ("all", Match::All)])?,
            default_group: config::optional("default_group")?,
            no_match: config::choice("no_match", &[("deny", NoMatch::Deny), ("unchanged", NoMatch::Unchanged)])?,
            save_group: config::flag("save_group")?,
            group_filter: config::optional("group_filter")?,
            group_attribute: config::text("group_attribute")?,
            radius_framed_ip: config::flag("radius_framed_ip")?,
            radius_framed_pool: config::flag("radius_framed_pool")?,
            radius_access_flags: config::flag("radius_access_flags")?,
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_lists_every_setting_with_its_default() {
        vestibule_policy::testing::assert_documented(&super::manifest(), include_str!("../README.md"));
    }
}
