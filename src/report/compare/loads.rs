use indexmap::IndexMap;

use super::noise::{self, Measured};
use crate::event::Times;
use crate::report::figures::{Figures, PERCENTILES};
use crate::report::model::{Load, Report, Test, time, word};
use crate::value::format_duration;

/// From which ratio a time or a rate that moved is reported one by one, and from which it makes a run unstable.
const REPORTED: f64 = 1.1;
const GRAVE: f64 = 1.5;
/// The same of the share of errors, and of the differences of times in seconds.
const REPORTED_SHARE: f64 = 0.001;
const GRAVE_SHARE: f64 = 0.01;
const REPORTED_SECONDS: f64 = 0.001;
const GRAVE_SECONDS: f64 = 0.01;

/// A load of both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadChange {
    pub id: String,
    pub name: String,
    pub place: Option<String>,
    /// What makes the two hard to compare.
    pub notes: Vec<String>,
    pub measures: Vec<MeasureChange>,
    /// How many percentiles of single requests moved by no more than noise explains, which `measures` leaves out.
    pub quiet: usize,
}

/// What a load measured on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureChange {
    /// `p95`, `throughput`, `error rate`
    pub measure: String,
    /// `GET /threads`; absent for all requests.
    pub request: Option<String>,
    pub unit: word::Unit,
    pub before: f64,
    pub after: f64,
    /// From before to after; absent of shares.
    pub ratio: Option<f64>,
    pub moved: Moved,
    /// By so much that the run isn't as stable.
    pub grave: bool,
}

/// What became of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    Worse,
    Better,
    /// It is other than it was by no more than noise explains, or by too little to matter.
    Noise,
}

impl Moved {
    /// As programs read it.
    pub fn word(self) -> &'static str {
        match self {
            Moved::Worse => "worse",
            Moved::Better => "better",
            Moved::Noise => "noise",
        }
    }
}

impl LoadChange {
    /// Whether something is other than it was.
    pub fn has_changed(&self) -> bool {
        self.measures.iter().any(|one| one.moved != Moved::Noise)
    }

    pub fn is_grave(&self) -> bool {
        self.measures.iter().any(|one| one.grave && one.moved == Moved::Worse)
    }
}

impl MeasureChange {
    /// `p95 of GET /threads`
    pub fn what(&self) -> String {
        self.request.as_ref().map_or_else(|| self.measure.clone(), |of| format!("{} of {of}", self.measure))
    }

    /// `×1.43`, `no more than noise`
    pub fn words(&self) -> String {
        let ratio = self.ratio.map(|ratio| format!("×{ratio:.2}"));
        let noise = (self.moved == Moved::Noise && self.before != self.after).then(|| "no more than noise".to_owned());
        ratio.filter(|_| self.before != self.after).into_iter().chain(noise).collect::<Vec<_>>().join(", ")
    }
}

/// A side of a load: that of one run or of several.
struct Side<'r> {
    loads: Vec<(&'r Load, Figures<'r>)>,
    all: Times,
    requests: IndexMap<String, Times>,
}

impl<'r> Side<'r> {
    fn of(tests: &[&'r Test]) -> Self {
        let loads: Vec<(&Load, Figures<'_>)> = tests
            .iter()
            .filter_map(|test| Some((test.load.as_deref()?, test.duration_ms)))
            .map(|(load, duration_ms)| (load, Figures::of(load, duration_ms)))
            .collect();
        let (mut all, mut requests) = (Times::default(), IndexMap::<String, Times>::new());
        for (_, figures) in &loads {
            all.merge(&figures.all.times);
            for row in &figures.requests {
                requests.entry(row.name.clone()).or_default().merge(&row.times);
            }
        }
        Self { loads, all, requests }
    }

    fn measured<'m>(&self, times: &'m Times, dependence: f64) -> Measured<'m> {
        Measured { all: times, dependence, runs: self.loads.len() }
    }

