//! A login as a policy sees it: authcred, attributes, authret, info and crstate of the post_auth contract.
//!
//! Not for: how a front door makes one. The JSON form of these types is what `vestibule try --login` reads; unknown keys are
//! refused by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;
use crate::text::ClientText;
use crate::{CanonicalUser, EnteredUser, Properties, Secret};

/// Everything that is known of one login when its policies run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// What the client presented.
    pub authcred: Authcred,
    /// Circumstances of the login.
    pub attributes: Attributes,
    /// The state of the authentication so far.
    pub authret: Authret,
    /// How the user was authenticated.
    pub info: Info,
    /// The rounds of a dynamic challenge before this one.
    #[serde(default)]
    pub crstate: Crstate,
    /// What an earlier login of the same session left; Base64 in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "json::octets_option")]
    pub session_state: Option<Vec<u8>>,
}

/// What the client presented.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authcred {
    /// The name as entered.
    pub username: EnteredUser,
    /// The client's real address, where the front door knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip_addr: Option<String>,
    /// A MAC address, a UUID, or whatever IV_HWADDR carried (up to 64 bytes of ASCII).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_hw_addr: Option<String>,
    /// The answer to a static challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_response: Option<Secret>,
    /// The password; reaches only a policy that was granted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// Circumstances of the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// What the client says of itself (IV_*, UV_*): claims, not facts.
    #[serde(default)]
    pub client_info: Properties,
    /// A VPN login rather than a web login.
    pub vpn_auth: bool,
    /// A re-authentication in the middle of a VPN session; absent for other logins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reauth: Option<bool>,
    /// The service that logs the user in, such as `WEB_CLIENT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_service_name: Option<String>,
    /// X509 values in OpenVPN's naming (tls_serial_0, X509_0_CN).
    #[serde(default)]
    pub auth_parms: Properties,
}

/// Whether the login goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The notes' SUCCEED.
    Succeed,
    /// The notes' FAIL.
    Fail,
}

/// The state of the authentication: handed to a policy and, changed or not, returned by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authret {
    /// Whether the login goes on.
    #[serde(default = "succeed")]
    pub status: Status,
    /// The canonical name.
    pub user: CanonicalUser,
    /// For the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For the client, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reason: Option<ClientText>,
    /// The user's properties.
    #[serde(default)]
    pub proplist: Properties,
}

const fn succeed() -> Status {
    Status::Succeed
}

/// How the user was authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// `local`, `ldap`, `radius`, `pam`, `saml`, `none`, `autologin` or `session`; the set is open.
    pub auth_method: String,
    /// Where the directory holds the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapInfo>,
    /// The RADIUS reply's attributes in the order received.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub radius_reply: Vec<RadiusAttribute>,
    /// Each SAML attribute with its values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub saml_attributes: BTreeMap<String, Vec<String>>,
}

impl Info {
    /// Nobody has vouched for the name: a policy decides alone (the notes' AUTH_NULL).
    pub fn is_unproven(&self) -> bool {
        self.auth_method == "none"
    }

    /// A login without a person at the keyboard: nobody could answer a question.
    pub fn is_unattended(&self) -> bool {
        matches!(self.auth_method.as_str(), "session" | "autologin")
    }
}

/// Where the directory holds the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapInfo {
    /// The entry's distinguished name.
    pub user_dn: String,
    /// Where the tenant's searches begin.
    pub search_base: String,
    /// The attribute that holds the user name.
    pub uname_attr: String,
}

/// One attribute of a RADIUS reply (RFC 2865, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadiusAttribute {
    /// The type, within its vendor where there is one.
    pub code: u32,
    /// The vendor's private enterprise number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<u32>,
    /// The dictionary's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The value as the dictionary prints it.
    pub value: String,
    /// The value as received; Base64 in JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "json::octets")]
    pub octets: Vec<u8>,
}

/// What links the rounds of a dynamic challenge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crstate {
    /// What the policy kept with its question.
    #[serde(default)]
    pub values: Properties,
    /// What the user answered; absent in the first round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Secret>,
}

impl Login {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// Names the line, the key and what was expected there.
    pub fn from_json(text: &str) -> Result<Self, json::Error> {
        json::object_from_str("login", text)
    }

    /// The JSON form with its secrets in clear, for a recording that must replay. Everything else serialises stars.
    pub fn to_json_revealed(&self) -> Value {
        let mut login = serde_json::to_value(self).unwrap_or_default();
        let secrets = [
            ("/authcred/static_response", &self.authcred.static_response),
            ("/authcred/password", &self.authcred.password),
            ("/crstate/response", &self.crstate.response),
        ];
        for (pointer, secret) in secrets {
            if let (Some(place), Some(secret)) = (login.pointer_mut(pointer), secret) {
                *place = Value::from(secret.expose());
            }
        }
        login
    }

    /// The secrets that this login carries.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.authcred.static_response, &self.authcred.password, &self.crstate.response].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"{
        "authcred": {"username": "joe.user", "password": "hunter2", "static_response": "123456"},
        "attributes": {"vpn_auth": true},
        "authret": {"user": "Joe.User"},
        "info": {"auth_method": "local"}
    }"#;

    #[test]
    fn the_smallest_login_has_four_facts() {
        let login = Login::from_json(SMALLEST).unwrap();
        assert_eq!(login.authret.status, Status::Succeed);
        assert!(login.authret.proplist.is_empty() && login.crstate.response.is_none());
    }

    #[test]
    fn the_json_form_hides_secrets_and_the_revealed_form_reads_back() {
        let login = Login::from_json(SMALLEST).unwrap();
        assert!(!serde_json::to_string(&login).unwrap().contains("hunter2"));
        let revealed = login.to_json_revealed().to_string();
        assert_eq!(Login::from_json(&revealed).unwrap(), login);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_with_its_line() {
        let text = SMALLEST.replace("\"user\":", "\"usr\":");
        let error = Login::from_json(&text).unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("authret") && error.contains("`usr`"), "{error}");
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_quoted() {
        let error = Login::from_json(r#"{"authcred": "hunter2"}"#).unwrap_err().to_string();
        assert!(error.contains("in `authcred`: found a text, expected an object"), "{error}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let text = SMALLEST.replace("\"vpn_auth\": true", "");
        let error = Login::from_json(&text).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("attributes") && error.contains("`vpn_auth`"), "{error}");
    }
}
