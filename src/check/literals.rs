use base64::Engine as _;

use super::cx::Cx;
use super::scope::Scope;
use super::types::Ty;
use crate::diag::{Diagnostic, closest, codes};
use crate::project::FileProblem;
use crate::source::Span;
use crate::syntax::ast::{JsonPathLit, JsonPathPart, RegexLit, StrLit};
use crate::value::{JsonPath, Pattern, XPath, XPathKind};

impl<'p> Cx<'p> {
    /// Compiles a JSONPath, and looks up the names in its brackets. `None` when it isn't valid.
    pub fn json_path(&mut self, scope: &mut Scope<'p>, literal: &'p JsonPathLit) -> Option<JsonPath> {
        let mut text = String::new();
        // Where each part begins in the text that is compiled.
        let mut places: Vec<(usize, Span)> = Vec::new();
        for part in &literal.parts {
            match part {
                JsonPathPart::Text { text: piece, span } => {
                    places.push((text.len(), *span));
                    text.push_str(piece);
                }
                JsonPathPart::Key(name) => {
                    self.name(scope, name);
                    places.push((text.len(), name.span));
                    text.push_str("['key']");
                }
            }
        }
        match JsonPath::compile(&text) {
            Ok(path) => Some(path),
            Err(error) => {
                let span = place(&places, error.start).map_or(literal.span, |(part, at)| {
                    let span = part.slice(at, at + (error.end - error.start));
                    if span.is_empty() { literal.span } else { span }
                });
                let help = "a path looks like `$.items[0].id`, `$.items[*].id`, `$[\"content-type\"]` or `$.items[?@.price > 10]` (RFC 9535)";
                self.report(Diagnostic::error(&codes::INVALID_JSONPATH, span, error.message).with_help(help));
                None
            }
        }
    }

    /// Compiles a regex. `None` when it isn't valid.
    pub fn regex(&mut self, literal: &RegexLit) -> Option<Pattern> {
        let error = match Pattern::compile(&literal.pattern, &literal.flags) {
            Ok(pattern) => return Some(pattern),
            Err(error) => error,
        };
        let (span, help) = if error.flag {
            let flags = literal.span.len() - literal.flags.len();
            (literal.span.slice(flags + error.start, flags + error.end), "remove the flag")
        } else {
            let raw = self.text(literal.pattern_span);
            let (start, end) = (as_written(raw, error.start), as_written(raw, error.end));
            let help = if error.message.contains("look-around") || error.message.contains("backreference") {
                "regexes here match in linear time, so they have neither look-around nor backreferences; use two expectations"
            } else {
                "mend the regex; a special character that is meant as itself takes a backslash: `\\(`, `\\[`, `\\.`"
            };
            (literal.pattern_span.slice(start, end), help)
        };
        let span = if span.is_empty() { literal.span } else { span };
        let message = if error.flag { error.message } else { format!("this regex isn't valid: {}", error.message) };
        self.report(Diagnostic::error(&codes::INVALID_REGEX, span, message).with_help(help));
        None
    }

