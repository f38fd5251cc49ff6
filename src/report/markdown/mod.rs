//! A summary in Markdown, for the page of a job and for comments: verdict, phases, causes, what did not pass, what was slow.

mod loads;
mod text;

use crate::report::model::word;
use std::collections::HashSet;
use std::fmt::Write as _;

use super::model::{Cause, Phase, Report, Test, time};
use super::points::{PointState, detail, points};
use crate::judge::Outcome;
use crate::judge::release::{Classification, TestsAndLoads};
use crate::value::format_duration;
pub(super) use text::{code, fenced, html, inline, sentence};

/// How many of the slowest tests are named.
const SLOWEST: usize = 10;
/// How many tests of a cause are named.
const MOST_OF_A_CAUSE: usize = 10;
/// How many expectations that passed on weak evidence are named.
const MOST_WEAK: usize = 50;
/// Reasons of reasons are further in, up to so many times.
const DEEPEST: usize = 20;

/// The whole report.
pub fn render(report: &Report) -> String {
    blocks(report).join("\n")
}

/// As much of it as `limit` bytes hold, in whole blocks; a sentence says when something is left out.
pub fn render_within(report: &Report, limit: usize) -> String {
    let blocks = blocks(report);
    let whole: usize = blocks.iter().map(|block| block.len() + 1).sum();
    if whole <= limit {
        return blocks.join("\n");
    }
    let left_out = format!(
        "\n_This summary is cut, since no more than {limit} bytes of it fit here; the reports have all of it._\n"
    );
    let mut room = limit.saturating_sub(left_out.len());
    let mut text = String::new();
    for block in blocks {
        if block.len() < room {
            room -= block.len() + 1;
            text.push_str(&block);
            text.push('\n');
        }
    }
    if left_out.len() <= limit { text + &left_out } else { String::new() }
}

/// Each can be without the others: none opens what another one closes.
fn blocks(report: &Report) -> Vec<String> {
    let mut blocks = vec![verdict(report)];
    blocks.extend(phases(report));
    blocks.extend(causes(report));
    blocks.extend(outside(report));
    blocks.extend(loads::loads(report));
    let bad: Vec<&Test> = report.tests.iter().filter(|test| test.outcome().is_bad()).collect();
    if !bad.is_empty() {
        blocks.push("## What did not pass\n".to_owned());
        blocks.extend(bad.into_iter().map(failure));
    }
    let flaky: Vec<&Test> = report.tests.iter().filter(|test| test.outcome() == Outcome::Flaky).collect();
    if !flaky.is_empty() {
        blocks.push("## Flaky: passed only when tried again\n".to_owned());
        blocks.extend(flaky.into_iter().map(failure));
    }
    blocks.extend(weak(report));
    blocks.extend(left_out(report));
    blocks.extend(slowest(report));
    blocks
}

fn sign(good: bool) -> &'static str {
    if good { "✅" } else { "❌" }
}

fn verdict(report: &Report) -> String {
    let mark = match report.verdict.state {
        word::Verdict::Ready => "✅",
        word::Verdict::Degraded => "⚠️",
        _ => "❌",
    };
    let mut text = format!("# {mark} {}\n\n", inline(report.verdict.state.word()));
    let _ = writeln!(
        text,
        "**{} in {}: {}**\n",
        report.total_words(),
        format_duration(time(report.run.duration_ms)),
        report.summary.counts().words()
    );
    for reason in &report.verdict.reasons {
        let _ = writeln!(text, "- {}", sentence(reason));
    }
    for risk in &report.verdict.at_risk {
        let _ = writeln!(text, "- **at risk: {}**", inline(&risk.words()));
    }
    let mut facts = Vec::new();
    facts.extend(report.run.environment.as_ref().map(|name| format!("environment {}", code(name))));
    facts.extend(report.run.plan.as_ref().map(|name| format!("plan {}", code(name))));
    facts.push(format!("seed {}", report.run.seed));
    facts.extend(report.run.shard.map(|shard| format!("shard {}/{}", shard.index, shard.total)));
    facts.push(format!("started {}", inline(&report.run.started_at)));
    let _ = write!(text, "\n{}\n", facts.join(" · "));
    text
}

