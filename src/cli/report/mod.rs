//! `report`: the results of a run that is over, rendered again.

pub mod args;
mod compare;
mod journal;
mod merge;
mod read;

use args::{Report, ReportCommand};
use clap::CommandFactory as _;

use super::args::Args;
use super::exit::Exit;
use super::output::{Color, Output};
use super::outputs::Outputs;
use crate::diag::{Diagnostic, closest};
use crate::report::{assemble, github, model, terminal};

pub fn main(args: &Report, color: Color) -> Exit {
    let output = Output::new(color);
    let done = match (&args.command, &args.from_journal) {
        (Some(ReportCommand::Merge(args)), _) => merge::main(args, &output),
        (Some(ReportCommand::Compare(args)), _) => compare::main(args, &output),
        (None, Some(path)) => journal::main(path, args, &output),
        (None, None) => again(args, &output),
    };
    done.unwrap_or_else(|diagnostic| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    })
}

/// Renders results again; the exit code is the run's.
fn again(args: &Report, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let outputs = Outputs::again(&args.report)?;
    let mut report = read::results(&args.results).map_err(|diagnostic| Box::new(meant(*diagnostic, args)))?;
    if args.deny.is_some() {
        assemble::deny_weak(&mut report);
    }
    let report = output.redactor.masked(report);
    if args.report.is_empty() {
        output.print(&terminal::summary(&report, output.style));
    }
    if outputs.github {
        output.print(&github::annotations(&report));
    }
    let written = outputs.write(&report, output);
    let exit = Exit::of(&report);
    Ok(if !written && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}

/// Reports what a report says that is made here for the first time, and writes what a run writes at its end.
fn finish(report: model::Report, asked: &[String], output: &Output) -> Result<Exit, Box<Diagnostic>> {
    Outputs::again(asked)?;
    let outputs = Outputs::of_run(asked)?;
    let report = &output.redactor.masked(report);
    output.print(&terminal::summary(report, output.style));
    if outputs.github {
        output.print(&github::annotations(report));
    }
    let written = outputs.write(report, output);
    let exit = Exit::of(report);
    Ok(if !written && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}

/// `report compar a.json` names no file: a subcommand is meant.
fn meant(diagnostic: Diagnostic, args: &Report) -> Diagnostic {
    let word = args.results.to_string_lossy();
    if args.results.exists() || word.contains(['.', '/']) {
        return diagnostic;
    }
    let command = Args::command();
    let report = command.find_subcommand("report");
    let names = report.into_iter().flat_map(clap::Command::get_subcommands).map(clap::Command::get_name);
    match closest(&word, names) {
        Some(near) => diagnostic.with_help(format!("did you mean `e2e-dsl report {near}`?")),
        None => diagnostic,
    }
}
