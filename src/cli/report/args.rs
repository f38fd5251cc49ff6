//! Arguments of `report` as they are typed.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Report {
    /// The results of a run, as `--report json=PATH` writes them.
    #[arg(value_name = "RESULTS.json", default_value = "test_results.json")]
    pub results: PathBuf,
    /// Where a report goes, as often as needed: json=PATH, html=PATH, junit=PATH, tap=PATH, markdown=PATH, github; without any, the summary is
    /// printed.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub report: Vec<String>,
}
