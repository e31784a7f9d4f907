//! A body as it comes: piece by piece, at most so many bytes of it, and within so long.
//!
//! Not for: what is made of it, and who pays for that.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::StatusCode;
use tokio::time::{Instant, timeout_at};

use crate::problem::Problem;

/// How long a body may take that is short, or of which nobody has said how long it is; and how long a part of a longer one may.
const PATIENCE: Duration = Duration::from_secs(30);
/// What has to come in that time, in bytes, unless all of it comes: whoever sends almost nothing keeps no place for as long as a whole
/// component may take.
const PART_BYTES: u64 = 1 << 20;
/// What has to come of a longer one in each second besides: a line that is slower does not carry VPNs.
const BYTES_PER_SECOND: u64 = 128 << 10;

/// A body that comes piece by piece, at most so many bytes of it and within so long.
pub(crate) struct Coming {
    body: Body,
    declared: Option<u64>,
    most: u64,
    come: u64,
    until: Instant,
    patience: Duration,
    /// By when the next part has to have come, and how much is there before it.
    part_until: Instant,
    part_from: u64,
}

impl Coming {
    pub(super) fn new(body: Body, most: u64) -> Result<Self, Problem> {
        let declared = body.size_hint().exact();
        if declared.is_some_and(|bytes| bytes > most) {
            return Err(too_large(most));
        }
        let patience = PATIENCE + Duration::from_secs(declared.unwrap_or_default() / BYTES_PER_SECOND);
        let now = Instant::now();
        let (until, part_until) = (now + patience, now + PATIENCE);
        Ok(Self { body, declared, most, come: 0, until, patience, part_until, part_from: 0 })
    }

    /// How many bytes come, if that is known.
    pub(super) const fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The next bytes; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let until = self.until.min(self.part_until);
            let frame = timeout_at(until, poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)));
            let Ok(frame) = frame.await else { return Err(self.too_slow()) };
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| Problem::malformed("the body could not be read"))?;
            // What is no data is a trailer, which nothing is made of.
            let Ok(bytes) = frame.into_data() else { continue };
            self.come = self.come.saturating_add(bytes.len() as u64);
            if self.come - self.part_from >= PART_BYTES {
                (self.part_from, self.part_until) = (self.come, Instant::now() + PATIENCE);
            }
            return if self.come <= self.most { Ok(Some(bytes)) } else { Err(too_large(self.most)) };
        }
    }

    fn too_slow(&self) -> Problem {
        let detail = match self.until <= Instant::now() {
            true => format!("the body did not come within {} seconds", self.patience.as_secs()),
            false => format!("less than {PART_BYTES} bytes of the body came within {} seconds", PATIENCE.as_secs()),
        };
        Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail)
    }

    /// All of it. Told how much comes before it is kept.
    pub(super) async fn all(
        &mut self,
        mut whole: Vec<u8>,
        more: &mut (dyn FnMut(u64) -> Result<(), Problem> + Send),
    ) -> Result<Bytes, Problem> {
        while let Some(bytes) = self.next().await? {
            more(bytes.len() as u64)?;
            // Most bodies come in one piece.
            if whole.is_empty() && self.body.is_end_stream() {
                return Ok(bytes);
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.into())
    }
}

fn too_large(most: u64) -> Problem {
    let detail = format!("the body has more than the {most} bytes that this takes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
}
