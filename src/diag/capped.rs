use std::collections::HashMap;

use super::{Diagnostic, Severity, codes};
use crate::source::{SourceId, Span};

/// How many errors, and how many warnings, of one file are kept.
pub const MAX_PER_FILE: usize = 500;

/// Diagnostics of any number of files, of which a bounded number is kept for each; the others are counted.
#[derive(Clone, Debug, Default)]
pub struct Capped {
    kept: Vec<Diagnostic>,
    counts: HashMap<SourceId, Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Kept, and left out.
    errors: [usize; 2],
    warnings: [usize; 2],
    /// The file wasn't looked at to its end.
    is_cut: bool,
}

impl Counts {
    fn of(&mut self, severity: Severity) -> &mut [usize; 2] {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        }
    }
}

impl Capped {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let [kept, left_out] = self.counts.entry(diagnostic.span.source).or_default().of(diagnostic.severity);
        // What is in no file is of the whole: there is little of it.
        if *kept < MAX_PER_FILE || diagnostic.span.is_nowhere() {
            *kept += 1;
            self.kept.push(diagnostic);
        } else {
            *left_out += 1;
        }
    }

    /// How many were given, kept or not.
    pub fn len(&self) -> usize {
        self.counts.values().map(|counts| counts.errors.iter().chain(&counts.warnings).sum::<usize>()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether no more of this severity is kept of a file.
    pub fn is_full(&self, source: SourceId, severity: Severity) -> bool {
        self.room(source, severity) == 0
    }

    /// How many more of this severity are kept of a file.
    pub fn room(&self, source: SourceId, severity: Severity) -> usize {
        let kept = self.counts.get(&source).map_or(0, |counts| counts.clone().of(severity)[0]);
        MAX_PER_FILE.saturating_sub(kept)
    }

    /// Notes that a file isn't looked at further, since it has so many errors.
    pub fn cut(&mut self, source: SourceId) {
        self.counts.entry(source).or_default().is_cut = true;
    }

    pub fn kept(&self) -> &[Diagnostic] {
        &self.kept
    }

    /// Takes in what another has kept and left out.
    pub fn absorb(&mut self, other: Capped) {
        for (source, theirs) in other.counts {
            let own = self.counts.entry(source).or_default();
            own.errors[1] += theirs.errors[1];
            own.warnings[1] += theirs.warnings[1];
            own.is_cut |= theirs.is_cut;
        }
        for diagnostic in other.kept {
            self.push(diagnostic);
        }
    }

    /// Those that were kept, by file and place, each once; for each file of which some are left out, one more that says how many.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        let mut all = std::mem::take(&mut self.kept);
        // What is in no file keeps the order in which it was found, and is distinguished by its words alone.
        all.sort_by(|a, b| match a.span.is_nowhere() && b.span.is_nowhere() {
            true => std::cmp::Ordering::Equal,
            false => (a.span, a.code.name, &a.message).cmp(&(b.span, b.code.name, &b.message)),
        });
        all.dedup_by(|a, b| a.span == b.span && a.code == b.code && (!a.span.is_nowhere() || a.message == b.message));
        for (source, counts) in self.counts {
            let more = counts.errors[1] + counts.warnings[1];
            if more == 0 && !counts.is_cut {
                continue;
            }
            let is_error = counts.errors[1] > 0 || counts.is_cut;
            let severity = if is_error { Severity::Error } else { Severity::Warning };
            let last = all.iter().rev().find(|one| one.span.source == source).map_or(0, |last| last.span.end as usize);
            let noun = if more == 1 { "problem" } else { "problems" };
            let message = match (more, counts.is_cut) {
                (0, _) => "… and maybe more: the rest of this file isn't checked".to_owned(),
                (more, true) => format!("… and at least {} more {noun} in this file", grouped(more)),
                (more, false) => format!("… and {} more {noun} in this file", grouped(more)),
            };
            let help = format!(
                "fix those above first: of a file, at most {MAX_PER_FILE} errors and {MAX_PER_FILE} warnings are shown, and after so many errors it isn't checked further"
            );
            all.push(
                Diagnostic::new(severity, &codes::TOO_MANY_PROBLEMS, Span::new(source, last, last), message)
                    .with_help(help),
            );
        }
        all.sort_by_key(|one| (one.span.source, one.span.start));
        all
    }
}

impl Extend<Diagnostic> for Capped {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, more: I) {
        more.into_iter().for_each(|one| self.push(one));
    }
}

impl FromIterator<Diagnostic> for Capped {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(all: I) -> Self {
        let mut capped = Self::default();
        capped.extend(all);
        capped
    }
}

/// `12,345`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted_for_each_file() {
        let warning = |source: u32, at: usize| {
            Diagnostic::warning(&codes::UNUSED_NAME, Span::new(SourceId(source), at, at + 1), format!("{at}"))
        };
        let mut capped: Capped = (0..12_845).map(|at| warning(0, at)).collect();
        capped.absorb((0..3).map(|at| warning(1, at)).collect());
        capped.absorb((20_000..20_700).map(|at| warning(0, at)).collect());
        let all = capped.into_sorted();
        assert_eq!(all.len(), MAX_PER_FILE + 1 + 3);
        assert_eq!(all[MAX_PER_FILE].message, "… and 13,045 more problems in this file");
        assert_eq!(*all[MAX_PER_FILE].code, codes::TOO_MANY_PROBLEMS);
        assert_eq!([1, 12, 123, 1_234, 1_234_567].map(grouped), ["1", "12", "123", "1,234", "1,234,567"]);
    }
}
