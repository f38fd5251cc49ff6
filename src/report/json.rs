//! `test_results.json`: a stable, documented form (`docs/test_results.schema.json`). Fields may be added, never renamed.

use serde_json::Value as Json;
use serde_json::error::Category;

use super::model;

/// The whole report as text, ending with a line end.
pub fn render(report: &model::Report) -> String {
    serde_json::to_string_pretty(report).unwrap_or_else(|_| "{}".to_owned()) + "\n"
}

/// Why a file is no report, in the words that follow its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// `isn't JSON: …`
    NoJson(String),
    /// JSON of something else.
    Foreign(String),
    /// The version of its form, which is one to come.
    Newer { schema: u64, version: Option<String> },
    /// A report whose fields aren't as they must be.
    Broken(String),
}

/// What distinguishes a report from other JSON.
#[derive(serde::Deserialize)]
struct Head {
    schema: Option<Json>,
    tool: Option<Json>,
    tests: Option<serde::de::IgnoredAny>,
}

/// Reads a report again.
///
/// # Errors
///
/// What is no report of this or an earlier version's, and why.
pub fn parse(text: &str) -> Result<model::Report, Unreadable> {
    let head: Head = serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => Unreadable::Foreign("it isn't an object".to_owned()),
        Category::Eof => {
            let line = text.lines().count();
            Unreadable::NoJson(format!("it ends in the middle, on line {line}"))
        }
        _ => Unreadable::NoJson(format!("see line {}, column {}", error.line(), error.column())),
    })?;
    let there = [("schema", head.schema.is_some()), ("tool", head.tool.is_some()), ("tests", head.tests.is_some())];
    let missing: Vec<String> = there.iter().filter(|(_, there)| !there).map(|(name, _)| format!("`{name}`")).collect();
    let Some(schema) = head.schema.as_ref().and_then(Json::as_u64).filter(|_| missing.is_empty()) else {
        return Err(Unreadable::Foreign(match missing.as_slice() {
            [] => "its `schema` isn't a number".to_owned(),
            missing => format!("it has no {}", missing.join(", no ")),
        }));
    };
    if schema > u64::from(model::SCHEMA) {
        let version = head.tool.and_then(|tool| tool["version"].as_str().map(str::to_owned));
        return Err(Unreadable::Newer { schema, version });
    }
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let field = words.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        Unreadable::Broken(match field {
            Some(field) => format!("`{field}` is missing"),
            None => {
                let (line, column) = (error.line(), error.column());
                format!("the value at line {line}, column {column} is of another kind than it must be")
            }
        })
    })
}
