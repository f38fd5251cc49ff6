use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::report::load::Again;
use crate::report::model::{
    Begun, Ended, JOURNAL_SCHEMA, Line, Look, Phase, PhaseSpec, PhaseTimes, PlanSpec, Report, SCHEMA, Service, Summary,
    Test, Verdict, sane,
};
use crate::report::{assemble, union};

/// Why a test of a run that was cut off has no result.
const RUNNING: &str = "it was running when the run was cut off";
const NOT_BEGUN: &str = "the run was cut off before it";

/// What a journal reports on a run.
#[derive(Debug)]
pub struct Reading {
    pub begun: Begun,
    /// Of the whole run, with what it kept of one that it goes on with; judged.
    pub report: Report,
    /// Whether the run came to its end. One that was stopped by a signal did.
    pub ended: bool,
    /// Numbers of lines that say nothing and were passed over, from 1. A last line that was cut off isn't among them.
    pub unread: Vec<usize>,
}

/// Reads a journal: all that its whole lines report, whatever became of the others.
///
/// # Errors
///
/// It isn't a journal, or one of a later version: in words that go on from "the file `x`".
pub fn read(bytes: &[u8]) -> Result<Reading, String> {
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let first = lines.next().and_then(|(_, line)| line_of(line));
    let Some(Line::Begun(begun)) = first else {
        return Err("isn't a journal of a run".to_owned());
    };
    if begun.schema > JOURNAL_SCHEMA {
        return Err(format!("was written by a later version ({} {})", begun.tool.name, begun.tool.version));
    }
    let mut unread = Vec::new();
    let whole = bytes.iter().filter(|byte| **byte == b'\n').count();
    let said = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).filter_map(|(index, line)| {
        let read = line_of(line);
        // The last one may be cut off in the middle of its writing.
        if read.is_none() && index < whole {
            unread.push(index + 1);
        }
        read
    });
    let reading = assembled(*begun, said);
    Ok(Reading { unread, ..reading })
}

/// Read as a text, as every report is: for bytes, the code that reads a report would be there twice.
pub(super) fn line_of(line: &[u8]) -> Option<Line> {
    serde_json::from_str(std::str::from_utf8(line).ok()?).ok()
}

/// What the lines behind the first one report.
pub(super) fn assembled(begun: Begun, lines: impl IntoIterator<Item = Line>) -> Reading {
    let mut reported = Read::default();
    lines.into_iter().for_each(|line| reported.take(line));
    let ended = reported.ended.is_some();
    let mut report = reported.report(&begun);
    assemble::judge(&mut report);
    union::go_on(&mut report, &begun);
    Reading { begun, report, ended, unread: Vec::new() }
}

/// The lines, each kind together.
#[derive(Default)]
struct Read {
    running: HashSet<String>,
    /// What loads measured that were under way.
    loads: HashMap<String, Again>,
    tests: HashMap<String, Test>,
    services: Vec<Service>,
    phases: HashMap<usize, PhaseTimes>,
    problems: Vec<crate::report::model::Diagnostic>,
    abort: Option<crate::report::model::Abort>,
    ended: Option<Ended>,
    /// The latest time that any line reports on.
    last_ms: f64,
}

impl Read {
    fn take(&mut self, line: Line) {
        match line {
            // A second beginning would be another run's.
            Line::Begun(_) => {}
            Line::TestStarted { id } => {
                self.running.insert(id);
            }
            Line::TestEnded(test) => {
                self.seen(test.started_ms + test.duration_ms);
                self.loads.remove(&test.id);
                self.tests.insert(test.id.clone(), *test);
            }
            Line::Load(look) => self.look(*look),
            Line::Service(service) => {
                self.seen(service.sightings.last().map_or(0.0, |one| one.at_ms));
                match self.services.iter_mut().find(|one| one.name == service.name) {
                    Some(known) => *known = *service,
                    None => self.services.push(*service),
                }
            }
            Line::PhaseStarted { index, at_ms } => {
                self.seen(at_ms);
                let run = PhaseTimes { started_ms: Some(at_ms), duration_ms: -1.0, over_budget: false, stopped: None };
                self.phases.insert(index, run);
            }
            Line::PhaseEnded { index, run } => {
                self.seen(run.started_ms.unwrap_or(0.0) + run.duration_ms);
                self.phases.insert(index, run);
            }
            Line::Problem(problem) => self.problems.push(*problem),
            Line::Aborted(abort) => {
                self.seen(abort.at_ms);
                self.abort = Some(*abort);
            }
            Line::Ended(ended) => self.ended = Some(*ended),
        }
    }

