//! Why a text is no user name, and how long one may be.

/// The longest user name in bytes; LDAP and RADIUS (RFC 2865, section 5.1: 253 octets) stay below it.
pub const MAX_USER_BYTES: usize = 256;

/// Why a text is no user name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An empty name.
    #[error("a user name must not be empty")]
    Empty,
    /// More than [`MAX_USER_BYTES`], as written or in its normal form.
    #[error("a user name has at most {MAX_USER_BYTES} bytes, not {0}")]
    TooLong(usize),
    /// A control character, which logs and wire formats would pass on.
    #[error("a user name must not contain control characters")]
    ControlCharacter,
    /// A character that nobody sees, that reorders others for the eye, or that means something else to everybody: two names that look
    /// alike would be two users.
    #[error("a user name must not contain the character U+{0:04X}, which is invisible or has no meaning")]
    Invisible(u32),
}
