//! The executable `vestibule` under another name, so that cargo builds it for these tests and says where it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule::main()
}
