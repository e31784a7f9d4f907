//! Secrets in requests: whoever sends one has to say it, while everything else that is written down shows stars.

use serde::{Serialize as _, Serializer};
use vestibule_domain::Secret;
use vestibule_domain::bounded::SecretText;
use vestibule_domain::login::Authcred;

pub(crate) fn secret<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

pub(crate) fn text<const MAX: usize, S: Serializer>(text: &SecretText<MAX>, serializer: S) -> Result<S::Ok, S::Error> {
    secret(text, serializer)
}

pub(crate) fn optional<const MAX: usize, S: Serializer>(
    secret: &Option<SecretText<MAX>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret.as_deref().map(Secret::expose).serialize(serializer)
}

pub(crate) fn authcred<S: Serializer>(authcred: &Authcred, serializer: S) -> Result<S::Ok, S::Error> {
    authcred.to_json_revealed().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Authenticate, PostAuth};

    #[test]
    fn a_request_says_its_secrets_and_prints_stars() {
        let login = json!({
            "username": "joe", "password": "hunter2", "static_response": "123456",
            "crstate": { "state_id": "x", "response": "654321" },
        });
        let request: Authenticate = serde_json::from_value(login.clone()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), login);
        let printed = format!("{request:?}");
        assert!(["hunter2", "123456", "654321"].iter().all(|secret| !printed.contains(secret)), "{printed}");

        let login = json!({
            "authcred": { "username": "joe", "password": "hunter2", "static_response": "123456" },
            "attributes": { "client_info": {}, "vpn_auth": true, "auth_parms": {} },
            "info": { "auth_method": "local" }, "serves_directory": false,
        });
        let request: PostAuth = serde_json::from_value(login.clone()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), login);
    }
}
