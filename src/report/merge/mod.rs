//! Makes one report of what the shards of a run leave, and judges it once, on everything.

mod loads;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::assemble;
use super::model::{
    BLOB_KIND, BLOB_SCHEMA, Blob, Credential, Phase, PlanSpec, Report, Service, Sighting, SpecLine, Test, word,
};
use super::union::shift;
use crate::diag::{Diagnostic, codes};
use crate::judge::release::classify;
use crate::source::Span;
use loads::{Part, is_load, join};

/// How many sightings of a service are kept: the first and the last of them.
const KEPT_SIGHTINGS: usize = 200;

/// A blob with the name of its file.
pub type Named = (String, Blob);

/// Which load a line is a look at.
#[derive(serde::Deserialize)]
struct LookOf {
    load: Id,
}

#[derive(serde::Deserialize)]
struct Id {
    id: String,
}

/// Reads a blob.
///
/// # Errors
///
/// It isn't one, or one of a later version: in words that go on from "the file `x`".
pub fn read(bytes: &[u8]) -> Result<Blob, String> {
    let whole = std::str::from_utf8(bytes).unwrap_or_default();
    let (text, looks) = whole.split_once('\n').unwrap_or((whole, ""));
    let known: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let known = known.filter(|json| json.get("kind").and_then(|kind| kind.as_str()) == Some(BLOB_KIND));
    let Some(json) = known else { return Err("isn't what `--report blob=PATH` writes".to_owned()) };
    if json.get("schema").and_then(serde_json::Value::as_u64) > Some(u64::from(BLOB_SCHEMA)) {
        return Err("was written by a later version".to_owned());
    }
    let mut blob: Blob = serde_json::from_str(text).map_err(|error| format!("is damaged: {error}"))?;
    for line in looks.lines() {
        let id: Option<LookOf> = serde_json::from_str(line).ok();
        let Some(LookOf { load: Id { id } }) = id else {
            return Err("is damaged: a look at a load can't be read".to_owned());
        };
        blob.looks.push((id, line.to_owned()));
    }
    Ok(blob)
}

/// The report of the whole run.
///
/// Times count from the start of the shard that began first, by the clocks of their machines.
///
/// # Errors
///
/// The blobs are not all shards of one run, each once.
pub fn merge(mut blobs: Vec<Named>) -> Result<Report, Box<Diagnostic>> {
    fit(&blobs)?;
    complete(&blobs)?;
    blobs.sort_by_key(|(_, blob)| blob.shard.index);
    let looks: Vec<Looks> =
        blobs.iter_mut().map(|(name, blob)| (name.clone(), std::mem::take(&mut blob.looks))).collect();
    let lines: Vec<SpecLine> = blobs.iter_mut().flat_map(|(_, blob)| std::mem::take(&mut blob.lines)).collect();
    let order = blobs.first().map(|(_, blob)| blob.tests.clone()).unwrap_or_default();
    let mut reports: Vec<Report> = blobs.into_iter().map(|(_, blob)| blob.report).collect();
    align(&mut reports);
    let place: HashMap<&str, usize> = order.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let place = |id: &str| place.get(id).copied().unwrap_or(usize::MAX);
    let end = reports.iter().map(|report| report.run.duration_ms).fold(0.0, f64::max);
    let plan = plan(&reports, place);
    let phases = phases(&reports, &plan);
    let services = services(&mut reports);
    let abort = reports.iter().filter_map(|report| report.abort.clone()).min_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
    let credentials = credentials(&reports);
    let deny_weak = reports.iter().any(|report| report.run.deny_weak);
    let interrupted = reports.iter().any(|report| report.run.interrupted);
    let diagnostics = reports.iter_mut().flat_map(|report| std::mem::take(&mut report.diagnostics)).collect();
    let all: Vec<Vec<Test>> = reports.iter_mut().map(|report| std::mem::take(&mut report.tests)).collect();
    let mut tests = joined(all, &looks, &lines)?;
    tests.sort_by_key(|test| place(&test.id));
    let Some(mut merged) = reports.into_iter().next() else { return Err(refused("no shard is given".to_owned())) };
    (merged.run.duration_ms, merged.run.interrupted, merged.run.shard) = (end, interrupted, None);
    (merged.plan, merged.phases, merged.services, merged.abort) = (plan, phases, services, abort);
    (merged.credentials, merged.diagnostics, merged.tests) = (credentials, diagnostics, tests);
    merged.run.deny_weak = deny_weak;
    assemble::judge(&mut merged);
    Ok(merged)
}

/// The looks of a shard, each with the load that it is at, and the name of the shard's file.
type Looks = (String, Vec<(String, String)>);

