//! Projects written in Markdown: the fenced blocks of a page are the files of a project in memory.
//!
//! ` ```e2e [NAME] ` is a spec (`spec.e2e` where it has no name), ` ```toml NAME `, ` ```json NAME `, ` ```csv NAME ` and ` ```text NAME ` are other files;
//! ` ```hex NAME ` gives a file's bytes in hexadecimal (`20 x 9` is nine of a byte), ` ```link NAME ` one that can't be read; a line
//! `$ e2e-dsl check PATHS` of a ` ```console ` block says which paths are given.

use std::path::PathBuf;

use e2e_dsl::diag::{Diagnostic, Severity};
use e2e_dsl::project::{Files, Options, Project, load};

#[derive(Clone, Debug)]
pub struct Fence {
    pub lang: String,
    pub name: String,
    pub text: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
}

pub fn fences(page: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (at, line) in page.lines().enumerate() {
        if let Some(mut fence) = open.take() {
            if line.trim_end() == "```" {
                fences.push(fence);
            } else {
                fence.text.push_str(line);
                fence.text.push('\n');
                open = Some(fence);
            }
        } else if let Some(info) = line.strip_prefix("```") {
            let (lang, name) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
            open = Some(Fence { lang: lang.to_owned(), name: name.to_owned(), text: String::new(), line: at + 1 });
        }
    }
    assert!(open.is_none(), "a fence is never closed");
    fences
}

/// Loads the project that the fences make. Blocks of other languages are prose.
pub fn project(fences: &[Fence]) -> Project {
    let mut contents: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut links = Vec::new();
    let mut options = Options::default();
    for fence in fences {
        let name = if fence.name.is_empty() { "spec.e2e" } else { &fence.name };
        match fence.lang.as_str() {
            "e2e" | "toml" | "json" | "csv" | "text" => {
                contents.push((PathBuf::from(name), fence.text.clone().into_bytes()))
            }
            "hex" => contents.push((PathBuf::from(name), bytes(&fence.text))),
            "link" => links.push(PathBuf::from(name)),
            "console" => {
                let paths = fence.text.lines().filter_map(|line| line.strip_prefix("$ e2e-dsl check"));
                options.paths.extend(paths.flat_map(str::split_whitespace).map(PathBuf::from));
            }
            _ => {}
        }
    }
    let mut files = Files::memory(contents);
    for link in links {
        files = files.with_unreadable(&link, std::io::ErrorKind::NotFound);
    }
    load(&files, &options)
}

fn bytes(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word == "x" {
            let times: usize = words.next().unwrap().parse().unwrap();
            let last = *bytes.last().unwrap();
            bytes.extend(std::iter::repeat_n(last, times - 1));
        } else {
            bytes.push(u8::from_str_radix(word, 16).unwrap());
        }
    }
    bytes
}

/// `error e2e::check::unknown_name 3:5-3:9`, with the file's name before the place unless it is `spec.e2e`.
pub fn shown(project: &Project, diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = match project.sources.get(diagnostic.span.source) {
        None => "-".to_owned(),
        Some(file) => {
            let (start, end) = (file.position(diagnostic.span.start), file.position(diagnostic.span.end));
            let name = if file.name == "spec.e2e" { String::new() } else { format!("{}:", file.name) };
            format!("{name}{}:{}-{}:{}", start.line, start.column, end.line, end.column)
        }
    };
    format!("{severity} {} {place}", diagnostic.code.name)
}

/// What every diagnostic must be, whatever it is about.
pub fn assert_sound(project: &Project, diagnostic: &Diagnostic) {
    let what = format!("{}: {}", shown(project, diagnostic), diagnostic.message);
    let help = diagnostic.help.as_deref().unwrap_or_default();
    assert!(!help.is_empty(), "no help: {what}");
    // What is in backquotes is the spec's.
    let mut own = diagnostic.message.split('`').step_by(2);
    assert!(!diagnostic.message.ends_with('.') && own.all(|part| !part.contains('!')), "{what}");
    let Some(file) = project.sources.get(diagnostic.span.source) else {
        assert!(diagnostic.span.is_nowhere(), "a span in no source: {what}");
        return;
    };
    let spans = std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|label| label.span));
    for span in spans {
        let text = project.sources.get(span.source).map_or("", |file| &file.text);
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "a bad span: {what}");
    }
    if let Some(fix) = &diagnostic.fix {
        let of_file = fix.edits().first().and_then(|edit| project.sources.get(edit.span.source));
        let made = of_file.map_or(0, |file| e2e_dsl::diag::fix::apply(file, [fix]).made);
        assert_eq!(made, 1, "a fix that changes nothing: {what} {fix:?}");
    }
    let empty = diagnostic.span.is_empty() && !file.text.is_empty();
    assert!(!empty || !diagnostic.code.name.starts_with("e2e::check::"), "an empty span: {what}");
}
