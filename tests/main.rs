//! The one integration binary: spec text in, diagnostics, outcomes and reports out, on real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod check;
mod cli;
mod env_files;
mod error_runs;
mod errors;
mod errors_run;
mod evidence;
mod harness;
mod hostile;
mod incident;
mod installed;
mod journal;
mod lang;
mod lang_run;
mod literate;
mod made;
mod plans;
mod protocols;
mod real;
mod report_command;
mod report_compare;
mod report_formats;
mod report_mutations;
mod reports;
mod scaling;
mod scripted;
mod secrets;
mod servers;
mod shards;
mod specs;
mod tap_points;
mod tidy;
mod tls;
