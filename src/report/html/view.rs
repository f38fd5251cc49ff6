//! What the page shows, as texts that have passed the redactor.

use std::time::Duration;

use askama::Template;

use crate::diag::{Diagnostic, Style, sanitize};
use crate::event::{ChannelEnd, Direction, Exchange, FrameKind, Instant};
use crate::judge::{ChannelRecord, Outcome, RunResult, StepRecord, StepState, TestResult};
use crate::report::Redactor;
use crate::report::json::outcome_name;
use crate::report::summary::{Summary, Verdict, causes, money_words};
use crate::source::Sources;
use crate::value::format_duration;

/// How many frames of a channel are listed.
const MOST_FRAMES: usize = 200;
/// How much of a frame's text is shown, in characters.
const LONGEST_FRAME: usize = 300;

#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    verdict: &'static str,
    verdict_class: &'static str,
    reasons: Vec<String>,
    at_risk: Vec<String>,
    counts: Vec<(usize, &'static str, String)>,
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
    outcome: &'static str,
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
    code: &'static str,
    message: String,
    drawing: String,
}

struct StepView {
    title: String,
    state: &'static str,
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

/// Masks and cleans what is shown.
struct Clean<'a>(&'a Redactor);

impl Clean<'_> {
    fn text(&self, text: &str) -> String {
        sanitize(&self.0.redact(text))
    }

    fn lines(&self, text: &str) -> String {
        self.0.redact(text).into_owned()
    }
}

impl Page {
    pub fn new(run: &RunResult, sources: &Sources, redactor: &Redactor) -> Self {
        let clean = Clean(redactor);
        let verdict = Verdict::of(run);
        let summary = Summary::of(run);
        let number_of = |id: &str| run.tests.iter().position(|test| test.info.id == id).unwrap_or_default();
        let causes = causes(run).into_iter().map(|cause| CauseView {
            count: cause.tests.len(),
            summary: clean.text(&cause.summary),
            tests: cause.tests.iter().map(|id| (number_of(id), clean.text(name_of(run, id)))).collect(),
        });
        Self {
            verdict: verdict.state,
            verdict_class: if verdict.state == "READY" { "good" } else { "bad" },
            reasons: verdict.reasons.iter().map(|reason| clean.text(reason)).collect(),
            at_risk: verdict
                .at_risk
                .iter()
                .map(|(amount, currency, per)| money_words(*amount, currency, per.as_deref()))
                .collect(),
            counts: counts(&summary),
            total: summary.total,
            duration: format_duration(run.duration),
            environment: clean.text(run.info.environment.as_deref().unwrap_or("none")),
            started_at: run.info.started_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            seed: run.info.seed,
            causes: if summary.bad() > 0 { causes.collect() } else { Vec::new() },
            diagnostics: run.diagnostics.iter().map(|one| diagnostic(one, sources, &clean)).collect(),
            suites: suites(run, sources, &clean),
        }
    }
}

fn name_of<'r>(run: &'r RunResult, id: &str) -> &'r str {
    run.tests.iter().find(|test| test.info.id == id).map_or("", |test| test.info.name.as_str())
}

fn counts(summary: &Summary) -> Vec<(usize, &'static str, String)> {
    let all = [
        (summary.passed, Outcome::Passed),
        (summary.failed, Outcome::Failed),
        (summary.errored, Outcome::Errored),
        (summary.timed_out, Outcome::TimedOut),
        (summary.vacuous, Outcome::Vacuous),
        (summary.flaky, Outcome::Flaky),
        (summary.skipped, Outcome::Skipped { reason: String::new() }),
        (summary.not_run, Outcome::NotRun { cause: String::new() }),
    ];
    all.into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, outcome)| (count, outcome.words(), outcome_name(&outcome)))
        .collect()
}

fn suites(run: &RunResult, sources: &Sources, clean: &Clean<'_>) -> Vec<SuiteView> {
    let mut suites: Vec<SuiteView> = Vec::new();
    for (number, test) in run.tests.iter().enumerate() {
        let file = sources.get(test.info.span.source).map(|file| file.name.clone()).unwrap_or_default();
        let (name, file) = (clean.text(&test.info.suite), clean.text(&file));
        if suites.last().is_none_or(|last| last.name != name || last.file != file) {
            suites.push(SuiteView { name, file, tests: Vec::new(), bad: 0 });
        }
        if let Some(suite) = suites.last_mut() {
            suite.bad += usize::from(test.outcome.is_bad());
            suite.tests.push(view(number, test, sources, clean));
        }
    }
    suites
}

fn view(number: usize, test: &TestResult, sources: &Sources, clean: &Clean<'_>) -> TestView {
    let file = sources.get(test.info.span.source);
    let place =
        file.map(|file| format!("{}:{}", file.name, file.position(test.info.span.start).line)).unwrap_or_default();
    let mut notes: Vec<String> = test.info.priority.iter().cloned().collect();
    notes.extend(test.info.tags.iter().cloned());
    if let Some(risk) = &test.info.at_risk {
        notes.push(format!("{} at risk", money_words(risk.money.amount, risk.money.currency, risk.per.as_deref())));
    }
    if test.attempts > 1 {
        notes.push(format!("{} attempts", test.attempts));
    }
    let notes: Vec<String> = notes.iter().map(|note| clean.text(note)).collect();
    let name = clean.text(&test.info.name);
    let reason = match &test.outcome {
        Outcome::Skipped { reason } => clean.text(reason),
        Outcome::NotRun { cause } => clean.text(cause),
        _ => String::new(),
    };
    TestView {
        number,
        search: format!("{name} {} {place} {}", test.info.suite, notes.join(" ")).to_lowercase(),
        name,
        outcome: test.outcome.words(),
        class: outcome_name(&test.outcome),
        open: test.outcome.is_bad(),
        reason,
        duration: format_duration(test.duration),
        place: clean.text(&place),
        notes,
        doc: test.info.doc.as_deref().map(|doc| clean.lines(doc)).unwrap_or_default(),
        diagnostics: test.diagnostics.iter().map(|one| diagnostic(one, sources, clean)).collect(),
        steps: test.steps.iter().map(|one| step(one, clean)).collect(),
        exchanges: test.exchanges.iter().map(|one| exchange(one, test.started, test.duration, clean)).collect(),
        channels: test.channels.iter().map(|one| channel(one, clean)).collect(),
    }
}

