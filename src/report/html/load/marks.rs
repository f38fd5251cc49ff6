//! What is marked on the time of a load: when thresholds broke, and when services turned bad or good meanwhile.

use std::fmt::Write as _;

use crate::report::figures::held_words;
use crate::report::html::words::{clean, duration, tenth};
use crate::report::model::{self, Report, Sighting};

/// How many marks there are at most.
const MOST: usize = 24;
/// Labels nearer than this, in parts of a hundred, are one.
const NEAR: f64 = 5.0;
/// So long before and after a threshold broke, what a service did may be why.
const AROUND_MS: f64 = 10_000.0;

/// A moment that matters.
pub(super) struct Mark {
    pub number: usize,
    pub at_ms: f64,
    /// `bad`, `good`
    pub class: &'static str,
    pub words: String,
}

/// The label of one mark or several: where it is, in parts of a hundred, its words, and where its text begins.
pub(super) struct Label {
    pub x: f64,
    pub words: String,
    pub anchor: &'static str,
    pub class: &'static str,
}

/// A service that wasn't well all the time.
pub(super) struct Strip {
    pub name: String,
    /// Class, where it begins and how wide it is, of 1,000.
    pub stretches: Vec<(&'static str, f64, f64)>,
    /// Paths with a point for each response that held, or didn't.
    pub held: String,
    pub broken: String,
    pub words: String,
}

/// A service turned.
struct Turn<'r> {
    service: &'r str,
    at_ms: f64,
    sighting: &'r Sighting,
}

/// In the order of time. `began_ms` is from the start of the run.
pub(super) fn marks(report: &Report, load: &model::Load, began_ms: f64, took_ms: f64) -> Vec<Mark> {
    let mut turns = turns(report, began_ms, took_ms);
    turns.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
    let bad: Vec<&Turn<'_>> = turns.iter().filter(|turn| !turn.sighting.held).collect();
    let mut marks: Vec<Mark> = Vec::new();
    for one in &load.thresholds {
        let Some(at_ms) = one.broke_at_ms else { continue };
        let is = format!("{} ({})", one.measured_words(), one.basis);
        let around = around(&bad, at_ms, one.over_last_ms.unwrap_or(0.0));
        let ended = if one.ended_load { ", which ended the load" } else { "" };
        let words = format!("{} broke at {}{ended}: {is}{around}", one.text, when(load, at_ms));
        marks.push(Mark { number: 0, at_ms, class: "bad", words: clean(&words) });
    }
    // When thresholds broke is told first of all.
    marks.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
    marks.truncate(MOST);
    let room = MOST - marks.len();
    for turn in turns.iter().take(room) {
        let (class, verb) = if turn.sighting.held { ("good", "was well again") } else { ("bad", "turned bad") };
        let words = format!("{} {verb} at {}: {}", turn.service, when(load, turn.at_ms), turn.sighting.words);
        marks.push(Mark { number: 0, at_ms: turn.at_ms, class, words: clean(&words) });
    }
    marks.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
    marks.iter_mut().enumerate().for_each(|(at, mark)| mark.number = at + 1);
    marks
}

/// `14:02:10 UTC (8s after it began)`
fn when(load: &model::Load, at_ms: f64) -> String {
    let began: Option<jiff::Timestamp> = load.began_at.parse().ok();
    let at = jiff::SignedDuration::try_from(model::time(at_ms)).ok();
    let clock = began.zip(at).and_then(|(began, at)| began.checked_add(at).ok());
    match clock {
        Some(clock) => format!("{} UTC ({} in)", clock.strftime("%H:%M:%S"), duration(at_ms)),
        None => format!("{} in", duration(at_ms)),
    }
}

