use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    pub code: String,
    pub severity: super::word::Severity,
    pub message: String,
    pub help: Option<String>,
    pub span: Option<Span>,
    pub related: Vec<Related>,
    pub excerpts: Vec<Excerpt>,
    /// As the terminal shows it, without colours.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub drawing: String,
}

/// Columns count characters from 1, offsets bytes from 0; `end` is exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub file: String,
    pub start: Place,
    pub end: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub offset: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Related {
    pub message: String,
    pub span: Option<Span>,
}

/// What a server sent, with what is said of its parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Excerpt {
    pub name: String,
    pub text: String,
    pub labels: Vec<ExcerptLabel>,
}

/// Bytes of the excerpt's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExcerptLabel {
    pub start: usize,
    pub end: usize,
    pub message: String,
}
