//! What changed from one run to another, and whether the newer one can be trusted like the older one. Pure.

mod gates;
pub mod json;
mod loads;
pub mod markdown;
mod noise;
mod outcomes;
mod requests;
mod stats;
pub mod text;
mod times;

#[cfg(test)]
mod tests;

pub use gates::GateChange;
pub use loads::{LoadChange, MeasureChange, Moved};
pub use outcomes::{Change, Tests};

use super::model::{Report, RiskSum, Test};
use crate::judge::Outcome;
use crate::judge::release::{TestsAndLoads, weak_words};
use crate::report::model::word::Verdict;
use outcomes::{Entry, entries, flaky_share};
use times::{Item, judge};

/// More flaky tests than this share, and more than before, make a run unstable.
const MOST_FLAKY: f64 = 0.05;

/// When more than this share of what passed before is no longer carried out, a run proves too little to be measured by the older one.
const MOST_LOST: f64 = 0.5;

/// One side, which may be several runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub runs: usize,
    /// Of its first run, as are its gates and the money at risk.
    pub verdict: Verdict,
    pub started_at: String,
    pub environment: Option<String>,
    /// Of its first run.
    pub tests: TestsAndLoads,
    /// Expectations that passed on weak evidence, in its first run.
    pub weak: usize,
    /// Of the tests that were carried out.
    pub flaky_share: f64,
}

/// Money of one currency and period.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskChange {
    pub currency: String,
    pub per: Option<String>,
    pub before: f64,
    pub after: f64,
}

impl RiskChange {
    fn words(&self, amount: f64) -> String {
        RiskSum { amount, currency: self.currency.clone(), per: self.per.clone() }.words()
    }
}

/// A test or a request whose time changed.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeChange {
    /// `test`, `request`
    pub kind: &'static str,
    pub name: String,
    pub place: Option<String>,
    /// Medians, in milliseconds.
    pub before_ms: f64,
    pub after_ms: f64,
    /// How many samples there are on each side.
    pub samples: (usize, usize),
    /// Without the drift of all; above 1 is slower.
    pub ratio: f64,
}

/// Why the newer run is not as stable, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub what: String,
    pub todo: String,
}

#[derive(Clone, Debug)]
pub struct Comparison {
    pub base: Side,
    pub new: Side,
    /// What makes the two hard to compare.
    pub notes: Vec<String>,
    pub tests: Tests,
    /// Those whose state changed, that are new or gone, or that still fail.
    pub gates: Vec<GateChange>,
    pub at_risk: Vec<RiskChange>,
    pub slower: Vec<TimeChange>,
    pub faster: Vec<TimeChange>,
    /// Of both sides.
    pub loads: Vec<LoadChange>,
    /// By what all tests together took longer, as a ratio. 1 when it can't be known.
    pub drift: f64,
    /// How many tests' times could be compared: those that passed on both sides.
    pub timed: usize,
    pub reasons: Vec<Reason>,
}

