//! `report`: what runs left, made into reports.

mod journal;
mod merge;

use super::args::{Color, Report, ReportCommand};
use super::exit::Exit;
use super::output::Output;
use super::outputs::Outputs;
use crate::diag::{Diagnostic, codes};
use crate::report::{model, terminal};
use crate::source::Span;

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
    if let Some(one) = asked.iter().find(|one| one.starts_with("blob=") || one.starts_with("journal=")) {
        let message = format!("`--report {one}` is of a run, and nothing is run here");
        return Err(Box::new(
            Diagnostic::error(&codes::BAD_REPORT, Span::nowhere(), message)
                .with_help("ask for it where the tests are run, or choose another format"),
        ));
    }
    output.print(&terminal::summary(report, output.style));
    let written = outputs.write(report, output);
    let exit = Exit::of(report);
    Ok(if !written && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}
