//! Where reports go: `--report FORMAT=PATH`, as often as it is given, and `reports` in `e2e.toml`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Component, Path, PathBuf};

use super::output::Output;
use crate::diag::{Diagnostic, closest, codes};
use crate::report::{Masked, github, html, json, junit, markdown, model, tap};
use crate::source::{Span, spread};
use crate::trace::Looks;

/// What a report usually says of a test, in bytes.
const USUAL_TEST: usize = 4 << 10;

/// Where the results of a run are, unless something else is asked for.
pub const DEFAULT_RESULTS: &str = "test_results.json";
pub const DEFAULT_JOURNAL: &str = "test_results.journal";

/// A report that is a file, made from nothing but `model::Report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Json,
    Html,
    Junit,
    Tap,
    Markdown,
}

impl Format {
    const ALL: [Format; 5] = [Format::Json, Format::Html, Format::Junit, Format::Tap, Format::Markdown];

    /// As `--report` names it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Html => "html",
            Format::Junit => "junit",
            Format::Tap => "tap",
            Format::Markdown => "markdown",
        }
    }

    /// The usual ending of its files.
    fn ending(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Html => "html",
            Format::Junit => "xml",
            Format::Tap => "tap",
            Format::Markdown => "md",
        }
    }

    fn render(self, report: &model::Report) -> String {
        match self {
            Format::Json => json::render(report),
            Format::Html => html::render(report),
            Format::Junit => junit::render(report),
            Format::Tap => tap::render(report),
            Format::Markdown => markdown::render(report),
        }
    }
}

/// What was asked for. Of each format there is one file: the last that is named, so that the command line overrules `e2e.toml`.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    pub files: BTreeMap<Format, PathBuf>,
    /// Annotations in the log.
    pub github: bool,
    /// All that a shard leaves, to be merged with that of the others.
    pub blob: Option<PathBuf>,
    /// What happens, line by line, as it happens.
    pub journal: Option<PathBuf>,
}

impl Outputs {
    /// Of a run: without a word about them, `test_results.json` and `test_results.html` are written.
    ///
    /// # Errors
    ///
    /// A format that there isn't, or one without its place.
    pub fn of_run(asked: &[String]) -> Result<Self, Box<Diagnostic>> {
        let mut outputs = Self::default();
        if !asked.iter().any(|report| report == "none") {
            outputs.files.insert(Format::Json, DEFAULT_RESULTS.into());
            outputs.files.insert(Format::Html, "test_results.html".into());
            outputs.journal = Some(DEFAULT_JOURNAL.into());
        }
        outputs.add(asked)?;
        Ok(outputs)
    }

    /// Of a report that is rendered again: what is asked for, and nothing else.
    ///
    /// # Errors
    ///
    /// A format that there isn't, one without its place, or one that only a run can write.
    pub fn again(asked: &[String]) -> Result<Self, Box<Diagnostic>> {
        let mut outputs = Self::default();
        outputs.add(asked)?;
        let of_a_run = [("blob", outputs.blob.is_some()), ("journal", outputs.journal.is_some())];
        match of_a_run.iter().find(|(_, asked)| *asked) {
            Some((name, _)) => wrong(
                format!("only a run can write a {name}"),
                &format!("write `e2e-dsl run --report {name}=PATH`, or leave it out here"),
            ),
            None => Ok(outputs),
        }
    }

    /// Whether anything is made that reports on every test, the journal apart.
    pub fn tells_all(&self) -> bool {
        self.github || self.blob.is_some() || !self.files.is_empty()
    }

