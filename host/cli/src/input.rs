//! Reading what the user gave: files of bounded size, `-` for standard input.
//!
//! Not for: what is in them.

use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use vestibule_domain::json;
use vestibule_domain::text::log_text;
use vestibule_os::file;

use crate::error::{Error, Result};

/// The largest file of JSON taken; the largest recording that the default limits allow stays below.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// Reads a file of at most `max_bytes`; `what` names it in errors.
pub(crate) fn bytes(what: &str, path: &Path, max_bytes: usize) -> Result<Vec<u8>> {
    let failed = |error: io::Error| Error::bad_input(format!("cannot read {}", named(what, path))).because(&error);
    let source: &mut dyn Read =
        if path.as_os_str() == "-" { &mut io::stdin().lock() } else { &mut file::open(path).map_err(failed)? };
    let mut bytes = Vec::new();
    source.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > max_bytes {
        return Err(Error::bad_input(format!("{} has more than {max_bytes} bytes", named(what, path))));
    }
    Ok(bytes)
}

/// Reads a text, without the mark that some editors put at its beginning.
pub(crate) fn text(what: &str, path: &Path) -> Result<String> {
    let text = String::from_utf8(bytes(what, path, MAX_TEXT_BYTES)?).map_err(|error| {
        Error::bad_input(format!("{} is no UTF-8 text", named(what, path))).because(&error.utf8_error())
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads a value in JSON; `what` ends in the word `file`, which its errors leave out.
pub(crate) fn json<T: DeserializeOwned>(what: &'static str, path: &Path) -> Result<T> {
    let text = text(what, path)?;
    json::from_str(what.trim_end_matches(" file"), &text).map_err(|error| malformed(what, path).because(&error))
}

/// A name and a value with `=` between them, as options take them.
pub(crate) fn pair(text: &str) -> std::result::Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "it has no `=` between name and value".to_owned())
}

/// The beginning of an error about what is in a file.
pub(crate) fn malformed(what: &str, path: &Path) -> Error {
    Error::bad_input(format!("{} is not as it should be", named(what, path)))
}

/// A file in a message.
fn named(what: &str, path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => format!("the {what} on standard input"),
        false => format!("the {what} `{}`", shown(path)),
    }
}

/// A path in a message: one that came out of a file could hold anything.
pub(crate) fn shown(path: &Path) -> String {
    log_text(&path.to_string_lossy(), 512)
}