fn phases(report: &Report) -> Option<String> {
    if report.phases.is_empty() && report.gates.is_empty() {
        return None;
    }
    let mut text = "## Phases\n\n| | phase | outcomes | time | gates |\n|---|---|---|---|---|\n".to_owned();
    for phase in &report.phases {
        text.push_str(&phase_row(phase));
    }
    if !report.gates.is_empty() {
        let held = report.gates.iter().all(|gate| gate.held);
        let gates: Vec<String> = report.gates.iter().map(gate).collect();
        let _ = writeln!(text, "| {} | whole run | | | {} |", sign(held), gates.join("<br>"));
    }
    Some(text)
}

fn phase_row(phase: &Phase) -> String {
    if phase.state == word::Phase::NotRun {
        return format!("| ⏭️ | {} | not run | | |\n", inline(&phase.name));
    }
    let mut gates: Vec<String> = phase.gates.iter().map(gate).collect();
    if phase.over_budget {
        gates.push(format!("{} its budget was used up", sign(false)));
    }
    gates.extend(phase.stopped.as_ref().map(|why| format!("stopped: {}", inline(why))));
    format!(
        "| {} | {} | {} | {} | {} |\n",
        sign(phase.state == word::Phase::Passed),
        inline(&phase.name),
        phase.summary.counts().words(),
        format_duration(time(phase.duration_ms)),
        gates.join("<br>")
    )
}

fn gate(gate: &super::model::Gate) -> String {
    format!("{} {}: {} ({})", sign(gate.held), code(&gate.text), inline(&gate.measured_words()), inline(&gate.basis))
}

fn causes(report: &Report) -> Vec<String> {
    if report.causes.is_empty() {
        return Vec::new();
    }
    let loads = report.loads();
    let causes = report.causes.iter().map(|one| cause(one, report, &loads));
    std::iter::once("## Look at this first\n".to_owned()).chain(causes).collect()
}

fn cause(cause: &Cause, report: &Report, loads: &HashSet<&str>) -> String {
    let kinds = cause.kinds(loads);
    let mut text = format!("- **{}**: {}", kinds.words(), sentence(&cause.summary));
    if let Some(words) = cause.classification.and_then(word::Classification::known).map(Classification::words) {
        let _ = write!(text, " ({words})");
    }
    text.push('\n');
    if cause.chain.len() > 1 {
        for (index, link) in cause.chain.iter().enumerate() {
            let because = if index == 0 { "" } else { "because " };
            let _ = writeln!(text, "{}- {because}{}", "  ".repeat(index.min(DEEPEST) + 1), sentence(link));
        }
    }
    for line in &cause.evidence {
        let _ = writeln!(text, "  - {}", sentence(line));
    }
    if !cause.at_risk.is_empty() {
        let _ = writeln!(text, "  - at risk: {}", inline(&super::risk_words(&cause.at_risk)));
    }
    let named = |id: &String| {
        let name = report.tests.iter().find(|test| test.id == *id).map(|test| &test.name);
        inline(name.unwrap_or(id))
    };
    let mut names: Vec<String> = cause.tests.iter().take(MOST_OF_A_CAUSE).map(named).collect();
    if cause.tests.len() > MOST_OF_A_CAUSE {
        names.push(format!("and {} more", cause.tests.len() - MOST_OF_A_CAUSE));
    }
    let noun = if kinds.total() == 1 { kinds.noun().trim_end_matches('s') } else { kinds.noun() };
    let _ = writeln!(text, "  - {noun}: {}", names.join("; "));
    text
}

/// An abort, hooks that failed: what is no test's. Gates are with their phases.
fn outside(report: &Report) -> Vec<String> {
    let broken = points(report).into_iter().filter_map(|point| match point.state {
        PointState::Broken(broken) if !matches!(broken.code.as_str(), "gate" | "budget" | "verdict") => {
            Some((point.name, broken))
        }
        _ => None,
    });
    broken
        .map(|(name, broken)| {
            let drawing =
                if broken.detail == broken.message { String::new() } else { format!("\n{}", fenced(&broken.detail)) };
            format!("**{}**: {}\n{drawing}", inline(&name), sentence(&broken.message))
        })
        .collect()
}

fn place(test: &Test) -> String {
    test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)).unwrap_or_default()
}

