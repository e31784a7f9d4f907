//! Where two values in JSON differ: one line a leaf, named by its path.
//!
//! Not for: deciding whether a difference matters.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;
use vestibule_domain::text::log_text;

/// The most that is shown of one side, in bytes.
const MAX_SHOWN_BYTES: usize = 160;

/// One leaf, or one branch that is on one side only.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| {
            let text = value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
            log_text(&text, MAX_SHOWN_BYTES)
        };
        write!(f, "{} : {} -> {}", self.path, shown(&self.before), shown(&self.after))
    }
}

/// Every change, in the order of the paths.
pub(crate) fn changes(path: &str, before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(path, Some(before), Some(after), &mut changes);
    changes
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for name in names {
                compare(&format!("{path}.{name}"), before.get(name), after.get(name), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                compare(&format!("{path}[{index}]"), before.get(index), after.get(index), changes);
            }
        }
        (before, after) if before != after => {
            changes.push(Change { path: path.to_owned(), before: before.cloned(), after: after.cloned() })
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_leaves_that_differ_are_named() {
        let before = json!({"status": "succeed", "proplist": {"a": "1", "b": "2"}, "log": ["x"]});
        let after = json!({"status": "succeed", "proplist": {"a": "3"}, "log": ["x", "y"]});
        let paths = changes("answer", &before, &after);
        let change = |path: &str, before: Option<&str>, after: Option<&str>| Change {
            path: path.to_owned(),
            before: before.map(Value::from),
            after: after.map(Value::from),
        };
        assert_eq!(
            paths,
            [
                change("answer.log[1]", None, Some("y")),
                change("answer.proplist.a", Some("1"), Some("3")),
                change("answer.proplist.b", Some("2"), None),
            ]
        );
        assert_eq!(paths[1].to_string(), "answer.proplist.a : \"1\" -> \"3\"");
        assert_eq!(paths[2].to_string(), "answer.proplist.b : \"2\" -> nothing");
    }
}
