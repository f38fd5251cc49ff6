//! What can be known of a regex without compiling it, which may cost as much as all else of a file's check.

use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::utf8::Utf8Sequences;

/// Bytes that are estimated for a state, more than any takes.
const STATE: usize = 80;
/// How many states the bytes of one character need at most.
const STATES_OF_CHARACTER: usize = 4;

/// More than the bytes that a compiled regex takes, searched forwards or backwards.
pub fn bound(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => STATE.saturating_mul(literal.0.len() + 1),
        HirKind::Class(Class::Unicode(class)) => {
            let sequences: usize =
                class.iter().map(|range| Utf8Sequences::new(range.start(), range.end()).count()).sum();
            sequences.saturating_mul(STATES_OF_CHARACTER).saturating_add(2).saturating_mul(STATE)
        }
        HirKind::Class(Class::Bytes(class)) => class.ranges().len().saturating_add(2).saturating_mul(STATE),
        HirKind::Repetition(repetition) => {
            // Each time has a copy; what has no end has one that leads back.
            let times = repetition.max.unwrap_or(repetition.min).max(repetition.min).max(1) as usize;
            bound(&repetition.sub).saturating_add(2 * STATE).saturating_mul(times + 1)
        }
        HirKind::Capture(capture) => bound(&capture.sub).saturating_add(4 * STATE),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(bound).fold(2 * STATE, |all, part| all.saturating_add(part).saturating_add(STATE))
        }
    }
}
