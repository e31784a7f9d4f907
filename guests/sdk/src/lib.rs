#![doc = include_str!("../README.md")]

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub mod arena;
pub mod bindings;
pub mod config;
pub mod directory;
mod export;
pub mod http;
pub mod log;
mod login;
mod manifest;
mod outcome;
pub mod random;
pub mod secrets;
pub mod testing;

pub use bindings::vestibule::policy::types::{
    Attributes, Authcred, Authret, Challenge, Crstate, Info, LdapInfo, Login, Manifest, Outcome, RadiusAttribute,
    Setting, StaticChallenge, Status,
};
#[doc(hidden)]
pub use export::Exported;
pub use login::property;

/// A policy: a type without values whose two functions are what the world `policy` exports.
pub trait Policy {
    /// Says what this policy is and what it asks of the host. Always the same: no setting and no capability is at hand.
    fn manifest() -> Manifest;

    /// Decides on one login.
    ///
    /// # Errors
    /// A text for the log. The login is denied with cause `policy-error`, and the client never sees the text.
    fn post_auth(login: Login) -> Result<Outcome, String>;
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_policy_of_the_readme_is_the_one_that_is_built() {
        let example = include_str!("../examples/office_only.rs");
        let policy = example.split_once("\n\n").expect("a line of documentation").1;
        assert!(include_str!("../README.md").contains(policy));
    }
}
