//! The tests by suites, those with failures first.

use askama::Template;

use super::channels::Channels;
use super::drawing::Drawing;
use super::more::More;
use super::steps::Steps;
use super::waterfall::Waterfall;
use super::words::{clean, clean_or_empty, duration, lines, outcome};
use crate::judge::release::TestsAndLoads;
use crate::report::model::{Report, RiskSum, Test, TestRisk};

/// How many tests that did not pass are open from the beginning.
const MOST_OPEN: usize = 25;
/// How much markup of steps and evidence, of tests that did not pass, is in the page itself, in bytes. What is beyond it is put
/// there by the script when a test is opened, so that a run that fails as a whole still loads at once.
const MOST_MARKUP: usize = 1 << 20;

#[derive(Template)]
#[template(path = "suites.html")]
pub(super) struct Suites {
    suites: Vec<Suite>,
}

struct Suite {
    name: String,
    file: String,
    words: String,
    bad: usize,
    tests: Vec<View>,
}

struct View {
    number: usize,
    class: &'static str,
    words: &'static str,
    bad: bool,
    open: bool,
    name: String,
    reason: String,
    risk: String,
    notes: Vec<String>,
    time: String,
    inside: Inside,
    /// Where the rest is.
    more: Option<(usize, usize)>,
}

/// What is in the page of what a test shows when it is opened.
enum Inside {
    /// All of it.
    Whole(String),
    /// What is known of it and its diagnostics.
    Head(String),
    /// The titles of its steps, on one line.
    Brief(String),
}

#[derive(Template)]
#[template(path = "about.html")]
struct Head {
    number: usize,
    doc: Vec<String>,
    facts: Vec<(&'static str, String)>,
    diagnostics: Vec<Drawing>,
}

#[derive(Template)]
#[template(source = "{{ steps|safe }}{{ waterfall|safe }}{{ channels|safe }}", ext = "html")]
struct Rest {
    steps: Steps,
    waterfall: Waterfall,
    channels: Channels,
}

impl Suites {
    /// What isn't in the page itself is put into `more`.
    pub fn new(report: &Report, more: &mut More) -> Self {
        let mut suites: Vec<Suite> = Vec::new();
        let (mut opened, mut markup) = (0, 0);
        for (file, name, numbers) in order(report) {
            let tests: Vec<&Test> = numbers.iter().map(|number| &report.tests[*number]).collect();
            let bad = tests.iter().filter(|test| test.outcome().is_bad()).count();
            let views = numbers.iter().map(|number| {
                let test = &report.tests[*number];
                let open = test.outcome().is_bad() && opened < MOST_OPEN;
                opened += usize::from(open);
                view(*number, test, open, &mut markup, more)
            });
            suites.push(Suite {
                name: clean(name),
                file: clean(file),
                words: TestsAndLoads::of(tests.iter().map(|test| test.is_load())).words(),
                bad,
                tests: views.collect(),
            });
        }
        Self { suites }
    }

    /// The tests' numbers in the order of the page.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        self.suites.iter().flat_map(|suite| &suite.tests).map(|test| test.number)
    }
}

/// Suites by file and name, with their tests' numbers: those with failures first, otherwise as they ran; and so within a suite.
fn order(report: &Report) -> Vec<(&str, &str, Vec<usize>)> {
    let mut suites: indexmap::IndexMap<(&str, &str), Vec<usize>> = indexmap::IndexMap::new();
    for (number, test) in report.tests.iter().enumerate() {
        let file = test.location.as_ref().map_or("", |at| at.file.as_str());
        suites.entry((file, test.suite.as_str())).or_default().push(number);
    }
    let is_good = |number: &usize| !report.tests[*number].outcome().is_bad();
    let mut suites: Vec<(&str, &str, Vec<usize>)> = suites
        .into_iter()
        .map(|((file, name), mut numbers)| {
            numbers.sort_by_key(is_good);
            (file, name, numbers)
        })
        .collect();
    suites.sort_by_key(|(_, _, numbers)| numbers.iter().all(is_good));
    suites
}

fn view(number: usize, test: &Test, open: bool, markup: &mut usize, more: &mut More) -> View {
    let (class, words) = outcome(test.outcome);
    let bad = test.outcome().is_bad();
    let head = Head {
        number,
        doc: lines(test.doc.as_deref().unwrap_or_default()),
        facts: facts(test),
        diagnostics: test.diagnostics.iter().map(Drawing::new).collect(),
    };
    let rest = Rest {
        steps: Steps::new(&test.steps),
        waterfall: Waterfall::new(test),
        channels: Channels::new(&test.channels),
    };
    // Templates write to memory, which can't fail.
    let (head, rest) = (head.render().unwrap_or_default(), rest.render().unwrap_or_default());
    let (inside, more) = if !bad {
        let steps: Vec<String> = test.steps.iter().map(|step| clean(&step.title)).collect();
        (Inside::Brief(steps.join(" · ")), Some(more.push(head + &rest)))
    } else if *markup < MOST_MARKUP {
        *markup += rest.len();
        (Inside::Whole(head + &rest), None)
    } else {
        (Inside::Head(head), Some(more.push(rest)))
    };
    let mut notes: Vec<String> = test.priority.iter().map(|priority| clean(priority)).collect();
    notes.extend(test.tags.iter().map(|tag| clean(tag)));
    if test.attempts > 1 {
        notes.push(format!("{} attempts", test.attempts));
    }
    View {
        number,
        class,
        words,
        bad,
        open,
        name: clean(&test.name),
        reason: clean_or_empty(test.reason.as_deref()),
        risk: test.at_risk.as_ref().filter(|_| bad || test.blocked_by.is_some()).map(risk).unwrap_or_default(),
        notes,
        time: if test.attempts == 0 && test.duration_ms == 0.0 { String::new() } else { duration(test.duration_ms) },
        inside,
        more,
    }
}

fn risk(risk: &TestRisk) -> String {
    let sum = RiskSum { amount: risk.amount, currency: risk.currency.clone(), per: risk.per.clone() };
    clean(&sum.words())
}

fn facts(test: &Test) -> Vec<(&'static str, String)> {
    let place = test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line));
    let money = test.at_risk.as_ref().map(|one| match &one.what {
        Some(what) => format!("{}: {what}", risk(one)),
        None => risk(one),
    });
    let facts = [
        ("at", place),
        ("phase", test.phase.clone()),
        ("owner", test.owner.clone()),
        ("at risk", money),
        ("blocked by", test.blocked_by.clone()),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, clean(&value?)))).collect()
}
