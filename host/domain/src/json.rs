//! Reading JSON that people wrote: errors that name the line, the key and what was expected.
//!
//! Not for: JSON of our own making, which `serde_json` reads and writes as it is.

use serde::de::DeserializeOwned;

use crate::text::{MAX_REASON_BYTES, log_text};

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}, line {line}, column {column}{key}: {message}")]
pub struct Error {
    what: &'static str,
    line: usize,
    column: usize,
    key: String,
    message: String,
}

/// Reads one value; `what` names it in errors.
///
/// # Errors
/// The first thing that is not as expected, with its place.
pub fn from_str<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let key = if matches!(path.as_str(), "." | "?") { String::new() } else { format!(", in `{path}`") };
        Error::new(what, key, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| Error::new(what, String::new(), &error))?;
    Ok(value)
}

/// Reads one object. Serde would take a list of an object's values as well, in an order that nobody wrote down.
///
/// # Errors
/// As [`from_str`].
pub fn object_from_str<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Error> {
    let first = text.trim_start().chars().next();
    if first.is_some_and(|first| first != '{') {
        let message = "expected an object, `{` first".to_owned();
        return Err(Error { what, line: 1, column: 1, key: String::new(), message });
    }
    from_str(what, text)
}

impl Error {
    fn new(what: &'static str, key: String, error: &serde_json::Error) -> Self {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = log_text(&without_value(message.strip_suffix(&place).unwrap_or(&message)), MAX_REASON_BYTES);
        let key = log_text(&key, MAX_REASON_BYTES);
        Self { what, line: error.line(), column: error.column(), key, message }
    }
}

/// A type error without the value that was found, which may be a secret in the wrong place, and in JSON's words instead of serde's.
fn without_value(message: &str) -> String {
    let type_error = ["invalid type: ", "invalid value: "].iter().find_map(|kind| message.strip_prefix(kind));
    let parts = type_error.and_then(|rest| Some((rest.split([' ', ',']).next()?, rest.rsplit_once(", expected ")?.1)));
    match parts {
        Some((found, expected)) => format!("found {}, expected {}", json_word(found), json_word(expected)),
        None => match message.strip_prefix("unknown variant ").and_then(|rest| rest.rsplit_once(", expected ")) {
            Some((_, expected)) => format!("found something else, expected {expected}"),
            None => message.to_owned(),
        },
    }
}

fn json_word(word: &str) -> &str {
    match word {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "a list",
        "string" | "a string" => "a text",
        "integer" | "floating" => "a number",
        "boolean" | "a boolean" => "a truth value",
        word if word.starts_with("struct ") => "an object",
        word => word,
    }
}

/// Octets as Base64 text (RFC 4648, section 4).
pub mod octets {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes octets.
    pub fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(octets))
    }

    /// Reads octets.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(|_| de::Error::custom("expected Base64 text"))
    }
}

/// A result as an object with one key: `ok` or `error`.
pub mod result {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Either<T, E> {
        Ok(T),
        Error(E),
    }

    /// Writes a result.
    pub fn serialize<T: Serialize, E: Serialize, S: Serializer>(
        result: &Result<T, E>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match result {
            Ok(value) => Either::Ok::<_, &E>(value).serialize(serializer),
            Err(error) => Either::Error::<&T, _>(error).serialize(serializer),
        }
    }

    /// Reads a result.
    pub fn deserialize<'de, T, E, D>(deserializer: D) -> Result<Result<T, E>, D::Error>
    where
        T: Deserialize<'de>,
        E: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(match Either::deserialize(deserializer)? {
            Either::Ok(value) => Ok(value),
            Either::Error(error) => Err(error),
        })
    }
}
