//! The `e2e-dsl` binary: the library's command line, and its exit code for the system.

use std::process::ExitCode;

/// Checking many files is a fifth allocation with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    e2e_dsl::cli::main().into()
}
