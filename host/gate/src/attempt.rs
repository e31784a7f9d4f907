//! What a front door knows of somebody who wants to come in.
//!
//! Not for: finding out more. Whatever stands in a [`Voucher`] the front door has proven itself.

use std::fmt;
use std::sync::Arc;

use vestibule_domain::field::{
    ClientAddress, HardwareAddress, Password, Reason, Response, SamlAttributes, SessionId, SessionStates,
};
use vestibule_domain::login::{Attributes, Authcred, Info};
use vestibule_domain::primary::{Cause, Failure};
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{AuthMethod, CanonicalUser, EnteredUser, Properties};
use vestibule_sandbox::capability::Directory;

use crate::patience::Patience;

/// One attempt to come in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The name as typed; with a [`Voucher`], as vouched for.
    pub user: EnteredUser,
    /// Why the door should open.
    pub proof: Proof,
    /// The client's real address, where the front door knows it.
    pub client_ip_addr: Option<ClientAddress>,
    /// What IV_HWADDR carried.
    pub client_hw_addr: Option<HardwareAddress>,
    /// The answer to a static challenge.
    pub static_response: Option<Response>,
    /// The password, where a front door has checked it itself and hands it on; only a policy that is granted it sees it.
    pub checked_password: Option<Password>,
    /// Circumstances that policies see.
    pub attributes: Attributes,
    /// The session that this login begins or renews, where the front door has sessions.
    pub session_id: Option<SessionId>,
    /// Present where the front door keeps the users' properties itself, as Access Server does. It then vouches for the user, or answers a
    /// question; what policies set and save is handed back to it, and nothing but a question is stored here.
    pub caller_record: Option<CallerRecord>,
    /// Present where the front door searches its own directory.
    pub directory: Option<FrontDoorDirectory>,
    /// For how long an answer is of use.
    pub patience: Patience,
}

/// What a front door that keeps the users' properties itself has on record of one.
#[derive(Debug, Clone)]
pub struct CallerRecord {
    /// The user's canonical name.
    pub user: CanonicalUser,
    /// What is kept for the user.
    pub proplist: Properties,
    /// What the log says of the authentication so far.
    pub reason: Option<Reason>,
    /// What an earlier login of the session was answered as [`Answer::session_state`](crate::Answer::session_state).
    pub session_state: Option<SessionStates>,
}

/// A directory that the front door searches itself, instead of the tenant's.
#[derive(Clone)]
pub struct FrontDoorDirectory(pub Arc<dyn Directory>);

impl fmt::Debug for FrontDoorDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrontDoorDirectory")
    }
}

/// Why the door should open.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A password, to be checked.
    Password(Password),
    /// The answer to a question that was put before; the password was right then.
    Response {
        /// The question's handle, as the client claims it.
        state_id: StateId,
        /// What the user answered.
        response: Response,
    },
    /// The front door has checked the user itself.
    Voucher(Voucher),
}

/// What a front door has checked. A front door's word becomes one by its method alone: `Voucher::from(info)`.
#[derive(Debug, Clone)]
pub enum Voucher {
    /// A certificate alone.
    Autologin,
    /// A session token that an earlier login was given.
    Session,
    /// An assertion of an identity provider, with its attributes.
    Saml(SamlAttributes),
    /// A password, by the method that it says.
    Password(Info),
    /// Nothing: a policy has to take over.
    Nothing(Info),
}

impl From<Info> for Voucher {
    fn from(info: Info) -> Self {
        match info.auth_method {
            AuthMethod::Autologin => Self::Autologin,
            AuthMethod::Session => Self::Session,
            AuthMethod::Saml => Self::Saml(info.saml_attributes),
            AuthMethod::None => Self::Nothing(info),
            AuthMethod::Local | AuthMethod::Ldap | AuthMethod::Radius | AuthMethod::Pam | AuthMethod::Other(_) => {
                Self::Password(info)
            }
        }
    }
}

impl Attempt {
    /// The entered name in the one form in which names are compared.
    ///
    /// # Errors
    /// It is nobody's name.
    pub(crate) fn canonical_user(&self) -> Result<CanonicalUser, Failure> {
        CanonicalUser::new(self.user.as_str()).map_err(|error| Failure::new(Cause::UnknownUser, error.to_string()))
    }

    /// What policies see of it.
    pub(crate) fn authcred(&self) -> Authcred {
        let password = match &self.proof {
            Proof::Password(password) => Some(password.clone()),
            Proof::Response { .. } | Proof::Voucher(_) => self.checked_password.clone(),
        };
        Authcred {
            username: self.user.clone(),
            client_ip_addr: self.client_ip_addr.clone(),
            client_hw_addr: self.client_hw_addr.clone(),
            static_response: self.static_response.clone(),
            password,
        }
    }
}
