//! Judges a test again from what is going to be in the trace, while what it was judged on is still known: where secrets were replaced, an expectation may
//! come out otherwise.

use std::collections::HashMap;
use std::sync::Arc;

use super::conceal::Concealing;
use super::disguise::Disguise;
use super::file::{Header, Undecided};
use super::open::{SourceFile, Trace};
use super::rebuild::Rebuilt;
use super::replay::Replay;
use crate::event::{Instant, Part};
use crate::report::Redactor;
use crate::report::model::{Line, Test};
use crate::run::Stopped;
use crate::value::{SecretSink as _, Value};
use crate::world::records::Record;

pub struct Verifier {
    trace: Trace,
    /// The plan that a replay is going to have, once it is needed.
    rebuilt: Option<Option<Rebuilt>>,
    /// Where a test is in the plan: the indices of its suite and of itself.
    places: HashMap<String, (usize, usize)>,
    redactor: Arc<Redactor>,
    /// Of which tests there are records.
    recorded: Vec<Part>,
    computed: HashMap<String, Value>,
}

impl Verifier {
    /// Of a run that is about to begin.
    pub fn new(header: Header, files: Vec<SourceFile>) -> Self {
        Self {
            trace: Trace::begin(header, files),
            rebuilt: None,
            places: HashMap::new(),
            redactor: Arc::default(),
            recorded: Vec::new(),
            computed: HashMap::new(),
        }
    }

    /// The header and the files as they go into the trace.
    pub fn disguised(&mut self, disguise: &Disguise) -> (Header, Vec<SourceFile>) {
        let mut concealing = Concealing::new(disguise);
        let given = &mut self.trace.header.given;
        for value in given.variables.values_mut().chain(given.overrides.values_mut()) {
            concealing.text(value);
        }
        for (_, value, is_secret) in &mut given.demo {
            if *is_secret {
                *value = disguise.secret(value);
            }
            concealing.text(value);
        }
        for file in &mut self.trace.files {
            concealing.text(&mut file.path);
            concealing.bytes(&mut file.bytes);
        }
        (self.trace.header.clone(), self.trace.files.clone())
    }

    /// Takes note of what the run says.
    pub fn receive(&mut self, line: &Line) {
        if let Line::Begun(begun) = line {
            self.trace.begun = (**begun).clone();
        }
    }

    pub fn phase(&mut self, index: usize, at: Instant) {
        self.trace.phases.insert(index, at);
    }

    pub fn stopped(&mut self, at: Instant, why: Stopped) {
        self.trace.stops.push((at, why));
    }

    pub fn learn(&mut self, surrogates: &[String]) {
        surrogates.iter().for_each(|surrogate| self.redactor.add(surrogate));
    }

    /// Takes note of a record, as it goes into the trace.
    pub fn record(&mut self, record: &Record) {
        let of = record.occurrence.outermost();
        if matches!(of, Part::Test(_)) && !self.recorded.contains(of) {
            self.recorded.push(of.clone());
        }
        self.trace.records.insert(record.clone());
    }

    /// Takes note of what a function gave of a secret, as it goes into the trace; whether that is new.
    pub fn computed(&mut self, key: &str, value: &Value) -> bool {
        let is_new = self.computed.insert(key.to_owned(), value.clone()).is_none();
        if is_new {
            Arc::make_mut(&mut self.trace.computed).0.insert(key.to_owned(), value.clone());
        }
        is_new
    }

    /// Nothing more is to be judged of the tests whose records there are.
    pub fn forget(&mut self) {
        self.recorded.drain(..).for_each(|of| drop(self.trace.records.take(&of)));
    }

    /// What comes out otherwise when the test of this line is judged again.
    pub fn verified(&mut self, line: &Line) -> Option<Undecided> {
        let Line::TestEnded(was) = line else { return None };
        if was.attempts == 0 {
            return None;
        }
        let undecided = |because: &str, expectations| {
            Some(Undecided { test: was.id.clone(), because: because.to_owned(), expectations })
        };
        if self.rebuilt.is_none() {
            let rebuilt = Rebuilt::of_trace(&self.trace.header, &self.trace.files).ok();
            for (suite, of) in rebuilt.iter().flat_map(|rebuilt| rebuilt.plan.suites.iter().enumerate()) {
                self.places.extend(of.tests.iter().enumerate().map(|(at, test)| (test.id.clone(), (suite, at))));
            }
            self.rebuilt = Some(rebuilt);
        }
        let place = self.places.get(&was.id).copied();
        let Some((rebuilt, (suite, test))) = self.rebuilt.as_ref().and_then(Option::as_ref).zip(place) else {
            return undecided("a secret is part of the specs themselves", Vec::new());
        };
        let replay = Replay::new(&self.trace, rebuilt, self.redactor.clone());
        let suite = rebuilt.plan.suites.get(suite)?;
        let now = replay.alone(suite, suite.tests.get(test)?, was);
        if same(was, &now) {
            return None;
        }
        let because = "it depends on a secret, which isn't in the trace";
        let steps = was.steps.iter().zip(&now.steps);
        let pairs = steps.flat_map(|(was, now)| was.expectations.iter().zip(&now.expectations));
        let others = pairs.filter(|(was, now)| was.text == now.text && was.held != now.held);
        undecided(because, others.map(|(was, _)| was.text.clone()).collect())
    }
}

/// A diagnostic was drawn when less was known than by now; what it is drawn of is compared.
fn same(was: &Test, now: &Test) -> bool {
    let json = |test: &Test| {
        let mut test = test.clone();
        test.diagnostics.iter_mut().for_each(|one| one.drawing.clear());
        serde_json::to_value(test).unwrap_or_default()
    };
    json(was) == json(now)
}