impl Comparison {
    pub fn stable(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Whether there is nothing to report.
    pub fn unchanged(&self) -> bool {
        let Tests { broke, fixed, newly_failing, newly_flaky, steady, left_out, taken_up, added, removed, .. } =
            &self.tests;
        let tests = [broke, fixed, newly_failing, newly_flaky, steady, left_out, taken_up, added, removed];
        tests.iter().all(|list| list.is_empty())
            && self.gates.iter().all(|gate| gate.before == gate.after)
            && self.at_risk.is_empty()
            && self.slower.is_empty()
            && self.faster.is_empty()
            && !self.loads.iter().any(LoadChange::has_changed)
            && self.base.weak == self.new.weak
            && self.base.verdict == self.new.verdict
    }
}

/// Compares the first run of each side; further ones report flaky tests and noise from change. A side without a run counts as an empty one.
pub fn compare(base: &[&Report], new: &[&Report]) -> Option<Comparison> {
    let (first_base, first_new) = (*base.first()?, *new.first()?);
    let entries = entries(base, new);
    let tests = outcomes::tests(&entries);
    let (mut slower, mut faster) = (Vec::new(), Vec::new());
    let (changed, drift, timed) = test_times(&entries);
    for one in changed.into_iter().chain(requests::times(base, new)) {
        if one.ratio > 1.0 { slower.push(one) } else { faster.push(one) }
    }
    slower.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
    faster.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    let mut comparison = Comparison {
        base: side(base, first_base, flaky_share(entries.iter().map(|entry| entry.base.as_slice()))),
        new: side(new, first_new, flaky_share(entries.iter().map(|entry| entry.new.as_slice()))),
        notes: notes(first_base, first_new, drift, &tests),
        tests,
        gates: gates::gates(first_base, first_new),
        at_risk: risk(first_base, first_new),
        slower,
        faster,
        loads: loads::loads(base, new),
        drift,
        timed,
        reasons: Vec::new(),
    };
    let proved =
        new.iter().flat_map(|run| &run.tests).any(|test| matches!(test.outcome(), Outcome::Passed | Outcome::Flaky));
    comparison.reasons = reasons(&comparison, first_base, first_new, proved);
    Some(comparison)
}

fn side(runs: &[&Report], first: &Report, flaky_share: f64) -> Side {
    Side {
        runs: runs.len(),
        verdict: first.verdict.state,
        started_at: first.run.started_at.clone(),
        environment: first.run.environment.clone(),
        tests: TestsAndLoads::of(first.tests.iter().map(Test::is_load)),
        weak: first.summary.weak,
        flaky_share,
    }
}

fn notes(base: &Report, new: &Report, drift: f64, tests: &Tests) -> Vec<String> {
    let mut notes = Vec::new();
    let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    for (what, before, after) in
        [("environment", &base.run.environment, &new.run.environment), ("plan", &base.run.plan, &new.run.plan)]
    {
        if before != after {
            notes.push(format!("the {what} differs: {} before, {} now", or_none(before), or_none(after)));
        }
    }
    let shard = |report: &Report| report.run.shard.map(|shard| format!("{}/{}", shard.index, shard.total));
    if shard(base) != shard(new) {
        notes.push(format!("the shard differs: {} before, {} now", or_none(&shard(base)), or_none(&shard(new))));
    }
    let (weak, before) = (new.summary.weak, base.summary.weak);
    if weak != before {
        notes.push(format!("{}, {before} before", weak_words(weak)));
    }
    if tests.lost > 0 && !lost_too_many(tests) {
        notes.push(lost_words(tests));
    }
    if drift >= 1.25 {
        notes.push(format!(
            "all tests together take {drift:.1} times as long: a slower machine, or a change that they all share"
        ));
    } else if drift <= 0.8 {
        notes.push(format!(
            "all tests together take {drift:.2} times as long: a faster machine, or a change that they all share"
        ));
    }
    notes
}

fn lost_too_many(tests: &Tests) -> bool {
    tests.lost as f64 > tests.held_before.total() as f64 * MOST_LOST
}

/// `3 of 40 tests that passed before are gone, skipped or not run`
fn lost_words(tests: &Tests) -> String {
    let verb = if tests.lost == 1 { "is" } else { "are" };
    let all = tests.held_before.words();
    format!("{} of {all} that passed before {verb} gone, skipped or not run", tests.lost)
}

fn risk(base: &Report, new: &Report) -> Vec<RiskChange> {
    let mut changes: Vec<RiskChange> = Vec::new();
    let sides =
        base.verdict.at_risk.iter().map(|sum| (sum, true)).chain(new.verdict.at_risk.iter().map(|sum| (sum, false)));
    for (sum, is_base) in sides {
        let known = changes.iter().position(|one| one.currency == sum.currency && one.per == sum.per);
        let at = known.unwrap_or_else(|| {
            changes.push(RiskChange { currency: sum.currency.clone(), per: sum.per.clone(), before: 0.0, after: 0.0 });
            changes.len() - 1
        });
        let amount = if is_base { &mut changes[at].before } else { &mut changes[at].after };
        *amount += sum.amount;
    }
    changes.retain(|one| one.before != one.after);
    changes
}

/// Of tests that pass on both sides: one that fails may have waited for a limit.
fn test_times(entries: &[Entry<'_>]) -> (Vec<TimeChange>, f64, usize) {
    let times = |runs: &[&Test]| {
        // A load lasts as long as it is to.
        let passed = runs.iter().filter(|test| test.outcome() == Outcome::Passed && test.load.is_none());
        passed.map(|test| test.duration_ms).collect::<Vec<f64>>()
    };
    let items: Vec<Item> =
        entries.iter().map(|entry| Item { base: times(&entry.base), new: times(&entry.new) }).collect();
    let judged = judge(&items);
    let changes = judged.found.iter().filter_map(|found| {
        let test = entries[found.index].test()?;
        Some(TimeChange {
            kind: "test",
            name: format!("{} › {}", test.suite, test.name),
            place: test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)),
            before_ms: found.before_ms,
            after_ms: found.after_ms,
            samples: (items[found.index].base.len(), items[found.index].new.len()),
            ratio: found.ratio,
        })
    });
    (changes.collect(), judged.drift, judged.compared)
}

/// From the best to the worst.
fn rank(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Ready => 0,
        Verdict::Degraded => 1,
        Verdict::NotReady => 2,
        Verdict::Invalid => 3,
        Verdict::Aborted | Verdict::Later => 4,
    }
}

/// `1 test`, `2 tests`
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn kinds(changes: &[Change]) -> TestsAndLoads {
    TestsAndLoads::of(changes.iter().map(|change| change.is_load))
}

