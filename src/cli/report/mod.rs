//! `report`: what runs left, made into reports.

mod journal;
mod merge;

use super::args::{Color, Report, ReportCommand};
use super::exit::Exit;
use super::output::Output;
use super::outputs::Outputs;
use crate::diag::Diagnostic;
use crate::report::{model, terminal};

pub fn main(args: &Report, color: Color) -> Exit {
    let output = Output::new(color);
    let done = match (&args.command, &args.from_journal) {
        (Some(ReportCommand::Merge(merge)), _) => merge::main(merge, &output),
        (None, Some(path)) => journal::main(path, &args.report, &output),
        (None, None) => Ok(Exit::Diagnostics),
    };
    done.unwrap_or_else(|diagnostic| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    })
}

/// Tells what a report says and writes its formats, as a run does at its end.
fn finish(report: &model::Report, asked: &[String], output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let outputs = Outputs::of_run(asked)?;
    output.print(&terminal::summary(report, output.style));
    let written = outputs.write(report, output);
    let exit = Exit::of(report);
    Ok(if !written && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}
