//! The result codes of LDAP that make a difference here (RFC 4511, appendix A.2).
//!
//! Not for: what follows from one; for a user that is another thing than for a search.

pub(super) const SUCCESS: u32 = 0;
pub(super) const SIZE_LIMIT_EXCEEDED: u32 = 4;
pub(super) const UNDEFINED_ATTRIBUTE: u32 = 17;
pub(super) const INAPPROPRIATE_MATCHING: u32 = 18;
pub(super) const NO_SUCH_OBJECT: u32 = 32;
pub(super) const INVALID_DN: u32 = 34;
pub(super) const INVALID_CREDENTIALS: u32 = 49;
pub(super) const INSUFFICIENT_ACCESS: u32 = 50;

const OPERATIONS_ERROR: u32 = 1;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;
const OTHER: u32 = 80;

/// Whether the server cannot answer now, so that another one may be asked.
pub(super) const fn is_no_answer(code: u32) -> bool {
    matches!(code, OPERATIONS_ERROR | BUSY | UNAVAILABLE | OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_busy_gives_no_answer_and_one_that_says_no_does() {
        assert!([1, 51, 52, 80].into_iter().all(is_no_answer));
        assert!(![SUCCESS, NO_SUCH_OBJECT, INVALID_CREDENTIALS, INSUFFICIENT_ACCESS].into_iter().any(is_no_answer));
    }
}
