//! A test's steps with what was expected in them.

use crate::report::model::word;
use askama::Template;

use super::words::{clean, duration};
use crate::report::model::{Expectation, Step};

#[derive(Template)]
#[template(path = "steps.html")]
pub(super) struct Steps {
    steps: Vec<One>,
}

struct One {
    class: &'static str,
    title: String,
    time: String,
    /// Its exchange's number, from 1.
    exchange: Option<usize>,
    expectations: Vec<Expected>,
}

struct Expected {
    class: &'static str,
    text: String,
    /// Why it proves little.
    weak: Option<String>,
}

impl Steps {
    pub fn new(steps: &[Step]) -> Self {
        Self { steps: steps.iter().map(one).collect() }
    }
}

fn one(step: &Step) -> One {
    let (class, words) = match step.state {
        word::Step::Done => ("done", "done"),
        word::Step::NotRun => ("not_run", "not run"),
        word::Step::Failed | word::Step::Later => ("failed", "failed"),
    };
    One {
        class,
        title: clean(&step.title),
        time: if class == "not_run" { words.to_owned() } else { duration(step.duration_ms) },
        exchange: step.exchange.map(|index| index.saturating_add(1)),
        expectations: step.expectations.iter().map(expected).collect(),
    }
}

fn expected(one: &Expectation) -> Expected {
    let weak = one.weak.as_ref().map(|weak| clean(&weak.message));
    let class = match (one.held, &weak) {
        (true, None) => "yes",
        (true, Some(_)) => "weak",
        (false, _) => "no",
    };
    Expected { class, text: clean(&one.text), weak }
}
