use std::path::PathBuf;

use super::args::{Compare, CompareFormat};
use super::read::results;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::outputs::{Format, Outputs};
use crate::diag::{Diagnostic, codes};
use crate::report::compare::{compare, json, markdown, text};
use crate::report::{github, model};
use crate::source::Span;

/// 0 when the newer run is as stable as the base, 1 when it isn't.
pub fn main(args: &Compare, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let outputs = outputs(args)?;
    let side = |first: &PathBuf, more: &[PathBuf]| {
        std::iter::once(first).chain(more).map(|path| results(path)).collect::<Result<Vec<model::Report>, _>>()
    };
    let (base, new) = (side(&args.base, &args.more_base)?, side(&args.new, &args.more_new)?);
    let (base, new): (Vec<_>, Vec<_>) = (base.iter().collect(), new.iter().collect());
    let Some(comparison) = compare(&base, &new) else { return Ok(Exit::NothingProved) };
    match args.format {
        CompareFormat::Text => output.print(&text::render(&comparison, output.style)),
        CompareFormat::Json => output.print_json(&json::render(&comparison)),
        CompareFormat::Markdown => output.print(&markdown::render(&comparison)),
    }
    let (names, all) = outputs.write_each(output, 0, |format| {
        output.redactor.text(&match format {
            Format::Json => json::render(&comparison),
            _ => markdown::render(&comparison),
        })
    });
    // The other forms are read by programs.
    if args.format == CompareFormat::Text && !names.is_empty() {
        output.print(&format!("  reports: {}\n", names.join(", ")));
    }
    let written = all
        & outputs
            .summarize(output, |taken| output.redactor.text(&github::fitting(markdown::render(&comparison), taken)));
    Ok(match comparison.stable() {
        false => Exit::Failed,
        true if written => Exit::Ok,
        true => Exit::Diagnostics,
    })
}

/// The forms that a comparison has.
fn outputs(args: &Compare) -> Result<Outputs, Box<Diagnostic>> {
    let outputs = Outputs::again(&args.report)?;
    match outputs.files.keys().find(|format| !matches!(format, Format::Json | Format::Markdown)) {
        None => Ok(outputs),
        Some(format) => {
            let message = format!("a comparison can't be written as {}", format.name());
            let help = "there are `json=PATH`, `markdown=PATH` and `github`; `e2e-dsl report RESULTS.json` writes the others of one run";
            Err(Box::new(Diagnostic::error(&codes::BAD_REPORT, Span::nowhere(), message).with_help(help)))
        }
    }
}
