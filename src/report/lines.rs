//! What a run says while it goes on, as the lines of its journal.

use std::sync::Arc;

use super::Builder;
use super::form::{credential, location, ms, span};
use super::load::LoadWriter;
use super::model::{self, Begun, Ended, JOURNAL_SCHEMA, Line, LoadBegun, Look, PhaseTimes, Planned, Tool};
use crate::judge::load::Standing;
use crate::judge::release::{Abort, Release, ServiceMap, place};
use crate::judge::{Progress, RunInfo, RunResult, TestInfo};

impl Builder<'_> {
    /// The line of an event, to be masked as a whole. The end of the run has one of its own (`ended`), which knows more.
    pub fn line(&self, progress: &Progress, services: &ServiceMap) -> Option<Line> {
        Some(match progress {
            Progress::Started { info, release, tests, .. } => Line::Begun(Box::new(self.begun(info, release, tests))),
            Progress::Service(watch) => Line::Service(Box::new(self.service(watch))),
            Progress::PhaseStarted { index, at } => Line::PhaseStarted { index: *index, at_ms: ms(*at) },
            Progress::PhaseEnded { index, run } => Line::PhaseEnded {
                index: *index,
                run: PhaseTimes {
                    started_ms: run.started.map(ms),
                    duration_ms: ms(run.duration),
                    over_budget: run.over_budget,
                    stopped: run.stopped.clone(),
                },
            },
            Progress::TestStarted(info) => Line::TestStarted { id: info.id.clone() },
            Progress::TestEnded(test) => Line::TestEnded(Box::new(self.test(test, services))),
            Progress::Problem(problem) => Line::Problem(Box::new(self.diagnostic(problem))),
            Progress::Aborted(abort) => Line::Aborted(Box::new(self.abort(abort))),
            Progress::Load(standing) => Line::Load(Box::new(self.look(standing, services))),
            Progress::Ended => return None,
        })
    }

    /// What a load measured since it was last reported.
    fn look(&self, standing: &Standing, services: &ServiceMap) -> Look {
        let writer = LoadWriter { place: &|of| span(of, self.sources), about: &|url| place(url, services) };
        let begun = || LoadBegun { started_ms: ms(standing.load.began), load: writer.begun(&standing.load) };
        Look {
            id: standing.info.id.clone(),
            begun: standing.is_first.then(|| Box::new(begun())),
            at_ms: ms(standing.look.at),
            begins: standing.look.begins,
            users: standing.look.users,
            measured: writer.measured(&standing.look.measured),
        }
    }

    /// The last line.
    pub fn ended(&self, run: &RunResult) -> Line {
        let credentials = run.credentials.iter().map(credential).collect();
        let ended = Ended { duration_ms: ms(run.duration), interrupted: run.interrupted, credentials };
        Line::Ended(Box::new(ended))
    }

    fn begun(&self, info: &RunInfo, release: &Release, tests: &[Arc<TestInfo>]) -> Begun {
        Begun {
            schema: JOURNAL_SCHEMA,
            tool: Tool::this(),
            run: self.run_info(info),
            plan: self.plan_spec(release),
            tests: tests.iter().map(|test| self.planned(test)).collect(),
            earlier: None,
        }
    }

    pub fn planned(&self, info: &TestInfo) -> Planned {
        Planned {
            id: info.id.clone(),
            suite: info.suite.clone(),
            name: info.name.clone(),
            doc: info.doc.clone(),
            priority: info.priority.clone(),
            tags: info.tags.to_strings(),
            owner: info.owner.clone(),
            at_risk: info.at_risk.as_ref().map(super::form::risk),
            location: location(info.span, self.sources),
            phase: info.phase.as_ref().map(|phase| phase.to_string()),
        }
    }

    pub(super) fn abort(&self, abort: &Abort) -> model::Abort {
        model::Abort {
            condition: abort.condition.clone(),
            because: abort.because.clone(),
            service: abort.service.clone(),
            at_ms: ms(abort.at),
            span: span(abort.span, self.sources),
        }
    }
}
