use std::collections::BTreeMap;

use crate::diag::codes;
use crate::judge::{Outcome, RunResult, TestResult};

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub total: usize,
    pub passed: usize,
    pub failed: usize,
    pub errored: usize,
    pub timed_out: usize,
    pub flaky: usize,
    pub skipped: usize,
    pub vacuous: usize,
    pub not_run: usize,
}

impl Summary {
    pub fn of(run: &RunResult) -> Self {
        let mut summary = Self { total: run.tests.len(), ..Self::default() };
        for test in &run.tests {
            let count = match test.outcome {
                Outcome::Passed => &mut summary.passed,
                Outcome::Failed => &mut summary.failed,
                Outcome::Errored => &mut summary.errored,
                Outcome::TimedOut => &mut summary.timed_out,
                Outcome::Flaky => &mut summary.flaky,
                Outcome::Skipped { .. } => &mut summary.skipped,
                Outcome::Vacuous => &mut summary.vacuous,
                Outcome::NotRun { .. } => &mut summary.not_run,
            };
            *count += 1;
        }
        summary
    }

    /// Tests that fell short of what they were to prove.
    pub fn bad(&self) -> usize {
        self.failed + self.errored + self.timed_out + self.vacuous
    }

    /// `58 passed, 2 failed`: what there is of each.
    pub fn words(&self) -> String {
        let counts = [
            (self.passed, "passed"),
            (self.flaky, "flaky"),
            (self.failed, "failed"),
            (self.errored, "errored"),
            (self.timed_out, "timed out"),
            (self.vacuous, "vacuous"),
            (self.skipped, "skipped"),
            (self.not_run, "not run"),
        ];
        let shown: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if shown.is_empty() { "no tests".to_owned() } else { shown.join(", ") }
    }
}

/// What a run as a whole says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `READY`, `NOT READY`, `ABORTED`, `INVALID`
    pub state: &'static str,
    pub reasons: Vec<String>,
    /// Amount, currency, and per what: summed over the tests that failed.
    pub at_risk: Vec<(f64, &'static str, Option<String>)>,
}

impl Verdict {
    pub fn of(run: &RunResult) -> Self {
        let summary = Summary::of(run);
        let mut reasons = Vec::new();
        if run.interrupted {
            reasons
                .push(format!("the run was interrupted; {} of {} tests were not run", summary.not_run, summary.total));
        }
        if summary.bad() > 0 {
            reasons.push(format!("{} of {} tests did not hold", summary.bad(), summary.total));
        }
        reasons
            .extend(run.diagnostics.iter().map(|diagnostic| format!("a suite's hook failed: {}", diagnostic.message)));
        let proved = summary.passed + summary.flaky;
        let state = if run.interrupted {
            "ABORTED"
        } else if summary.bad() > 0 || !run.diagnostics.is_empty() {
            "NOT READY"
        } else if proved == 0 {
            reasons.push("nothing was proved: no test passed".to_owned());
            "INVALID"
        } else {
            "READY"
        };
        Self { state, reasons, at_risk: at_risk(run) }
    }
}

/// What a suite puts at risk counts once, however many of its tests fail.
fn at_risk(run: &RunResult) -> Vec<(f64, &'static str, Option<String>)> {
    let mut counted: Vec<(&str, &crate::plan::AtRisk)> = Vec::new();
    for test in run.tests.iter().filter(|test| test.outcome.is_bad()) {
        if let Some(at_risk) = &test.info.at_risk {
            let one = (test.info.suite.as_str(), at_risk);
            if !counted.contains(&one) {
                counted.push(one);
            }
        }
    }
    let mut sums: BTreeMap<(&'static str, Option<String>), f64> = BTreeMap::new();
    for (_, at_risk) in counted {
        *sums.entry((at_risk.money.currency, at_risk.per.clone())).or_default() += at_risk.money.amount;
    }
    sums.into_iter().map(|((currency, per), amount)| (amount, currency, per)).collect()
}

/// `$120K MRR`
pub fn money_words(amount: f64, currency: &'static str, per: Option<&str>) -> String {
    let money = crate::value::Money { amount, currency };
    per.map_or_else(|| money.to_string(), |per| format!("{money} {per}"))
}

/// Failures that have the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `nothing listens on 127.0.0.1:8080 (connection refused)`
    pub summary: String,
    /// The host it is about, when it is one.
    pub suspect: Option<String>,
    /// The tests' ids, in their order.
    pub tests: Vec<String>,
}

/// Groups what failed by its reason, most tests first.
pub fn causes(run: &RunResult) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    for test in run.tests.iter().filter(|test| test.outcome.is_bad()) {
        let (summary, suspect) = reason(test);
        match causes.iter_mut().find(|cause| cause.summary == summary) {
            Some(cause) => cause.tests.push(test.info.id.clone()),
            None => causes.push(Cause { summary, suspect, tests: vec![test.info.id.clone()] }),
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.tests.len()));
    causes
}

fn reason(test: &TestResult) -> (String, Option<String>) {
    let host = test.exchanges.last().and_then(|exchange| authority(&exchange.url));
    let Some(first) = test.diagnostics.first() else { return (format!("the test {}", test.outcome.words()), host) };
    // An unexpected status is the same trouble whatever was expected instead.
    if *first.code == codes::STATUS {
        let status =
            test.exchanges.last().and_then(|exchange| exchange.outcome.as_ref().ok()).map(|response| response.status);
        if let (Some(status), Some(host)) = (status.filter(|status| *status >= 400), &host) {
            return (format!("{host} answers {status}"), Some(host.clone()));
        }
    }
    let host = first.code.name.starts_with("e2e::net::").then_some(host).flatten();
    (first.message.clone(), host)
}

fn authority(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}")))
}
