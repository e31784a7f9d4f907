//! The decision as a program that is started for each login: JSON in, JSON out.

use std::io::{self, Read as _, Write as _};

fn main() -> io::Result<()> {
    let mut login = Vec::new();
    io::stdin().read_to_end(&mut login)?;
    io::stdout().write_all(&decision::post_auth(&login)?)
}
