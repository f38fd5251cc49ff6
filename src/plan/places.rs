//! Lines of files, as the command line names them: what is on each, and the refusal of those that select nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::diag::{Diagnostic, codes};
use crate::project::{ModuleOrigin, Project};
use crate::source::{SourceFile, SourceId, Span};
use crate::syntax::ast::{self, ItemKind, SuiteEntryKind};

/// `path:line` as it was typed. The line counts from 1; one that doesn't is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedLine {
    pub path: PathBuf,
    pub line: u32,
}

/// What paths and lines select together: all of some files, and of others the tests or suites on the lines that were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    whole: HashSet<SourceId>,
    spans: Vec<Span>,
}

impl Places {
    /// Whether the test whose text this is was asked for.
    pub fn hold(&self, test: Span) -> bool {
        self.whole.contains(&test.source)
            || self
                .spans
                .iter()
                .any(|span| span.source == test.source && span.start <= test.start && test.end <= span.end)
    }
}

/// What `lines` select, beside all that the files and folders of `whole` hold. `None` where no line is named: everything is selected.
///
/// # Errors
/// A diagnostic for each line that holds no test and is in no suite.
pub fn locate(project: &Project, whole: &[PathBuf], lines: &[AskedLine]) -> Result<Option<Places>, Vec<Diagnostic>> {
    if lines.is_empty() {
        return Ok(None);
    }
    let real = |path: &Path| project.files.canonical(path);
    let whole: Vec<PathBuf> = whole.iter().map(|path| real(path)).collect();
    let lined: HashSet<PathBuf> = lines.iter().map(|asked| real(&asked.path)).collect();
    let mut places = Places::default();
    for module in project.roots.iter().filter_map(|id| project.module(*id)) {
        let path = match &module.origin {
            ModuleOrigin::File(path) => path.clone(),
            ModuleOrigin::Memory(name) | ModuleOrigin::Std(name) => PathBuf::from(name),
        };
        if !lined.contains(&path) || whole.iter().any(|whole| path.starts_with(whole)) {
            places.whole.insert(module.source);
        }
    }
    let mut problems = Vec::new();
    for asked in lines {
        match on_line(project, asked, &real(&asked.path)) {
            Ok(spans) => places.spans.extend(spans),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(Some(places)) } else { Err(problems) }
}

/// Something that can be named by one of its lines. Both lines count from 1 and belong to it.
struct Held<'p> {
    first: u32,
    last: u32,
    span: Span,
    what: &'static str,
    name: &'p str,
}

impl Held<'_> {
    fn holds(&self, line: u32) -> bool {
        (self.first..=self.last).contains(&line)
    }

    fn words(&self) -> String {
        let lines =
            if self.first == self.last { self.first.to_string() } else { format!("{}–{}", self.first, self.last) };
        format!("{lines} the {} \"{}\"", self.what, self.name)
    }
}

/// The tests on a line; without any, the suites.
fn on_line(project: &Project, asked: &AskedLine, real: &Path) -> Result<Vec<Span>, Box<Diagnostic>> {
    let shown = asked.path.display();
    let module = project.roots.iter().filter_map(|id| project.module(*id)).find(|module| match &module.origin {
        ModuleOrigin::File(path) => path == real,
        ModuleOrigin::Memory(name) | ModuleOrigin::Std(name) => Path::new(name) == real,
    });
    let found = module.and_then(|module| Some((module, project.sources.get(module.source)?)));
    let Some((module, file)) = found else {
        let message = format!("`{shown}:{}` names a line of a folder", asked.line);
        return Err(Box::new(
            Diagnostic::error(&codes::NOTHING_ON_LINE, Span::nowhere(), message)
                .with_help("a line is one of a file: `FILE.e2e:LINE`; a folder is given without one"),
        ));
    };
    let tree = project.tree(module);
    let (tests, suites) = held(&tree, file);
    let holding = |all: &[Held<'_>]| -> Vec<Span> {
        all.iter().filter(|one| one.holds(asked.line)).map(|one| one.span).collect()
    };
    let spans = holding(&tests);
    let spans = if spans.is_empty() { holding(&suites) } else { spans };
    if !spans.is_empty() {
        return Ok(spans);
    }
    let lines = file.lines().lines() as u32;
    let (span, message) = if asked.line == 0 {
        (Span::nowhere(), format!("`{shown}:0` names no line: they count from 1"))
    } else if asked.line > lines {
        (Span::nowhere(), format!("`{shown}` has no line {}: its last one is {lines}", asked.line))
    } else {
        let at = |line: u32| file.lines().line_start(line as usize, &file.text) as usize;
        let (start, end) = (at(asked.line - 1), at(asked.line));
        let length = file.text.get(start..end).unwrap_or_default().trim_end().len();
        let other = module.ast.items.iter().find(|item| lines_of(file, item.doc.as_ref(), item.span).holds(asked.line));
        let other =
            other.and_then(|item| other_item(&item.kind)).map(|what| format!("; it is in {what}")).unwrap_or_default();
        (
            Span::new(file.id, start, start + length),
            format!("line {} of `{shown}` holds no test and no suite{other}", asked.line),
        )
    };
    Err(Box::new(
        Diagnostic::error(&codes::NOTHING_ON_LINE, span, message).with_help(what_is_held(&tests, &suites, asked.line)),
    ))
}

