//! Walls around a process of ours: what it could do before, and can do no more, should somebody take it over.
//!
//! Not for: keeping a policy's code in; the sandbox does that. These walls stand behind it, and `host/THREATS.md` says what they hold.
//! A kernel that lacks one, or a container that forbids it, leaves a [`Gap`]: it is said, and the process works nevertheless.

mod calls;
mod files;
mod names;
mod probe;

use std::fmt;
use std::io;

pub use files::Reach;
pub use probe::open_ways;

/// A wall that does not stand, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap(String);

impl Gap {
    fn new(wall: &str, why: impl fmt::Display) -> Self {
        Self(format!("{wall}: {why}"))
    }

    /// A wall that was switched off.
    pub fn switched_off(by: &str) -> Self {
        Self::new("none", format_args!("`{by}` says so"))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Around a process that only computes: of files it keeps those that are open, and may open none, run nothing, talk to nobody and make
/// no code. It may have no other threads yet.
pub fn around_a_computation() -> Vec<Gap> {
    let mut gaps = Gaps::default();
    gaps.note("all of them", ensure_alone());
    gaps.note("no_new_privs", rustix::thread::set_no_new_privs(true).map_err(io::Error::from));
    gaps.note("namespaces", names::leave());
    gaps.note("capabilities", names::give_up_capabilities());
    gaps.note("landlock", files::keep_to(&Reach::default(), files::Talk::None));
    gaps.note("seccomp", calls::only_to_compute());
    gaps.0
}

/// Around a host: of files it reaches what it is told, and of the kernel what a server needs. It may have no other threads yet: they would
/// be outside.
pub fn around_a_host(reach: &Reach) -> Vec<Gap> {
    let mut gaps = Gaps::default();
    gaps.note("all of them", ensure_alone());
    gaps.note("no_new_privs", rustix::thread::set_no_new_privs(true).map_err(io::Error::from));
    gaps.note("landlock", files::keep_to(reach, files::Talk::Tcp));
    gaps.note("seccomp", calls::no_administration());
    gaps.0
}

fn ensure_alone() -> io::Result<()> {
    match std::fs::read_dir("/proc/self/task")?.count() {
        1 => Ok(()),
        threads => Err(io::Error::other(format!("there are {threads} threads, of which one is inside"))),
    }
}

#[derive(Default)]
struct Gaps(Vec<Gap>);

impl Gaps {
    fn note(&mut self, wall: &str, built: io::Result<()>) {
        if let Err(why) = built {
            self.0.push(Gap::new(wall, why));
        }
    }
}
