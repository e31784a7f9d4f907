//! What a front door asks, as it writes it.
//!
//! Not for: believing it; a front door's token says that it may be believed.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;
use vestibule_domain::capability::Error as CapabilityError;
use vestibule_domain::directory::Entry;
use vestibule_domain::dn::Dn;
use vestibule_domain::field::{self, ClientAddress, Entries, HardwareAddress, Password, SessionId, SessionStates};
use vestibule_domain::login::{Attributes, Authcred, Authret, Info, Status};
use vestibule_domain::text::MAX_REASON_BYTES;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{EnteredUser, Properties};
use vestibule_gate::{Attempt, CallerRecord, Patience, Proof};

use crate::problem::{Problem, Result};

/// Somebody who wants to come in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authenticate {
    /// The name as typed.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    username: EnteredUser,
    /// The password as typed. Either this or `crstate` is given.
    #[schema(value_type = Option<String>, max_length = 4096)]
    password: Option<Password>,
    /// The answer to a question that an earlier answer put.
    crstate: Option<Response>,
    /// The client's real address.
    #[schema(value_type = Option<String>, max_length = 64)]
    client_ip_addr: Option<ClientAddress>,
    /// What IV_HWADDR carried.
    #[schema(value_type = Option<String>, max_length = 64)]
    client_hw_addr: Option<HardwareAddress>,
    /// The answer to a static challenge.
    #[schema(value_type = Option<String>, max_length = 4096)]
    static_response: Option<field::Response>,
    /// Circumstances that policies see; a VPN login unless given.
    #[schema(value_type = Option<AttributesSchema>)]
    attributes: Option<Attributes>,
    /// The session that this login begins or renews.
    #[schema(value_type = Option<String>, max_length = 256)]
    session_id: Option<SessionId>,
}

/// The answer to a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    /// The question's handle.
    state_id: String,
    /// What the user answered.
    #[schema(value_type = String, max_length = 4096)]
    response: field::Response,
}

/// Somebody whom the front door has authenticated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostAuth {
    #[schema(value_type = AuthcredSchema)]
    authcred: Authcred,
    #[schema(value_type = AttributesSchema)]
    attributes: Attributes,
    /// Present where the front door keeps the users' properties itself.
    #[schema(value_type = Option<AuthretSchema>)]
    authret: Option<Authret>,
    #[schema(value_type = InfoSchema)]
    info: Info,
    /// Present where a question is answered.
    crstate: Option<Response>,
    /// What an earlier answer of this session said to hand over; Base64.
    #[schema(value_type = Option<String>)]
    session_state: Option<SessionStates>,
    /// The session that this login begins or renews, where the host keeps the properties.
    #[schema(value_type = Option<String>, max_length = 256)]
    session_id: Option<SessionId>,
    /// Whether the front door makes the searches of policies itself, at or below `info.ldap.search_base`.
    #[serde(default)]
    pub(crate) serves_directory: bool,
}

/// What a search found, or why it found nothing out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Continuation {
    #[schema(value_type = Option<Vec<Object>>)]
    entries: Option<Entries>,
    #[schema(value_type = Option<Object>)]
    error: Option<CapabilityError>,
}

/// What the client presented.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the macro alone, for the document")]
pub(crate) struct AuthcredSchema {
    #[schema(min_length = 1, max_length = 256)]
    username: String,
    #[schema(max_length = 64)]
    client_ip_addr: Option<String>,
    #[schema(max_length = 64)]
    client_hw_addr: Option<String>,
    #[schema(max_length = 4096)]
    static_response: Option<String>,
    #[schema(max_length = 4096)]
    password: Option<String>,
}

/// Circumstances of a login.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the macro alone, for the document")]
pub(crate) struct AttributesSchema {
    client_info: Option<BTreeMap<String, String>>,
    vpn_auth: bool,
    reauth: Option<bool>,
    #[schema(max_length = 128)]
    log_service_name: Option<String>,
    auth_parms: Option<BTreeMap<String, String>>,
}

/// The state of the authentication.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the macro alone, for the document")]
pub(crate) struct AuthretSchema {
    /// `succeed`: a login that has failed is not asked about.
    status: Option<String>,
    #[schema(min_length = 1, max_length = 256)]
    user: String,
    #[schema(max_length = 1024)]
    reason: Option<String>,
    client_reason: Option<String>,
    proplist: Option<BTreeMap<String, String>>,
}

