use include_dir::{Dir, include_dir};

use super::args::{Args, Completions, Explain};
use super::exit::Exit;
use super::output::{Color, Output};
use crate::diag::{Diagnostic, closest, codes};
use crate::source::Span;

/// The error index: one page for each code. The page is what `explain` prints, and its examples are run by the tests.
static PAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/docs/errors");

pub fn main(args: &Explain, color: Color) -> Exit {
    let output = Output::new(color);
    let Some(asked) = &args.code else {
        let lines: Vec<String> = codes::all().map(|code| format!("{:<40} {}\n", code.name, code.summary)).collect();
        output.print(&lines.concat());
        return Exit::Ok;
    };
    let full = if asked.starts_with("e2e::") { asked.clone() } else { format!("e2e::{asked}") };
    let page = codes::all().find(|code| code.name == full || code.name.ends_with(&format!("::{asked}"))).and_then(page);
    if let Some(page) = page {
        output.print(page);
        return Exit::Ok;
    }
    let help = match closest(&full, codes::all().map(|code| code.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`e2e-dsl explain` lists all codes".to_owned(),
    };
    let message = format!("no diagnostic has the code `{asked}`");
    output.usage(&Diagnostic::error(&codes::UNKNOWN_CODE, Span::nowhere(), message).with_help(help));
    Exit::Diagnostics
}

/// `docs/errors/check.unknown_name.md` for `e2e::check::unknown_name`.
fn page(code: &codes::Code) -> Option<&'static str> {
    let name = code.name.trim_start_matches("e2e::").replace("::", ".");
    PAGES.get_file(format!("{name}.md"))?.contents_utf8()
}

pub fn completions(args: &Completions) -> Exit {
    use clap::CommandFactory as _;
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "e2e-dsl", &mut script);
    Output::new(Color::Never).print(&String::from_utf8_lossy(&script));
    Exit::Ok
}
