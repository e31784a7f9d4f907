//! What a policy asks of a login, and how it turns one into an answer.
//!
//! Not for: what the fields mean; the contract says that.

use std::mem;

use crate::{Login, Outcome, Status};

/// The value of one name in a list of properties.
pub fn property<'a>(list: &'a [(String, String)], name: &str) -> Option<&'a str> {
    list.iter().find(|(probe, _)| probe == name).map(|(_, value)| value.as_str())
}

impl Login {
    /// The user's stored property. There is none at all for a policy with `group_select`.
    pub fn stored(&self, name: &str) -> Option<&str> {
        property(&self.authret.proplist, name)
    }

    /// What the client says of itself under this name: a claim, not a fact.
    pub fn claimed(&self, name: &str) -> Option<&str> {
        property(&self.attributes.client_info, name)
    }

    /// A client that presents a session token instead of a password: its session was let in before.
    pub fn is_session(&self) -> bool {
        self.info.auth_method == "session"
    }

    /// A login by certificate alone.
    pub fn is_autologin(&self) -> bool {
        self.info.auth_method == "autologin"
    }

    /// A login without a person at the keyboard: a question would deny it.
    pub fn is_unattended(&self) -> bool {
        self.is_session() || self.is_autologin()
    }

    /// Changes nothing: the login goes on as it came.
    pub fn allow(self) -> Outcome {
        let Self { authret, authcred, attributes, info, crstate, session_state, .. } = self;
        // The instance ends with this call: to free a hundred texts first would take longer than most decisions.
        mem::forget((authcred, attributes, info, crstate, session_state));
        Outcome { authret, proplist_save: Vec::new(), challenge: None, session_state: None }
    }

    /// Keeps the user out and tells them why. The log gets the same text; see [`Outcome::with_reason`].
    pub fn deny(mut self, client_reason: impl Into<String>) -> Outcome {
        let client_reason = client_reason.into();
        self.authret.status = Status::Fail;
        self.authret.reason = Some(client_reason.clone());
        self.authret.client_reason = Some(client_reason);
        self.allow()
    }
}

#[cfg(test)]
mod tests {
    use crate::{property, testing};

    #[test]
    fn a_property_is_found_by_its_whole_name() {
        let list = testing::properties(&[("pvt_hw_addr", "a"), ("pvt_hw_addr2", "b")]);
        assert_eq!(property(&list, "pvt_hw_addr2"), Some("b"));
        assert_eq!((property(&list, "pvt_hw"), property(&[], "pvt_hw_addr")), (None, None));
    }

    #[test]
    fn nobody_is_there_to_answer_a_token_or_a_certificate() {
        let unattended = |method: &str| {
            let mut login = testing::login("joe");
            login.info.auth_method = method.into();
            login.is_unattended()
        };
        assert!(unattended("session") && unattended("autologin"));
        assert!(!unattended("local") && !unattended("saml"));
    }
}
