//! What `check` found, for machines: JSON, and SARIF 2.1.0 (OASIS) for code scanning.
//!
//! Columns are counted in characters and in UTF-16 code units, by which the language server protocol counts.

use serde_json::{Value as Json, json};

use crate::diag::fix::Edit;
use crate::diag::{Diagnostic, Fix, Severity, codes};
use crate::source::{SourceFile, Sources, Span};

pub fn json(diagnostics: &[Diagnostic], files: usize, sources: &Sources) -> String {
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let list: Vec<Json> = diagnostics.iter().map(|one| diagnostic(one, sources)).collect();
    pretty(&json!({
        "schema": 1, "files": files, "errors": errors, "warnings": diagnostics.len() - errors, "diagnostics": list,
    }))
}

fn diagnostic(one: &Diagnostic, sources: &Sources) -> Json {
    let related: Vec<Json> = one
        .related
        .iter()
        .map(|label| json!({ "message": label.message, "span": span(label.span, sources) }))
        .collect();
    json!({
        "code": one.code.name,
        "severity": severity(one),
        "message": one.message,
        "help": one.help,
        "span": span(one.span, sources),
        "related": related,
        "fix": one.fix.as_ref().map(|fix| json!({
            "applicability": fix.applicability().word(),
            "edits": fix.edits().iter().map(|edit| json!({ "span": span(edit.span, sources), "text": edit.text })).collect::<Vec<_>>(),
        })),
    })
}

fn severity(one: &Diagnostic) -> &'static str {
    match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn span(span: Span, sources: &Sources) -> Option<Json> {
    let file = sources.get(span.source)?;
    let place = |offset| {
        let at = file.position(offset);
        json!({ "line": at.line, "column": at.column, "column_utf16": file.column_utf16(offset), "offset": at.offset })
    };
    Some(json!({ "file": file.name, "start": place(span.start), "end": place(span.end) }))
}

pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let rules = codes::all().map(|code| json!({ "id": code.name, "shortDescription": { "text": code.summary } }));
    let results: Vec<Json> = diagnostics.iter().map(|one| result(one, sources)).collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "e2e-dsl", "version": env!("CARGO_PKG_VERSION"), "rules": rules.collect::<Vec<_>>() } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn result(one: &Diagnostic, sources: &Sources) -> Json {
    let message = match &one.help {
        Some(help) => format!("{}\nhelp: {help}", one.message),
        None => one.message.clone(),
    };
    let place = sources.get(one.span.source).map(
        |file| json!({ "physicalLocation": { "artifactLocation": artifact(file), "region": region(one.span, file) } }),
    );
    let mut result = json!({
        "ruleId": one.code.name,
        "level": severity(one),
        "message": { "text": message },
        "locations": place.into_iter().collect::<Vec<_>>(),
    });
    if let (Some(fix), Some(fields)) = (&one.fix, result.as_object_mut()) {
        let words = one.help.as_deref().unwrap_or_default();
        fields.insert("fixes".to_owned(), json!([sarif_fix(fix, words, sources)]));
    }
    result
}

/// A `fix` object (SARIF 2.1.0, section 3.55): one change for each file.
fn sarif_fix(fix: &Fix, words: &str, sources: &Sources) -> Json {
    let mut changes: Vec<(&SourceFile, Vec<Json>)> = Vec::new();
    for Edit { span, text } in fix.edits() {
        let Some(file) = sources.get(span.source) else { continue };
        let replacement = json!({ "deletedRegion": region(*span, file), "insertedContent": { "text": text } });
        match changes.iter_mut().find(|(other, _)| other.id == file.id) {
            Some((_, replacements)) => replacements.push(replacement),
            None => changes.push((file, vec![replacement])),
        }
    }
    let changes: Vec<Json> = changes
        .into_iter()
        .map(|(file, replacements)| json!({ "artifactLocation": artifact(file), "replacements": replacements }))
        .collect();
    json!({
        "description": { "text": words },
        "artifactChanges": changes,
        "properties": { "applicability": fix.applicability().word() },
    })
}

fn artifact(file: &SourceFile) -> Json {
    json!({ "uri": file.name.replace('\\', "/") })
}

fn region(span: Span, file: &SourceFile) -> Json {
    let (start, end) = (file.position(span.start), file.position(span.end));
    json!({
        "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
        "byteOffset": span.start, "byteLength": span.len(),
    })
}

fn pretty(report: &Json) -> String {
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}
