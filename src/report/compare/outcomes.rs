//! Which tests changed how they end.

use std::collections::{BTreeMap, HashMap};

use crate::judge::Outcome;
use crate::judge::release::TestsAndLoads;
use crate::report::model::{Report, Test};

/// A test in all runs of both sides.
pub(super) struct Entry<'r> {
    pub base: Vec<&'r Test>,
    pub new: Vec<&'r Test>,
}

impl<'r> Entry<'r> {
    /// As the newer side has it, where it does.
    pub fn test(&self) -> Option<&'r Test> {
        self.new.first().or(self.base.first()).copied()
    }
}

/// How a test ends in the runs of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Absent,
    /// There, and not carried out.
    Undone,
    Good,
    /// Passed on a retry, or passes in some runs and fails in others.
    Flaky,
    Bad,
}

/// A test, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub suite: String,
    pub name: String,
    pub is_load: bool,
    /// `specs/threads.e2e:12`
    pub place: Option<String>,
    /// `passed`, `failed in 2 of 5 runs`, `not there`
    pub before: String,
    pub after: String,
    /// What it fails by now, or failed by before.
    pub message: Option<String>,
}

/// A test may be in several lists: one that is new and fails is in two.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tests {
    /// Passed, and fail.
    pub broke: Vec<Change>,
    /// Failed, and pass.
    pub fixed: Vec<Change>,
    pub still_broken: Vec<Change>,
    /// Fail, and were not carried out before or not there.
    pub newly_failing: Vec<Change>,
    pub newly_flaky: Vec<Change>,
    /// Were flaky, and pass.
    pub steady: Vec<Change>,
    /// Were carried out, and no longer are.
    pub left_out: Vec<Change>,
    /// Of those: blocked by a service that is down, or not run.
    pub unproved: TestsAndLoads,
    /// How many passed before, be it on a retry or in some runs only.
    pub held_before: TestsAndLoads,
    /// Of those: gone, skipped, blocked or not run.
    pub lost: usize,
    pub taken_up: Vec<Change>,
    pub added: Vec<Change>,
    pub removed: Vec<Change>,
}

/// Puts the tests of all runs together: by their ids, and where a file was moved by suite and name, if that is unmistakable.
pub(super) fn entries<'r>(base: &[&'r Report], new: &[&'r Report]) -> Vec<Entry<'r>> {
    let mut entries: Vec<Entry<'r>> = Vec::new();
    let mut by_id: HashMap<&'r str, usize> = HashMap::new();
    let sides = base.iter().map(|run| (run, true)).chain(new.iter().map(|run| (run, false)));
    for (run, is_base) in sides {
        let mut taken = vec![false; entries.len()];
        let mut rest: Vec<&'r Test> = Vec::new();
        let add =
            |entry: &mut Entry<'r>, test: &'r Test| if is_base { entry.base.push(test) } else { entry.new.push(test) };
        for test in &run.tests {
            match by_id.get(test.id.as_str()).filter(|at| !taken[**at]) {
                Some(at) => {
                    taken[*at] = true;
                    add(&mut entries[*at], test);
                }
                None => rest.push(test),
            }
        }
        let mut free: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate().filter(|(at, _)| !taken[*at]) {
            if let Some(test) = entry.test() {
                free.entry((&test.suite, &test.name)).or_default().push(at);
            }
        }
        let mut same: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        rest.iter().for_each(|test| *same.entry((&test.suite, &test.name)).or_default() += 1);
        for test in rest {
            let key = (test.suite.as_str(), test.name.as_str());
            let at = match free.get(&key).map(Vec::as_slice) {
                Some([at]) if same.get(&key) == Some(&1) => *at,
                _ => {
                    entries.push(Entry { base: Vec::new(), new: Vec::new() });
                    entries.len() - 1
                }
            };
            add(&mut entries[at], test);
            by_id.entry(&test.id).or_insert(at);
        }
    }
    entries
}

pub(super) fn state(runs: &[&Test]) -> State {
    if runs.is_empty() {
        return State::Absent;
    }
    let (mut good, mut bad) = (0, 0);
    for test in runs {
        match test.outcome() {
            Outcome::Flaky => return State::Flaky,
            Outcome::Passed => good += 1,
            outcome if outcome.is_bad() => bad += 1,
            _ => {}
        }
    }
    match (good, bad) {
        (0, 0) => State::Undone,
        (_, 0) => State::Good,
        (0, _) => State::Bad,
        _ => State::Flaky,
    }
}

/// `passed`, `failed in 2 of 5 runs`
fn words(runs: &[&Test]) -> String {
    let count = |of: fn(&Outcome) -> bool| runs.iter().filter(|test| of(&test.outcome())).count();
    let bad = count(Outcome::is_bad);
    let flaky = count(|outcome| *outcome == Outcome::Flaky);
    match runs {
        [] => "not there".to_owned(),
        [one] => one.outcome.phrase(),
        _ if bad > 0 => format!("failed in {bad} of {} runs", runs.len()),
        _ if flaky > 0 => format!("flaky in {flaky} of {} runs", runs.len()),
        [first, ..] => {
            let shown = runs.iter().find(|test| test.outcome() == Outcome::Passed).unwrap_or(first);
            shown.outcome.phrase()
        }
    }
}

fn change(entry: &Entry<'_>, test: &Test) -> Change {
    let reported = |runs: &[&Test]| {
        runs.iter().find_map(|test| test.diagnostics.first()).map(|diagnostic| diagnostic.message.clone())
    };
    let reason = |runs: &[&Test]| runs.iter().find_map(|test| test.reason.clone());
    Change {
        suite: test.suite.clone(),
        name: test.name.clone(),
        is_load: test.is_load(),
        place: test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)),
        before: words(&entry.base),
        after: words(&entry.new),
        message: reported(&entry.new).or_else(|| reason(&entry.new)).or_else(|| reported(&entry.base)),
    }
}

