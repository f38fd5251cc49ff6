//! What the page shows, as texts that have passed the redactor.

use askama::Template;

use crate::diag::sanitize;
use crate::report::model::{self, Channel, Diagnostic, Exchange, Report, RiskSum, Step, Summary, Test};
use crate::value::format_duration;

/// How many frames of a channel are listed.
const MOST_FRAMES: usize = 200;
/// How much of a frame's text is shown, in characters.
const LONGEST_FRAME: usize = 300;

#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    verdict: String,
    verdict_class: &'static str,
    reasons: Vec<String>,
    at_risk: Vec<String>,
    counts: Vec<(usize, String, String)>,
    total: usize,
    duration: String,
    environment: String,
    started_at: String,
    seed: u64,
    causes: Vec<CauseView>,
    diagnostics: Vec<DiagnosticView>,
    suites: Vec<SuiteView>,
}

struct CauseView {
    count: usize,
    summary: String,
    tests: Vec<(usize, String)>,
}

struct SuiteView {
    name: String,
    file: String,
    tests: Vec<TestView>,
    bad: usize,
}

struct TestView {
    number: usize,
    name: String,
    /// What the search looks in: name, suite, file and tags in lower case.
    search: String,
    outcome: String,
    class: String,
    open: bool,
    reason: String,
    duration: String,
    place: String,
    notes: Vec<String>,
    doc: String,
    diagnostics: Vec<DiagnosticView>,
    steps: Vec<StepView>,
    exchanges: Vec<ExchangeView>,
    channels: Vec<ChannelView>,
}

struct DiagnosticView {
    code: String,
    message: String,
    drawing: String,
}

struct StepView {
    title: String,
    state: String,
    duration: String,
    expectations: Vec<(bool, String)>,
}

struct ExchangeView {
    title: String,
    status: String,
    good: bool,
    duration: String,
    peer: String,
    /// Where the bar starts, and its stages: class, width, words. In percent of the test's time.
    start: f64,
    stages: Vec<(&'static str, f64, String)>,
}

struct ChannelView {
    name: String,
    url: String,
    end: String,
    received: usize,
    sent: usize,
    left_out: usize,
    frames: Vec<FrameView>,
}

struct FrameView {
    at: String,
    arrow: &'static str,
    direction: &'static str,
    event: String,
    text: String,
    matched: String,
}

fn duration(ms: f64) -> String {
    format_duration(model::time(ms))
}

impl Page {
    pub fn new(report: &Report) -> Self {
        let number_of = |id: &str| report.tests.iter().position(|test| test.id == id).unwrap_or_default();
        let name_of = |id: &str| report.tests.iter().find(|test| test.id == id).map_or("", |test| test.name.as_str());
        let causes = report.causes.iter().map(|cause| CauseView {
            count: cause.tests.len(),
            summary: sanitize(&cause.summary),
            tests: cause.tests.iter().map(|id| (number_of(id), sanitize(name_of(id)))).collect(),
        });
        Self {
            verdict: report.verdict.state.clone(),
            verdict_class: if report.verdict.state == "READY" { "good" } else { "bad" },
            reasons: report.verdict.reasons.iter().map(|reason| sanitize(reason)).collect(),
            at_risk: report.verdict.at_risk.iter().map(RiskSum::words).collect(),
            counts: counts(&report.summary),
            total: report.summary.total,
            duration: duration(report.run.duration_ms),
            environment: sanitize(report.run.environment.as_deref().unwrap_or("none")),
            started_at: report.run.started_at.clone(),
            seed: report.run.seed,
            causes: causes.collect(),
            diagnostics: report.diagnostics.iter().map(diagnostic).collect(),
            suites: suites(report),
        }
    }
}

fn counts(summary: &Summary) -> Vec<(usize, String, String)> {
    let all = [
        (summary.passed, "passed"),
        (summary.failed, "failed"),
        (summary.errored, "errored"),
        (summary.timed_out, "timed_out"),
        (summary.vacuous, "vacuous"),
        (summary.flaky, "flaky"),
        (summary.skipped, "skipped"),
        (summary.not_run, "not_run"),
    ];
    let shown = all.into_iter().filter(|(count, _)| *count > 0);
    shown.map(|(count, name)| (count, name.replace('_', " "), name.to_owned())).collect()
}

fn suites(report: &Report) -> Vec<SuiteView> {
    let mut suites: Vec<SuiteView> = Vec::new();
    for (number, test) in report.tests.iter().enumerate() {
        let file = test.location.as_ref().map(|at| at.file.as_str()).unwrap_or_default();
        let (name, file) = (sanitize(&test.suite), sanitize(file));
        if suites.last().is_none_or(|last| last.name != name || last.file != file) {
            suites.push(SuiteView { name, file, tests: Vec::new(), bad: 0 });
        }
        if let Some(suite) = suites.last_mut() {
            suite.bad += usize::from(test.outcome().is_bad());
            suite.tests.push(view(number, test));
        }
    }
    suites
}

fn view(number: usize, test: &Test) -> TestView {
    let place = test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)).unwrap_or_default();
    let mut notes: Vec<String> = test.priority.iter().cloned().collect();
    notes.extend(test.tags.iter().cloned());
    if let Some(risk) = &test.at_risk {
        let sum = RiskSum { amount: risk.amount, currency: risk.currency.clone(), per: risk.per.clone() };
        notes.push(format!("{} at risk", sum.words()));
    }
    if test.attempts > 1 {
        notes.push(format!("{} attempts", test.attempts));
    }
    let notes: Vec<String> = notes.iter().map(|note| sanitize(note)).collect();
    let name = sanitize(&test.name);
    TestView {
        number,
        search: format!("{name} {} {place} {}", test.suite, notes.join(" ")).to_lowercase(),
        name,
        outcome: test.outcome.replace('_', " "),
        class: test.outcome.clone(),
        open: test.outcome().is_bad(),
        reason: sanitize(test.reason.as_deref().unwrap_or_default()),
        duration: duration(test.duration_ms),
        place: sanitize(&place),
        notes,
        doc: test.doc.clone().unwrap_or_default(),
        diagnostics: test.diagnostics.iter().map(diagnostic).collect(),
        steps: test.steps.iter().map(step).collect(),
        exchanges: test.exchanges.iter().map(|one| exchange(one, test.started_ms, test.duration_ms)).collect(),
        channels: test.channels.iter().map(channel).collect(),
    }
}

