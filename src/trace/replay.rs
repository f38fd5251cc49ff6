//! Judges a recorded run again: each of its tests is run on its own, over what was recorded of it, and the report is judged from what they give.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::open::Trace;
use super::read::{Reading, assembled};
use super::rebuild::Rebuilt;
use crate::diag::{Diagnostic, codes};
use crate::judge::Outcome;
use crate::judge::release::ServiceMap;
use crate::plan::Suite;
use crate::report::model::{self, Begun, Line};
use crate::report::{Builder, Redactor};
use crate::run::{Options, RecordedPhase, RecordedRun, Stop, SuiteReplay};
use crate::source::Span;
use crate::value::{SecretSink, Value};
use crate::world::recorded::Difference;

/// What tests are run again by.
pub struct Replay<'t> {
    pub(super) trace: &'t Trace,
    pub(super) rebuilt: &'t Rebuilt,
    pub(super) redactor: Arc<Redactor>,
    /// The secrets of the environment, as they are in the trace.
    of_environment: Vec<String>,
    pub(super) services: ServiceMap,
    /// The tests of the run as it recorded them, by their ids.
    pub(super) tests: HashMap<&'t str, &'t model::Test>,
    phases: Vec<RecordedPhase>,
    epoch: jiff::Timestamp,
}

impl<'t> Replay<'t> {
    /// `redactor` learns what stands for secrets, and so shows it as it showed these.
    pub fn new(trace: &'t Trace, rebuilt: &'t Rebuilt, redactor: Arc<Redactor>) -> Self {
        trace.surrogates.iter().for_each(|surrogate| redactor.add(surrogate));
        let values = rebuilt.plan.environment.values.values();
        let of_environment: Vec<String> = values
            .filter_map(|value| match value {
                Value::Secret(secret) => Some(secret.expose().to_owned()),
                _ => None,
            })
            .collect();
        of_environment.iter().for_each(|secret| redactor.add(secret));
        let tests = trace.lines.iter().filter_map(|line| match line {
            Line::TestEnded(test) if test.attempts > 0 => Some((test.id.as_str(), &**test)),
            _ => None,
        });
        let phases = trace.begun.plan.phases.iter().enumerate().map(|(index, phase)| RecordedPhase {
            name: phase.name.clone(),
            started: trace.phases.get(&index).copied(),
            budget: phase.budget_ms.map(model::time),
            span: rebuilt
                .release
                .phases
                .iter()
                .find(|one| one.name == phase.name)
                .map_or(Span::nowhere(), |one| one.span),
        });
        Self {
            tests: tests.collect(),
            phases: phases.collect(),
            services: ServiceMap::of_environment(&rebuilt.plan.environment),
            epoch: trace.header.epoch.parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH),
            trace,
            rebuilt,
            redactor,
            of_environment,
        }
    }

    /// Judges the whole run again.
    pub fn report(&self) -> Reading {
        let again: HashMap<String, model::Test> =
            self.rebuilt.plan.suites.par_iter().flat_map_iter(|suite| self.suite(suite)).chain(self.loads()).collect();
        let lines = self.trace.lines.iter().map(|line| match line {
            Line::TestEnded(test) => match again.get(&test.id) {
                Some(again) => Line::TestEnded(Box::new(again.clone())),
                None => line.clone(),
            },
            line => line.clone(),
        });
        let mut reading = assembled(self.trace.begun.clone(), lines);
        reading.unread = Vec::new();
        reading
    }

    fn suite(&self, suite: &Suite) -> Vec<(String, model::Test)> {
        let runs: HashMap<Option<&str>, (RecordedRun, Arc<Met>)> = suite
            .tests
            .iter()
            .filter_map(|test| Some(self.tests.get(test.id.as_str())?.phase.as_deref()))
            .map(|phase| (phase, self.run()))
            .collect();
        let mut replays: HashMap<Option<&str>, (SuiteReplay<'_>, &Met)> = runs
            .iter()
            .map(|(phase, (run, met))| (*phase, (SuiteReplay::new(run, suite, &self.phases), &**met)))
            .collect();
        let tests = suite.tests.iter().filter_map(|test| {
            let was = *self.tests.get(test.id.as_str())?;
            let (replay, met) = replays.get_mut(&was.phase.as_deref())?;
            Some((test.id.clone(), self.test(replay, met, test, was)))
        });
        tests.collect()
    }

    /// Judges one test again, whatever else the run did.
    pub(super) fn alone(&self, suite: &Suite, test: &crate::plan::Test, was: &model::Test) -> model::Test {
        let (run, met) = self.run();
        self.test(&mut SuiteReplay::new(&run, suite, &self.phases), &met, test, was)
    }

    fn test(
        &self,
        replay: &mut SuiteReplay<'_>,
        met: &Met,
        test: &crate::plan::Test,
        was: &model::Test,
    ) -> model::Test {
        // What was left out of the trace is as it was.
        if self.trace.header.failed_only && was.outcome() == Outcome::Passed {
            return was.clone();
        }
        if let Some(undecided) = self.trace.undecided.get(&test.id) {
            let mut message = undecided.because.clone();
            if !undecided.expectations.is_empty() {
                let texts: Vec<String> = undecided.expectations.iter().map(|text| format!("`{text}`")).collect();
                message = format!("{message}: {}", texts.join(", "));
            }
            return self.without(was, &Outcome::Undecided, undecided_at(test.span, &message));
        }
        let phase: Option<Arc<str>> = was.phase.as_deref().map(Into::into);
        match replay.test(test, phase.as_ref(), || met.of_test()) {
            Ok(result) => {
                let builder = Builder { sources: &self.rebuilt.sources, redactor: &self.redactor };
                self.redactor.masked(builder.test(&result, &self.services)).into_inner()
            }
            Err(Difference::Undecided { because }) => {
                self.without(was, &Outcome::Undecided, undecided_at(test.span, &because))
            }
            Err(Difference::Diverged { now, recorded }) => {
                self.without(was, &Outcome::Diverged, diverged_at(test.span, &now, recorded.as_deref()))
            }
        }
    }

    /// A test that can't be judged again: what was recorded of it, and why.
    pub(super) fn without(&self, was: &model::Test, outcome: &Outcome, why: Diagnostic) -> model::Test {
        let builder = Builder { sources: &self.rebuilt.sources, redactor: &self.redactor };
        let why = self.redactor.masked(builder.diagnostic(&why)).into_inner();
        let reason = Some(why.message.clone());
        // What the run itself found isn't lost by not being found again.
        let found = was.diagnostics.iter().filter(|_| *outcome == Outcome::Undecided).cloned();
        let diagnostics = std::iter::once(why).chain(found).collect();
        model::Test { outcome: outcome.into(), reason, diagnostics, symptom: None, ..was.clone() }
    }

    /// The run, and what its hooks before all tests learn.
    fn run(&self) -> (RecordedRun, Arc<Met>) {
        let secrets = Arc::new(Met { here: Redactor::default(), all: self.redactor.clone() });
        self.of_environment.iter().for_each(|secret| secrets.here.add(secret));
        let run = RecordedRun {
            plan: self.rebuilt.plan.clone(),
            records: self.trace.records.clone(),
            epoch: self.epoch,
            options: Options {
                // Each test is run on its own.
                jobs: 1,
                retries: self.trace.header.retries,
                fail_fast: self.trace.header.fail_fast,
                seed: self.trace.begun.run.seed,
                stop: Stop::default(),
                secrets: secrets.clone(),
                shard: None,
                specs: None,
                deny_weak: self.trace.begun.run.deny_weak,
                written_down: false,
            },
            stops: self.trace.stops.clone(),
            computed: Some(self.trace.computed.clone()),
        };
        (run, secrets)
    }
}

