use std::time::Duration;

use super::{Abort, AbortCondition, AbortKind, Digest, ServiceState, TestsAndLoads};
use crate::event::Instant;
use crate::value::format_duration;

/// What the conditions listen to.
#[derive(Clone, Copy, Debug)]
pub enum Observation<'a> {
    Service {
        name: &'a str,
        state: ServiceState,
        because: &'a str,
    },
    CredentialFailed {
        name: &'a str,
        because: &'a str,
    },
    /// An exchange that ended; probes are none.
    Exchange {
        service: Option<&'a str>,
        time: Duration,
    },
    /// A WebSocket that was to open, and did or didn't.
    WebSocket {
        opened: bool,
    },
    Test(&'a Digest),
    PhaseBegan(usize),
    PhaseEnded,
}

/// Decides when a run is to be aborted. It receives everything in the order in which it happens, and trips once.
#[derive(Clone, Debug)]
pub struct AbortJudge {
    conditions: Vec<Watched>,
    /// What the run has.
    total: TestsAndLoads,
    phase: Option<usize>,
    tripped: Option<Abort>,
    failures: usize,
    opened: usize,
    refused: usize,
}

#[derive(Clone, Debug)]
struct Watched {
    condition: AbortCondition,
    /// How many requests in a row were too slow.
    in_a_row: usize,
}

/// How many WebSockets must have failed, with none that opened, before it is said that every one does.
const ENOUGH_WEBSOCKETS: usize = 3;

impl AbortJudge {
    pub fn new(conditions: Vec<AbortCondition>, total: TestsAndLoads) -> Self {
        let conditions = conditions.into_iter().map(|condition| Watched { condition, in_a_row: 0 }).collect();
        Self { conditions, total, phase: None, tripped: None, failures: 0, opened: 0, refused: 0 }
    }

    /// What ended the run, if something did.
    pub fn tripped(&self) -> Option<&Abort> {
        self.tripped.as_ref()
    }

    /// Takes note of what happened; gives the abort when this made a condition true for the first time.
    pub fn receive(&mut self, at: Instant, what: Observation<'_>) -> Option<Abort> {
        match what {
            Observation::PhaseBegan(index) => (self.phase, self.opened, self.refused) = (Some(index), 0, 0),
            Observation::WebSocket { opened: true } => self.opened += 1,
            Observation::WebSocket { opened: false } => self.refused += 1,
            Observation::Test(test) if test.fell_short() => self.failures += 1,
            _ => {}
        }
        if self.tripped.is_some() {
            return None;
        }
        let (phase, total, failures, sockets) = (self.phase, self.total, self.failures, (self.opened, self.refused));
        let hit = self.conditions.iter_mut().find_map(|watched| {
            if watched.condition.phase.is_some_and(|only| Some(only) != phase) {
                return None;
            }
            let because = watched.receives(what, total, failures, sockets)?;
            Some((watched.condition.clone(), because))
        });
        let (condition, because) = hit?;
        let service = match condition.kind {
            AbortKind::ServiceDown(service) => Some(service),
            _ => None,
        };
        self.tripped = Some(Abort { condition: condition.text, because, service, span: condition.span, at });
        self.tripped.clone()
    }
}

impl Watched {
    /// Why the condition is true now.
    fn receives(
        &mut self,
        what: Observation<'_>,
        total: TestsAndLoads,
        failures: usize,
        sockets: (usize, usize),
    ) -> Option<String> {
        match (&self.condition.kind, what) {
            (AbortKind::ServiceDown(wanted), Observation::Service { name, state: ServiceState::Down, because }) => {
                (wanted == name).then(|| because.to_owned())
            }
            (AbortKind::CredentialFails(wanted), Observation::CredentialFailed { name, because }) => {
                (wanted == name).then(|| because.to_owned())
            }
            (AbortKind::EveryWebSocketFails, Observation::WebSocket { .. } | Observation::PhaseEnded) => {
                let (opened, refused) = sockets;
                let enough = if matches!(what, Observation::PhaseEnded) { 1 } else { ENOUGH_WEBSOCKETS };
                (opened == 0 && refused >= enough).then(|| match refused {
                    1 => "the only WebSocket that was tried didn't open".to_owned(),
                    _ => format!("none of {refused} WebSockets opened"),
                })
            }
            (AbortKind::Slow { op, limit, requests, to }, Observation::Exchange { service, time }) => {
                if to.as_ref().is_some_and(|to| !service.is_some_and(|service| to.iter().any(|one| one == service))) {
                    return None;
                }
                self.in_a_row = if super::gate::holds(time.as_secs_f64(), *op, limit.as_secs_f64()) {
                    self.in_a_row + 1
                } else {
                    0
                };
                (self.in_a_row >= *requests).then(|| {
                    format!("{} requests in a row, the last one took {}", self.in_a_row, format_duration(time))
                })
            }
            (AbortKind::Failures { op, limit, share }, Observation::Test(test)) if test.fell_short() => {
                let all = total.total();
                let measured = if *share { failures as f64 / all.max(1) as f64 } else { failures as f64 };
                super::gate::holds(measured, *op, *limit)
                    .then(|| format!("{failures} of {all} {} failed", total.noun()))
            }
            (AbortKind::AnyFailure { priority }, Observation::Test(test)) if test.fell_short() => {
                let fits = priority.as_ref().is_none_or(|priority| test.priority.as_ref() == Some(priority));
                fits.then(|| format!("\"{}\" {}", test.name, test.outcome.words()))
            }
            _ => None,
        }
    }
}
