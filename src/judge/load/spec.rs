use std::time::Duration;

use crate::plan::{Load, Pace, Threshold};
use crate::source::Span;

/// What of a load its results are judged by. It is known of one that a report reports on, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Of the load's name.
    pub span: Span,
    pub model: Model,
    /// How long iterations are begun.
    pub duration: Duration,
    pub scenarios: Vec<Scenario>,
    pub thresholds: Vec<Threshold>,
    /// Other machines have a part of it, too.
    pub is_part: bool,
}

/// What sets the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Users: each begins its next iteration when its last one has ended.
    Closed,
    /// A rate: iterations begin when they are due.
    Open,
}

/// A scenario without its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Absent where there is only one.
    pub name: Option<String>,
    pub tags: Vec<String>,
    pub weight: u32,
}

impl Spec {
    pub fn of(load: &Load, is_part: bool) -> Self {
        let scenarios = load.scenarios.iter().map(|one| Scenario {
            name: one.name.clone(),
            tags: one.tags.clone(),
            weight: one.weight,
        });
        Self {
            span: load.span,
            model: match load.pace {
                Pace::Users(_) => Model::Closed,
                Pace::Arrivals { .. } => Model::Open,
            },
            duration: load.pace.duration(),
            scenarios: scenarios.collect(),
            thresholds: load.thresholds.clone(),
            is_part,
        }
    }
}