    /// The times of each part of the time.
    fn bins(&self) -> Vec<&Times> {
        self.loads.iter().flat_map(|(load, _)| &load.timeline.bins).map(|bin| &bin.times_ms.0).collect()
    }

    /// Whether both do the same at the same time.
    fn is_aligned_with(&self, other: &Self) -> bool {
        let times = |side: &Self| -> Vec<(f64, f64, usize)> {
            let all = side.loads.iter().map(|(load, _)| load);
            all.map(|load| (load.planned_ms, load.timeline.bin_ms, load.timeline.bins.len())).collect()
        };
        let (own, others) = (times(self), times(other));
        // The last part of the time is sometimes there and sometimes not; of several runs it would move all that come later.
        let alike = own.iter().zip(&others).all(|(a, b)| (a.0, a.1) == (b.0, b.1) && (own.len() == 1 || a.2 == b.2));
        own.len() == others.len() && alike
    }

    /// Requests a second, in all and of each whole part of the time.
    fn rates(&self) -> (f64, Vec<f64>) {
        let all = self.loads.iter().map(|(_, figures)| figures.per_second(figures.all.count)).sum::<f64>();
        let parts = self.loads.iter().flat_map(|(load, _)| {
            let seconds = time(load.timeline.bin_ms).as_secs_f64().max(1e-3);
            // The last one is seldom whole.
            let whole = load.timeline.bins.len().saturating_sub(1);
            load.timeline.bins.iter().take(whole).map(move |bin| bin.requests as f64 / seconds)
        });
        (all / self.loads.len().max(1) as f64, parts.collect())
    }

    /// What failed among all requests, in all and in each part of the time.
    fn errors(&self) -> (u64, u64, Vec<(u64, u64)>) {
        let sum = |all: &mut dyn Iterator<Item = u64>| all.fold(0u64, u64::saturating_add);
        let errors = sum(&mut self.loads.iter().map(|(load, _)| load.failures()));
        let requests = sum(&mut self.loads.iter().map(|(_, figures)| figures.all.count)).max(errors);
        let bins = self.loads.iter().flat_map(|(load, _)| &load.timeline.bins);
        let parts = bins.map(|bin| {
            let errors = bin.errors.iter().fold(0u64, |sum, one| sum.saturating_add(one.count));
            (errors, bin.requests.max(errors))
        });
        (errors, requests, parts.collect())
    }
}

/// Each load of both sides. Several runs of a side are one that lasted longer.
pub(super) fn loads(base: &[&Report], new: &[&Report]) -> Vec<LoadChange> {
    let mut ids: IndexMap<&str, [Vec<&Test>; 2]> = IndexMap::new();
    for (side, runs) in [base, new].into_iter().enumerate() {
        for test in runs.iter().flat_map(|run| &run.tests).filter(|test| test.load.is_some()) {
            ids.entry(&test.id).or_default()[side].push(test);
        }
    }
    ids.values().filter_map(|[before, after]| load(before, after)).collect()
}

