//! What is left of a call's budgets for host calls, random bytes, searches and requests.
//!
//! Not for: fuel and memory, which wasmtime counts.

use vestibule_domain::{Cause, Fault};

use crate::limits::Limits;

/// What is left. Each `take_…` either takes or says what is used up.
#[derive(Debug)]
pub(crate) struct Budget {
    host_calls: u64,
    max_host_calls: u64,
    random_bytes: u64,
    directory_searches: u32,
    directory_bytes: usize,
    http_requests: u32,
    http_bytes: usize,
}

impl Budget {
    pub(crate) const fn new(limits: &Limits) -> Self {
        Self {
            host_calls: 0,
            max_host_calls: limits.host_calls,
            random_bytes: limits.random_bytes,
            directory_searches: limits.directory_searches,
            directory_bytes: limits.directory_bytes,
            http_requests: limits.http_requests,
            http_bytes: limits.http_bytes,
        }
    }

    /// How many host calls were made.
    pub(crate) const fn host_calls(&self) -> u64 {
        self.host_calls
    }

    /// Counts one host call; too many end the policy, since a policy that ignores refusals would never stop.
    pub(crate) fn take_host_call(&mut self) -> Result<(), Fault> {
        if self.host_calls >= self.max_host_calls {
            let max = self.max_host_calls;
            return Err(Fault::new(Cause::HostCallBudget, format!("more than {max} host calls")));
        }
        self.host_calls += 1;
        Ok(())
    }

    /// Takes random bytes.
    pub(crate) fn take_random(&mut self, bytes: u64) -> Result<(), Fault> {
        let left = self.random_bytes;
        self.random_bytes = left
            .checked_sub(bytes)
            .ok_or_else(|| Fault::new(Cause::HostCallBudget, format!("{bytes} random bytes asked for, {left} left")))?;
        Ok(())
    }

    /// Takes one search.
    pub(crate) fn take_search(&mut self) -> Result<(), String> {
        take_one(&mut self.directory_searches, "directory searches")
    }

    /// Takes what a search found.
    pub(crate) fn take_entries(&mut self, bytes: usize) -> Result<(), String> {
        take_bytes(&mut self.directory_bytes, bytes, "directory entries")
    }

    /// Takes one request with its size.
    pub(crate) fn take_request(&mut self, bytes: usize) -> Result<(), String> {
        take_one(&mut self.http_requests, "http requests")?;
        take_bytes(&mut self.http_bytes, bytes, "http requests and responses")
    }

    /// Takes the size of a response.
    pub(crate) fn take_response(&mut self, bytes: usize) -> Result<(), String> {
        take_bytes(&mut self.http_bytes, bytes, "http requests and responses")
    }
}

fn take_one(left: &mut u32, what: &str) -> Result<(), String> {
    *left = left.checked_sub(1).ok_or_else(|| format!("no more {what} in this call"))?;
    Ok(())
}

/// What does not fit uses up the rest: a policy must not try again and again.
fn take_bytes(left: &mut usize, bytes: usize, what: &str) -> Result<(), String> {
    let before = std::mem::take(left);
    *left = before
        .checked_sub(bytes)
        .ok_or_else(|| format!("{bytes} bytes of {what} exceed the {before} left in this call"))?;
    Ok(())
}