    /// The type of what an XPath gives: a list of texts, or one value.
    pub fn xpath(&mut self, literal: &StrLit) -> Ty {
        let error = match XPath::compile(&literal.value) {
            Ok(path) => {
                return match path.kind() {
                    XPathKind::Nodes => Ty::list_of(Ty::String),
                    XPathKind::Text => Ty::String,
                    XPathKind::Number => Ty::Number,
                    XPathKind::Bool => Ty::Bool,
                };
            }
            Err(error) => error,
        };
        let raw = self.text(literal.span);
        let span = match (offset_in(raw, error.start), offset_in(raw, error.end)) {
            (Some(start), Some(end)) if start < end => literal.span.slice(start, end),
            _ => literal.span,
        };
        let wrong = literal.value.get(error.start..error.end).unwrap_or_default();
        let help = match closest(wrong, error.names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "a path looks like `//a[@href='/x']`, `//li[2]/text()`, `string(//h1)` or `count(//li)` (XPath 1.0)"
                    .to_owned()
            }
        };
        self.report(Diagnostic::error(&codes::INVALID_XPATH, span, error.message).with_help(help));
        Ty::Unknown
    }

    pub fn css(&mut self, literal: &StrLit) {
        if scraper::Selector::parse(&literal.value).is_err() {
            let message = format!("\"{}\" is no CSS selector", literal.value);
            self.report(
                Diagnostic::error(&codes::INVALID_SELECTOR, literal.span, message)
                    .with_help("a selector looks like `h1`, `.price`, `#total > span` or `a[href]`"),
            );
        }
    }

    pub fn hex(&mut self, text: &str, span: Span) {
        let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        let message = match digits.iter().find(|c| !c.is_ascii_hexdigit()) {
            Some(other) => format!("`{other}` is no hexadecimal digit"),
            None if digits.len() % 2 == 1 => "a hexadecimal digit is missing: each byte takes two".to_owned(),
            None => return,
        };
        self.report(
            Diagnostic::error(&codes::INVALID_BYTES, span, message)
                .with_help("write two digits 0-9, a-f for each byte: `\"00ff\"`"),
        );
    }

    pub fn base64(&mut self, text: &str, span: Span) {
        if base64::engine::general_purpose::STANDARD.decode(text.trim()).is_err() {
            self.report(
                Diagnostic::error(&codes::INVALID_BYTES, span, "this isn't base64").with_help(
                    "base64 is written with A-Z, a-z, 0-9, `+` and `/`, padded with `=` to a multiple of four",
                ),
            );
        }
    }

    /// A file that is read must exist below the project's root.
    pub fn file(&mut self, literal: &'p StrLit) {
        let problem = match self.index.project.find_file(self.module, &literal.value) {
            Ok(_) => return,
            Err(problem) => problem,
        };
        let name = &literal.value;
        match problem {
            FileProblem::Outside => self.report(
                Diagnostic::error(
                    &codes::FILE_OUTSIDE,
                    literal.span,
                    format!("\"{name}\" lies outside the project's folder"),
                )
                .with_help("a spec reads only files of its own project: copy it below the project's folder"),
            ),
            FileProblem::Missing => {
                let path = self.index.project.folder_of(self.module).join(name);
                let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let beside = self.index.project.files.beside(&path);
                let help = match closest(&wanted, beside.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean \"{}\"?", name.replace(&wanted, near)),
                    None => "names of files are relative to the spec that they stand in".to_owned(),
                };
                self.report(
                    Diagnostic::error(&codes::FILE_MISSING, literal.span, format!("there is no file \"{name}\""))
                        .with_help(help),
                );
            }
        }
    }
}

/// The part that holds an offset, and the offset in it.
fn place(places: &[(usize, Span)], offset: usize) -> Option<(Span, usize)> {
    let at = places.partition_point(|(start, _)| *start <= offset).checked_sub(1)?;
    let (start, span) = places.get(at)?;
    Some((*span, offset - start))
}

/// The offset in a pattern as written (`\/`) of an offset in the pattern as compiled (`/`).
fn as_written(raw: &str, offset: usize) -> usize {
    let mut compiled = 0;
    let mut written = 0;
    while compiled < offset && written < raw.len() {
        let rest = raw.get(written..).unwrap_or_default();
        if rest.starts_with("\\/") {
            written += 2;
            compiled += 1;
            continue;
        }
        let len = rest.chars().next().map_or(1, char::len_utf8);
        written += len;
        compiled += len;
    }
    written
}

/// Where a byte of a string's value stands in the string as written, quotes and escapes counted. `None` for a multi-line string, whose lines
/// lose their indentation.
fn offset_in(raw: &str, offset: usize) -> Option<usize> {
    if raw.starts_with("\"\"\"") || raw.starts_with("'''") {
        return None;
    }
    let has_escapes = raw.starts_with('"');
    let (mut value, mut written) = (0, 1);
    while value < offset {
        let rest = raw.get(written..)?;
        let c = rest.chars().next()?;
        if !(has_escapes && c == '\\') {
            value += c.len_utf8();
            written += c.len_utf8();
            continue;
        }
        // One escape, one character; the value of `\u` may be any.
        let escaped = rest.chars().nth(1)?;
        if escaped == 'u' || !escaped.is_ascii() {
            return None;
        }
        value += 1;
        written += 2;
    }
    Some(written)
}
