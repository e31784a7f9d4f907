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
