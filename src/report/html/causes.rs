//! What to look at first: failures by what made them fail.

use crate::report::model::word;
use std::collections::HashMap;

use askama::Template;

use super::words::{clean, clean_or_empty, counted};
use crate::judge::release::Classification;
use crate::report::model::{self, Report};
use crate::report::risk_words;

/// How many causes are shown at once; the others are folded below them.
const MOST_CAUSES: usize = 6;

#[derive(Template)]
#[template(path = "causes.html")]
pub(super) struct Causes {
    causes: Vec<Cause>,
    others: Vec<Cause>,
    others_words: String,
}

struct Cause {
    number: usize,
    tests_words: String,
    /// Of the list of its tests.
    title: String,
    summary: String,
    suspect: String,
    classification: String,
    chain: Vec<String>,
    evidence: Vec<String>,
    at_risk: String,
    /// The tests' numbers and names.
    tests: Vec<(usize, String)>,
}

impl Causes {
    pub fn new(report: &Report) -> Self {
        let numbers: HashMap<&str, usize> =
            report.tests.iter().enumerate().map(|(number, test)| (test.id.as_str(), number)).collect();
        let loads = report.loads();
        let causes = report.causes.iter().enumerate().map(|(number, cause)| {
            let known = cause.tests.iter().filter_map(|id| numbers.get(id.as_str()));
            let classification = cause.classification;
            let kinds = cause.kinds(&loads);
            Cause {
                number,
                tests_words: kinds.words(),
                title: format!("Its {}", kinds.noun()),
                summary: clean(&cause.summary),
                suspect: clean_or_empty(cause.suspect.as_deref()),
                classification: classification_words(classification),
                chain: chain(cause),
                evidence: cause.evidence.iter().map(|line| clean(line)).collect(),
                at_risk: clean(&risk_words(&cause.at_risk)),
                tests: known.map(|number| (*number, clean(&report.tests[*number].name))).collect(),
            }
        });
        let mut causes: Vec<Cause> = causes.collect();
        let others = causes.split_off(causes.len().min(MOST_CAUSES));
        Self { causes, others_words: counted(others.len(), "more cause"), others }
    }

    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }
}

/// Its chain of reasons, when it says more than the summary does.
fn chain(cause: &model::Cause) -> Vec<String> {
    let reported = cause.chain.len() == 2 && cause.chain.last() == Some(&cause.summary);
    if cause.chain.len() < 2 || reported { Vec::new() } else { cause.chain.iter().map(|link| clean(link)).collect() }
}

/// `persistent failure`; nothing for one that isn't known.
pub(super) fn classification_words(name: Option<word::Classification>) -> String {
    name.and_then(word::Classification::known).map(Classification::words).unwrap_or_default().to_owned()
}