/// `proved` says whether any test of the newer side passed.
fn reasons(one: &Comparison, base: &Report, new: &Report, proved: bool) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut because = |what: String, todo: &str| reasons.push(Reason { what, todo: todo.to_owned() });
    let first = new.causes.first().map(|cause| format!("look first at this: {}", cause.summary));
    let tests = &one.tests;
    if !proved || new.verdict.state == Verdict::Invalid {
        let what = if proved {
            "nothing was proved: the newer run is INVALID"
        } else {
            "nothing was proved: no test of the newer side passed"
        };
        because(what.to_owned(), "compare runs in which tests pass; what did not run can't be as stable");
    }
    if lost_too_many(tests) {
        because(
            lost_words(tests),
            "run all of them again, or make the newer run the measure if they were taken out on purpose",
        );
    }
    if !tests.broke.is_empty() {
        let broke = kinds(&tests.broke);
        let what = format!("{} that passed before now {}", broke.words(), broke.verb("fails", "fail"));
        because(what, first.as_deref().unwrap_or("fix what changed between the two, or take it back"));
    }
    if !tests.newly_failing.is_empty() {
        let failing = kinds(&tests.newly_failing);
        let (was, fail) = (failing.verb("was", "were"), failing.verb("fails", "fail"));
        let what = format!("{} that {was} not carried out before {fail}", failing.words());
        because(what, "fix what they find before they become the measure");
    }
    let fallen: Vec<&str> = one.gates.iter().filter(|gate| gate.fails_now()).map(|gate| gate.text.as_str()).collect();
    if !fallen.is_empty() {
        let (noun, verb) = if fallen.len() == 1 { ("gate", "does") } else { ("gates", "do") };
        because(
            format!(
                "{} {noun} that held before, or weren't there, {verb} not hold: {}",
                fallen.len(),
                fallen.join(", ")
            ),
            "look at the tests and the times behind them",
        );
    }
    if rank(new.verdict.state) > rank(base.verdict.state) {
        let what = format!("the verdict fell from {} to {}", base.verdict.state, new.verdict.state);
        because(what, "read its reasons in the newer report: `e2e-dsl report NEW.json`");
    }
    if tests.unproved.total() > 0 {
        let verb = tests.unproved.verb("is", "are");
        because(
            format!("{} {verb} blocked or not run any more, and so nothing is proved by them", tests.unproved.words()),
            first.as_deref().unwrap_or("bring the services up that they need, and run them again"),
        );
    }
    let known: Vec<&str> = base.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
    let problems = new.diagnostics.iter().filter(|problem| !known.contains(&problem.message.as_str())).count();
    if problems > 0 {
        because(
            format!("{} outside of tests that wasn't there before", count(problems, "problem")),
            "fix the hooks that fail",
        );
    }
    if one.new.flaky_share > MOST_FLAKY && one.new.flaky_share > one.base.flaky_share {
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        because(
            format!(
                "{} of the tests are flaky, {} were before",
                percent(one.new.flaky_share),
                percent(one.base.flaky_share)
            ),
            "find what they race with, before their failures are taken for noise",
        );
    }
    if !one.slower.is_empty() {
        let tests = one.slower.iter().filter(|slow| slow.kind == "test").count();
        let requests = one.slower.len() - tests;
        let mut what: Vec<String> = Vec::new();
        what.extend((tests > 0).then(|| count(tests, "test")));
        what.extend((requests > 0).then(|| count(requests, "request")));
        let verb = if one.slower.len() == 1 { "is" } else { "are" };
        let single = one.slower.iter().all(|slow| slow.samples.0 == 1 || slow.samples.1 == 1);
        because(
            format!("{} {verb} slower than noise explains", what.join(" and ")),
            if single {
                "a single time can't rule out a hiccup: compare more runs of each side, with `--base` and `--new`"
            } else {
                "look at the stages of their exchanges in the HTML report"
            },
        );
    }
    let grave: Vec<String> = one.loads.iter().filter(|load| load.is_grave()).map(worst).collect();
    if !grave.is_empty() {
        let noun = if grave.len() == 1 { "load is worse" } else { "loads are worse" };
        because(
            format!("{} {noun} than noise explains: {}", grave.len(), grave.join("; ")),
            "look at what services did meanwhile in the HTML report; run each side several times (`--base`, `--new`) to be sure",
        );
    }
    reasons
}

/// `buy: p95 12ms → 40ms`
fn worst(load: &LoadChange) -> String {
    let grave = load.measures.iter().filter(|one| one.grave && one.moved == Moved::Worse);
    let first = grave.max_by(|a, b| by(a).total_cmp(&by(b)));
    let words =
        first.map(|one| format!("{} from {} to {}", one.what(), one.unit.words(one.before), one.unit.words(one.after)));
    format!("{}: {}", load.name, words.unwrap_or_default())
}

fn by(one: &MeasureChange) -> f64 {
    one.ratio.map_or(f64::MAX, |ratio| ratio.max(1.0 / ratio))
}
