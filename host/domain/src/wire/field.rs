//! The fields that challenge strings have in common: texts, flags, Base64.
//!
//! Not for: which string has which.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest management parameter in bytes, counted before quotes and backslashes are escaped. It holds for the client text of
/// `client-deny` (CRV1) and for the extra text of `client-pending-auth` (CR_TEXT, WEB_AUTH) alike: OpenVPN refuses the
/// command, and the client is left waiting.
pub const MAX_PARAMETER_BYTES: usize = 255;

/// The longest CR_TEXT or WEB_AUTH string in bytes, whoever sends it: `INFO_PRE,` before it and two terminators after it share
/// OpenVPN's control message of 1024 bytes.
pub const MAX_INFO_PRE_BYTES: usize = 1024 - "INFO_PRE,".len() - 2;

/// Whether the client shows a response while it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// The response is shown: a one-time code.
    Shown,
    /// The response is hidden: a PIN.
    Hidden,
}

/// A challenge's text as one line: no control characters, no line or paragraph separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

/// The text of a challenge was not one printable line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a challenge text must be one line without control characters")]
pub struct NotOneLine;

impl Text {
    /// Checks a text; it may be empty.
    ///
    /// # Errors
    /// [`NotOneLine`].
    pub fn parse(text: &str) -> Result<Self, NotOneLine> {
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.chars().any(breaks) { Err(NotOneLine) } else { Ok(Self(text.to_owned())) }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `head` and as many whole characters of the text as `limit` bytes hold; nothing if `head` alone is longer.
    pub(super) fn append_within(&self, head: String, limit: usize) -> Option<String> {
        let room = limit.checked_sub(head.len())?;
        let text = self.0.get(..self.0.floor_char_boundary(room)).unwrap_or_default();
        Some(head + text)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The flag field of CRV1 and CR_TEXT, `E` before `R` as openvpn3 writes it.
pub(super) fn flags(echo: Echo, response_required: bool) -> &'static str {
    match (echo, response_required) {
        (Echo::Shown, true) => "E,R",
        (Echo::Shown, false) => "E",
        (Echo::Hidden, true) => "R",
        (Echo::Hidden, false) => "",
    }
}

/// Reads a flag field in any order. Flags nobody knows are skipped, as OpenVPN's clients do.
pub(super) fn parse_flags(flags: &str) -> (Echo, bool) {
    let has = |wanted: &str| flags.split(',').any(|flag| flag == wanted);
    (if has("E") { Echo::Shown } else { Echo::Hidden }, has("R"))
}

/// Base64 with padding, the only form OpenVPN's own decoder takes.
pub(super) fn encode_base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// The UTF-8 text behind base64, or nothing if it is either not.
pub(super) fn decode_base64(base64: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(base64).ok()?).ok()
}
