//! What a trace holds, by what it is of: tests, and what ran beside them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::open::Trace;
use crate::diag::closest;
use crate::event::{Instant, Occurrence, Part};
use crate::report::model::{self, Line, Planned, Test};
use crate::world::records::Record;

/// All requests and channels of a test, of the hooks of a suite, of a credential, or of the probes of a service.
#[derive(Debug)]
pub struct Group<'t> {
    /// A test's id; of others what they are.
    pub id: String,
    pub test: Option<TestOf<'t>>,
    /// By when they began.
    pub records: Vec<Begun>,
}

/// A test, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct TestOf<'t> {
    pub planned: &'t Planned,
    /// Absent where the run was cut off before.
    pub ended: Option<&'t Test>,
}

/// A record of a request.
#[derive(Debug)]
pub struct Begun {
    /// Of a request that was cut off, the latest instant that is known to be before.
    pub at: Instant,
    pub record: Record,
}

impl Group<'_> {
    /// `Suite > test`, or what it is.
    pub fn title(&self) -> String {
        let suite_and_name = |test: &TestOf<'_>| format!("{} > {}", test.planned.suite, test.planned.name);
        self.test.as_ref().map_or_else(|| self.id.clone(), suite_and_name)
    }

    /// `passed`, `timed out`; of a test without a result `not ended`.
    pub fn outcome(&self) -> Option<String> {
        let ended = self.test.as_ref()?.ended;
        Some(ended.map_or_else(|| "not ended".to_owned(), |test| test.outcome.phrase()))
    }

    /// How many of the frames of its channels were kept.
    pub fn frames(&self) -> usize {
        self.records.iter().filter_map(|one| one.record.line.as_ref()).map(|line| line.carried.len()).sum()
    }

    /// When it began.
    pub fn started(&self) -> Instant {
        let ended = self.test.and_then(|test| test.ended).filter(|test| test.attempts > 0);
        let first = || self.records.first().map_or(Instant::ZERO, |first| first.at);
        ended.map_or_else(first, |test| model::time(test.started_ms))
    }

    fn fits(&self, text: &str) -> bool {
        [self.title(), self.id.clone()].iter().any(|one| one.to_lowercase().contains(text))
    }
}

impl Trace {
    /// The tests in the order of the plan, and behind them the others by their names.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut by_part: HashMap<Part, Vec<Record>> = HashMap::new();
        for record in self.records.all(|_| true) {
            by_part.entry(record.occurrence.outermost().clone()).or_default().push(record);
        }
        let ended: HashMap<&str, &Test> = self
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::TestEnded(test) => Some((test.id.as_str(), &**test)),
                _ => None,
            })
            .collect();
        let mut seen = HashSet::new();
        let mut groups = Vec::with_capacity(self.begun.tests.len());
        for planned in self.begun.tests.iter().filter(|planned| seen.insert(planned.id.as_str())) {
            let ended = ended.get(planned.id.as_str()).copied();
            let records = by_part.remove(&Part::Test(planned.id.as_str().into())).unwrap_or_default();
            let start = ended.map_or(Instant::ZERO, |test| model::time(test.started_ms));
            let test = Some(TestOf { planned, ended });
            groups.push(Group { id: planned.id.clone(), test, records: in_order(records, start) });
        }
        let others: BTreeMap<String, Vec<Record>> =
            by_part.into_iter().map(|(part, records)| (part.to_string(), records)).collect();
        let others = others.into_iter().map(|(id, records)| {
            let records = in_order(records, Instant::ZERO);
            Group { id, test: None, records }
        });
        groups.extend(others.filter(|group| !group.records.is_empty()));
        groups
    }
}

/// Those of requests, by when these began.
fn in_order(records: Vec<Record>, start: Instant) -> Vec<Begun> {
    let moments: HashMap<u64, Instant> =
        records.iter().filter_map(|one| Some((one.occurrence.digest(), *one.moments.last()?))).collect();
    let moment = |mut at: &Occurrence| loop {
        if let Some(moment) = moments.get(&at.digest()) {
            return *moment;
        }
        match at.within() {
            Some(within) => at = within,
            None => return start,
        }
    };
    let of_requests = records.into_iter().filter(|one| one.request.is_some());
    let mut begun: Vec<(String, Begun)> = of_requests
        .map(|record| {
            let ended = record.request.as_ref().and_then(|sent| sent.ended.as_ref());
            let at = ended.map_or_else(|| moment(&record.occurrence), |ended| ended.exchange.started);
            (record.occurrence.to_string(), Begun { at, record })
        })
        .collect();
    begun.sort_by(|(a_text, a), (b_text, b)| (a.at, a_text).cmp(&(b.at, b_text)));
    begun.into_iter().map(|(_, begun)| begun).collect()
}

/// Those that are meant by a text: the one with this id, or else each test whose id, name or suite holds it, whatever its case; where there is
/// none, what ran beside the tests.
///
/// # Errors
/// There is none; the name that was most likely meant.
pub fn chosen<'t>(groups: Vec<Group<'t>>, text: &str) -> Result<Vec<Group<'t>>, Option<String>> {
    let lower = text.to_lowercase();
    let is_exact = groups.iter().any(|group| group.id == text);
    let is_test = groups.iter().any(|group| group.test.is_some() && group.fits(&lower));
    let fits = |group: &Group<'_>| match (is_exact, is_test) {
        (true, _) => group.id == text,
        (false, true) => group.test.is_some() && group.fits(&lower),
        (false, false) => group.fits(&lower),
    };
    let (chosen, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(fits);
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let names = others.iter().flat_map(|group| {
        let name = group.test.map_or_else(|| group.id.clone(), |test| test.planned.name.clone());
        [name, group.title(), group.id.clone()]
    });
    let names: Vec<String> = names.collect();
    Err(closest(text, names.iter().map(String::as_str)).map(str::to_owned))
}
