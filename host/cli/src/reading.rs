//! Reading an answer of the API: what is not there is null, an empty text or an empty list.
//!
//! Not for: deciding what has to be there; a server of another version may say more or less.

use serde_json::Value;
use vestibule_domain::text::log_text;

/// The longest text that is shown of an answer, in bytes.
const MAX_SHOWN_BYTES: usize = 256;

/// An answer, or a part of one.
pub(crate) trait Reading {
    /// A part by its name.
    fn at(&self, name: &str) -> &Value;

    /// A list by its name.
    fn list(&self, name: &str) -> &[Value];

    /// A text by its name, as it is.
    fn text(&self, name: &str) -> &str;

    /// The texts of a list by its name, for a terminal.
    fn lines(&self, name: &str) -> impl Iterator<Item = String>;

    /// A text by its name, for a terminal: it may come from a policy.
    fn shown(&self, name: &str) -> String {
        log_text(self.text(name), MAX_SHOWN_BYTES)
    }
}

impl Reading for Value {
    fn at(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Self::Null)
    }

    fn list(&self, name: &str) -> &[Value] {
        self.at(name).as_array().map_or(&[], Vec::as_slice)
    }

    fn text(&self, name: &str) -> &str {
        self.at(name).as_str().unwrap_or_default()
    }

    fn lines(&self, name: &str) -> impl Iterator<Item = String> {
        self.list(name).iter().map(|line| log_text(line.as_str().unwrap_or_default(), MAX_SHOWN_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_there_is_nothing() {
        let answer = json!({ "a": { "b": "text\u{1b}" }, "c": [1] });
        assert_eq!(answer.at("a").shown("b"), "text ");
        assert_eq!((answer.list("c").len(), answer.list("a").len(), answer.at("x").at("y").text("z")), (1, 0, ""));
    }
}
