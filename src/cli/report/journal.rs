use std::path::Path;

use super::super::exit::Exit;
use super::super::output::Output;
use super::super::resume::journal;
use super::args::Report;
use super::finish;
use crate::diag::Diagnostic;
use crate::report::assemble;

/// Reports what a journal reports on its run, whether it was cut off or came to its end.
pub fn main(path: &Path, args: &Report, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let mut reading = journal(path, output)?;
    assemble::judge_shard(&mut reading.report);
    if args.deny.is_some() {
        assemble::deny_weak(&mut reading.report);
    }
    if !reading.ended {
        output.error("note: the journal has no end: the run was cut off, or goes on still\n");
    }
    finish(reading.report, &args.report, output)
}
