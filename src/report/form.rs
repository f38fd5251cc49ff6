//! The small forms that a report and the lines of a journal share.

use std::time::Duration;

use super::model;
use crate::diag;
use crate::judge::CredentialRecord;
use crate::source::{self, Sources};

/// Durations are milliseconds as numbers, to a microsecond.
pub(super) fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

pub(super) fn risk(risk: &crate::plan::AtRisk) -> model::TestRisk {
    model::TestRisk {
        amount: risk.money.amount,
        currency: risk.money.currency.to_owned(),
        per: risk.per.clone(),
        what: risk.what.clone(),
    }
}

pub(super) fn location(span: source::Span, sources: &Sources) -> Option<model::Location> {
    let file = sources.get(span.source)?;
    let at = file.position(span.start);
    Some(model::Location { file: file.name.clone(), line: at.line, column: at.column })
}

pub(super) fn span(span: source::Span, sources: &Sources) -> Option<model::Span> {
    let file = sources.get(span.source)?;
    let place = |offset| {
        let at = file.position(offset);
        model::Place { line: at.line, column: at.column, offset: at.offset }
    };
    Some(model::Span { file: file.name.clone(), start: place(span.start), end: place(span.end) })
}

pub(super) fn weakness(weak: crate::event::Weak) -> model::Weakness {
    model::Weakness { reason: weak.name().to_owned(), message: weak.words() }
}

/// A diagnostic without its drawing.
pub(super) fn diagnostic(one: &diag::Diagnostic, sources: &Sources) -> model::Diagnostic {
    diagnostic_at(one, &|of| span(of, sources))
}

/// The same, of places that something else knows.
pub(super) fn diagnostic_at(
    one: &diag::Diagnostic,
    place: &dyn Fn(source::Span) -> Option<model::Span>,
) -> model::Diagnostic {
    let related =
        one.related.iter().map(|label| model::Related { message: label.message.clone(), span: place(label.span) });
    let excerpts = one.excerpts.iter().map(|excerpt| model::Excerpt {
        name: excerpt.name.clone(),
        text: excerpt.text.clone(),
        labels: excerpt
            .labels
            .iter()
            .map(|(range, words)| model::ExcerptLabel { start: range.start, end: range.end, message: words.clone() })
            .collect(),
    });
    model::Diagnostic {
        code: one.code.name.to_owned(),
        severity: one.severity.into(),
        message: one.message.clone(),
        help: one.help.clone(),
        span: place(one.span),
        related: related.collect(),
        excerpts: excerpts.collect(),
        drawing: String::new(),
    }
}

pub(super) fn credential(one: &CredentialRecord) -> model::Credential {
    model::Credential {
        name: one.name.clone(),
        obtained_at_ms: one.obtained.iter().copied().map(ms).collect(),
        failed: one.failed.clone(),
    }
}