fn lines_of<'p>(file: &SourceFile, doc: Option<&ast::Doc>, span: Span) -> Held<'p> {
    let line = |offset: u32| file.lines().line_of(offset) as u32 + 1;
    let first = line(doc.map_or(span.start, |doc| doc.span.start));
    // What a construct ends with is its last byte, not the one after it.
    Held { first, last: line(span.end.saturating_sub(1).max(span.start)), span, what: "", name: "" }
}

fn held<'p>(ast: &'p ast::File, file: &SourceFile) -> (Vec<Held<'p>>, Vec<Held<'p>>) {
    let (mut tests, mut suites) = (Vec::new(), Vec::new());
    for item in &ast.items {
        let ItemKind::Suite(suite) = &item.kind else { continue };
        suites.push(Held { what: "suite", name: &suite.name.value, ..lines_of(file, item.doc.as_ref(), item.span) });
        for entry in &suite.entries {
            if let SuiteEntryKind::Test(test) = &entry.kind {
                tests.push(Held {
                    what: "test",
                    name: &test.name.value,
                    ..lines_of(file, entry.doc.as_ref(), entry.span)
                });
            }
        }
    }
    (tests, suites)
}

/// What else a line may be in, and why that selects nothing.
fn other_item(kind: &ItemKind) -> Option<String> {
    Some(match kind {
        ItemKind::Load(load) => {
            format!("the load \"{}\", which is checked, and not run by this version", load.name.value)
        }
        ItemKind::Plan(plan) => format!("the plan `{}`, which `--plan {}` carries out", plan.name.text, plan.name.text),
        ItemKind::Environment(environment) => format!("the environment `{}`", environment.name.text),
        ItemKind::Flow(flow) => format!("the flow `{}`, which runs where a test calls it", flow.name.text),
        ItemKind::Credential(credential) => format!("the credential `{}`", credential.name.text),
        ItemKind::Shape(shape) => format!("the shape `{}`", shape.name.text),
        ItemKind::Import(_) => "an import".to_owned(),
        _ => return None,
    })
}

/// The tests and suites of a file, those near the line that was asked for.
fn what_is_held(tests: &[Held<'_>], suites: &[Held<'_>], line: u32) -> String {
    const MOST: usize = 6;
    if suites.is_empty() {
        return "the file holds no tests; give another one, or leave out the line".to_owned();
    }
    let mut near: Vec<&Held<'_>> = if tests.is_empty() { suites.iter().collect() } else { tests.iter().collect() };
    let all = near.len();
    near.sort_by_key(|one| if line < one.first { one.first - line } else { line.saturating_sub(one.last) });
    near.truncate(MOST);
    near.sort_by_key(|one| one.first);
    let words: Vec<String> = near.iter().map(|one| one.words()).collect();
    let more = if all > MOST { format!(", and {} more: `e2e-dsl list` shows all", all - MOST) } else { String::new() };
    format!("these lines hold something: {}{more}", words.join(", "))
}
