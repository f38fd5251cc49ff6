//! JUnit's XML, as Jenkins (`junit-10.xsd` of its xUnit plugin), GitLab and the readers for GitHub take it. A form of our own writer: what
//! servers answer must never make it malformed, and the schema allows no more attributes than these.

mod xml;

use std::fmt::Write as _;

use super::figures::{Figures, held_words};
use super::model::{Channel, Exchange, Load, Report, Test, time};
use super::points::{PointState, detail, points};
use crate::diag::sanitize;
use crate::judge::Outcome;
use crate::value::format_duration;
use xml::Xml;

/// How many exchanges and channels of a test are reported; `test_results.json` has them all.
const MOST_EXCHANGES: usize = 100;

/// What is in the attributes of a suite.
struct Suite<'r> {
    name: String,
    file: Option<&'r str>,
    /// From the start of the run.
    started_ms: f64,
    duration_ms: f64,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    class: String,
    /// The phase that ran it.
    group: Option<String>,
    duration_ms: f64,
    result: Result,
    /// What is said of it beside its result.
    out: String,
}

enum Result {
    Good,
    Skipped(String),
    Failure(Reason),
    Error(Reason),
    /// What it failed by before it passed.
    Flaky(Reason),
}

struct Reason {
    kind: String,
    message: String,
    text: String,
}

/// The whole report.
pub fn render(report: &Report) -> String {
    let mut suites = suites(report);
    suites.extend(point_suites(report));
    let count = |of: fn(&Result) -> bool| {
        suites.iter().flat_map(|suite| &suite.cases).filter(|case| of(&case.result)).count().to_string()
    };
    let mut xml = Xml::new();
    let (tests, failures, errors) = (count(|_| true), count(is_failure), count(is_error));
    let duration = seconds(report.run.duration_ms);
    let name = report.run.plan.as_ref().map_or_else(|| "e2e-dsl".to_owned(), |plan| format!("e2e-dsl: plan {plan}"));
    let attributes =
        [("name", &*name), ("time", &duration), ("tests", &tests), ("failures", &failures), ("errors", &errors)];
    xml.open("testsuites", &attributes);
    for one in &suites {
        suite(&mut xml, one, report);
    }
    xml.close();
    xml.finish()
}

fn is_failure(result: &Result) -> bool {
    matches!(result, Result::Failure(_))
}

fn is_error(result: &Result) -> bool {
    matches!(result, Result::Error(_))
}

/// Seconds to a millisecond; the schema allows no more places.
fn seconds(ms: f64) -> String {
    format!("{:.3}", time(ms).as_secs_f64())
}

fn suites(report: &Report) -> Vec<Suite<'_>> {
    let mut suites: Vec<Suite<'_>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for test in &report.tests {
        let file = test.location.as_ref().map(|at| at.file.as_str());
        let at = *places.entry((file, &test.suite)).or_insert_with(|| {
            suites.push(Suite {
                name: test.suite.clone(),
                file,
                started_ms: test.started_ms,
                duration_ms: 0.0,
                cases: Vec::new(),
            });
            suites.len() - 1
        });
        let suite = &mut suites[at];
        // Tests that were not run started at no time.
        if test.started_ms > 0.0 && (suite.started_ms <= 0.0 || test.started_ms < suite.started_ms) {
            suite.started_ms = test.started_ms;
        }
        suite.duration_ms += test.duration_ms;
        suite.cases.push(case(test));
    }
    suites
}

/// `specs/threads.e2e` and `Threads API` give `specs.threads.Threads API`: readers split at dots.
fn class(test: &Test) -> String {
    let file = test.location.as_ref().map(|at| at.file.strip_suffix(".e2e").unwrap_or(&at.file));
    let parts = file.into_iter().flat_map(|file| file.split(['/', '\\']));
    let parts = parts.filter(|part| !matches!(*part, "" | "." | ".."));
    parts.chain([test.suite.as_str()]).map(|part| part.replace('.', "_")).collect::<Vec<_>>().join(".")
}

fn case(test: &Test) -> Case {
    let result = match test.outcome() {
        Outcome::Passed => Result::Good,
        Outcome::Failed | Outcome::Vacuous | Outcome::Diverged => Result::Failure(reason(test)),
        Outcome::Errored | Outcome::TimedOut | Outcome::Undecided => Result::Error(reason(test)),
        Outcome::Flaky => Result::Flaky(reason(test)),
        Outcome::Skipped { reason, blocked_by: None } => Result::Skipped(reason),
        Outcome::Skipped { reason, blocked_by: Some(service) } => {
            Result::Skipped(format!("blocked, since {service} is down: {reason}"))
        }
        Outcome::NotRun { cause } => Result::Skipped(format!("not run: {cause}")),
    };
    Case {
        name: test.name.clone(),
        class: class(test),
        group: test.phase.clone(),
        duration_ms: test.duration_ms,
        result,
        out: out(test),
    }
}

