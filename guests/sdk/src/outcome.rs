//! What is added to an answer.
//!
//! Not for: deciding; an outcome begins with [`Login::allow`](crate::Login::allow) or [`Login::deny`](crate::Login::deny).

use crate::{Challenge, Outcome};

impl Outcome {
    /// Gives the user this property for the session, whatever is stored.
    #[must_use]
    pub fn with_property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        set(&mut self.authret.proplist, name.into(), value.into());
        self
    }

    /// Stores this property in the user's own record before the user is let in; an empty value removes it.
    #[must_use]
    pub fn saving(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        set(&mut self.proplist_save, name.into(), value.into());
        self
    }

    /// What the log says of a denied login, where it should differ from what the user is told.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.authret.reason = Some(reason.into());
        self
    }

    /// Asks before deciding: nobody is let in now, and the answer begins a new call. Not for a login that
    /// [is unattended](crate::Login::is_unattended).
    #[must_use]
    pub fn asking(mut self, challenge: Challenge) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// Leaves this for later logins of the same session, at most 16 KiB.
    #[must_use]
    pub fn keeping(mut self, session_state: impl Into<Vec<u8>>) -> Self {
        self.session_state = Some(session_state.into());
        self
    }
}

impl Challenge {
    /// A question whose answer is hidden while it is typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), echo: false, values: Vec::new() }
    }

    /// Shows the answer while it is typed.
    #[must_use]
    pub fn shown(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Hands this back as `crstate.values` with the answer. The client never sees it.
    #[must_use]
    pub fn with_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        set(&mut self.values, name.into(), value.into());
        self
    }
}

fn set(list: &mut Vec<(String, String)>, name: String, value: String) {
    match list.iter_mut().find(|(probe, _)| *probe == name) {
        Some(pair) => pair.1 = value,
        None => list.push((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Challenge, Status, testing};

    #[test]
    fn what_is_said_twice_holds_as_said_last() {
        let mut login = testing::login("joe");
        login.authret.proplist = testing::properties(&[("conn_group", "staff"), ("prop_lzo", "true")]);
        let outcome = login.allow().with_property("conn_group", "guests").saving("pvt_a", "1").saving("pvt_a", "2");
        let expected = testing::properties(&[("conn_group", "guests"), ("prop_lzo", "true")]);
        assert_eq!(outcome.authret.proplist, expected);
        assert_eq!(outcome.proplist_save, testing::properties(&[("pvt_a", "2")]));
    }

    #[test]
    fn a_denied_login_tells_the_log_what_it_tells_the_user_unless_told_otherwise() {
        let authret = testing::login("joe").deny("Not today.").authret;
        assert_eq!((authret.status, authret.reason.as_deref()), (Status::Fail, Some("Not today.")));
        let authret = testing::login("joe").deny("Not today.").with_reason("it is Sunday").authret;
        assert_eq!(authret.client_reason.as_deref(), Some("Not today."));
        assert_eq!(authret.reason.as_deref(), Some("it is Sunday"));
    }

    #[test]
    fn a_question_hides_its_answer_unless_told_otherwise() {
        let hidden = Challenge::new("Code?").with_value("tries", "1");
        assert!(!hidden.echo && hidden.clone().shown().echo);
        let outcome = testing::login("joe").allow().asking(hidden);
        assert_eq!(outcome.challenge.map(|asked| asked.values), Some(testing::properties(&[("tries", "1")])));
    }
}
