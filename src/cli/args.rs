//! Arguments as they are typed.

use std::path::PathBuf;

use super::output::Color;
use clap::{Parser, Subcommand, ValueEnum};

/// End-to-end tests whose green results are evidence.
#[derive(Debug, Parser)]
#[command(name = "e2e-dsl", version, about, max_term_width = 100, arg_required_else_help = true)]
pub struct Args {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run suites and report what held and what didn't.
    Run(Box<Run>),
    /// Find every problem in every file, and run nothing.
    Check(Check),
    /// Show what would run.
    List(List),
    /// Judge a recorded run again, without the system under test.
    Replay(Replay),
    /// Look at what a run recorded.
    Trace(Trace),
    /// Render the results of a run again, or compare them with earlier ones.
    Report(super::report::args::Report),
    /// Serve the embedded demo system until stopped.
    Demo(Demo),
    /// Say what a diagnostic's code means, with a wrong and a right example.
    Explain(Explain),
    /// Print a shell's completions.
    Completions(Completions),
}

#[derive(Debug, clap::Args)]
pub struct Run {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub filters: Filters,
    /// How many tests run at the same time.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub jobs: Option<u32>,
    /// How many times a failed test is run again; one that passes then is flaky.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: Option<u32>,
    /// Stop at the first test that fails.
    #[arg(long)]
    pub fail_fast: bool,
    /// The seed of all random values; a run with the same seed has the same ones.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// A PEM file of authorities that TLS trusts beside the system's.
    #[arg(long, value_name = "PATH")]
    pub cacert: Vec<PathBuf>,
    /// Where a report goes, as often as needed: json=PATH, html=PATH, junit=PATH, tap=PATH, markdown=PATH, github, blob=PATH,
    /// journal=PATH; `none` leaves out the usual ones.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
    /// Run one part of the tests of several: 2/4 is the second of four. Without it, what the CI engine says.
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    pub shard: Option<String>,
    /// Begin at this instant (RFC 3339: 2026-01-31T12:00:00Z), at most an hour ahead, so that shards begin together.
    #[arg(long, value_name = "INSTANT")]
    pub start_at: Option<String>,
    /// Only the tests that did not pass last time, as its journal or test_results.json says.
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub rerun_failed: Option<String>,
    /// Go on with an interrupted run: what ended well stays, the rest is run.
    #[arg(long, value_name = "JOURNAL", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "rerun_failed")]
    pub resume: Option<String>,
    #[command(flatten)]
    pub tracing: Tracing,
    /// Fail (exit code 1) where an expectation passed on weak evidence.
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<DenyEvidence>,
    /// Check and lay out everything, show the plan, and run nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Show the exchanges of every test.
    #[arg(short, long)]
    pub verbose: bool,
    /// Break the embedded demo system in a known way; `e2e-dsl demo --list-faults` names them.
    #[arg(long, value_name = "NAME")]
    pub demo_fault: Option<String>,
}

/// What is recorded of a run.
#[derive(Debug, clap::Args)]
pub struct Tracing {
    /// Record every test, so that `replay` can judge the run again; secrets are replaced.
    #[arg(long, value_name = "PATH", conflicts_with = "trace_failed")]
    pub trace: Option<PathBuf>,
    /// The same, of the tests that did not pass.
    #[arg(long, value_name = "PATH")]
    pub trace_failed: Option<PathBuf>,
    /// How much of a body, or of what a channel carries, is recorded: 10MiB without it.
    #[arg(long, value_name = "SIZE", value_parser = super::size::size)]
    pub trace_body_limit: Option<u64>,
    /// How large a trace may be; bodies are left out beyond it: 1GiB without it.
    #[arg(long, value_name = "SIZE", value_parser = super::size::size)]
    pub trace_limit: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub struct Replay {
    /// A trace, as `run --trace` writes it.
    #[arg(value_name = "TRACE")]
    pub trace: PathBuf,
    /// Specs to judge it by, instead of those that were run: would an edited expectation have held?
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// Where a report goes, as often as needed: json=PATH, html=PATH, junit=PATH, tap=PATH, markdown=PATH, github.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
    /// Fail (exit code 1) where an expectation passed on weak evidence.
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<DenyEvidence>,
}

#[derive(Debug, clap::Args)]
pub struct Trace {
    #[command(subcommand)]
    pub command: TraceCommand,
}

#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// List the recorded tests, or show all exchanges and frames of some.
    Show(Show),
    /// Write exchanges and frames as an HTTP Archive (HAR 1.2), which browsers and other tools read.
    Har(Har),
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// A trace, as `run --trace` writes it.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Tests: the id of one, or a text in ids, names or suites; also hooks, credentials and probes by their names in the list.
    #[arg(value_name = "TEST", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub test: Option<String>,
    /// Show everything that was recorded: all tests, and hooks, credentials and probes.
    #[arg(long, conflicts_with = "test")]
    pub all: bool,
}

#[derive(Debug, clap::Args)]
pub struct Har {
    /// A trace, as `run --trace` writes it.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Only these tests: the id of one, or a text in ids, names or suites.
    #[arg(value_name = "TEST", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub test: Option<String>,
    /// Where the archive goes, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What to run, and against what.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// Files and folders; `path:line` selects the test on that line, or the suite. Without any, the working directory.
    #[arg(value_name = "PATHS")]
    pub paths: Vec<String>,
    /// The environment; without it the one that is `default`, or the only one.
    #[arg(short, long, value_name = "NAME")]
    pub env: Option<String>,
    /// Carry out this plan: its phases one after another, with their gates and abort conditions.
    #[arg(long, value_name = "NAME")]
    pub plan: Option<String>,
    /// Replace a value of the environment: env.api=http://127.0.0.1:8080
    #[arg(long, value_name = "env.NAME=VALUE")]
    pub set: Vec<String>,
    /// A file of NAME=VALUE lines that completes the environment's variables.
    #[arg(long, value_name = "PATH")]
    pub env_file: Vec<PathBuf>,
}

/// Which of the tests.
#[derive(Debug, clap::Args)]
pub struct Filters {
    /// Only tests with one of these tags; `!tag` leaves out those that have it.
    #[arg(short, long, value_name = "TAG", value_delimiter = ',')]
    pub tag: Vec<String>,
    /// Only tests of these priorities: P1,P2
    #[arg(short, long, value_name = "PRIORITY", value_delimiter = ',')]
    pub priority: Vec<String>,
    /// Only tests with this text in their name, or in their suite's.
    #[arg(short = 'k', long = "keyword", value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub keyword: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Check {
    /// Files and folders; without any, the working directory.
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
    /// Make warnings count as errors.
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    Warnings,
}

/// Evidence that isn't good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DenyEvidence {
    Weak,
}

#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub filters: Filters,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Text,
    Json,
}

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Break it in a known way.
    #[arg(long, value_name = "NAME")]
    pub fault: Option<String>,
    /// Name the faults, one a line, each with a sentence after a tab.
    #[arg(long)]
    pub list_faults: bool,
    /// The backend's port; 0 lets the system choose.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub api_port: u16,
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub auth_port: u16,
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub app_port: u16,
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub control_port: u16,
}

#[derive(Debug, clap::Args)]
pub struct Explain {
    /// For example e2e::check::unknown_name; without one, all codes are listed.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}
