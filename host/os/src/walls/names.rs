//! Namespaces: a user, a network and messages that nobody else has.

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, UnshareFlags};

/// Leaves for namespaces of its own: an empty network, and a user who is nobody outside.
pub(super) fn leave() -> io::Result<()> {
    own(UnshareFlags::NEWUSER | UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS)
}

/// Whoever makes namespaces is root in them, which would only open more of the kernel; and whoever could make none may be root outside.
pub(super) fn give_up_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(rustix::thread::set_capabilities(None, sets)?)
}

#[expect(
    deprecated,
    reason = "it is deprecated for `FILES`, which parts threads from their open files; namespaces do not"
)]
fn own(namespaces: UnshareFlags) -> io::Result<()> {
    Ok(rustix::thread::unshare(namespaces)?)
}