fn load(before: &[&Test], after: &[&Test]) -> Option<LoadChange> {
    let test = after.first()?;
    let (old, now) = (Side::of(before), Side::of(after));
    let notes = notes(old.loads.first()?.0, now.loads.first()?.0);
    let names: Vec<&String> = old.requests.keys().filter(|name| now.requests.contains_key(*name)).collect();
    // Throughput and error rate, and the percentiles of all requests and of each.
    let limit = noise::limit(2 + PERCENTILES.len() * (1 + names.len()));
    let aligned = notes.is_empty() && old.is_aligned_with(&now);
    let (old_bins, new_bins) = (old.bins(), now.bins());
    let mut measures = Vec::new();
    let mut quiet = 0;
    for percent in PERCENTILES {
        let share = f64::from(percent) / 100.0;
        let dependence = noise::dependence((&old_bins, &old.all), (&new_bins, &now.all), share, aligned);
        let sides = std::iter::once((None, &old.all, &now.all))
            .chain(names.iter().map(|name| (Some(*name), &old.requests[*name], &now.requests[*name])));
        for (request, was, is) in sides {
            let (was, is) = (old.measured(was, dependence.0), now.measured(is, dependence.1));
            let Some((mut z, ratio)) = noise::moved(&was, &is, share) else { continue };
            if request.is_none() && aligned {
                let steadily = noise::steadily_moved(&old_bins, &new_bins, share, limit);
                if steadily.abs() > z.abs() && (steadily > 0.0) == (ratio > 1.0) {
                    z = steadily;
                }
            }
            let (Some(before), Some(after)) = (noise::quantile(was.all, share), noise::quantile(is.all, share)) else {
                continue;
            };
            let (apart, by) = ((after - before).abs(), ratio.max(1.0 / ratio));
            let matters = by >= REPORTED && apart >= REPORTED_SECONDS;
            let moved = of(z, limit, matters);
            if moved == Moved::Noise && request.is_some() {
                quiet += 1;
                continue;
            }
            measures.push(MeasureChange {
                measure: format!("p{percent}"),
                request: request.cloned(),
                unit: word::Unit::Seconds,
                before,
                after,
                ratio: Some(ratio),
                moved,
                grave: by >= GRAVE && apart >= GRAVE_SECONDS,
            });
        }
    }
    // Those of all requests come first.
    measures.sort_by_key(|one| one.request.is_some());
    let ((was, parts), (is, new_parts)) = (old.rates(), now.rates());
    if let Some((z, ratio)) =
        noise::rate_moved((was, &parts, old.loads.len()), (is, &new_parts, now.loads.len()), aligned)
    {
        let by = ratio.max(1.0 / ratio);
        measures.push(MeasureChange {
            measure: "throughput".to_owned(),
            request: None,
            unit: word::Unit::PerSecond,
            before: was,
            after: is,
            ratio: Some(ratio),
            moved: of(-z, limit, by >= REPORTED),
            grave: by >= GRAVE,
        });
    }
    let ((errors, of_all, parts), (new_errors, new_of, new_parts)) = (old.errors(), now.errors());
    if of_all > 0 && new_of > 0 {
        let (before, after) = (errors as f64 / of_all as f64, new_errors as f64 / new_of as f64);
        let z = noise::share_moved((errors, of_all, &parts), (new_errors, new_of, &new_parts), aligned).unwrap_or(0.0);
        let apart = (after - before).abs();
        measures.push(MeasureChange {
            measure: "error rate".to_owned(),
            request: None,
            unit: word::Unit::Share,
            before,
            after,
            ratio: None,
            moved: of(z, limit, apart >= REPORTED_SHARE),
            grave: apart >= GRAVE_SHARE,
        });
    }
    Some(LoadChange {
        id: test.id.clone(),
        name: test.name.clone(),
        place: test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)),
        notes,
        measures,
        quiet,
    })
}

/// More of it is worse.
fn of(z: f64, limit: f64, matters: bool) -> Moved {
    match z.abs() > limit && matters {
        false => Moved::Noise,
        true if z > 0.0 => Moved::Worse,
        true => Moved::Better,
    }
}

/// Of a load that is another one than it was, what it measures says less.
fn notes(old: &Load, now: &Load) -> Vec<String> {
    let mut notes = Vec::new();
    if old.model != now.model {
        notes.push(format!("its model was {}, and is {}", old.model.word(), now.model.word()));
    }
    let times = [old, now].map(|load| format_duration(time(load.planned_ms)));
    if times[0] != times[1] {
        notes.push(format!("it was to last {}, and is to last {}", times[0], times[1]));
    }
    if old.most_users != now.most_users && now.model == word::LoadModel::Closed {
        notes.push(format!("it had up to {} users, and has up to {}", old.most_users, now.most_users));
    }
    notes
}
