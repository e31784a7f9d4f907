//! The head of a request: how large it may be.
//!
//! Not for: what stands in it.

use axum::http::StatusCode;
use hyper::Request;

use crate::problem::Problem;

/// The longest head of a request in bytes: its first line and its headers.
pub(super) const MAX_HEAD_BYTES: usize = 16 << 10;
/// What is read of a head before the connection is closed. A head between the two is answered in words; of a longer one, nobody knows yet
/// what it asks.
pub(super) const MAX_READ_BYTES: usize = MAX_HEAD_BYTES + (8 << 10);

/// Makes sure that the head is no longer than it may be.
pub(super) fn ensure_short<B>(request: &Request<B>) -> Result<(), Problem> {
    let bytes = size(request);
    if bytes <= MAX_HEAD_BYTES {
        return Ok(());
    }
    let detail = format!("the head of the request has {bytes} bytes, and {MAX_HEAD_BYTES} at most are read");
    Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", detail))
}

/// How long the head is as it is usually written: with one space where there is one, and two characters at each line's end.
fn size<B>(request: &Request<B>) -> usize {
    let uri = request.uri();
    let address = uri.path_and_query().map_or(1, |path| path.as_str().len())
        + uri.authority().map_or(0, |authority| authority.as_str().len() + "https://".len());
    let first = request.method().as_str().len() + address + "  HTTP/1.1\r\n".len();
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    first + headers.sum::<usize>() + "\r\n".len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_size_is_that_of_the_text(
            path in "/[a-z0-9/]{0,40}(\\?[a-z=&]{0,20})?",
            headers in proptest::collection::vec(("x-[a-z]{1,20}", "[!-~]{0,60}"), 0..20),
        ) {
            let mut text = format!("POST {path} HTTP/1.1\r\n");
            let mut request = Request::post(&path);
            for (name, value) in &headers {
                text += &format!("{name}: {value}\r\n");
                request = request.header(name, value);
            }
            text += "\r\n";
            prop_assert_eq!(size(&request.body(()).unwrap()), text.len());
        }

        #[test]
        fn a_head_is_taken_up_to_its_bound_and_no_further(long in 0_usize..2 * MAX_HEAD_BYTES) {
            let request = Request::get("/").header("x", "y".repeat(long)).body(()).unwrap();
            prop_assert_eq!(ensure_short(&request).is_ok(), size(&request) <= MAX_HEAD_BYTES);
        }
    }
}
