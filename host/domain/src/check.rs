//! Decides whether to believe what a policy returned. Everything in a [`Claim`] is controlled by the guest.
//!
//! Not for: rules that need the store, such as `conn_ip` inside a group's subnets; those are the gate's.

use crate::field::{Reason, SessionState};
use crate::grant::Grants;
use crate::login::{Authret, Login, Status};
use crate::outcome::{Challenge, Echo, Outcome};
use crate::text::{ClientText, MAX_CHALLENGE_BYTES, MAX_REASON_BYTES, log_text};
use crate::{AuthMethod, CanonicalUser, Cause, Fault, Properties};

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
        let proplist = believe_properties("proplist", self.proplist, grants)?;
        // What the policy does not see stays as it is.
        let unseen = login.authret.proplist.filter(|name, _| !grants.allows_property(name));
        let proplist = unseen.with(&proplist).map_err(|error| invalid(format!("`proplist`: {error}")))?;
        let proplist_save = believe_properties("proplist_save", self.proplist_save, grants)?;
        let challenge = self.challenge.map(|asked| believe_challenge(asked, login)).transpose()?;
        let session_state = self.session_state.map(SessionState::new).transpose();
        let session_state = session_state.map_err(|error| invalid(format!("`session_state` {error}")))?;
        Ok(Outcome {
            authret: Authret {
                status: self.status,
                user,
                reason: self.reason.map(|reason| Reason::cut(&log_text(&reason, MAX_REASON_BYTES))),
                client_reason: self.client_reason.map(|reason| ClientText::clean(&reason)),
                proplist,
            },
            proplist_save,
            challenge,
            // A certificate-only login has no session that could keep anything.
            session_state: session_state.filter(|_| login.info.auth_method != AuthMethod::Autologin),
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

/// Nothing but what is granted comes in or goes out: whether a guess at what is hidden is right tells nobody anything.
fn believe_properties(list: &str, claimed: Vec<(String, String)>, grants: &Grants) -> Result<Properties, Fault> {
    let claimed = Properties::from_pairs(claimed).map_err(|error| invalid(format!("`{list}`: {error}")))?;
    let ungranted = claimed.iter().map(|(name, _)| name).find(|name| !grants.allows_property(name));
    let refused = ungranted.map(|name| invalid(format!("`{list}` sets `{name}`, which is not granted")));
    refused.map_or(Ok(claimed), Err)
}

fn believe_challenge(asked: ClaimedChallenge, login: &Login) -> Result<Challenge, Fault> {
    ensure(login.authret.status == Status::Succeed, || {
        "`challenge`: a failed authentication cannot be answered away".to_owned()
    })?;
    ensure(login.info.auth_method.is_attended(), || {
        format!("`challenge`: nobody is there to answer a login by `{}`", login.info.auth_method)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login::from_json(
            r#"{"authcred": {"username": "joe"}, "attributes": {"vpn_auth": true}, "info": {"auth_method": "local"},
                "authret": {"user": "Joe", "proplist": {"prop_superuser": "true", "conn_group": "staff"}}}"#,
        )
        .unwrap()
    }

    fn claim() -> Claim {
        Claim {
            status: Status::Succeed,
            user: "Joe".to_owned(),
            reason: None,
            client_reason: None,
            proplist: Vec::new(),
            proplist_save: Vec::new(),
            challenge: None,
            session_state: None,
        }
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn refusal(claim: Claim, login: &Login) -> String {
        let fault = claim.believe(login, &Grants::default()).unwrap_err();
        assert_eq!(fault.cause, Cause::InvalidOutput);
        fault.detail
    }

    #[test]
    fn a_right_guess_at_what_is_hidden_reads_like_a_wrong_one() {
        for value in ["true", "false"] {
            let proplist = pairs(&[("prop_superuser", value)]);
            let refused = refusal(Claim { proplist: proplist.clone(), ..claim() }, &login());
            assert_eq!(refused, "`proplist` sets `prop_superuser`, which is not granted");
            let refused = refusal(Claim { proplist_save: proplist, ..claim() }, &login());
            assert_eq!(refused, "`proplist_save` sets `prop_superuser`, which is not granted");
        }
    }

    #[test]
    fn what_a_policy_does_not_see_stays_as_it_is() {
        let outcome = claim().believe(&login(), &Grants::default()).unwrap();
        assert_eq!(outcome.authret.proplist, login().authret.proplist);
        let grants = Grants { properties: vec!["conn_group".to_owned()], ..Grants::default() };
        let outcome = claim().believe(&login(), &grants).unwrap();
        assert_eq!(outcome.authret.proplist.iter().collect::<Vec<_>>(), [("prop_superuser", "true")]);
    }

    #[test]
    fn a_granted_property_may_be_set_and_stored() {
        let grants = Grants { properties: vec!["prop_autologin".to_owned()], ..Grants::default() };
        let list = pairs(&[("prop_autologin", "true")]);
        let claim = Claim { proplist: list.clone(), proplist_save: list, ..claim() };
        assert!(claim.believe(&login(), &grants).is_ok());
    }

    #[test]
    fn a_failed_authentication_is_neither_turned_nor_asked_about() {
        let mut failed = login();
        failed.authret.status = Status::Fail;
        assert!(refusal(claim(), &failed).contains("`status`"));
        let challenge = Some(ClaimedChallenge { text: "Code:".to_owned(), echo: Echo::Shown, values: Vec::new() });
        assert!(refusal(Claim { status: Status::Fail, challenge, ..claim() }, &failed).contains("`challenge`"));
    }

    #[test]
    fn a_certificate_alone_has_no_session_to_keep_anything() {
        let mut autologin = login();
        autologin.info.auth_method = AuthMethod::Autologin;
        let claim = Claim { session_state: Some(vec![1]), ..claim() };
        assert_eq!(claim.believe(&autologin, &Grants::default()).unwrap().session_state, None);
    }
}
