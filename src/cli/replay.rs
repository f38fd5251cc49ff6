//! `replay`: judges a recorded run again.

use std::fs::File;
use std::path::Path;

use super::args::Replay as Args;
use super::exit::Exit;
use super::output::{Color, Output};
use super::outputs::Outputs;
use crate::check::check;
use crate::diag::{Diagnostic, codes};
use crate::project::{self, Files};
use crate::report::model::Report;
use crate::report::{assemble, github, terminal};
use crate::source::Span;
use crate::trace::{Rebuilt, Replay, Trace, Unusable, edited};

pub fn main(args: &Args, color: Color) -> Exit {
    let output = Output::new(color);
    replay(args, &output).unwrap_or_else(|diagnostic| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    })
}

fn replay(args: &Args, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let outputs = Outputs::again(&args.report)?;
    let mut trace = open(&args.trace, output)?;
    let rebuilt = match rebuilt(args, &trace, output) {
        Ok(rebuilt) => rebuilt,
        Err(wrong) => {
            output.diagnostics(&wrong.0, &wrong.1);
            return Ok(Exit::Diagnostics);
        }
    };
    if !args.paths.is_empty() {
        let recorded = edited(&mut trace, &rebuilt, &output.redactor);
        if recorded == 0 {
            output.error("none of the tests of these specs was recorded: nothing was judged\n");
            return Ok(Exit::NothingProved);
        }
    }
    let reading = Replay::new(&trace, &rebuilt, output.redactor.clone()).report();
    let mut report = reading.report;
    assemble::judge_shard(&mut report);
    if args.deny.is_some() {
        assemble::deny_weak(&mut report);
    }
    let report = output.redactor.masked(report);
    output.print(&report.made(failures).into_inner());
    output.print(&terminal::summary(&report, output.style));
    if outputs.github {
        output.print(&github::annotations(&report));
    }
    let written = outputs.write(&report, output);
    let exit = Exit::of(&report);
    Ok(if !written && exit == Exit::Ok { Exit::Diagnostics } else { exit })
}

/// What is wrong with each test that isn't good.
fn failures(report: &Report) -> String {
    let mut text = String::new();
    for test in report.tests.iter().filter(|test| test.outcome().is_bad()) {
        text.push_str(&format!("{} {} > {}\n", test.outcome.replace('_', " ").to_uppercase(), test.suite, test.name));
        test.diagnostics.iter().for_each(|one| text.push_str(&format!("{}\n", one.drawing.trim_end())));
        text.push('\n');
    }
    text
}

/// The plan of the trace's own specs, or of the others that are given.
fn rebuilt(args: &Args, trace: &Trace, output: &Output) -> Result<Rebuilt, Unusable> {
    if args.paths.is_empty() {
        return Rebuilt::of_trace(&trace.header, &trace.files);
    }
    let options = project::Options { paths: args.paths.clone(), ..project::Options::default() };
    let project = project::load(&Files::disk(), &options);
    let found = check(&project);
    let wrong: Vec<Diagnostic> =
        project.diagnostics.iter().chain(&found).filter(|one| one.is_error()).cloned().collect();
    if !wrong.is_empty() {
        output.error("there are errors in the specs; nothing was judged\n");
        return Err(Box::new((wrong, project.sources.clone())));
    }
    Rebuilt::of_project(&project, &trace.header)
}

/// Reads a trace, and says what it lacks.
pub fn open(path: &Path, output: &Output) -> Result<Trace, Box<Diagnostic>> {
    let wrong = |why: &str| {
        let message = format!("the file `{}` {why}", path.display());
        Box::new(
            Diagnostic::error(&codes::TRACE, Span::nowhere(), message)
                .with_help("`e2e-dsl run --trace PATH` writes a trace"),
        )
    };
    let is_file = std::fs::metadata(path).map(|there| there.is_file());
    if !is_file.map_err(|error| wrong(&format!("can't be read: {error}")))? {
        return Err(wrong("isn't a file"));
    }
    let file = File::open(path).map_err(|error| wrong(&format!("can't be read: {error}")))?;
    let trace = Trace::read(file).map_err(|why| wrong(&why))?;
    if !trace.whole {
        output.error("note: the trace has no end: its run was killed, or goes on still\n");
    }
    if trace.header.tool.version != env!("CARGO_PKG_VERSION") {
        let version = &trace.header.tool.version;
        output.error(&format!("note: the trace was written by version {version}, which may judge otherwise\n"));
    }
    if trace.unread > 0 {
        output.error(&format!("note: {} of the trace say nothing to this version\n", counted(trace.unread, "line")));
    }
    if let Some(limit) = trace.full {
        output.error(&format!(
            "note: bodies are missing from where the trace had {}\n",
            crate::value::format_size(limit)
        ));
    }
    Ok(trace)
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
