//! What flows read of the environments that the suites that call them run on.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::calls::{is_std, reaching};
use super::cx::{BodyFacts, BodyOf};
use super::index::Index;
use super::lints::environments;
use crate::diag::{Capped, Severity};
use crate::project::DeclRef;
use crate::source::Span;

type Decls<'f> = HashMap<DeclRef, &'f BodyFacts>;

/// Values that a flow reads, in the environments of the suites that call it.
pub(super) fn values(index: &Index<'_>, bodies: &[&BodyFacts], decls: &Decls<'_>, diagnostics: &mut Capped) {
    // What no environment has was reported when the flow was walked, and what all have can't be missing.
    let is_partial = |name: &str| {
        let having = index.having(name).len();
        having > 0 && having < index.environments.len()
    };
    let reads = |facts: &BodyFacts| facts.env.iter().any(|(name, _)| is_partial(name));
    let relevant = reaching(decls, reads);
    if relevant.is_empty() {
        return;
    }
    let on = environments_of(index, bodies, decls, &relevant);
    let mut sorted: Vec<(&DeclRef, &Set)> = on.iter().collect();
    sorted.sort_unstable_by_key(|(decl, _)| **decl);
    let mut ways = HashMap::new();
    for (decl, environments) in sorted {
        let Some(facts) = decls.get(decl) else { continue };
        for (name, span) in facts.env.iter().filter(|(name, _)| is_partial(name)) {
            let missing = environments.without(index.having(name));
            let Some(first) = missing.first() else { continue };
            if diagnostics.is_full(span.source, Severity::Error) {
                // It is only counted.
                diagnostics.push(environments::missing_value(index, &[], name, *span));
                continue;
            }
            let calls = ways.entry(*first).or_insert_with(|| calls_in(index, bodies, decls, *first));
            let Some(call) = calls.get(decl) else { continue };
            let known: Vec<_> = missing.iter().filter_map(|at| index.environments.get(*at)).collect();
            // A text of the standard library can't be fixed, so the call that leads to it is reported.
            let (span, related) = if is_std(index, *decl) { (*call, *span) } else { (*span, *call) };
            diagnostics.push(
                environments::missing_value(index, &known, name, span)
                    .with_related(related, "used by this call, in a suite that runs there"),
            );
        }
    }
}

/// A set of environments: a bit for each, so that many sets are joined without looking at each member.
#[derive(Clone, Default, PartialEq)]
struct Set(Vec<u64>);

impl Set {
    fn of(environments: &[usize], index: &Index<'_>) -> Self {
        let mut bits = vec![0; index.environments.len().div_ceil(64)];
        for at in environments {
            if let Some(word) = bits.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        }
        Self(bits)
    }

    /// Whether there was anything to add.
    fn add(&mut self, other: &Set) -> bool {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut grew = false;
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            grew |= *more & !*word != 0;
            *word |= more;
        }
        grew
    }

    /// The members that aren't among some others, in order.
    fn without(&self, others: &[usize]) -> Vec<usize> {
        let mut words = self.0.clone();
        for at in others {
            if let Some(word) = words.get_mut(at / 64) {
                *word &= !(1 << (at % 64));
            }
        }
        let bits = |(at, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        };
        words.iter().enumerate().filter(|(_, word)| **word != 0).flat_map(bits).collect()
    }
}

fn is_run(facts: &BodyFacts) -> bool {
    matches!(facts.of, BodyOf::Test | BodyOf::Hook | BodyOf::Load)
}

/// The environments that each of the relevant declarations is used on.
fn environments_of(
    index: &Index<'_>,
    bodies: &[&BodyFacts],
    decls: &Decls<'_>,
    relevant: &HashSet<DeclRef>,
) -> HashMap<DeclRef, Set> {
    let mut on: HashMap<DeclRef, Set> = HashMap::new();
    // The bodies of one suite share their environments.
    let mut last: Option<(&Arc<[usize]>, Set)> = None;
    for facts in bodies.iter().filter(|facts| is_run(facts)) {
        let Some(runs_on) = &facts.runs_on else { continue };
        let calls = facts.calls.iter().map(|(decl, _)| *decl).filter(|decl| relevant.contains(decl));
        for decl in calls {
            if !last.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, runs_on)) {
                last = Some((runs_on, Set::of(runs_on, index)));
            }
            if let Some((_, set)) = &last {
                on.entry(decl).or_default().add(set);
            }
        }
    }
    // Callers come before what they call, so that one round is enough unless flows call each other.
    let order = callers_first(decls, relevant, on.keys().copied().collect());
    let mut grows = true;
    while std::mem::take(&mut grows) {
        for decl in &order {
            let (Some(facts), Some(set)) = (decls.get(decl), on.get(decl).cloned()) else { continue };
            for (to, _) in facts.calls.iter().filter(|(to, _)| relevant.contains(to) && to != decl) {
                grows |= on.entry(*to).or_default().add(&set);
            }
        }
    }
    on
}

/// What is reached from some declarations, each behind all that call it where they don't call each other.
fn callers_first(decls: &Decls<'_>, relevant: &HashSet<DeclRef>, mut from: Vec<DeclRef>) -> Vec<DeclRef> {
    from.sort_unstable();
    let mut seen: HashSet<DeclRef> = HashSet::new();
    let mut order = Vec::new();
    for start in from {
        let mut stack = if seen.insert(start) { vec![(start, 0)] } else { Vec::new() };
        while let Some((decl, next)) = stack.last_mut() {
            let Some((to, _)) = decls.get(decl).and_then(|facts| facts.calls.get(*next)) else {
                order.push(*decl);
                stack.pop();
                continue;
            };
            *next += 1;
            if relevant.contains(to) && seen.insert(*to) {
                stack.push((*to, 0));
            }
        }
    }
    order.reverse();
    order
}

/// The call that leads to each declaration that is used on one environment: the first one by the number of calls from a test on.
fn calls_in(index: &Index<'_>, bodies: &[&BodyFacts], decls: &Decls<'_>, environment: usize) -> HashMap<DeclRef, Span> {
    let mut calls = HashMap::new();
    let mut queue: VecDeque<(DeclRef, Span)> = VecDeque::new();
    for facts in bodies.iter().filter(|facts| is_run(facts)) {
        if facts.runs_on.as_ref().is_some_and(|runs_on| runs_on.contains(&environment)) {
            queue.extend(facts.calls.iter().copied());
        }
    }
    while let Some((decl, span)) = queue.pop_front() {
        if calls.contains_key(&decl) {
            continue;
        }
        calls.insert(decl, span);
        let Some(facts) = decls.get(&decl) else { continue };
        let through_std = is_std(index, decl);
        queue.extend(facts.calls.iter().map(|(to, call)| (*to, if through_std { span } else { *call })));
    }
    calls
}
