//! Arguments of `report` as they are typed.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::cli::args::DenyEvidence;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Report {
    #[command(subcommand)]
    pub command: Option<ReportCommand>,
    /// The results of a run, as `--report json=PATH` writes them.
    #[arg(value_name = "RESULTS.json", default_value = "test_results.json")]
    pub results: PathBuf,
    /// Report what the journal of a run reports, whether the run was cut off or came to its end; by default test_results.journal.
    #[arg(
        long,
        value_name = "JOURNAL",
        num_args = 0..=1,
        default_missing_value = "test_results.journal",
        conflicts_with = "results"
    )]
    pub from_journal: Option<PathBuf>,
    /// Where a report goes, as often as needed: json=PATH, html=PATH, junit=PATH, tap=PATH, markdown=PATH, github; without any, the summary is
    /// printed.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
    /// Fail (exit code 1) where an expectation passed on weak evidence.
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<DenyEvidence>,
}

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Say what changed from one run to another, and whether the newer one is as stable.
    Compare(Compare),
    /// Join the shards of one run, and judge it as a whole.
    Merge(Merge),
}

#[derive(Debug, clap::Args)]
pub struct Merge {
    /// What `run --shard I/N --report blob=PATH` wrote, of every shard.
    #[arg(value_name = "BLOBS", required = true)]
    pub blobs: Vec<PathBuf>,
    /// Where a report goes, as a run has it; without any, test_results.json and test_results.html.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
    /// Fail (exit code 1) where an expectation passed on weak evidence.
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<DenyEvidence>,
}

#[derive(Debug, clap::Args)]
pub struct Compare {
    /// The results of the run that is the measure.
    #[arg(value_name = "BASE.json")]
    pub base: PathBuf,
    /// The results of the run that is judged.
    #[arg(value_name = "NEW.json")]
    pub new: PathBuf,
    /// A further run of the base, which distinguishes noise from change.
    #[arg(long = "base", value_name = "PATH")]
    pub more_base: Vec<PathBuf>,
    /// A further run of the new state.
    #[arg(long = "new", value_name = "PATH")]
    pub more_new: Vec<PathBuf>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CompareFormat,
    /// Where the comparison goes beside the terminal: json=PATH, markdown=PATH, github.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    Text,
    Json,
    Markdown,
}
