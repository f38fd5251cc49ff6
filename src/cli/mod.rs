//! The command line, in two levels: arguments as typed (`args`) and what they mean (one file a command).

mod args;
mod check;
mod demo;
mod exit;
mod explain;
mod list;
mod output;
mod outputs;
mod prepare;
mod progress;
mod queue;
mod replay;
mod report;
mod resume;
mod run;
mod shard;
mod size;
mod start;
mod trace;
mod tracing;

pub use exit::Exit;

use clap::Parser as _;

use args::{Args, Command};
use output::Output;

use crate::report::Redactor;

/// Carries out a command line and gives the code that the process is to exit with.
pub fn main() -> Exit {
    quiet_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are answers, not errors; a closed pipe is no one's fault.
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Ok;
            }
            Output::new(output::Color::Never).error(&error.render().to_string());
            return Exit::Diagnostics;
        }
    };
    match args.command {
        Command::Run(run) => run::main(&run, args.color),
        Command::Check(check) => check::main(&check, args.color),
        Command::List(list) => list::main(&list, args.color),
        Command::Replay(replay) => replay::main(&replay, args.color),
        Command::Trace(trace) => trace::main(&trace, args.color),
        Command::Report(report) => report::main(&report, args.color),
        Command::Demo(demo) => demo::main(&demo, args.color),
        Command::Explain(explain) => explain::main(&explain, args.color),
        Command::Completions(completions) => explain::completions(&completions),
    }
}

/// Whether words, without the program's name, are a command line that can be understood. Nothing is carried out.
///
/// # Errors
/// What is wrong with them, as it would be shown.
pub fn understood(words: &[&str]) -> Result<(), String> {
    let words = std::iter::once(&"e2e-dsl").chain(words);
    match Args::try_parse_from(words) {
        Err(error) if error.use_stderr() => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// A panic in a task is caught and reported as a diagnostic of its test; its payload could hold what must not be shown.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        let text = format!("internal error{place}: this is a mistake in e2e-dsl, not in the spec\n");
        output::to_stderr(&Redactor::default().text(&text));
    }));
}
