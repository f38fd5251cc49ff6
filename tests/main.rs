//! The one integration binary: spec text in, diagnostics, outcomes and reports out, on real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod cli;
mod error_runs;
mod errors;
mod errors_run;
mod harness;
mod hostile;
mod journal;
mod lang;
mod lang_run;
mod literate;
mod protocols;
mod reports;
mod scaling;
mod scripted;
mod secrets;
mod servers;
mod shards;
mod specs;
mod tidy;
mod tls;
