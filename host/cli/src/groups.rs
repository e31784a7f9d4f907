//! Groups of this machine, by name or number.
//!
//! Not for: those of a directory: a service's group stands in `/etc/group`.

use std::io::Read as _;
use std::path::Path;

use vestibule_os::file;

use crate::error::{Error, Result};

const FILE: &str = "/etc/group";
/// What is read of the file.
const MAX_BYTES: u64 = 16 << 20;

/// The number of a group.
pub(crate) fn number(group: &str) -> Result<u32> {
    if let Ok(number) = group.parse() {
        return Ok(number);
    }
    let mut text = String::new();
    let read = file::open(Path::new(FILE)).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    read.map_err(|error| Error::bad_input(format!("cannot read `{FILE}`")).because(&error))?;
    named(&text, group).ok_or_else(|| {
        Error::bad_input(format!("`socket_group`: `{FILE}` has no group `{group}`")).hint("give its number instead")
    })
}

/// See group(5).
fn named(text: &str, group: &str) -> Option<u32> {
    let mut groups = text.lines().map(|line| line.split(':'));
    groups.find_map(|mut fields| if fields.next()? == group { fields.nth(1)?.parse().ok() } else { None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_group_is_found_by_its_name() {
        let text = "root:x:0:\nbroken\nvpn:x:995:ann,bob\n";
        assert_eq!(
            (named(text, "vpn"), named(text, "root"), named(text, "broken"), named(text, "x")),
            (Some(995), Some(0), None, None)
        );
        assert_eq!(number("17").ok(), Some(17));
    }

    proptest! {
        #[test]
        fn any_file_is_read(text: String, group: String) {
            let _ = named(&text, &group);
        }
    }
}