/// What a service did around the time when a threshold broke: the nearest of those that turned bad, which are in the order of time.
fn around(turns: &[&Turn<'_>], at_ms: f64, window_ms: f64) -> String {
    let away = |turn: &Turn<'_>| (turn.at_ms - at_ms).abs();
    let is_near = |turn: &&Turn<'_>| turn.at_ms <= at_ms + AROUND_MS && turn.at_ms >= at_ms - window_ms - AROUND_MS;
    let (before, after) = turns.split_at(turns.partition_point(|turn| turn.at_ms <= at_ms));
    let near = [before.last(), after.first()].into_iter().flatten().copied().filter(is_near);
    let Some(turn) = near.min_by(|a, b| away(a).total_cmp(&away(b))) else { return String::new() };
    let (name, says, away) = (turn.service, &turn.sighting.words, duration(away(turn)));
    if turn.at_ms <= at_ms {
        format!("; {away} before, {name} had turned bad: {says}")
    } else {
        format!("; {away} later, {name} was seen to be bad: {says}")
    }
}

/// Each change of a service while the load went on, and what was bad when it began.
fn turns(report: &Report, began_ms: f64, took_ms: f64) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    for service in &report.services {
        let mut was_held = true;
        for sighting in &service.sightings {
            let at_ms = sighting.at_ms - began_ms;
            if (0.0..=took_ms).contains(&at_ms) && sighting.held != was_held {
                turns.push(Turn { service: &service.name, at_ms, sighting });
            }
            was_held = sighting.held;
        }
    }
    turns
}

/// Labels above a chart; those of marks that are near each other are one.
pub(super) fn labels(marks: &[Mark], whole_ms: f64) -> Vec<Label> {
    let mut groups: Vec<(f64, Vec<&Mark>)> = Vec::new();
    for mark in marks {
        let x = percent(mark.at_ms, whole_ms);
        match groups.last_mut() {
            Some((first, group)) if x - *first < NEAR => group.push(mark),
            _ => groups.push((x, vec![mark])),
        }
    }
    let label = |(x, group): (f64, Vec<&Mark>)| {
        let (first, last) = (group.first().map_or(0, |one| one.number), group.last().map_or(0, |one| one.number));
        let words = if first == last { first.to_string() } else { format!("{first}–{last}") };
        let anchor = match x {
            x if x < 3.0 => "start",
            x if x > 97.0 => "end",
            _ => "middle",
        };
        let class = if group.iter().any(|mark| mark.class == "bad") { "bad" } else { "good" };
        Label { x, words, anchor, class }
    };
    groups.into_iter().map(label).collect()
}

pub(super) fn percent(at_ms: f64, whole_ms: f64) -> f64 {
    tenth(super::super::words::across(at_ms, whole_ms) / 10.0)
}

/// The services that weren't well all the time that the load took.
pub(super) fn strips(report: &Report, began_ms: f64, whole_ms: f64) -> Vec<Strip> {
    let across = |at_ms: f64| super::super::words::across(at_ms, whole_ms);
    let strip = |service: &model::Service| {
        let mut stretches: Vec<(&'static str, f64, f64)> = Vec::new();
        let (mut asked, mut held) = (0, 0);
        let (mut good, mut bad) = (String::new(), String::new());
        for (at, sighting) in service.sightings.iter().enumerate() {
            let from = sighting.at_ms - began_ms;
            let to = service.sightings.get(at + 1).map_or(whole_ms, |next| next.at_ms - began_ms);
            if to <= 0.0 || from >= whole_ms {
                continue;
            }
            if from >= 0.0 {
                asked += 1;
                held += usize::from(sighting.held);
                let _ = write!(if sighting.held { &mut good } else { &mut bad }, "M{} 8h0", across(from));
            }
            let class = if sighting.held { "up" } else { "down" };
            let (from, to) = (across(from), across(to));
            match stretches.last_mut() {
                Some((last, begins, width)) if *last == class => *width = tenth((to - *begins).max(0.0)),
                _ => stretches.push((class, from, tenth((to - from).max(0.0)))),
            }
        }
        let is_bad = stretches.iter().any(|(class, ..)| *class == "down");
        is_bad.then(|| Strip {
            name: clean(&service.name),
            stretches,
            held: good,
            broken: bad,
            words: format!("{held} of {asked} responses to the probe held meanwhile"),
        })
    };
    report.services.iter().filter_map(strip).collect()
}

/// When a threshold broke, or that it didn't hold, for its row.
pub(super) fn broke(load: &model::Load, one: &model::Threshold) -> String {
    match one.broke_at_ms {
        Some(at_ms) if !one.held => format!("broke at {}", when(load, at_ms)),
        _ => held_words(one),
    }
}
