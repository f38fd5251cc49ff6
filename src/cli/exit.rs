use crate::report::model::word::Verdict;
use std::process::ExitCode;

use crate::report::model;

/// What the process's exit code says. The numbers are part of the interface: CI scripts depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All that ran has passed.
    Ok = 0,
    /// Tests failed, or a gate did not hold.
    Failed = 1,
    /// The specs, the files or the command line are wrong: nothing was run.
    Diagnostics = 2,
    /// A condition of a plan aborted the run.
    Aborted = 3,
    /// Nothing was run, or nothing was proved.
    NothingProved = 4,
    /// Interrupted by a signal; what had been done is reported.
    Interrupted = 130,
}

impl Exit {
    /// Of a run that left this report.
    pub fn of(report: &model::Report) -> Self {
        match report.verdict.state {
            _ if report.run.interrupted => Exit::Interrupted,
            Verdict::Ready => Exit::Ok,
            // That a shard proves nothing is judged with the others.
            Verdict::Invalid if report.run.shard.is_some_and(|shard| shard.total > 1) => Exit::Ok,
            Verdict::Invalid => Exit::NothingProved,
            Verdict::Aborted => Exit::Aborted,
            _ => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
