//! The top of the page: may it be released, why not, and what that is worth.

use crate::report::model::word;
use askama::Template;

use super::words::{Slice, clean, counts, duration, slices};
use crate::report::model::{Report, RiskSum};

#[derive(Template)]
#[template(path = "verdict.html")]
pub(super) struct VerdictView {
    state: &'static str,
    class: &'static str,
    sentence: String,
    reasons: Vec<String>,
    at_risk: Vec<String>,
    bar: Vec<Slice>,
    counts: Vec<(usize, &'static str, &'static str)>,
    blocked: usize,
    facts: Vec<(&'static str, String)>,
    abort: Option<Abort>,
}

struct Abort {
    condition: String,
    because: String,
    at: String,
    place: String,
}

impl VerdictView {
    pub fn new(report: &Report) -> Self {
        let class = match report.verdict.state {
            word::Verdict::Ready => "good",
            word::Verdict::Degraded => "warn",
            _ => "bad",
        };
        let time = duration(report.run.duration_ms);
        Self {
            class,
            state: report.verdict.state.word(),
            sentence: format!("{} in {time}", report.total_words()),
            reasons: report.verdict.reasons.iter().map(|reason| clean(reason)).collect(),
            at_risk: report.verdict.at_risk.iter().map(RiskSum::words).map(|words| clean(&words)).collect(),
            bar: slices(&report.summary),
            counts: counts(&report.summary),
            blocked: report.summary.blocked,
            facts: facts(report),
            abort: report.abort.as_ref().map(|abort| Abort {
                condition: clean(&abort.condition),
                because: clean(&abort.because),
                at: duration(abort.at_ms),
                place: abort
                    .span
                    .as_ref()
                    .map(|span| clean(&format!("{}:{}", span.file, span.start.line)))
                    .unwrap_or_default(),
            }),
        }
    }

    /// The page's title.
    pub fn title(&self) -> String {
        format!("{} · {}", self.state, self.sentence)
    }
}

/// What the run was, as names and values.
fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let run = &report.run;
    let mut facts = vec![("environment", clean(run.environment.as_deref().unwrap_or("none")))];
    if let Some(plan) = &run.plan {
        facts.push(("plan", clean(plan)));
    }
    facts.push(("started", readable(&clean(&run.started_at))));
    facts.push(("took", duration(run.duration_ms)));
    facts.push(("seed", run.seed.to_string()));
    if let Some(shard) = run.shard {
        facts.push(("shard", format!("{} of {}", shard.index, shard.total)));
    }
    if run.require_real {
        facts.push(("evidence", "public hosts over verified TLS only".to_owned()));
    }
    if run.interrupted {
        facts.push(("interrupted", "yes".to_owned()));
    }
    facts.push(("made by", clean(&format!("{} {}", report.tool.name, report.tool.version))));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// `2026-11-26 15:34:15 UTC` of RFC 3339 in UTC; anything else stays as it is.
fn readable(time: &str) -> String {
    let parts = time.strip_suffix('Z').and_then(|time| time.split_once('T'));
    match parts {
        Some((day, clock)) => format!("{day} {} UTC", clock.split('.').next().unwrap_or(clock)),
        None => time.to_owned(),
    }
}
