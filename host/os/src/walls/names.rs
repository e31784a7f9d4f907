//! Namespaces: a user, a network and messages that nobody else has.

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, UnshareFlags};

/// Leaves for namespaces of its own: an empty network, and a user who is nobody outside. Whoever makes them is root in them, which is given
/// up as well: it would only open more of the kernel.
pub(super) fn leave() -> io::Result<()> {
    let left = own(UnshareFlags::NEWUSER | UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS);
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    left
}

#[expect(
    deprecated,
    reason = "it is deprecated for `FILES`, which parts threads from their open files; namespaces do not"
)]
fn own(namespaces: UnshareFlags) -> io::Result<()> {
    Ok(rustix::thread::unshare(namespaces)?)
}
