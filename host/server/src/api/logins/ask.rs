//! What a front door asks, as an attempt.
//!
//! Not for: believing it; a front door's token says that it may be believed.

use vestibule_api::{Authenticate, ChallengeResponse, Continuation, PostAuth};
use vestibule_domain::Properties;
use vestibule_domain::capability::Error as CapabilityError;
use vestibule_domain::directory::Entry;
use vestibule_domain::dn::Dn;
use vestibule_domain::login::{Attributes, Authcred, Authret, Status};
use vestibule_domain::text::MAX_REASON_BYTES;
use vestibule_domain::wire::crv1::StateId;
use vestibule_gate::{Attempt, CallerRecord, Patience, Proof};

use crate::problem::{Problem, Result};

fn proof(answer: ChallengeResponse) -> Result<Proof> {
    let state_id =
        StateId::parse(&answer.state_id).map_err(|error| Problem::invalid(format!("`state_id`: {error}")))?;
    Ok(Proof::Response { state_id, response: answer.response })
}

pub(crate) fn authenticate(request: Authenticate, patience: Patience) -> Result<Attempt> {
    let proof = match (request.password, request.crstate) {
        (Some(password), None) => Proof::Password(password),
        (None, Some(response)) => proof(response)?,
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
        user: request.username,
        proof,
        client_ip_addr: request.client_ip_addr,
        client_hw_addr: request.client_hw_addr,
        static_response: request.static_response,
        checked_password: None,
        attributes: request.attributes.unwrap_or_else(vpn),
        session_id: request.session_id,
        caller_record: None,
        directory: None,
        patience,
    })
}

/// Where the directory's searches begin, if that is known.
pub(crate) fn search_base(request: &PostAuth) -> Result<Option<Dn>> {
    let base = request.info.ldap.as_ref().map(|ldap| Dn::parse(&ldap.search_base)).transpose();
    base.map_err(|error| Problem::invalid(format!("`info.ldap.search_base`: {error}")))
}

pub(crate) fn post_auth(request: PostAuth, patience: Patience) -> Result<Attempt> {
    let PostAuth { authcred, attributes, authret, info, crstate, session_state, session_id, .. } = request;
    let proof = match crstate {
        Some(response) => proof(response)?,
        None => Proof::Voucher(info.into()),
    };
    let caller_record = match authret {
        Some(Authret { status: Status::Fail, .. }) => {
            return Err(Problem::invalid("`authret.status` is `fail`: that login is denied already"));
        }
        Some(Authret { user, reason, proplist, .. }) => Some(CallerRecord { user, proplist, reason, session_state }),
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

pub(crate) fn found(continuation: Continuation) -> Result<std::result::Result<Vec<Entry>, CapabilityError>> {
    match (continuation.entries, continuation.error) {
        (Some(entries), None) => Ok(Ok(entries.into_vec())),
        (None, Some(error)) if error.detail().len() > MAX_REASON_BYTES => {
            let bytes = error.detail().len();
            Err(Problem::invalid(format!("`error` has {bytes} bytes, more than {MAX_REASON_BYTES}")))
        }
        (None, Some(error)) => Ok(Err(error)),
        _ => Err(Problem::invalid("either `entries` or `error` has to be given")),
    }
}
