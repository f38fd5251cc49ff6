//! A load has a part in every shard: what they measured becomes one, and is judged as if one machine had measured it.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::diag::{Diagnostic, Style, codes, render};
use crate::judge::load::{LoadResult, ThresholdResult};
use crate::judge::release::symptom_of_load;
use crate::report::build::symptom;
use crate::report::form::diagnostic_at;
use crate::report::load::{Again, Explained, Known};
use crate::report::model::{self, Counted, LeftOut, Line, Load, LoadBegun, SpecLine, Spread, Test, sane, word};
use crate::report::spec_lines::{self, Blanked};
use crate::source::Sources;

/// How far apart the parts of a load may begin.
const MOST_SKEW_MS: f64 = 1_000.0;

/// What one shard leaves of a load.
pub struct Part<'b> {
    /// The shard's file.
    pub name: &'b str,
    pub test: Test,
    /// The lines of its looks.
    pub looks: Vec<&'b str>,
}

/// Whether a result is that of a load, whatever became of it.
pub fn is_load(test: &Test) -> bool {
    test.load.is_some() || test.suite == "load"
}

/// The load as one. `lines`: of the specs, to be quoted.
///
/// # Errors
///
/// The parts don't make a whole, in a sentence. Where a threshold ended it in one of them, the load has failed, and it doesn't matter.
pub fn join(mut parts: Vec<Part<'_>>, lines: &[SpecLine]) -> Result<Test, String> {
    if parts.iter().all(|part| part.test.load.is_none()) {
        // Where one shard leaves it out for a good reason and another one couldn't run it, nothing is proved.
        let worst =
            parts.iter().position(|part| part.test.outcome != word::Outcome::Skipped || part.test.blocked_by.is_some());
        return Ok(parts.swap_remove(worst.unwrap_or(0)).test);
    }
    let ended_by = parts.iter().find_map(|part| part.test.load.as_ref()?.ended_by());
    if ended_by.is_none() {
        whole(&parts)?;
    }
    alike(&parts)?;
    let (result, explained) = judged(&parts, ended_by)?;
    let (outcome, diagnostics) = result.judged();
    let load = explained.load(&result);
    let service = |url: &str| explained.about(url).1;
    let own = outcome.is_bad().then(|| symptom_of_load(&result, &outcome, diagnostics.first(), &service));
    // The blobs of an earlier version have none of them.
    let files = if lines.is_empty() { Vec::new() } else { explained.files() };
    let sources = spec_lines::sources(lines, &files);
    let own_diagnostics = diagnostics.iter().map(|one| drawn(one, &explained, &sources));
    let mut test = evidence(parts);
    // What the shards say of their own parts is said of the whole, or isn't so.
    let of_whole = [&codes::THRESHOLD, &codes::LOAD_FAILURES, &codes::RATE_NOT_KEPT, &codes::VACUOUS];
    let mut known = HashSet::new();
    test.diagnostics.retain(|one| {
        let place = one.span.as_ref().map(|span| (span.file.clone(), span.start.offset));
        outcome.is_bad() && of_whole.iter().all(|code| code.name != one.code) && known.insert((one.code.clone(), place))
    });
    test.diagnostics.splice(0..0, own_diagnostics);
    (test.outcome, test.reason, test.blocked_by) = ((&outcome).into(), None, None);
    if let crate::judge::Outcome::NotRun { cause } = &outcome {
        test.reason = Some(cause.clone());
    }
    test.symptom = own.as_ref().map(symptom);
    test.load = Some(Box::new(load));
    Ok(test)
}

