//! What to look at first: failures by what made them fail.

use std::collections::HashMap;

use askama::Template;

use super::words::{clean, clean_or_empty, counted};
use crate::judge::release::Classification;
use crate::report::model::Report;
use crate::report::risk_words;

#[derive(Template)]
#[template(path = "causes.html")]
pub(super) struct Causes {
    causes: Vec<Cause>,
}

struct Cause {
    number: usize,
    tests_words: String,
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
        let causes = report.causes.iter().enumerate().map(|(number, cause)| {
            let known = cause.tests.iter().filter_map(|id| numbers.get(id.as_str()));
            let classification = cause.classification.as_deref();
            Cause {
                number,
                tests_words: counted(cause.tests.len(), "test"),
                summary: clean(&cause.summary),
                suspect: clean_or_empty(cause.suspect.as_deref()),
                classification: classification_words(classification),
                chain: cause.chain.iter().map(|link| clean(link)).collect(),
                evidence: cause.evidence.iter().map(|line| clean(line)).collect(),
                at_risk: clean(&risk_words(&cause.at_risk)),
                tests: known.map(|number| (*number, clean(&report.tests[*number].name))).collect(),
            }
        });
        Self { causes: causes.collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }
}

/// `persistent failure`; one that isn't known stays as it is.
pub(super) fn classification_words(name: Option<&str>) -> String {
    let known = name.and_then(Classification::named).map(Classification::words);
    known.map_or_else(|| clean_or_empty(name), str::to_owned)
}