/// One element a test: readers show the first and leave out the others.
fn reason(test: &Test) -> Reason {
    let words = test.outcome.phrase();
    let Some(first) = test.diagnostics.first() else {
        return Reason { kind: test.outcome.word().to_owned(), message: words.clone(), text: words };
    };
    let more = match test.diagnostics.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Reason {
        kind: first.code.clone(),
        message: format!("{}{more}", first.message),
        text: test.diagnostics.iter().map(detail).collect::<Vec<_>>().join("\n\n"),
    }
}

/// Where the test is, its properties and its exchanges, a line each. The schema has no attributes for them; `[[PROPERTY|name=value]]`
/// is what several readers look for.
fn out(test: &Test) -> String {
    let mut out = String::new();
    if let Some(at) = &test.location {
        let _ = writeln!(out, "{}", plain(&format!("{}:{}:{}", at.file, at.line, at.column)));
    }
    let risk = test.at_risk.as_ref().map(|risk| {
        let sum = super::model::RiskSum { amount: risk.amount, currency: risk.currency.clone(), per: risk.per.clone() };
        risk.what.as_ref().map_or(sum.words(), |what| format!("{} ({what})", sum.words()))
    });
    let tags = (!test.tags.is_empty()).then(|| test.tags.join(","));
    let attempts = (test.attempts > 1).then(|| test.attempts.to_string());
    let properties = [
        ("priority", &test.priority),
        ("tags", &tags),
        ("owner", &test.owner),
        ("at_risk", &risk),
        ("phase", &test.phase),
        ("attempts", &attempts),
    ];
    for (name, value) in properties {
        if let Some(value) = value {
            let _ = writeln!(out, "[[PROPERTY|{name}={}]]", plain(value));
        }
    }
    if let Some(load) = &test.load {
        load_properties(test, load, &mut out);
    }
    for (one, weak) in test.weak().take(MOST_EXCHANGES) {
        let _ = writeln!(out, "{}", plain(&format!("weak evidence: {}: {}", one.text, weak.message)));
    }
    for one in test.exchanges.iter().take(MOST_EXCHANGES) {
        let _ = writeln!(out, "{}", plain(&exchange(one)));
    }
    for one in test.channels.iter().take(MOST_EXCHANGES) {
        let _ = writeln!(out, "{}", plain(&channel(one)));
    }
    let left_out = test.exchanges.len().saturating_sub(MOST_EXCHANGES);
    if left_out > 0 {
        let _ = writeln!(out, "and {left_out} more exchanges, which `test_results.json` has");
    }
    if let Some(left_out) = &test.left_out {
        let _ = writeln!(out, "and {}, which are only counted", left_out.words(test.load.is_some()));
    }
    out
}

/// What a load measured, and its thresholds: `[[PROPERTY|load_p95_ms=6.86]]`, `[[PROPERTY|load_threshold_1=held: p95(time) < 1s: 6.86ms (40 requests)]]`.
fn load_properties(test: &Test, load: &Load, out: &mut String) {
    for (name, value) in Figures::of(load, test.duration_ms).properties() {
        let _ = writeln!(out, "[[PROPERTY|load_{name}={value}]]");
    }
    for (at, one) in load.thresholds.iter().enumerate().take(MOST_EXCHANGES) {
        let is = format!("{}: {}: {} ({})", held_words(one), one.text, one.measured_words(), one.basis);
        let _ = writeln!(out, "[[PROPERTY|load_threshold_{}={}]]", at + 1, plain(&is));
    }
}

/// A text from outside in a line of `system-out`: in it nothing begins or ends a directive of a reader (`[[ATTACHMENT|/etc/passwd]]`), and it
/// stays one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in sanitize(text).chars() {
        if matches!(c, '[' | ']') && out.ends_with(c) {
            out.push(' ');
        }
        // Line ends for some readers, and none for others (Unicode, UAX #14).
        out.push(if matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c });
    }
    out
}

