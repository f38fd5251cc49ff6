//! The one integration binary: spec text in, diagnostics, outcomes and reports out, on real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod cli;
mod errors;
mod harness;
mod lang;
mod literate;
mod tidy;
