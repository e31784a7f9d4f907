//! How long each field of an attempt and of a login may be: the one table of these bounds, which `wit/` repeats for policies.
//!
//! Not for: properties (see [`crate::properties`]) and user names (see [`crate::user`]). A list or map counts each of its entries as 32
//! bytes more than it has, so that empty ones are not free either.
//!
//! | field | bytes | because |
//! |---|---|---|
//! | `client_hw_addr` | 64 | the contract; OpenVPN sends no more as `IV_HWADDR` |
//! | `client_ip_addr` | 64 | an IPv6 address with its zone |
//! | `log_service_name` | 128 | names such as `WEB_CLIENT` |
//! | `password`, `static_response`, `crstate.response` | 4,096 | OpenVPN's longest password |
//! | `session_id` | 256 | names that front doors make |
//! | `authret.reason` | 1,024 | what the log keeps |
//! | `info.auth_method` | 32 | see [`crate::auth_method`] |
//! | `info.ldap.user_dn`, `.search_base` | 1,024 | the longest base of a search |
//! | `info.ldap.uname_attr` | 128 | the longest attribute of a search |
//! | `info.radius_reply[].name` | 128 | names of a dictionary |
//! | `info.radius_reply[].value`, `.octets` | 4,096 | a RADIUS packet (RFC 2865, section 3) |
//! | `info.radius_reply` | 256 KiB | a packet of the shortest attributes |
//! | a name of `info.saml_attributes` | 256 | names that are addresses |
//! | a value of it | 4,096 | the longest property |
//! | `info.saml_attributes` | 256 KiB | the longest list of properties |
//! | `session_state` of a policy | 16 KiB | the contract |
//! | `session_state` of a login | 512 KiB | those of the longest chain, in Base64 |
//! | entries of one search | 1 MiB | the most that policies are handed at once |

use crate::bounded::{List, Map, Octets, SecretText, Text};
use crate::directory::Entry;

/// What a list or a map may have, in bytes.
pub(crate) const LIST_BYTES: usize = 256 * 1024;
/// The most that a policy may keep for a session, in bytes.
pub const MAX_SESSION_STATE_BYTES: usize = 16 * 1024;

/// A MAC address, a UUID, or whatever IV_HWADDR carried.
pub type HardwareAddress = Text<64>;
/// A client's address as text.
pub type ClientAddress = Text<64>;
/// The service that logs the user in.
pub type ServiceName = Text<128>;
/// A password as typed.
pub type Password = SecretText<4096>;
/// What a user answered to a question.
pub type Response = SecretText<4096>;
/// A front door's name of a session.
pub type SessionId = Text<256>;
/// What the log says of a login.
pub type Reason = Text<{ crate::text::MAX_REASON_BYTES }>;
/// An LDAP name (RFC 4514).
pub type DistinguishedName = Text<1024>;
/// The name of an LDAP attribute.
pub type AttributeName = Text<128>;
/// The dictionary's name of a RADIUS attribute.
pub type RadiusName = Text<128>;
/// A RADIUS attribute's value as printed.
pub type RadiusValue = Text<4096>;
/// A RADIUS attribute's value as received.
pub type RadiusOctets = Octets<4096>;
/// SAML attributes, each with its values.
pub type SamlAttributes = Map<Text<256>, List<Text<4096>, LIST_BYTES>, LIST_BYTES>;
/// What a policy keeps for a session.
pub type SessionState = Octets<MAX_SESSION_STATE_BYTES>;
/// What all policies of a chain keep for a session, as a front door hands it back.
pub type SessionStates = Octets<{ 512 * 1024 }>;
/// What one search found.
pub type Entries = List<Entry, { 1024 * 1024 }>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::LIST_BYTES;
    use crate::Login;
    use crate::properties::{MAX_ENTRIES, MAX_LIST_BYTES};

    /// What a login may have as JSON: its lists of properties with quotes and commas, the two other lists, the texts of the table, a
    /// session's state in Base64, and names of fields.
    const MOST: usize = 4 * (MAX_LIST_BYTES + 6 * MAX_ENTRIES)
        + 2 * LIST_BYTES
        + (2 * 256 + 2 * 64 + 128 + 3 * 4096 + 1024 + 200 + 32 + 2 * 1024 + 128)
        + 16 * 1024 / 3 * 4
        + 4096;

    /// Some more than `most` now and then.
    fn text(most: usize) -> impl Strategy<Value = Value> {
        prop_oneof![15 => 0..=most, 1 => most..=2 * most].prop_map(|length| Value::from("x".repeat(length)))
    }

    fn list(most: usize) -> impl Strategy<Value = (usize, usize)> {
        prop_oneof![15 => (0..60_usize, 0..=most), 1 => (0..9_000_usize, 0..40_usize)]
    }

    fn properties() -> impl Strategy<Value = Value> {
        list(4096).prop_map(|(count, length)| {
            (0..count.min(600)).map(|number| (format!("prop_{number}"), "x".repeat(length))).collect()
        })
    }

    fn any_body() -> impl Strategy<Value = String> {
        let texts = (text(64), text(64), text(4096), text(4096), text(128), text(1024), text(1024), text(4096));
        let lists = (properties(), properties(), properties(), properties());
        (texts, lists, list(4096), list(4096), text(16 * 1024 / 3 * 4)).prop_map(|(texts, lists, saml, radius, state)| {
            let groups = vec!["x".repeat(saml.1); saml.0];
            let reply = vec![json!({ "code": 1, "value": "x".repeat(radius.1) }); radius.0];
            let state = state.as_str().unwrap_or_default().replace('x', "A");
            json!({
                "authcred": { "username": "joe", "client_ip_addr": texts.0, "client_hw_addr": texts.1,
                              "static_response": texts.2, "password": texts.3 },
                "attributes": { "vpn_auth": true, "log_service_name": texts.4, "client_info": lists.0, "auth_parms": lists.1 },
                "authret": { "user": "joe", "reason": texts.5, "proplist": lists.2 },
                "info": { "auth_method": "ldap", "saml_attributes": { "groups": groups }, "radius_reply": reply,
                          "ldap": { "user_dn": texts.6, "search_base": "dc=a", "uname_attr": "uid" } },
                "crstate": { "values": lists.3, "response": texts.7 },
                "session_state": state.get(..state.len() / 4 * 4),
            })
            .to_string()
        })
    }

    #[test]
    fn some_logins_are_read() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let read = (0..64).filter(|_| {
            let body = any_body().new_tree(&mut runner).map(|tree| proptest::strategy::ValueTree::current(&tree));
            body.is_ok_and(|body| Login::from_json(&body).is_ok())
        });
        assert!(read.count() > 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_login_that_was_read_is_no_longer_than_the_table_says(body in any_body()) {
            if let Ok(login) = Login::from_json(&body) {
                let bytes = login.to_json_revealed().to_string().len();
                prop_assert!(bytes <= MOST, "{}", bytes);
            }
        }
    }
}