    fn add(&mut self, asked: &[String]) -> Result<(), Box<Diagnostic>> {
        for report in asked {
            let (name, path) = match report.split_once('=') {
                Some((name, path)) => (name, Some(path)),
                None => (report.as_str(), None),
            };
            match name {
                "none" | "github" if path.is_some() => {
                    let message = format!("`--report {report}` names a place, and `{name}` has none");
                    return wrong(message, &format!("write `--report {name}`"));
                }
                "none" => {}
                "github" => self.github = true,
                "blob" => self.blob = Some(place(report, name, "blob", path)?),
                "journal" => self.journal = Some(place(report, name, "journal", path)?),
                _ => match Format::ALL.into_iter().find(|format| format.name() == name) {
                    Some(format) => {
                        let path = place(report, name, format.ending(), path)?;
                        self.files.insert(format, path);
                    }
                    None => return unknown(report, name, path),
                },
            }
        }
        self.apart()
    }

    /// Two reports in one file would leave one of them.
    fn apart(&self) -> Result<(), Box<Diagnostic>> {
        let named = self.files.iter().map(|(format, path)| (format.name(), path));
        let named = named.chain(self.blob.iter().map(|path| ("blob", path)));
        let mut taken: BTreeMap<PathBuf, &str> = BTreeMap::new();
        for (name, path) in named.chain(self.journal.iter().map(|path| ("journal", path))) {
            if let Some(other) = taken.insert(resolved(path), name) {
                let message = format!("the reports {other} and {name} would both be written to `{}`", path.display());
                return wrong(message, "give each a file of its own");
            }
        }
        Ok(())
    }

    /// Writes every file, each whole or not at all, and the summary of a job of GitHub's; reports which there are, and of each that can't be
    /// written why. `false` if there is one.
    pub fn write(&self, report: &Masked<model::Report>, output: &Output) -> bool {
        let bytes = report.tests.len() * USUAL_TEST;
        let (written, all) = self.write_each(output, bytes, |format| report.made(|report| format.render(report)));
        if !written.is_empty() {
            output.print(&format!("  reports: {}\n", written.join(", ")));
        }
        all & self.summarize(output, |taken| report.made(|report| github::job_summary(report, taken)))
    }

    /// Writes what the merge of shards needs, if it is asked for. `false` if it can't be written, which is reported.
    pub fn write_blob(&self, blob: impl FnOnce() -> Masked<Vec<u8>>, looks: Option<&Looks>, output: &Output) -> bool {
        let Some(path) = &self.blob else { return true };
        let written = filled(path, |file| {
            file.write_all(&blob())?;
            file.write_all(b"\n")?;
            looks.map_or(Ok(()), |looks| looks.copy_to(file))
        });
        match written {
            Ok(()) => output.print(&format!("  blob: {}\n", path.display())),
            Err(error) => {
                cannot_write(output, path, &error, "choose another place with `--report blob=PATH`");
                return false;
            }
        }
        true
    }

    /// Writes files of any content, and reports on each that can't be written why. Gives those that are, and whether it is all of them.
    /// `bytes`: about how much each of them has.
    pub fn write_each(
        &self,
        output: &Output,
        bytes: usize,
        render: impl Fn(Format) -> Masked<String> + Sync + Send,
    ) -> (Vec<String>, bool) {
        let files: Vec<_> = self.files.iter().collect();
        let rendered = spread(bytes, &files, |(format, path)| (*path, render(**format)));
        let mut written = Vec::new();
        for (path, text) in rendered {
            match write(path, &text.made(|text| text.clone().into_bytes())) {
                Ok(()) => written.push(path.display().to_string()),
                Err(error) => cannot_write(output, path, &error, "choose another place with `--report FORMAT=PATH`"),
            }
        }
        let all = written.len() == self.files.len();
        (written, all)
    }

    /// Adds to the summary of GitHub's job, where there is one and it was asked for; `render` is given how many bytes are in it. `false` if
    /// that can't be written, and why.
    pub fn summarize(&self, output: &Output, render: impl Fn(usize) -> Masked<String>) -> bool {
        let path = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| self.github && !path.is_empty());
        let Some(path) = path.map(PathBuf::from) else { return true };
        let taken = std::fs::metadata(&path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
        let summary = render(taken);
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        match opened.and_then(|mut file| std::io::Write::write_all(&mut file, summary.as_bytes())) {
            Ok(()) => true,
            Err(error) => {
                cannot_write(output, &path, &error, "`GITHUB_STEP_SUMMARY` names this file");
                false
            }
        }
    }
}

