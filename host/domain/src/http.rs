//! A request to an origin and its response (RFC 9110), as plain data.
//!
//! Not for: sending it.

use serde::{Deserialize, Serialize};

use crate::json;

/// RFC 9110, section 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the RFC says what they mean")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// An absolute address.
    pub url: String,
    /// Names and values.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Base64 in JSON.
    #[serde(default, with = "json::octets")]
    pub body: Vec<u8>,
    /// In milliseconds; absent: until the deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
}

/// One response, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// RFC 9110, section 15.
    pub status: u16,
    /// In the order received; names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Base64 in JSON.
    #[serde(default, with = "json::octets")]
    pub body: Vec<u8>,
}

impl Response {
    /// What a response costs of a call's budget, in bytes.
    pub fn size(&self) -> usize {
        self.body.len() + self.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
    }
}

/// The origin of an address (RFC 6454, section 4) in its one spelling: scheme and host in lower case, the default port left out.
/// `None` for anything that is not a plain `http:` or `https:` address; user information is refused.
pub fn origin(url: &str) -> Option<String> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    (!authority.is_empty() && authority.chars().all(allowed)).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_has_one_spelling() {
        assert_eq!(origin("HTTPS://API.Example.com:443/a?b").as_deref(), Some("https://api.example.com"));
        assert_eq!(origin("http://[::1]:8080").as_deref(), Some("http://[::1]:8080"));
    }

    #[test]
    fn what_is_no_plain_web_address_has_no_origin() {
        for url in [
            "ftp://a",
            "https://",
            "https://user@evil.example/",
            "https:///x",
            "https://a\\@b/",
            "a",
            "https://a/ HTTP/1.1\r\nHost: b",
        ] {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
