use base64::Engine as _;

use super::cx::Cx;
use super::scope::Scope;
use super::types::Ty;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::project::FileProblem;
use crate::source::Span;
use crate::syntax::ast::{JsonPathLit, RegexLit, StrLit};
use crate::value::{Css, JsonPath, XPath, XPathKind};

impl<'p> Cx<'p> {
    /// Compiles a JSONPath, and looks up the names in it. `None` when it isn't valid.
    pub fn json_path(&mut self, scope: &mut Scope<'p>, literal: &'p JsonPathLit) -> Option<JsonPath> {
        if self.interpolated(literal) {
            return None;
        }
        let path = match &literal.path {
            Ok(path) => path,
            Err(error) => {
                let span = literal.span.slice(error.start, error.end);
                let span = if span.is_empty() { literal.span } else { span };
                let help = "a path looks like `$.items[0].id`, `$.items[*].id`, `$[\"content-type\"]` or `$.items[?@.price > 10]` (RFC 9535)";
                self.report(Diagnostic::error(&codes::INVALID_JSONPATH, span, error.message.as_str()).with_help(help));
                return None;
            }
        };
        for (name, expr) in path.names().iter().zip(&literal.names) {
            let ty = self.expr(scope, expr);
            let fits = match name.is_key {
                true => matches!(ty, Ty::Unknown | Ty::String | Ty::Number | Ty::Secret),
                false => matches!(ty, Ty::Unknown | Ty::String | Ty::Number | Ty::Secret | Ty::Bool | Ty::Null),
            };
            if !fits {
                let (message, help) = if name.is_key {
                    (format!("{} is no key of a path", ty.words()), "keys are strings, indices whole numbers")
                } else {
                    let message = format!("{} can't be compared with anything in JSON", ty.words());
                    (message, "a name in a filter is worth a string, a number, `true`, `false` or `null`")
                };
                self.report(Diagnostic::error(&codes::BAD_OPERANDS, expr.span, message).with_help(help));
            }
        }
        Some(path.clone())
    }

    /// `{{…}}` has no meaning in a path: it would be compared as the characters that it is.
    fn interpolated(&mut self, literal: &JsonPathLit) -> bool {
        let Some(start) = literal.text.find("{{") else { return false };
        let rest = literal.text.get(start..).unwrap_or_default();
        let len = rest.find("}}").map_or("{{".len(), |close| close + "}}".len());
        let inner = rest.get("{{".len()..len).and_then(|inner| inner.strip_suffix("}}")).unwrap_or_default().trim();
        let is_name = inner.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let quoted = |quote: char| {
            let before = literal.text.get(..start).is_some_and(|before| before.ends_with(quote));
            before && rest.get(len..).is_some_and(|after| after.starts_with(quote))
        };
        let help = if is_name && (quoted('"') || quoted('\'')) {
            Correction::replace(literal.span.slice(start.saturating_sub(1), start + len + 1), inner)
                .help(|name| format!("write the bare name: `{name}`; a literal `{{{{` is written `\\u007b{{`"))
        } else {
            "name the whole text before, `let text = \"…\"`, and write the bare name `text` here; a literal `{{` is written `\\u007b{`"
                .into()
        };
        let message = "nothing is interpolated in a JSONPath: this would be taken as the characters that it is";
        let span = literal.span.slice(start, start + len);
        self.report(Diagnostic::error(&codes::INVALID_JSONPATH, span, message).with_help(help));
        true
    }

    /// Reports a regex that isn't valid.
    pub fn regex(&mut self, literal: &RegexLit) {
        let Err(error) = self.index.regexes.known(literal) else { return };
        let (span, help) = if error.flag {
            let flags = literal.span.len() - literal.flags.len();
            (literal.span.slice(flags + error.start, flags + error.end), "remove the flag")
        } else {
            let raw = self.text(literal.pattern_span);
            let (start, end) = (as_written(raw, error.start), as_written(raw, error.end));
            let help = if error.message.contains("look-around") || error.message.contains("backreference") {
                "regexes here match in linear time, so they have neither look-around nor backreferences; use two expectations"
            } else {
                "fix the regex; a special character that is meant as itself takes a backslash: `\\(`, `\\[`, `\\.`"
            };
            (literal.pattern_span.slice(start, end), help)
        };
        let span = if span.is_empty() { literal.span } else { span };
        let message = if error.flag { error.message } else { format!("this regex isn't valid: {}", error.message) };
        self.report(Diagnostic::error(&codes::INVALID_REGEX, span, message).with_help(help));
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
            Some(near) if self.text(span) == wrong => Correction::replace(span, near).did_you_mean(),
            Some(near) => format!("did you mean `{near}`?").into(),
            None => {
                "a path looks like `//a[@href='/x']`, `//li[2]/text()`, `string(//h1)` or `count(//li)` (XPath 1.0)"
                    .into()
            }
        };
        self.report(Diagnostic::error(&codes::INVALID_XPATH, span, error.message).with_help(help));
        Ty::Unknown
    }

    pub fn css(&mut self, literal: &StrLit) {
        if Css::compile(&literal.value).is_none() {
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

    /// A file that is read must exist below the project's root, and be what its ending says.
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
                    Some(near) => {
                        Correction::replace(literal.span, crate::syntax::quoted(&name.replace(&wanted, near)))
                            .help(|name| format!("did you mean {name}?"))
                    }
                    None => "names of files are relative to the spec that they are in".into(),
                };
                self.report(
                    Diagnostic::error(&codes::FILE_MISSING, literal.span, format!("there is no file \"{name}\""))
                        .with_help(help),
                );
            }
        }
    }
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

/// Where a byte of a string's value is in the string as written, quotes and escapes counted. `None` for a multi-line string, whose lines
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