/// Every test once: what all shards have of a load becomes one.
fn joined(all: Vec<Vec<Test>>, looks: &[Looks], lines: &[SpecLine]) -> Result<Vec<Test>, Box<Diagnostic>> {
    let mut tests = Vec::new();
    let mut loads: indexmap::IndexMap<String, Vec<Part<'_>>> = indexmap::IndexMap::new();
    for (own, (name, looks)) in all.into_iter().zip(looks) {
        let mut by_load: HashMap<&str, Vec<&str>> = HashMap::new();
        looks.iter().for_each(|(id, line)| by_load.entry(id).or_default().push(line));
        for test in own {
            if is_load(&test) {
                let looks = by_load.remove(test.id.as_str()).unwrap_or_default();
                loads.entry(test.id.clone()).or_default().push(Part { name, test, looks });
            } else {
                tests.push(test);
            }
        }
    }
    for parts in loads.into_values() {
        tests.push(join(parts, lines).map_err(|why| {
            Box::new(Diagnostic::error(&codes::MERGE, Span::nowhere(), why).with_help(
                "let all shards begin at the same time, with `run --start-at`, and run again those that were stopped: what a load measures counts only as a whole",
            ))
        })?);
    }
    Ok(tests)
}

fn refused(message: String) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(&codes::MERGE, Span::nowhere(), message)
            .with_help("give `report merge` the blob of every shard of one run, each once"),
    )
}

/// All blobs are of one run: the same specs and selection, plan, environment, number of shards and version of the tool.
fn fit(blobs: &[Named]) -> Result<(), Box<Diagnostic>> {
    let Some((first_name, first)) = blobs.first() else { return Err(refused("no shard is given".to_owned())) };
    let said = |name: &Option<String>| name.as_ref().map_or_else(|| "none".to_owned(), |name| format!("`{name}`"));
    for (name, blob) in blobs {
        let (run, first_run) = (&blob.report.run, &first.report.run);
        let what = [
            ("version of the tool", blob.report.tool.version.clone(), first.report.tool.version.clone()),
            ("plan", said(&run.plan), said(&first_run.plan)),
            ("environment", said(&run.environment), said(&first_run.environment)),
            ("number of shards", blob.shard.total.to_string(), first.shard.total.to_string()),
        ];
        if let Some((what, own, other)) = what.into_iter().find(|(_, own, other)| own != other) {
            return Err(refused(format!(
                "`{name}` is of another run than `{first_name}`: its {what} is {own}, not {other}"
            )));
        }
        if blob.specs != first.specs || blob.tests != first.tests {
            let message = format!(
                "`{name}` is of another run than `{first_name}`: its specs, or what was selected of them, are others"
            );
            return Err(refused(message));
        }
    }
    Ok(())
}

/// Every shard is there once, and with them every test.
fn complete(blobs: &[Named]) -> Result<(), Box<Diagnostic>> {
    let mut seen: HashMap<u32, &str> = HashMap::new();
    let total = blobs.first().map_or(0, |(_, blob)| blob.shard.total);
    for (name, blob) in blobs {
        let index = blob.shard.index;
        if index == 0 || index > total {
            return Err(refused(format!("`{name}` is damaged: it says that it is shard {index} of {total}")));
        }
        if let Some(other) = seen.insert(index, name) {
            return Err(refused(format!("shard {index} of {total} is given twice: `{other}` and `{name}`")));
        }
    }
    // A damaged number must not make a list without end.
    const MOST_NAMED: usize = 20;
    let missing: Vec<String> =
        (1..=total).filter(|index| !seen.contains_key(index)).take(MOST_NAMED).map(|index| index.to_string()).collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(refused(format!("shard {one} of {total} is missing"))),
        [others @ .., last] => {
            let more = (total as usize).saturating_sub(seen.len() + missing.len());
            let more = if more > 0 { format!(" ({more} more are)") } else { String::new() };
            return Err(refused(format!("shards {} and {last} of {total} are missing{more}", others.join(", "))));
        }
    }
    let mut reported: HashMap<&str, usize> = HashMap::new();
    for (name, blob) in blobs {
        let mut own = HashSet::new();
        for test in &blob.report.tests {
            let count = reported.entry(&test.id).or_default();
            *count += 1;
            // Of a load, each shard has a part.
            if !own.insert(&test.id) || *count > 1 && !is_load(test) {
                return Err(refused(format!("`{name}` has the test `{}`, which another shard has too", test.id)));
            }
        }
    }
    for (name, blob) in blobs {
        let known: HashSet<&str> = blob.tests.iter().map(String::as_str).collect();
        if let Some(test) = blob.report.tests.iter().find(|test| !known.contains(test.id.as_str())) {
            return Err(refused(format!("`{name}` has the test `{}`, which the run doesn't have", test.id)));
        }
    }
    for (name, blob) in blobs {
        let own: HashSet<&str> = blob.report.tests.iter().map(|test| test.id.as_str()).collect();
        let mut loads = blobs.iter().flat_map(|(_, other)| &other.report.tests).filter(|test| test.load.is_some());
        if let Some(load) = loads.find(|load| !own.contains(load.id.as_str())) {
            return Err(refused(format!("`{name}` has no part of the load `{}`, which other shards have", load.id)));
        }
    }
    let lost = blobs.iter().flat_map(|(_, blob)| &blob.tests).find(|id| !reported.contains_key(id.as_str()));
    lost.map_or(Ok(()), |id| Err(refused(format!("no shard has a result of the test `{id}`"))))
}