/// All parts ran to their end, at the same time.
fn whole(parts: &[Part<'_>]) -> Result<(), String> {
    for Part { name, test, .. } in parts {
        let load = &test.name;
        let Some(part) = &test.load else {
            let reason = test.reason.as_deref().unwrap_or("no reason is known");
            return Err(format!("the shard of `{name}` didn't run its part of the load `{load}`: {reason}"));
        };
        if let Some(cause) = &part.interrupted {
            return Err(format!("the part that `{name}` has of the load `{load}` was stopped: {cause}"));
        }
        if sane(part.lasted_ms) < sane(part.planned_ms) || test.outcome == word::Outcome::NotRun {
            let (lasted, planned) = (seconds(part.lasted_ms), seconds(part.planned_ms));
            return Err(format!(
                "the part that `{name}` has of the load `{load}` lasted {lasted} instead of {planned}"
            ));
        }
    }
    let began = |part: &Part<'_>| -> Option<Timestamp> { part.test.load.as_ref()?.began_at.parse().ok() };
    let each = parts.iter().filter_map(|part| Some((began(part)?, part)));
    let (first, last) = (each.clone().min_by_key(|(at, _)| *at), each.max_by_key(|(at, _)| *at));
    let Some(((first, one), (last, other))) = first.zip(last) else { return Ok(()) };
    let skew = last.duration_since(first).as_secs_f64() * 1e3;
    if skew > MOST_SKEW_MS {
        return Err(format!(
            "the parts of the load `{}` didn't run at the same time: that of `{}` began {} after that of `{}`",
            one.test.name,
            other.name,
            seconds(skew),
            one.name
        ));
    }
    Ok(())
}

fn seconds(ms: f64) -> String {
    crate::value::format_duration(model::time(ms))
}

/// All parts are of the same load.
fn alike(parts: &[Part<'_>]) -> Result<(), String> {
    let said = |load: &Load| {
        let scenarios: Vec<_> = load.scenarios.iter().map(|one| (one.name.clone(), one.weight)).collect();
        let thresholds: Vec<_> = load.thresholds.iter().map(|one| one.text.clone()).collect();
        (load.model, load.planned_ms.to_bits(), scenarios, thresholds)
    };
    let mut each = parts.iter().filter_map(|part| Some((part, said(part.test.load.as_ref()?))));
    let Some((first, one)) = each.next() else { return Ok(()) };
    match each.find(|(_, other)| *other != one) {
        Some((part, _)) => {
            Err(format!("what `{}` says of the load `{}` doesn't fit `{}`", part.name, part.test.name, first.name))
        }
        None => Ok(()),
    }
}

/// Judges the looks of all parts, side by side.
fn judged(parts: &[Part<'_>], ended_by: Option<usize>) -> Result<(LoadResult, Explained), String> {
    let started = parts.iter().map(|part| part.test.started_ms).fold(f64::INFINITY, f64::min);
    let first = parts
        .iter()
        .filter_map(|part| part.test.load.as_ref())
        .min_by_key(|load| load.began_at.parse::<Timestamp>().ok());
    let Some(first) = first else { return Err("no shard has a part of a load".to_owned()) };
    let begun = LoadBegun { started_ms: started, load: (**first).clone() };
    let mut again = Again::new(&begun);
    let mut all: Vec<_> = parts
        .iter()
        .map(|of| {
            let mut by = None;
            let lines = of.looks.iter();
            let each = lines.filter_map(|line| match serde_json::from_str(line) {
                Ok(Line::Load(look)) => Some(*look),
                _ => None,
            });
            // Times count from the start of the shard's run.
            let each = each.map(move |mut look| {
                let own = look.begun.as_ref().map(|begun| sane(of.test.started_ms - sane(begun.started_ms)));
                let by = *by.get_or_insert(own.unwrap_or(0.0));
                let replies = look.measured.requests.iter_mut().flat_map(|one| &mut one.replies);
                replies.for_each(|one| one.started_ms += by);
                look
            });
            each.peekable()
        })
        .collect();
    let mut added = vec![0u64; parts.len()];
    loop {
        let heads = all.iter_mut().filter_map(|looks| looks.peek().map(|look| sane(look.at_ms)));
        let Some(next) = heads.min_by(f64::total_cmp) else { break };
        // One that is looked at later says then how many there were until then.
        let users = all.iter_mut().filter_map(|looks| looks.peek().map(|look| look.users)).fold(0, u32::saturating_add);
        let mut now = Vec::new();
        for (looks, added) in all.iter_mut().zip(&mut added) {
            while let Some(look) = looks.next_if(|look| sane(look.at_ms) <= next) {
                let count = look.measured.requests.iter().map(model::Requests::count).fold(0, u64::saturating_add);
                *added = added.saturating_add(count);
                now.push(look);
            }
        }
        again.look(&now, users);
    }
    for (part, added) in parts.iter().zip(&added) {
        let reported = part.test.load.as_ref().map_or(0, |load| load.exchanges());
        if reported > 0 && part.looks.is_empty() {
            return Err(format!(
                "`{}` doesn't have what was measured of the load `{}` in each second; a shard that was gone on with has none of what it kept",
                part.name, part.test.name
            ));
        }
        if reported != *added {
            return Err(format!(
                "`{}` is damaged: its looks at the load `{}` have {added} requests, and its result has {reported}",
                part.name, part.test.name
            ));
        }
    }
    let (mut result, explained) = again.end();
    let of_parts = parts.iter().filter_map(|part| part.test.load.as_ref());
    result.interrupted = of_parts.clone().find_map(|load| load.interrupted.clone()).filter(|_| ended_by.is_none());
    if let Some(place) = ended_by {
        result.aborted_by = Some(place);
        let ended = of_parts.clone().find(|load| load.ended_by() == Some(place));
        // It broke in a shard, and that ended it there; all of them together may have kept it.
        if let Some(own) = result.ended.thresholds.get_mut(place).filter(|own| own.held)
            && let Some(broken) = ended.and_then(|load| broken(load, place))
        {
            *own = ThresholdResult { span: own.span, ..broken };
        }
    }
    Ok((result, explained))
}

/// What a shard says of a threshold.
fn broken(load: &Load, place: usize) -> Option<ThresholdResult> {
    let of = Known::default().load(load, 0.0);
    of.ended.thresholds.into_iter().nth(place)
}

fn drawn(one: &Diagnostic, explained: &Explained, sources: &Sources) -> model::Diagnostic {
    let style = Style { color: false, unicode: true, ..Style::default() };
    let drawing = render(one, sources, style, &Blanked);
    model::Diagnostic { drawing, ..diagnostic_at(one, &|span| explained.place(span)) }
}

/// What the parts keep of iterations that failed, one behind the other, and how much else there was.
fn evidence(parts: Vec<Part<'_>>) -> Test {
    let mut tests = parts.into_iter().map(|part| part.test);
    let mut one = tests.next().unwrap_or_default();
    let ends = |test: &Test| test.started_ms + test.duration_ms;
    for test in tests {
        let before = one.exchanges.len();
        let end = ends(&one).max(ends(&test));
        one.started_ms = one.started_ms.min(test.started_ms);
        one.duration_ms = end - one.started_ms;
        one.steps.extend(test.steps.into_iter().map(|mut step| {
            step.exchange = step.exchange.map(|at| at.saturating_add(before));
            step
        }));
        one.exchanges.extend(test.exchanges);
        one.channels.extend(test.channels);
        one.diagnostics.extend(test.diagnostics);
        if let Some(more) = test.left_out {
            add(one.left_out.get_or_insert_default(), more);
        }
    }
    one
}

fn add(all: &mut LeftOut, more: LeftOut) {
    all.exchanges = all.exchanges.saturating_add(more.exchanges);
    all.steps = all.steps.saturating_add(more.steps);
    all.expectations = all.expectations.saturating_add(more.expectations);
    all.weak = all.weak.saturating_add(more.weak);
    let key = |one: &Counted| (one.method.clone(), one.url.clone(), one.status, one.failure, one.held);
    let mut places: std::collections::HashMap<_, usize> = all.kinds.iter().map(key).zip(0..).collect();
    for kind in more.kinds {
        let place = *places.entry(key(&kind)).or_insert(all.kinds.len());
        match all.kinds.get_mut(place) {
            Some(own) => {
                own.started_ms = own.started_ms.min(kind.started_ms);
                join_spreads(&mut own.times_ms, &kind.times_ms);
                join_spreads(&mut own.first_byte_ms, &kind.first_byte_ms);
            }
            None => all.kinds.push(kind),
        }
    }
}

fn join_spreads(own: &mut Spread, other: &Spread) {
    let mut times = own.times();
    times.merge(&other.times());
    *own = crate::report::left_out::spread(&times);
}