fn exchange(one: &Exchange) -> String {
    let reply = match (one.status, &one.failure) {
        (Some(status), _) => status.to_string(),
        (None, Some(failure)) => failure.kind.word().to_owned(),
        (None, None) => "no response".to_owned(),
    };
    let peer = one.peer.as_ref().map(|peer| format!(" ({peer})")).unwrap_or_default();
    format!("{} {} -> {reply} in {}{peer}", one.method, one.url, format_duration(time(one.timings_ms.total)))
}

fn channel(one: &Channel) -> String {
    let end = one.end.as_ref().map_or_else(|| "open".to_owned(), |end| end.kind.phrase());
    format!("{} {}: {} frames received, {} sent, {end}", one.protocol, one.url, one.frames_received, one.frames_sent)
}

fn point_suites(report: &Report) -> Vec<Suite<'_>> {
    let mut suites: Vec<Suite<'_>> = Vec::new();
    for point in points(report) {
        if suites.last().is_none_or(|suite| suite.name != point.group) {
            let name = point.group.clone();
            suites.push(Suite { name, file: None, started_ms: 0.0, duration_ms: 0.0, cases: Vec::new() });
        }
        let result = match point.state {
            PointState::Held => Result::Good,
            PointState::NotRun(reason) => Result::Skipped(reason),
            PointState::Broken(broken) => {
                let reason = Reason { kind: broken.code, message: broken.message, text: broken.detail };
                if broken.error { Result::Error(reason) } else { Result::Failure(reason) }
            }
        };
        let class = point.group.replace('.', "_");
        let case = Case { name: point.name, class, group: None, duration_ms: 0.0, result, out: String::new() };
        if let Some(suite) = suites.last_mut() {
            suite.cases.push(case);
        }
    }
    suites
}

fn suite(xml: &mut Xml, suite: &Suite<'_>, report: &Report) {
    let count = |of: fn(&Result) -> bool| suite.cases.iter().filter(|case| of(&case.result)).count().to_string();
    let (tests, failures, errors) = (count(|_| true), count(is_failure), count(is_error));
    let skipped = count(|result| matches!(result, Result::Skipped(_)));
    let duration = seconds(suite.duration_ms);
    let timestamp = timestamp(&report.run.started_at, suite.started_ms);
    let mut attributes = vec![
        ("name", &*suite.name),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
        ("time", &duration),
    ];
    attributes.extend(timestamp.as_deref().map(|timestamp| ("timestamp", timestamp)));
    attributes.extend(suite.file.map(|file| ("file", file)));
    xml.open("testsuite", &attributes);
    let seed = report.run.seed.to_string();
    let verdict = report.verdict.state.word().to_owned();
    let properties = [
        ("run", Some(&report.run.id)),
        ("verdict", Some(&verdict)),
        ("environment", report.run.environment.as_ref()),
        ("plan", report.run.plan.as_ref()),
        ("seed", Some(&seed)),
    ];
    xml.open("properties", &[]);
    for (name, value) in properties {
        if let Some(value) = value {
            xml.leaf("property", &[("name", name), ("value", value)], None);
        }
    }
    xml.close();
    for one in &suite.cases {
        write_case(xml, one);
    }
    xml.close();
}

/// To a second, in UTC and without saying so, as JUnit writes it.
fn timestamp(started_at: &str, after_ms: f64) -> Option<String> {
    let started: jiff::Timestamp = started_at.parse().ok()?;
    let after = jiff::SignedDuration::try_from(time(after_ms)).ok()?;
    Some(started.checked_add(after).ok()?.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

fn write_case(xml: &mut Xml, case: &Case) {
    let duration = seconds(case.duration_ms);
    let mut attributes = vec![("name", &*case.name), ("classname", &*case.class), ("time", &*duration)];
    attributes.extend(case.group.as_deref().map(|group| ("group", group)));
    xml.open("testcase", &attributes);
    let reported = |xml: &mut Xml, tag, reason: &Reason| {
        xml.leaf(tag, &[("type", &reason.kind), ("message", &reason.message)], Some(&reason.text));
    };
    match &case.result {
        Result::Good => {}
        Result::Skipped(reason) => xml.leaf("skipped", &[("message", reason)], None),
        Result::Failure(reason) => reported(xml, "failure", reason),
        Result::Error(reason) => reported(xml, "error", reason),
        Result::Flaky(reason) => {
            let attributes = [("type", &*reason.kind), ("message", &*reason.message)];
            xml.open("flakyFailure", &attributes);
            xml.leaf("stackTrace", &[], Some(&reason.text));
            xml.close();
        }
    }
    if !case.out.is_empty() {
        xml.leaf("system-out", &[], Some(&case.out));
    }
    xml.close();
}
