//! Why a text is no web login.

/// Why a text or its parts are no web login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another prefix, or no colon after the flags.
    #[error("a web login must have the form `WEB_AUTH:<flags>:<url>`")]
    Form,
    /// An unknown flag with characters that separate or name something else.
    #[error("an unknown flag of a web login must be visible ASCII without commas, colons and brackets")]
    Flag,
    /// The proxy flag without its four parts.
    #[error(
        "the proxy of a web login must have the form `proxy=<address>;<port>;<user in base64>;<password in base64>`"
    )]
    Proxy,
    /// A scheme that a browser would hand to another program, or no host.
    #[error("the page of a web login must be an absolute `http` or `https` URL with a host")]
    Scheme,
    /// A character that RFC 3986 does not allow in a URL, among them spaces, quotes and control characters.
    #[error("the page of a web login must be a URL of visible ASCII, everything else percent-encoded")]
    Character,
    /// Longer than allowed. A URL is never shortened; a short one that redirects is the way out.
    #[error("a web login of {bytes} bytes does not fit into {limit}")]
    TooLong {
        /// The whole length.
        bytes: usize,
        /// What was allowed.
        limit: usize,
    },
}
