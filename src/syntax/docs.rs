use super::ast::{Comment, Doc};
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::{LineIndex, SourceId, Span};

/// Doc comments, and which of them have been given to a declaration.
pub struct Docs {
    /// Of no text where there are no doc comments.
    lines: LineIndex,
    /// Doc comments that are alone on their lines, and whether a declaration took them.
    comments: Vec<(Comment, usize, bool)>,
}

impl Docs {
    pub fn new(text: &str, comments: &[Comment]) -> Self {
        let lines = if comments.iter().any(|comment| comment.doc) { LineIndex::new(text) } else { LineIndex::new("") };
        let comments = comments
            .iter()
            .filter(|comment| comment.doc)
            .map(|comment| (*comment, lines.line_of(comment.span.start), false))
            .collect();
        Self { lines, comments }
    }

    /// The run of doc comments that ends on the line above `span`, each alone on its line.
    pub fn take_before(&mut self, source: SourceId, text: &str, span: Span) -> Option<Doc> {
        if self.comments.is_empty() {
            return None;
        }
        let mut line = self.lines.line_of(span.start);
        let end = self.comments.partition_point(|(comment, _, _)| comment.span.start < span.start);
        let mut start = end;
        while let Some((comment, at, _)) = start.checked_sub(1).and_then(|before| self.comments.get(before)) {
            let line_start = self.lines.line_start(*at, text) as usize;
            let before = text.get(line_start..comment.span.start as usize).unwrap_or_default();
            if at + 1 != line || !before.trim_start_matches('\u{feff}').trim().is_empty() {
                break;
            }
            line = *at;
            start -= 1;
        }
        let run = self.comments.get_mut(start..end)?;
        let (first, last) = (run.first()?.0.span, run.last()?.0.span);
        let mut texts = Vec::with_capacity(run.len());
        for (comment, _, taken) in run {
            *taken = true;
            let line = text.get(comment.span.start as usize..comment.span.end as usize).unwrap_or_default();
            let line = line.strip_prefix("##").unwrap_or(line);
            texts.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
        }
        Some(Doc { text: texts.join("\n"), span: Span::new(source, first.start as usize, last.end as usize) })
    }

    /// A warning for each run of doc comments that no declaration took.
    pub fn stray(&self) -> Vec<Diagnostic> {
        let mut warnings: Vec<Diagnostic> = Vec::new();
        let mut last_line = None;
        for (comment, line, taken) in &self.comments {
            let goes_on = last_line.is_some_and(|last: usize| last + 1 == *line);
            if *taken {
                last_line = None;
                continue;
            }
            last_line = Some(*line);
            if goes_on {
                continue;
            }
            warnings.push(
                Diagnostic::warning(
                    &codes::STRAY_DOC_COMMENT,
                    comment.span,
                    "this doc comment isn't directly above a declaration, so nothing shows it",
                )
                .with_help(Correction::replace(comment.span.slice(0, 2), "#").help(|sign| format!(
                    "move it onto the line above a suite, test, hook, flow, shape or field, or write `{sign}` for an ordinary comment"
                ))),
            );
        }
        warnings
    }
}