/// Folded, with all that the terminal shows of it.
fn failure(test: &Test) -> String {
    let word = test.outcome.phrase();
    let message = test.diagnostics.first().map_or("", |one| one.message.as_str());
    let (suite, name, word) = (html(&test.suite), html(&test.name), html(&word));
    let mut text = format!("<details>\n<summary><b>{suite} › {name}</b> ({word})");
    if !message.is_empty() {
        let _ = write!(text, ": {}", html(message));
    }
    if test.location.is_some() {
        let _ = write!(text, " <code>{}</code>", html(&place(test)));
    }
    text.push_str("</summary>\n\n");
    let mut facts: Vec<String> = Vec::new();
    facts.extend(test.priority.as_deref().map(inline));
    facts.extend((!test.tags.is_empty()).then(|| inline(&test.tags.join(", "))));
    facts.extend(test.owner.as_ref().map(|owner| format!("owner {}", inline(owner))));
    facts.extend(test.at_risk.as_ref().map(|risk| {
        let sum = super::model::RiskSum { amount: risk.amount, currency: risk.currency.clone(), per: risk.per.clone() };
        let what = risk.what.as_ref().map(|what| format!(" ({})", inline(what))).unwrap_or_default();
        format!("{}{what} at risk", inline(&sum.words()))
    }));
    facts.extend((test.attempts > 1).then(|| format!("{} attempts", test.attempts)));
    if !facts.is_empty() {
        let _ = writeln!(text, "{}\n", facts.join(" · "));
    }
    for one in &test.diagnostics {
        let _ = writeln!(text, "{}", fenced(&detail(one)));
    }
    text.push_str("</details>\n");
    text
}

/// What passed, and proves little.
fn weak(report: &Report) -> Option<String> {
    let all = || report.tests.iter().flat_map(Test::weak);
    let count = all().count();
    if count == 0 {
        return None;
    }
    let mut text = "## Passed on weak evidence\n\n".to_owned();
    for (one, weak) in all().take(MOST_WEAK) {
        let place = one.span.as_ref().map(|span| format!("{}:{}", span.file, span.start.line)).unwrap_or_default();
        let _ = writeln!(text, "- {} {}: {}", code(&place), code(&one.text), sentence(&weak.message));
    }
    if count > MOST_WEAK {
        let _ = writeln!(text, "- and {} more", count - MOST_WEAK);
    }
    Some(text)
}

/// Tests that were skipped or not run, by their reason.
fn left_out(report: &Report) -> Option<String> {
    let mut reasons: Vec<(String, TestsAndLoads)> = Vec::new();
    for test in &report.tests {
        let reason = match test.outcome() {
            Outcome::Skipped { reason, blocked_by: None } => format!("skipped: {reason}"),
            Outcome::Skipped { reason, blocked_by: Some(service) } => {
                format!("blocked, since {service} is down: {reason}")
            }
            Outcome::NotRun { cause } => format!("not run: {cause}"),
            _ => continue,
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, kinds)) => kinds.add(test.is_load()),
            None => reasons.push((reason, TestsAndLoads::of([test.is_load()]))),
        }
    }
    if reasons.is_empty() {
        return None;
    }
    let mut text = "## Not carried out\n\n".to_owned();
    for (reason, kinds) in reasons {
        let _ = writeln!(text, "- **{}** {}", kinds.words(), inline(&reason));
    }
    Some(text)
}

/// Loads last as long as they are to.
fn slowest(report: &Report) -> Option<String> {
    let mut tests: Vec<&Test> = report.tests.iter().filter(|test| test.duration_ms > 0.0 && !test.is_load()).collect();
    tests.sort_by(|a, b| b.duration_ms.total_cmp(&a.duration_ms));
    tests.truncate(SLOWEST);
    if tests.is_empty() {
        return None;
    }
    let mut text =
        "<details>\n<summary>The slowest tests</summary>\n\n| time | test | place |\n|---|---|---|\n".to_owned();
    for test in tests {
        let _ = writeln!(
            text,
            "| {} | {} › {} | {} |",
            format_duration(time(test.duration_ms)),
            inline(&test.suite),
            inline(&test.name),
            code(&place(test))
        );
    }
    text.push_str("\n</details>\n");
    Some(text)
}
