//! Other ways to run a policy, each with the same decision on the same login.
//!
//! Not for: limits. Peers run as their own documentation shows them, with what it calls the fast way where there are several. They
//! are handed JSON that is ready made, and read no more of it than the decision needs: both are to their advantage.

pub mod cpython;
pub mod extism;
pub mod process;
pub mod regorus;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::turns::Batch;

/// What comes back from those who answer in JSON.
#[derive(Deserialize)]
struct Answer {
    status: String,
    user: String,
    proplist: BTreeMap<String, String>,
}

impl Answer {
    fn ensure_allowed(json: &[u8]) -> Result<()> {
        let answer: Self = serde_json::from_slice(json)?;
        ensure!(answer.status == "succeed", "`{}` is refused", answer.user);
        ensure!(!answer.proplist.is_empty(), "the properties are lost");
        black_box(answer);
        Ok(())
    }
}

/// One login after the other.
fn one_by_one<'a>(mut decide: impl FnMut() -> Result<()> + 'a) -> Batch<'a> {
    Box::new(move |logins| {
        let start = Instant::now();
        for _ in 0..logins {
            decide()?;
        }
        Ok(start.elapsed())
    })
}
