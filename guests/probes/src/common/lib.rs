//! What every probe shares: the contract's bindings, a manifest that asks for nothing, and an answer that changes nothing.
//!
//! Not for: policies that people run; those use the SDK.

#[allow(missing_docs, reason = "the contract documents itself")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.1",
        world: "policy",
        pub_export_macro: true,
        default_bindings_module: "vestibule_probes::bindings",
    });
}

pub use bindings::vestibule::policy::types::{Authret, Challenge, Login, Manifest, Outcome, Setting, Status};
pub use bindings::vestibule::policy::{config, directory, http, log, random, secrets};
pub use bindings::{Guest, export};

/// Makes a policy of `post_auth`, and of a function that returns its manifest where the plain one does not do.
#[macro_export]
macro_rules! probe {
    ($post_auth:path) => {
        $crate::probe!($post_auth, || $crate::manifest(env!("CARGO_CRATE_NAME")));
    };
    ($post_auth:path, $manifest:expr) => {
        struct Probe;

        impl $crate::Guest for Probe {
            fn manifest() -> $crate::Manifest {
                ($manifest)()
            }

            fn post_auth(login: $crate::Login) -> Result<$crate::Outcome, String> {
                ($post_auth)(login)
            }
        }

        $crate::export!(Probe);
    };
}

/// A manifest that asks for nothing. The name may be that of a crate.
pub fn manifest(name: &str) -> Manifest {
    Manifest {
        name: name.replace('_', "-"),
        version: "0.1.0".to_owned(),
        description: "Misbehaves on purpose".to_owned(),
        group_select: false,
        auth_null: false,
        retain_password: false,
        static_challenge: None,
        x509_track: Vec::new(),
        wants_directory: false,
        wants_http: Vec::new(),
        wants_properties: Vec::new(),
        settings: Vec::new(),
    }
}

/// A manifest with one secret, `token`, that has a value even where the tenant sets none.
pub fn manifest_with_token(name: &str) -> Manifest {
    let token = Setting {
        name: "token".to_owned(),
        description: "Any text of four bytes or more".to_owned(),
        default_value: Some("correct horse battery staple".to_owned()),
        secret: true,
    };
    Manifest { settings: vec![token], ..manifest(name) }
}

/// The answer that changes nothing.
pub fn pass(login: Login) -> Outcome {
    Outcome { authret: login.authret, proplist_save: Vec::new(), challenge: None, session_state: None }
}

/// The answer that lets nobody in.
pub fn fail(login: Login) -> Outcome {
    let mut outcome = pass(login);
    outcome.authret.status = Status::Fail;
    outcome
}

/// One property.
pub fn property(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A search for the user, as small as can be.
pub fn search_for(user: &str) -> directory::Query {
    directory::Query {
        base: None,
        scope: directory::Scope::Subtree,
        filter: "(uid={user})".to_owned(),
        arguments: vec![property("user", user)],
        attributes: Vec::new(),
    }
}

/// A GET request without headers.
pub fn get(url: &str) -> http::Request {
    http::Request {
        method: http::Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: None,
    }
}
