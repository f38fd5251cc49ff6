//! `trace`: what a run recorded, to look at or for other tools.

use super::args::{Har, Show, Trace as Args, TraceCommand};
use super::exit::Exit;
use super::output::{Color, Output};
use super::outputs::write;
use super::replay::open;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::trace::{Group, Trace, chosen, full, har, list, run};

pub fn main(args: &Args, color: Color) -> Exit {
    let output = Output::new(color);
    let done = match &args.command {
        TraceCommand::Show(args) => show(args, &output),
        TraceCommand::Har(args) => archive(args, &output),
    };
    done.unwrap_or_else(|diagnostic| {
        output.usage(&diagnostic);
        Exit::Diagnostics
    })
}

fn show(args: &Show, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let trace = open(&args.path, output)?;
    if args.test.is_none() && !args.all {
        output.print(&list(&trace, &trace.groups()));
        return Ok(Exit::Ok);
    }
    let groups = wanted(&trace, args.test.as_deref())?;
    output.print(&run(&trace));
    for group in &groups {
        output.print(&format!("\n{}", full(group)));
    }
    Ok(Exit::Ok)
}

fn archive(args: &Har, output: &Output) -> Result<Exit, Box<Diagnostic>> {
    let trace = open(&args.path, output)?;
    let har = har(&trace, &wanted(&trace, args.test.as_deref())?);
    let json = serde_json::to_string_pretty(&har).unwrap_or_default() + "\n";
    let Some(path) = &args.output else {
        output.print_json(&json);
        return Ok(Exit::Ok);
    };
    let bytes = output.redactor.text(&json).made(|json| json.clone().into_bytes());
    write(path, &bytes).map_err(|error| {
        let message = format!("the archive `{}` can't be written: {error}", path.display());
        let help = "choose another place with `--output FILE`, or leave it out to print the archive";
        Box::new(Diagnostic::error(&codes::BAD_ARGUMENT_FILE, Span::nowhere(), message).with_help(help))
    })?;
    Ok(Exit::Ok)
}

/// All that was recorded, or what a text means.
fn wanted<'t>(trace: &'t Trace, text: Option<&str>) -> Result<Vec<Group<'t>>, Box<Diagnostic>> {
    let groups = trace.groups();
    let Some(text) = text else { return Ok(groups) };
    chosen(groups, text).map_err(|near| {
        let message = format!("the trace has no test with `{text}` in its id, its name or its suite");
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`e2e-dsl trace show PATH` lists the tests that were recorded".to_owned(),
        };
        Box::new(Diagnostic::error(&codes::TRACE, Span::nowhere(), message).with_help(help))
    })
}