pub(super) fn tests(entries: &[Entry<'_>]) -> Tests {
    use State::{Absent, Bad, Flaky, Good, Undone};
    let mut tests = Tests::default();
    for entry in entries {
        let Some(test) = entry.test() else { continue };
        let (before, after) = (state(&entry.base), state(&entry.new));
        let add = |list: &mut Vec<Change>, fits: bool| {
            if fits {
                list.push(change(entry, test));
            }
        };
        let done = |state: State| matches!(state, Good | Flaky | Bad);
        add(&mut tests.broke, matches!(before, Good | Flaky) && after == Bad);
        add(&mut tests.fixed, before == Bad && matches!(after, Good | Flaky));
        add(&mut tests.still_broken, before == Bad && after == Bad);
        add(&mut tests.newly_failing, matches!(before, Absent | Undone) && after == Bad);
        add(&mut tests.newly_flaky, before != Flaky && after == Flaky);
        add(&mut tests.steady, before == Flaky && after == Good);
        add(&mut tests.left_out, done(before) && after == Undone);
        add(&mut tests.taken_up, before == Undone && done(after));
        add(&mut tests.added, before == Absent);
        add(&mut tests.removed, after == Absent);
        let held = matches!(before, Good | Flaky);
        if held {
            tests.held_before.add(test.is_load());
        }
        tests.lost += usize::from(held && matches!(after, Absent | Undone));
        let unproved = |test: &&Test| match test.outcome() {
            Outcome::Skipped { blocked_by, .. } => blocked_by.is_some(),
            Outcome::NotRun { .. } => true,
            _ => false,
        };
        if done(before) && after == Undone && entry.new.iter().any(unproved) {
            tests.unproved.add(test.is_load());
        }
    }
    tests
}

/// Of the tests that a side has carried out, the share that is flaky. 0 without any.
pub(super) fn flaky_share<'e, 'r: 'e>(sides: impl Iterator<Item = &'e [&'r Test]>) -> f64 {
    let states: Vec<State> = sides.map(state).filter(|state| !matches!(state, State::Absent | State::Undone)).collect();
    let flaky = states.iter().filter(|state| **state == State::Flaky).count();
    if states.is_empty() { 0.0 } else { flaky as f64 / states.len() as f64 }
}
