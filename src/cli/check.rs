use serde_json::json;

use super::args::{Check, CheckFormat, Color, Deny};
use super::exit::Exit;
use super::output::Output;
use crate::diag::{Diagnostic, Severity, codes};
use crate::project::{Files, Options, Project};
use crate::report::{github, json};

pub fn main(args: &Check, color: Color) -> Exit {
    let output = Output::new(color);
    let project = crate::project::load(
        &Files::disk(),
        &Options { paths: args.paths.clone(), outlines: true, ..Options::default() },
    );
    let diagnostics = crate::check::listed(&project);
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    match args.format {
        CheckFormat::Text => text(&diagnostics, errors, warnings, &project, &output),
        CheckFormat::Json => output.print_json(&json_text(&diagnostics, errors, warnings, &project)),
        CheckFormat::Sarif => output.print_json(&sarif(&diagnostics, &project)),
        CheckFormat::Github => {
            let lines: Vec<String> =
                diagnostics.iter().map(|one| github::annotation(one, &project.sources) + "\n").collect();
            output.print(&lines.concat());
        }
    }
    // The process ends here: taking thousands of trees apart would only cost time.
    std::mem::forget(project);
    if errors > 0 || (warnings > 0 && args.deny == Some(Deny::Warnings)) { Exit::Diagnostics } else { Exit::Ok }
}

fn text(diagnostics: &[Diagnostic], errors: usize, warnings: usize, project: &Project, output: &Output) {
    output.diagnostics(diagnostics, &project.sources);
    let files = project.roots.len();
    let counted =
        |number: usize, noun: &str| if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") };
    let verdict = match (errors, warnings) {
        (0, 0) => "no problems".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    output.error(&format!("{verdict} in {}\n", counted(files, "file")));
}

fn json_text(diagnostics: &[Diagnostic], errors: usize, warnings: usize, project: &Project) -> String {
    let list: Vec<serde_json::Value> = diagnostics
        .iter()
        .map(|one| {
            let mut value = json::diagnostic(one, &project.sources);
            if let Some(fields) = value.as_object_mut() {
                fields.remove("excerpts");
            }
            value
        })
        .collect();
    let report = json!({ "schema": 1, "files": project.roots.len(), "errors": errors, "warnings": warnings, "diagnostics": list });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

/// SARIF 2.1.0 (OASIS), for code scanning.
fn sarif(diagnostics: &[Diagnostic], project: &Project) -> String {
    let rules = codes::all().map(|code| json!({ "id": code.name, "shortDescription": { "text": code.summary } }));
    let results = diagnostics.iter().map(|one| {
        let level = if one.severity == Severity::Error { "error" } else { "warning" };
        let message = match &one.help {
            Some(help) => format!("{}\nhelp: {help}", one.message),
            None => one.message.clone(),
        };
        let place = project.sources.get(one.span.source).map(|file| {
            let (start, end) = (file.position(one.span.start), file.position(one.span.end));
            json!({ "physicalLocation": {
                "artifactLocation": { "uri": file.name.replace('\\', "/") },
                "region": {
                    "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
                    "byteOffset": one.span.start, "byteLength": one.span.len(),
                },
            } })
        });
        json!({ "ruleId": one.code.name, "level": level, "message": { "text": message }, "locations": place.into_iter().collect::<Vec<_>>() })
    });
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "e2e-dsl", "version": env!("CARGO_PKG_VERSION"), "rules": rules.collect::<Vec<_>>() } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
