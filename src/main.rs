//! The `e2e-dsl` binary: the library's command line, and its exit code for the system.

use std::process::ExitCode;

fn main() -> ExitCode {
    e2e_dsl::cli::main().into()
}
