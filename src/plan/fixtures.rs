//! What a spec takes from files, and what must be known before a run: `check` and the plan ask the same functions, so that neither refuses what the
//! other lets pass.

use super::lower::Values;
use super::{Environment, FileContent, constant, files};
use std::ops::Range;

use crate::diag::{Diagnostic, Excerpt, codes};
use crate::project::{ModuleId, Project};
use crate::source::Span;
use crate::syntax::ast::{Expr, StrLit};
use crate::value::{Json, Schema, Value, json_place};

/// The content of a file that a spec names.
///
/// # Errors
/// It can't be read, is too large, lies outside of the project, or isn't what its ending says.
pub fn fixture(project: &Project, module: ModuleId, literal: &StrLit) -> Result<FileContent, Box<Diagnostic>> {
    files::read(project, module, &literal.value).map_err(|reason| not_read(literal, &reason))
}

/// The content of a file whose bytes are sent as they are, whatever its ending says.
///
/// # Errors
/// It can't be read, is too large, or lies outside of the project.
pub fn raw_fixture(project: &Project, module: ModuleId, literal: &StrLit) -> Result<FileContent, Box<Diagnostic>> {
    files::read_raw(project, module, &literal.value).map_err(|reason| not_read(literal, &reason))
}

/// The query of GraphQL in a file that a spec names, without a byte order mark.
///
/// # Errors
/// Those of [`raw_fixture`], and a file that isn't text in UTF-8, or holds nothing but what GraphQL ignores (October 2021, section 2.1.7): white space,
/// commas and comments.
pub fn query(project: &Project, module: ModuleId, literal: &StrLit) -> Result<String, Box<Diagnostic>> {
    let content = raw_fixture(project, module, literal)?;
    let text = std::str::from_utf8(&content.bytes).map_err(|error| {
        let before = String::from_utf8_lossy(content.bytes.get(..error.valid_up_to()).unwrap_or_default());
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let reason = format!("isn't text in UTF-8: in line {line}, column {column}, the byte can't be read");
        no_query(literal, &reason, "a query is text: save the file as UTF-8")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let is_ignored = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        code.chars().all(|c| matches!(c, ' ' | '\t' | ',' | '\u{feff}'))
    };
    if text.split(['\n', '\r']).all(is_ignored) {
        return Err(no_query(literal, "holds no query", "give it one, such as `{ threads { id } }`"));
    }
    Ok(text.to_owned())
}

fn no_query(literal: &StrLit, reason: &str, help: &str) -> Box<Diagnostic> {
    let message = format!("the file \"{}\" {reason}", literal.value);
    Box::new(Diagnostic::error(&codes::FILE_NOT_READ, literal.span, message).with_help(help))
}

fn not_read(literal: &StrLit, reason: &str) -> Box<Diagnostic> {
    let message = format!("the file \"{}\" {reason}", literal.value);
    Box::new(
        Diagnostic::error(&codes::FILE_NOT_READ, literal.span, message)
            .with_help("files are named relative to the spec, and lie below the project's folder"),
    )
}

/// A JSON Schema in a file that a spec names, compiled, with the file's name.
///
/// # Errors
/// Those of [`fixture`], and a file that isn't JSON, names a member twice, or is no usable JSON Schema: at its place in the file.
pub fn schema(project: &Project, module: ModuleId, literal: &StrLit) -> Result<(String, Schema), Box<Diagnostic>> {
    let content = raw_fixture(project, module, literal)?;
    let text = String::from_utf8_lossy(&content.bytes);
    let bad = |reason: String, place: Range<usize>| {
        let message = format!("the schema \"{}\" {reason}", literal.value);
        Box::new(
            Diagnostic::error(&codes::BAD_SCHEMA, literal.span, message)
                .with_help("a schema is a JSON file by json-schema.org; references to other documents aren't followed")
                .with_excerpt(lines_around(&literal.value, &text, place)),
        )
    };
    let json = Json::read(&content.bytes)
        .map_err(|fault| bad(format!("isn't valid JSON: {fault}"), fault.offset..fault.offset + 1))?;
    let schema = Schema::compile(json).map_err(|fault| bad(fault.reason, json_place(&text, &fault.way)))?;
    Ok((content.name, schema))
}

/// The lines of a file around a place in it, which is labelled.
fn lines_around(name: &str, text: &str, place: Range<usize>) -> Excerpt {
    const AROUND: usize = 3;
    let back = |from: usize| text.get(..from).and_then(|before| before.rfind('\n'));
    let mut boundary = place.start.min(text.len());
    while !text.is_char_boundary(boundary) {
        boundary -= 1;
    }
    let mut start = boundary;
    for _ in 0..=AROUND {
        start = back(start).unwrap_or(0);
    }
    let start = if text.get(start..).is_some_and(|rest| rest.starts_with('\n')) { start + 1 } else { start };
    let shown: Vec<&str> = text.get(start..).unwrap_or_default().lines().take(2 * AROUND + 1).collect();
    let shown = shown.join("\n");
    let from = (boundary - start).min(shown.len());
    let end_of_line = shown.get(from..).and_then(|rest| rest.find('\n')).map_or(shown.len(), |end| from + end);
    let to = place.end.saturating_sub(start).clamp(from, end_of_line);
    let to = (to..=end_of_line).find(|at| shown.is_char_boundary(*at)).unwrap_or(end_of_line);
    let line = text.get(..boundary).unwrap_or_default().matches('\n').count() + 1;
    Excerpt {
        name: format!("{name}, line {line}"),
        text: shown,
        labels: vec![(from..to, "this can't be used".to_owned())],
    }
}

/// Keywords that say something of a schema and ask nothing of a value.
const SAID: [&str; 14] = [
    "$schema",
    "$id",
    "id",
    "$comment",
    "$anchor",
    "$defs",
    "definitions",
    "$vocabulary",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
];

/// Keywords that ask something, or hold schemas that may (JSON Schema 2020-12 and the drafts before it).
const ASKED: [&str; 52] = [
    "type",
    "enum",
    "const",
    "not",
    "oneOf",
    "anyOf",
    "allOf",
    "if",
    "then",
    "else",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "extends",
    "multipleOf",
    "divisibleBy",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "maxItems",
    "minItems",
    "uniqueItems",
    "contains",
    "maxContains",
    "minContains",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "properties",
    "patternProperties",
    "propertyNames",
    "additionalProperties",
    "unevaluatedProperties",
    "disallow",
    "nullable",
    "propertyDependencies",
    "requires",
];

/// Of a schema that asks nothing of any value: the first keyword that isn't one, or nothing where there is none at all. `None` where it may ask.
pub fn asks_nothing(schema: &Json) -> Option<Option<String>> {
    let Some(keywords) = schema.as_object() else { return (schema.as_bool() == Some(true)).then_some(None) };
    let mut names = keywords.keys().map(|name| -> &str { name });
    if names.any(|name| ASKED.contains(&name)) {
        return None;
    }
    let mut names = keywords.keys().map(|name| -> &str { name });
    Some(names.find(|name| !SAID.contains(name)).map(str::to_owned))
}

/// What an expression is worth that is made of literals and files; `None` of one that an environment or a run must complete.
pub fn known(project: &Project, module: ModuleId, expr: &Expr) -> Option<Value> {
    let expr = Values::new(project, Environment::default()).expr(module, expr);
    constant::value(&expr, &Environment::default().values)
}

/// The cases of a test: a list that is known before it runs, and isn't empty.
///
/// # Errors
/// It isn't known, isn't a list, or is empty.
pub fn cases(list: Option<&Value>, span: Span) -> Result<Vec<Value>, Box<Diagnostic>> {
    match list.and_then(Value::elements) {
        None => Err(cases_unknown(span)),
        Some(values) if values.is_empty() => Err(no_cases(span)),
        Some(values) => Ok(values),
    }
}

/// What must be known to lay out a test isn't.
pub fn cases_unknown(span: Span) -> Box<Diagnostic> {
    let message = "the cases of this test aren't known before it runs";
    Box::new(
        Diagnostic::error(&codes::CASES_UNKNOWN, span, message).with_help(
            "give a list: `[…]`, a range such as `1..10`, `file \"cases.csv\"`, or a value of the environment",
        ),
    )
}

pub fn no_cases(span: Span) -> Box<Diagnostic> {
    let message = "this list is empty, so the test would never run";
    Box::new(Diagnostic::error(&codes::NO_CASES, span, message).with_help("give at least one case, or remove the test"))
}

/// A limit that can't be known beforehand, or isn't of the kind that is measured, would be none: nothing is begun with it. `written` is its text, `wanted` says
/// what it must be: `a duration, such as ‹30s›`.
pub fn no_limit(written: &str, span: Span, wanted: &str) -> Diagnostic {
    Diagnostic::error(&codes::PLAN_LIMIT, span, format!("`{written}` isn't {wanted}")).with_help(
        "what the limits of a plan, a load or a probe are must be known before the run begins; a value of the environment must be of the same kind, also when it comes from outside",
    )
}