/// The same drawing as in the terminal, its first lines (code and message) aside, which the page shows itself.
fn diagnostic(one: &Diagnostic, sources: &Sources, clean: &Clean<'_>) -> DiagnosticView {
    let style = Style { color: false, unicode: true, width: 110, line: 160 };
    let drawing = crate::diag::render(&clean.0.diagnostic(one), sources, style);
    let body =
        drawing.find("╭─").and_then(|frame| drawing[..frame].rfind('\n')).map_or("", |line| &drawing[line + 1..]);
    let body = if body.is_empty() {
        one.help.as_ref().map(|help| format!("help: {help}")).unwrap_or_default()
    } else {
        body.trim_end().to_owned()
    };
    DiagnosticView { code: one.code.name, message: clean.text(&one.message), drawing: clean.lines(&body) }
}

fn step(one: &StepRecord, clean: &Clean<'_>) -> StepView {
    StepView {
        title: clean.text(&one.title),
        state: match one.state {
            StepState::Done => "done",
            StepState::Failed => "failed",
            StepState::NotRun => "not run",
        },
        duration: if one.state == StepState::NotRun { String::new() } else { format_duration(one.duration) },
        expectations: one
            .expectations
            .iter()
            .map(|expectation| (expectation.held, clean.text(&expectation.text)))
            .collect(),
    }
}

fn exchange(one: &Exchange, started: Instant, whole: Duration, clean: &Clean<'_>) -> ExchangeView {
    let whole = whole.as_secs_f64().max(1e-6);
    let percent = |duration: Duration| (duration.as_secs_f64() / whole * 100.0).clamp(0.0, 100.0);
    let timings = &one.timings;
    let before =
        timings.dns.unwrap_or_default() + timings.connect.unwrap_or_default() + timings.tls.unwrap_or_default();
    let first = timings.first_byte.unwrap_or(timings.total);
    let stages = [
        ("dns", "resolving", timings.dns),
        ("connect", "connecting", timings.connect),
        ("tls", "TLS", timings.tls),
        ("wait", "waiting", Some(first.saturating_sub(before))),
        ("receive", "receiving", Some(timings.total.saturating_sub(first))),
    ];
    let shown = stages.iter().filter_map(|(class, words, time)| {
        let time = (*time)?;
        (!time.is_zero()).then(|| (*class, percent(time).max(0.2), format!("{words} {}", format_duration(time))))
    });
    let (status, good) = match &one.outcome {
        Ok(response) => (response.status.to_string(), response.status < 400),
        Err(failure) => (failure.kind.word().to_owned(), false),
    };
    ExchangeView {
        title: clean.text(&format!("{} {}", one.method, one.url)),
        status,
        good,
        duration: format_duration(timings.total),
        peer: one.peer.as_ref().map(|peer| peer.address.clone()).unwrap_or_default(),
        start: percent(one.started.saturating_sub(started)).min(99.5),
        stages: shown.collect(),
    }
}

fn channel(record: &ChannelRecord, clean: &Clean<'_>) -> ChannelView {
    let log = &record.log;
    let count = |direction| log.frames.iter().filter(|frame| frame.direction == direction).count();
    let end = match log.end.as_ref() {
        None => "still open at the end".to_owned(),
        Some((at, end)) => {
            let words = match end {
                ChannelEnd::Closed { code, reason, by_us } => {
                    let who = if *by_us { "by the test" } else { "by the server" };
                    format!("closed {who} with {code} {reason}")
                }
                ChannelEnd::Lost { message } | ChannelEnd::CutOff { message } => message.clone(),
                ChannelEnd::Ended => "ended".to_owned(),
                ChannelEnd::Dropped => "dropped by the test".to_owned(),
            };
            format!("{} at +{}", words.trim(), format_duration(at.saturating_sub(log.opened)))
        }
    };
    let frames = log.frames.iter().take(MOST_FRAMES).map(|frame| {
        let text = match frame.kind {
            FrameKind::Binary => format!("{} bytes", frame.data.len()),
            _ => String::from_utf8_lossy(&frame.data).chars().take(LONGEST_FRAME).collect(),
        };
        let received = frame.direction == Direction::Received;
        FrameView {
            at: format!("+{}", format_duration(frame.at.saturating_sub(log.opened))),
            arrow: if received { "←" } else { "→" },
            direction: if received { "received" } else { "sent" },
            event: clean.text(frame.payload.event.as_deref().unwrap_or_default()),
            text: clean.text(&text),
            matched: record
                .matches
                .iter()
                .find(|one| one.frame == frame.number)
                .map(|one| clean.text(&one.text))
                .unwrap_or_default(),
        }
    });
    ChannelView {
        name: clean.text(&log.name),
        url: clean.text(&log.url),
        end: clean.text(&end),
        received: count(Direction::Received),
        sent: count(Direction::Sent),
        left_out: log.frames.len().saturating_sub(MOST_FRAMES),
        frames: frames.collect(),
    }
}