/// The same drawing as in the terminal, its first lines (code and message) aside, which the page shows itself.
fn diagnostic(one: &Diagnostic) -> DiagnosticView {
    let drawing = &one.drawing;
    let body =
        drawing.find("╭─").and_then(|frame| drawing[..frame].rfind('\n')).map_or("", |line| &drawing[line + 1..]);
    let body = if body.is_empty() {
        one.help.as_ref().map(|help| format!("help: {help}")).unwrap_or_default()
    } else {
        body.trim_end().to_owned()
    };
    DiagnosticView { code: one.code.clone(), message: sanitize(&one.message), drawing: body }
}

fn step(one: &Step) -> StepView {
    StepView {
        title: sanitize(&one.title),
        state: one.state.replace('_', " "),
        duration: if one.state == "not_run" { String::new() } else { duration(one.duration_ms) },
        expectations: one
            .expectations
            .iter()
            .map(|expectation| (expectation.held, sanitize(&expectation.text)))
            .collect(),
    }
}

fn exchange(one: &Exchange, started: f64, whole: f64) -> ExchangeView {
    let percent = |ms: f64| (ms / whole.max(1e-3) * 100.0).clamp(0.0, 100.0);
    let timings = &one.timings_ms;
    let before: f64 = [timings.dns, timings.connect, timings.tls].into_iter().flatten().sum();
    let first = timings.first_byte.unwrap_or(timings.total);
    let stages = [
        ("dns", "resolving", timings.dns),
        ("connect", "connecting", timings.connect),
        ("tls", "TLS", timings.tls),
        ("wait", "waiting", Some((first - before).max(0.0))),
        ("receive", "receiving", Some((timings.total - first).max(0.0))),
    ];
    let shown = stages.iter().filter_map(|(class, words, time)| {
        let time = (*time)?;
        (time > 0.0).then(|| (*class, percent(time).max(0.2), format!("{words} {}", duration(time))))
    });
    let (status, good) = match (one.status, &one.failure) {
        (Some(status), _) => (status.to_string(), status < 400),
        (None, failure) => (failure.as_ref().map(|failure| failure.kind.clone()).unwrap_or_default(), false),
    };
    ExchangeView {
        title: sanitize(&format!("{} {}", one.method, one.url)),
        status,
        good,
        duration: duration(timings.total),
        peer: one.peer.clone().unwrap_or_default(),
        start: percent(one.started_ms - started).min(99.5),
        stages: shown.collect(),
    }
}

fn channel(one: &Channel) -> ChannelView {
    let end = match &one.end {
        None => "still open at the end".to_owned(),
        Some(end) => {
            let words = match end.kind.as_str() {
                "closed" => {
                    let who = if end.by_us == Some(true) { "by the test" } else { "by the server" };
                    let code = one.closed_with.unwrap_or(1005);
                    format!("closed {who} with {code} {}", end.reason.as_deref().unwrap_or_default())
                }
                "ended" => "ended".to_owned(),
                "dropped" => "dropped by the test".to_owned(),
                _ => end.message.clone().unwrap_or_default(),
            };
            format!("{} at +{}", words.trim(), duration(end.at_ms.unwrap_or_default()))
        }
    };
    let frames = one.frames.iter().take(MOST_FRAMES).map(|frame| {
        let text = match &frame.text {
            None => format!("{} bytes", frame.size),
            Some(text) => text.chars().take(LONGEST_FRAME).collect(),
        };
        let received = frame.direction == "received";
        FrameView {
            at: format!("+{}", duration(frame.at_ms)),
            arrow: if received { "←" } else { "→" },
            direction: if received { "received" } else { "sent" },
            event: sanitize(frame.event.as_deref().unwrap_or_default()),
            text: sanitize(&text),
            matched: sanitize(frame.matched.as_deref().unwrap_or_default()),
        }
    });
    ChannelView {
        name: sanitize(&one.name),
        url: sanitize(&one.url),
        end: sanitize(&end),
        received: one.frames_received,
        sent: one.frames_sent,
        left_out: (one.frames_received + one.frames_sent).saturating_sub(MOST_FRAMES),
        frames: frames.collect(),
    }
}