    fn look(&mut self, mut look: Look) {
        let begun = look.begun.take();
        let load = match self.loads.entry(look.id.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => match begun {
                Some(begun) => place.insert(Again::new(&begun)),
                // Without its first line nothing is known of what it was.
                None => return,
            },
        };
        load.look(std::slice::from_ref(&look), look.users);
        let ended = load.ended_ms();
        self.seen(ended);
    }

    fn seen(&mut self, at_ms: f64) {
        self.last_ms = self.last_ms.max(sane(at_ms));
    }

    fn report(mut self, begun: &Begun) -> Report {
        let mut run = begun.run.clone();
        run.interrupted = self.ended.as_ref().is_none_or(|ended| ended.interrupted);
        run.duration_ms = self.ended.as_ref().map_or(self.last_ms, |ended| sane(ended.duration_ms));
        let kept: HashSet<&str> =
            begun.earlier.iter().flat_map(|earlier| &earlier.tests).map(|test| test.id.as_str()).collect();
        let mut named: HashSet<&str> = HashSet::new();
        let mine =
            begun.tests.iter().filter(|planned| !kept.contains(planned.id.as_str()) && named.insert(&planned.id));
        let tests = mine.map(|planned| {
            let cause = if self.running.contains(&planned.id) { RUNNING } else { NOT_BEGUN };
            self.tests.remove(&planned.id).unwrap_or_else(|| {
                let mut test = planned.not_run(cause);
                if let Some(load) = self.loads.remove(&planned.id) {
                    test.started_ms = load.started_ms();
                    test.duration_ms = sane(load.ended_ms() - load.started_ms());
                    let (mut result, explained) = load.end();
                    result.interrupted = Some(cause.to_owned());
                    test.load = Some(Box::new(explained.load(&result)));
                }
                test
            })
        });
        let mut tests: Vec<Test> = tests.collect();
        tests.extend(self.tests.into_values());
        Report {
            schema: SCHEMA,
            tool: begun.tool.clone(),
            verdict: Verdict::default(),
            summary: Summary::default(),
            phases: phases(&run.plan, &begun.plan, &self.phases, run.duration_ms),
            gates: Vec::new(),
            abort: self.abort,
            causes: Vec::new(),
            services: self.services,
            credentials: self.ended.map(|ended| ended.credentials).unwrap_or_default(),
            diagnostics: self.problems,
            tests,
            plan: begun.plan.clone(),
            run,
        }
    }
}

fn phases(plan: &Option<String>, spec: &PlanSpec, known: &HashMap<usize, PhaseTimes>, end_ms: f64) -> Vec<Phase> {
    let phase = |(index, spec): (usize, &PhaseSpec)| {
        let mut phase = spec.not_begun();
        if let Some(run) = known.get(&index) {
            phase.started_ms = run.started_ms;
            phase.over_budget = run.over_budget;
            phase.stopped.clone_from(&run.stopped);
            phase.duration_ms = run.duration_ms;
            if run.duration_ms < 0.0 {
                phase.duration_ms = (end_ms - run.started_ms.unwrap_or(end_ms)).max(0.0);
                phase.over_budget |= spec.budget_ms.is_some_and(|budget| phase.duration_ms >= budget);
                phase.stopped = Some("the run was cut off".to_owned());
            }
        }
        phase
    };
    // A run without a plan has one phase without a name, which no report shows.
    if plan.is_some() { spec.phases.iter().enumerate().map(phase).collect() } else { Vec::new() }
}