fn cannot_write(output: &Output, path: &Path, error: &std::io::Error, help: &str) {
    let message = format!("the report `{}` can't be written: {error}", path.display());
    output.usage(&Diagnostic::error(&codes::BAD_ARGUMENT_FILE, Span::nowhere(), message).with_help(help));
}

/// Whole or not at all: a reader never sees half a report. Folders on the way are made. What a link names is replaced, not the link; a pipe
/// or a device is written to as it is.
pub fn write(path: &Path, bytes: &Masked<Vec<u8>>) -> std::io::Result<()> {
    filled(path, |file| file.write_all(bytes))
}

/// The same, of what is written in parts.
fn filled(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> std::io::Result<()> {
    let filled = |file: File| {
        let mut file = BufWriter::new(file);
        fill(&mut file)?;
        file.flush()
    };
    if is_stream(path) {
        return filled(File::options().append(true).open(path)?);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let path = &if path.is_symlink() { resolved(path) } else { path.to_owned() };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    // A disk that is full must not be left fuller.
    File::create(&part).and_then(filled).and_then(|()| std::fs::rename(&part, path)).inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}

/// Whether what is there is no file that another one can take the place of: a pipe, a device, or a name that the system has for an open file
/// (`/dev/stdout`).
fn is_stream(path: &Path) -> bool {
    let of_the_system = path.starts_with("/dev") || path.starts_with("/proc");
    std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
        || of_the_system && path.is_symlink() && path.exists()
}

/// The one path of a place that can be spelled in several ways: absolute, without `.`, `..` and links. What isn't there yet stays as spelled.
fn resolved(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for component in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        if component == Component::ParentDir {
            found.pop();
        } else {
            found.push(component);
            found = std::fs::canonicalize(&found).unwrap_or(found);
        }
    }
    found
}

/// The path of a format, which must be one that a file can have.
fn place(report: &str, name: &str, ending: &str, path: Option<&str>) -> Result<PathBuf, Box<Diagnostic>> {
    let help = format!("write for example `--report {name}=out/results.{ending}`");
    match path {
        None | Some("") => wrong(format!("`--report {report}` doesn't say where the report goes"), &help),
        Some(path) if path.ends_with('/') || Path::new(path).is_dir() => {
            wrong(format!("`--report {report}` names a folder, and a report is a file"), &help)
        }
        Some(path) => Ok(path.into()),
    }
}

fn unknown<T>(report: &str, name: &str, path: Option<&str>) -> Result<T, Box<Diagnostic>> {
    let names = || Format::ALL.into_iter().map(Format::name).chain(["blob", "journal", "github", "none"]);
    // `--report results.json` and `--report md=summary.md`: the ending says what is meant.
    let ending =
        if path.is_some() { Some(name) } else { Path::new(name).extension().and_then(|ending| ending.to_str()) };
    let meant = Format::ALL.into_iter().find(|format| Some(format.ending()) == ending);
    let help = match (meant, closest(name, names())) {
        (Some(format), _) => format!("write `--report {}={}`", format.name(), path.unwrap_or(name)),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => {
            let files: Vec<String> = Format::ALL.iter().map(|format| format!("`{}=PATH`", format.name())).collect();
            format!("there are {}, `github` and `none`", files.join(", "))
        }
    };
    wrong(format!("`--report {report}` names no format of a report"), &help)
}

fn wrong<T>(message: String, help: &str) -> Result<T, Box<Diagnostic>> {
    Err(Box::new(Diagnostic::error(&codes::BAD_REPORT, Span::nowhere(), message).with_help(help)))
}