pub(super) fn undecided_at(span: Span, because: &str) -> Diagnostic {
    let message = format!("this test can't be judged again: {because}");
    Diagnostic::error(&codes::UNDECIDED, span, message)
        .with_help("what this needs isn't in the trace; run the test against the system to know")
}

fn diverged_at(span: Span, now: &str, recorded: Option<&str>) -> Diagnostic {
    let message = match recorded {
        Some(recorded) => {
            format!("this test asks for something else than what was recorded: {now}, and not {recorded}")
        }
        None => format!("this test asks for something that wasn't recorded: {now}"),
    };
    Diagnostic::error(&codes::DIVERGED, span, message).with_help(
        "a response is only known for a request as it was sent; run the test against the system to record it again",
    )
}

/// Learns what hooks or a test meet that is secret, as in a run of this test alone, and adds it to what is masked. What a test does with a text depends on
/// whether that is known for a secret: what other tests met, which may have run in any order, mustn't matter.
struct Met {
    here: Redactor,
    all: Arc<Redactor>,
}

impl Met {
    /// What a test learns beside.
    fn of_test(&self) -> Arc<dyn SecretSink> {
        let here = Redactor::default();
        self.here.learned_since(0).iter().for_each(|secret| here.add(secret));
        Arc::new(Self { here, all: self.all.clone() })
    }
}

impl SecretSink for Met {
    fn add(&self, text: &str) {
        self.here.add(text);
        self.all.add(text);
    }

    fn knows(&self, text: &str) -> bool {
        self.here.knows(text)
    }

    fn covers(&self, text: &str) -> bool {
        self.here.covers(text)
    }

    // What is masked is masked by all that is known.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        self.all.found(text)
    }

    fn unfinished(&self, text: &str) -> Option<(usize, String)> {
        self.all.unfinished(text)
    }

    fn add_part(&self, part: &str, whole: &str, at: usize) {
        self.all.add_part(part, whole, at);
    }
}

/// What is to be judged of specs that may not be the trace's own: their tests in the place of the recorded ones. Gives how many of them were recorded; the others are
/// undecided, since a report that leaves them out would say that all is well.
pub fn edited(trace: &mut Trace, rebuilt: &Rebuilt, redactor: &Redactor) -> usize {
    let builder = Builder { sources: &rebuilt.sources, redactor };
    let begun: &mut Begun = &mut trace.begun;
    let known: HashMap<String, Option<String>> =
        begun.tests.drain(..).map(|planned| (planned.id, planned.phase)).collect();
    let phase_of = |id: &str| known.get(id).and_then(Option::as_deref).map(Into::into);
    let tests = rebuilt.plan.suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)));
    let tests = tests.map(|(suite, test)| crate::run::info(suite, test, phase_of(&test.id)));
    let loads = rebuilt.plan.loads.iter().map(|load| crate::run::load_info(load, phase_of(&load.id)));
    let mut recorded = 0;
    for info in tests.chain(loads) {
        let planned = redactor.masked(builder.planned(&info)).into_inner();
        if known.contains_key(&info.id) {
            recorded += 1;
        } else {
            let because = "it wasn't recorded";
            let why = redactor.masked(builder.diagnostic(&undecided_at(info.span, because))).into_inner();
            let undecided = model::Test {
                outcome: model::word::Outcome::Undecided,
                diagnostics: vec![why],
                ..planned.not_run(because)
            };
            trace.lines.push(Line::TestEnded(Box::new(undecided)));
        }
        begun.tests.push(planned);
    }
    recorded
}
