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
