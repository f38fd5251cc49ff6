//! The `e2e-dsl` binary: arguments to the library's command line, its exit code back to the system.

fn main() {}
