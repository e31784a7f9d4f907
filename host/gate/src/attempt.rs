//! What a front door knows of somebody who wants to come in.
//!
//! Not for: finding out more. Whatever stands in a [`Voucher`] the front door has proven itself.

use vestibule_domain::field::{ClientAddress, HardwareAddress, Password, Response, SamlAttributes, SessionId};
use vestibule_domain::login::{Attributes, Authcred, Info};
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{AuthMethod, EnteredUser};

use crate::given::{FrontDoorDirectory, Given};
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
    /// Present where the front door keeps the users' properties itself. It then vouches for the user, or answers a question.
    pub given: Option<Given>,
    /// Present where the front door searches its own directory.
    pub directory: Option<FrontDoorDirectory>,
    /// For how long an answer is of use.
    pub patience: Patience,
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