/// Puts all on the time line of the run that began first.
fn align(reports: &mut [Report]) {
    let started = |report: &Report| report.run.started_at.parse::<Timestamp>().ok();
    let Some(first) = reports.iter().filter_map(started).min() else { return };
    for report in reports.iter_mut() {
        let late = started(report).map_or(0.0, |at| at.duration_since(first).as_secs_f64() * 1e3);
        let late = (late * 1e3).round() / 1e3;
        shift(report, late);
        report.run.duration_ms += late;
        report.run.started_at = first.to_string();
    }
}

/// What all shards together were to do: each knows its own tests of every phase.
fn plan(reports: &[Report], place: impl Fn(&str) -> usize) -> PlanSpec {
    let mut plan = reports.first().map(|report| report.plan.clone()).unwrap_or_default();
    for (index, phase) in plan.phases.iter_mut().enumerate() {
        let mut tests: Vec<String> = reports
            .iter()
            .filter_map(|report| report.plan.phases.get(index))
            .flat_map(|phase| phase.tests.iter().cloned())
            .collect();
        tests.sort_by_key(|id| place(id));
        tests.dedup();
        phase.tests = tests;
    }
    plan
}

fn phases(reports: &[Report], plan: &PlanSpec) -> Vec<Phase> {
    if reports.iter().all(|report| report.phases.is_empty()) {
        return Vec::new();
    }
    let phase = |(index, spec): (usize, &super::model::PhaseSpec)| {
        let mut phase = spec.not_begun();
        let parts: Vec<&Phase> = reports.iter().filter_map(|report| report.phases.get(index)).collect();
        let begun = parts.iter().filter_map(|part| Some((part.started_ms?, part.duration_ms)));
        let start = begun.clone().map(|(start, _)| start).fold(f64::INFINITY, f64::min);
        let end = begun.map(|(start, duration)| start + duration).fold(f64::NEG_INFINITY, f64::max);
        if start.is_finite() {
            (phase.started_ms, phase.duration_ms) = (Some(start), end - start);
        }
        phase.over_budget = parts.iter().any(|part| part.over_budget);
        phase.stopped = parts.iter().find_map(|part| part.stopped.clone());
        phase
    };
    plan.phases.iter().enumerate().map(phase).collect()
}

/// Each service once: down if any shard found it down, with what all of them saw in the order they saw it.
fn services(reports: &mut [Report]) -> Vec<Service> {
    let mut merged: Vec<Service> = Vec::new();
    for service in reports.iter_mut().flat_map(|report| std::mem::take(&mut report.services)) {
        match merged.iter_mut().find(|one| one.name == service.name) {
            Some(known) => {
                let worst = [word::Service::Down, word::Service::Up]
                    .into_iter()
                    .find(|state| [known.state, service.state].contains(state));
                known.state = worst.unwrap_or_default();
                known.sightings.extend(service.sightings);
            }
            None => merged.push(service),
        }
    }
    for service in &mut merged {
        service.sightings.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
        service.classification = classify(&service.watch().sightings).map(Into::into);
        bound(&mut service.sightings);
    }
    merged
}

fn bound(sightings: &mut Vec<Sighting>) {
    if sightings.len() > KEPT_SIGHTINGS {
        let half = KEPT_SIGHTINGS / 2;
        let last = sightings.split_off(sightings.len() - half);
        sightings.truncate(half);
        sightings.extend(last);
    }
}

fn credentials(reports: &[Report]) -> Vec<Credential> {
    let mut merged: Vec<Credential> = Vec::new();
    for one in reports.iter().flat_map(|report| &report.credentials) {
        match merged.iter_mut().find(|known| known.name == one.name) {
            Some(known) => {
                known.obtained_at_ms.extend(&one.obtained_at_ms);
                known.obtained_at_ms.sort_by(f64::total_cmp);
                known.failed = known.failed.take().or_else(|| one.failed.clone());
            }
            None => merged.push(one.clone()),
        }
    }
    merged
}