/// How the user was authenticated.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the macro alone, for the document")]
pub(crate) struct InfoSchema {
    /// `local`, `ldap`, `radius`, `pam`, `saml`, `none`, `autologin` or `session`; or another word beside `"proven": true`.
    #[schema(min_length = 4, max_length = 32)]
    auth_method: String,
    /// Whether that method proves who the user is: `false` for `none`, `true` for all others. Needed where the word is none of those.
    proven: Option<bool>,
    #[schema(value_type = Option<Object>)]
    ldap: Option<()>,
    #[schema(value_type = Option<Vec<Object>>)]
    radius_reply: Option<()>,
    saml_attributes: Option<BTreeMap<String, Vec<String>>>,
}

impl Response {
    fn proof(self) -> Result<Proof> {
        let state_id =
            StateId::parse(&self.state_id).map_err(|error| Problem::invalid(format!("`state_id`: {error}")))?;
        Ok(Proof::Response { state_id, response: self.response })
    }
}

impl Authenticate {
    pub(crate) fn attempt(self, patience: Patience) -> Result<Attempt> {
        let proof = match (self.password, self.crstate) {
            (Some(password), None) => Proof::Password(password),
            (None, Some(response)) => response.proof()?,
            _ => return Err(Problem::invalid("either `password` or `crstate` has to be given")),
        };
        let vpn = || Attributes {
            client_info: Properties::new(),
            vpn_auth: true,
            reauth: Some(false),
            log_service_name: None,
            auth_parms: Properties::new(),
        };
        Ok(Attempt {
            user: self.username,
            proof,
            client_ip_addr: self.client_ip_addr,
            client_hw_addr: self.client_hw_addr,
            static_response: self.static_response,
            checked_password: None,
            attributes: self.attributes.unwrap_or_else(vpn),
            session_id: self.session_id,
            caller_record: None,
            directory: None,
            patience,
        })
    }
}

impl PostAuth {
    /// Where the directory's searches begin, if that is known.
    pub(crate) fn search_base(&self) -> Result<Option<Dn>> {
        let base = self.info.ldap.as_ref().map(|ldap| Dn::parse(&ldap.search_base)).transpose();
        base.map_err(|error| Problem::invalid(format!("`info.ldap.search_base`: {error}")))
    }

    pub(crate) fn attempt(self, patience: Patience) -> Result<Attempt> {
        let Self { authcred, attributes, authret, info, crstate, session_state, session_id, .. } = self;
        let proof = match crstate {
            Some(response) => response.proof()?,
            None => Proof::Voucher(info.into()),
        };
        let caller_record = match authret {
            Some(Authret { status: Status::Fail, .. }) => {
                return Err(Problem::invalid("`authret.status` is `fail`: that login is denied already"));
            }
            Some(Authret { user, reason, proplist, .. }) => {
                Some(CallerRecord { user, proplist, reason, session_state })
            }
            None if session_state.is_some() => {
                return Err(Problem::invalid(
                    "`session_state` goes with `authret`; the host keeps that of `session_id` itself",
                ));
            }
            None => None,
        };
        let Authcred { username, client_ip_addr, client_hw_addr, static_response, password } = authcred;
        Ok(Attempt {
            user: username,
            proof,
            client_ip_addr,
            client_hw_addr,
            static_response,
            checked_password: password,
            attributes,
            session_id,
            caller_record,
            directory: None,
            patience,
        })
    }
}

impl Continuation {
    pub(crate) fn read(self) -> Result<std::result::Result<Vec<Entry>, CapabilityError>> {
        match (self.entries, self.error) {
            (Some(entries), None) => Ok(Ok(entries.into_vec())),
            (None, Some(error)) if error.detail().len() > MAX_REASON_BYTES => {
                let bytes = error.detail().len();
                Err(Problem::invalid(format!("`error` has {bytes} bytes, more than {MAX_REASON_BYTES}")))
            }
            (None, Some(error)) => Ok(Err(error)),
            _ => Err(Problem::invalid("either `entries` or `error` has to be given")),
        }
    }
}
