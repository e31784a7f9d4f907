//! The executable `vestibule`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule::main()
}
