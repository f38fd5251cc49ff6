//! The one integration binary: spec text in, diagnostics, outcomes and reports out, on real sockets.

mod cli;
mod harness;
mod tidy;
