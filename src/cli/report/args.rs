//! Arguments of `report` as they are typed.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Report {
    #[command(subcommand)]
    pub command: Option<ReportCommand>,
    /// The results of a run, as `--report json=PATH` writes them.
    #[arg(value_name = "RESULTS.json", default_value = "test_results.json")]
    pub results: PathBuf,
    /// Report what the journal of a run tells, whether the run was cut off or came to its end; by default test_results.journal.
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
}

#[derive(Debug, clap::Subcommand)]
pub enum ReportCommand {
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
}
