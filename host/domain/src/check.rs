//! Decides whether to believe what a policy returned. Everything in a [`Claim`] is controlled by the guest.
//!
//! Not for: rules that need the store, such as `conn_ip` inside a group's subnets; those are the gate's.

use crate::grant::Grants;
use crate::login::{Authret, Login, Status};
use crate::outcome::{Challenge, Echo, Outcome};
use crate::text::{ClientText, MAX_CHALLENGE_BYTES, MAX_REASON_BYTES, log_text};
use crate::{CanonicalUser, Cause, Fault, Properties};

/// The most that a session may keep, in bytes.
pub const MAX_SESSION_STATE_BYTES: usize = 16 * 1024;

/// An answer as a policy gave it, not yet believed.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of the contract's outcome and authret")]
pub struct Claim {
    pub status: Status,
    pub user: String,
    pub reason: Option<String>,
    pub client_reason: Option<String>,
    pub proplist: Vec<(String, String)>,
    pub proplist_save: Vec<(String, String)>,
    pub challenge: Option<ClaimedChallenge>,
    pub session_state: Option<Vec<u8>>,
}

/// A question as a policy put it.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of the contract's challenge")]
pub struct ClaimedChallenge {
    pub text: String,
    pub echo: Echo,
    pub values: Vec<(String, String)>,
}

impl Claim {
    /// Believes the answer, or says what cannot be believed.
    ///
    /// # Errors
    /// A fault with cause `invalid-output` whose detail names the offending part.
    pub fn believe(self, login: &Login, grants: &Grants) -> Result<Outcome, Fault> {
        let user = believe_user(self.user, &login.authret.user, grants)?;
        ensure(login.authret.status == Status::Succeed || self.status == Status::Fail, || {
            "`status` turns a failed authentication into a success".to_owned()
        })?;
        let proplist = believe_properties("proplist", self.proplist, login, grants)?;
        let proplist_save = believe_properties("proplist_save", self.proplist_save, login, grants)?;
        let challenge = self.challenge.map(|asked| believe_challenge(asked, login)).transpose()?;
        let kept = self.session_state.as_ref().map_or(0, Vec::len);
        ensure(kept <= MAX_SESSION_STATE_BYTES, || {
            format!("`session_state` has {kept} bytes, more than {MAX_SESSION_STATE_BYTES}")
        })?;
        Ok(Outcome {
            authret: Authret {
                status: self.status,
                user,
                reason: self.reason.map(|reason| log_text(&reason, MAX_REASON_BYTES)),
                client_reason: self.client_reason.map(|reason| ClientText::clean(&reason)),
                proplist,
            },
            proplist_save,
            challenge,
            // A certificate-only login has no session that could keep anything.
            session_state: self.session_state.filter(|_| login.info.auth_method != "autologin"),
        })
    }
}

fn believe_user(claimed: String, given: &CanonicalUser, grants: &Grants) -> Result<CanonicalUser, Fault> {
    if claimed == given.as_str() {
        return Ok(given.clone());
    }
    ensure(grants.user_name, || format!("`user` was changed to `{}`, which is not granted", log_text(&claimed, 64)))?;
    CanonicalUser::new(claimed).map_err(|error| invalid(format!("`user`: {error}")))
}

/// What came in may go out; what was added or changed needs to be allowed.
fn believe_properties(
    list: &str,
    claimed: Vec<(String, String)>,
    login: &Login,
    grants: &Grants,
) -> Result<Properties, Fault> {
    let claimed = Properties::from_pairs(claimed).map_err(|error| invalid(format!("`{list}`: {error}")))?;
    let refused = claimed
        .changes_from(&login.authret.proplist)
        .find(|(name, _)| !grants.allows_property(name))
        .map(|(name, _)| invalid(format!("`{list}` sets `{name}`, which is not granted")));
    match refused {
        Some(fault) => Err(fault),
        None => Ok(claimed),
    }
}

fn believe_challenge(asked: ClaimedChallenge, login: &Login) -> Result<Challenge, Fault> {
    ensure(!login.info.is_unattended(), || {
        format!("`challenge`: nobody is there to answer a login by `{}`", log_text(&login.info.auth_method, 64))
    })?;
    let text = ClientText::clean_within(&asked.text, MAX_CHALLENGE_BYTES);
    ensure(!text.as_str().trim().is_empty(), || "`challenge`: the text is empty".to_owned())?;
    let values = Properties::from_pairs(asked.values).map_err(|error| invalid(format!("`challenge`: {error}")))?;
    Ok(Challenge { text, echo: asked.echo, values })
}

fn ensure(holds: bool, detail: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(invalid(detail())) }
}

fn invalid(detail: String) -> Fault {
    Fault::new(Cause::InvalidOutput, detail)
}
