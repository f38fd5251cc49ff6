use super::{Failure, LoadResult};
use crate::diag::Diagnostic;
use crate::source::Span;

/// How many kinds of failures are explained; the rest is only counted.
const EXPLAINED: usize = 10;

impl LoadResult {
    /// One diagnostic for each kind of failure, that of the most first, which says how many there were. `kept`: those of each iteration that is kept whole.
    pub fn explained(&self, kept: &[&[Diagnostic]]) -> Vec<Diagnostic> {
        let mut failures: Vec<(&Failure, u64, &str)> = Vec::new();
        for (failure, count, message) in self.ended.total.failures.each().filter(|(failure, ..)| !failure.is_excused) {
            // A request that a threshold is about and one that none is about fail alike.
            let alike = |other: &&mut (&Failure, u64, &str)| {
                let (a, b) = (other.0, failure);
                (a.kind, a.close_code, &a.code, a.scenario, a.step)
                    == (b.kind, b.close_code, &b.code, b.scenario, b.step)
            };
            match failures.iter_mut().find(alike) {
                Some((_, all, _)) => *all += count,
                None => failures.push((failure, count, message)),
            }
        }
        failures.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let mut all: Vec<Diagnostic> = Vec::new();
        let mut known = vec![false; kept.len()];
        let messages: Vec<&str> = failures.iter().map(|(_, _, message)| *message).collect();
        for (failure, count, message) in failures {
            let fits = |one: &Diagnostic| one.code.name == failure.code && is_within(one.span, failure.step);
            let found = || kept.iter().flat_map(|own| own.iter()).filter(|one| fits(one));
            for (own, known) in kept.iter().zip(&mut known) {
                *known |= own.iter().any(fits);
            }
            // Two kinds of failures may differ in what they say alone: a status of 404, and one of 503.
            let first = found().find(|one| one.message == message);
            // The very first one need not be among those that are kept; another one is as good that isn't the first of its own.
            let first = first.or_else(|| found().find(|one| !messages.contains(&one.message.as_str())));
            if let Some(first) = first.filter(|_| all.len() < EXPLAINED) {
                all.push(counted(first, &self.words(failure, count)));
            }
        }
        // What is kept and can't be matched with its count is explained all the same.
        for (own, _) in kept.iter().zip(known).filter(|(_, known)| !known) {
            let Some(first) = own.first() else { continue };
            let is_known = all.iter().any(|one| one.code == first.code && one.span == first.span);
            if all.len() < EXPLAINED && !is_known {
                all.push(first.clone());
            }
        }
        all
    }

    /// `40 of 41 requests like this`
    fn words(&self, failure: &Failure, count: u64) -> String {
        let total = &self.ended.total;
        let requests = total.requests.iter().filter(|(asked, _)| asked.step == failure.step);
        let (of, noun) = match (failure.request, failure.scenario) {
            (Some(_), Some(scenario)) => {
                let own = requests.filter(|(asked, _)| asked.scenario == scenario);
                (own.map(|(_, requests)| requests.count()).sum(), "requests")
            }
            (None, Some(scenario)) => {
                (total.iterations.get(&scenario).map_or(0, |one| one.passed + one.failed), "rounds")
            }
            (_, None) => (0, "users"),
        };
        match of {
            of if of >= count && of > 0 => format!("{count} of {of} {noun} like this"),
            _ if count == 1 => "once".to_owned(),
            _ => format!("{count} times"),
        }
    }
}

fn is_within(span: Span, step: Span) -> bool {
    span.source == step.source && (step.start..=step.end).contains(&span.start)
}

fn counted(diagnostic: &Diagnostic, words: &str) -> Diagnostic {
    let label = diagnostic.label.as_ref().map_or_else(|| words.to_owned(), |own| format!("{own}; {words}"));
    diagnostic.clone().with_label(label)
}
