use std::ops::Range;

use super::{Code, Fix, Help};
use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run could not mean what was written, or an expectation didn't hold.
    Error,
    /// It runs, but proves less than it seems, or leaks.
    Warning,
}

/// A place in a source, with a few words on its part in the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub message: String,
}

/// A text that isn't a spec (a response body, a frame, a schema) shown beside the spec, with ranges of it labelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What it is, for the header: `response body`, `frame 3 on chat`.
    pub name: String,
    pub text: String,
    /// Byte ranges of `text`, each with its words.
    pub labels: Vec<(Range<usize>, String)>,
}

/// One problem: a stable code, one sentence in the user's words, the exact span, what it clashes with, and a help that fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub severity: Severity,
    /// One sentence: what is wrong. Names and values are in backticks.
    pub message: String,
    pub span: Span,
    /// A few words under the span, when the message alone doesn't say what about it is wrong.
    pub label: Option<String>,
    /// What else takes part: where it was declared, what it clashes with.
    pub related: Vec<Label>,
    pub help: Option<String>,
    /// What the help says to write, as changes of the text.
    pub fix: Option<Fix>,
    /// Second sources, for example the response in which the offending value is labelled.
    pub excerpts: Vec<Excerpt>,
}

impl Diagnostic {
    pub fn new(severity: Severity, code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            span,
            label: None,
            related: Vec::new(),
            help: None,
            fix: None,
            excerpts: Vec::new(),
        }
    }

    pub fn error(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    pub fn warning(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    /// What to do about it: a whole corrected line where it can be computed, made by a [`Correction`](super::Correction), so that it is a fix too.
    pub fn with_help(mut self, help: impl Into<Help>) -> Self {
        let Help { text, fix } = help.into();
        self.help = Some(text);
        self.fix = fix;
        self
    }

    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label { span, message: message.into() });
        self
    }

    pub fn with_excerpt(mut self, excerpt: Excerpt) -> Self {
        self.excerpts.push(excerpt);
        self
    }

    /// The same of a text in which everything it points at has moved; nothing where a part of that is gone.
    pub fn moved(&self, to: impl Fn(Span) -> Option<Span>) -> Option<Self> {
        let Self { code, severity, message, span, label, related, help, fix, excerpts } = self;
        let labelled = |one: &Label| Some(Label { span: to(one.span)?, message: one.message.clone() });
        Some(Self {
            code,
            severity: *severity,
            message: message.clone(),
            span: to(*span)?,
            label: label.clone(),
            related: related.iter().map(labelled).collect::<Option<_>>()?,
            help: help.clone(),
            fix: match fix {
                Some(fix) => Some(fix.moved(&to)?),
                None => None,
            },
            excerpts: excerpts.clone(),
        })
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
