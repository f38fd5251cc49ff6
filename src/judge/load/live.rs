use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::threshold::{self, ThresholdResult, Value};
use super::{Look, Measured, Spec, Timeline};
use crate::judge::release::Unit;
use crate::plan::Threshold;

/// The longest time between two looks at thresholds.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest.
const SHORTEST_LOOK: Duration = Duration::from_millis(10);

/// Judges a load while it goes on. It is given looks in equal times, one after the other.
pub struct Live {
    spec: Arc<Spec>,
    total: Measured,
    /// What there was when no iteration was begun any more, and when that was.
    steady: Option<(Measured, Duration)>,
    /// What was measured last, with the ends of those times: as much as the longest threshold over the last seconds looks at.
    recent: VecDeque<Arc<Look>>,
    states: Vec<State>,
    timeline: Timeline,
    most_users: u32,
    /// When the last look ended.
    ended: Duration,
    /// The last one that took some time, and how many requests a second were in it.
    last: Duration,
    rate: f64,
}

#[derive(Clone, Debug, Default)]
struct State {
    broken: Option<Broken>,
    last: Option<Value>,
}

/// A threshold that didn't hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Since the load began.
    pub at: Duration,
    pub value: Value,
}

/// What a load came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub total: Measured,
    pub thresholds: Vec<ThresholdResult>,
    pub timeline: Timeline,
    pub most_users: u32,
    /// How long iterations were begun.
    pub lasted: Duration,
}

impl Live {
    pub fn new(spec: Arc<Spec>) -> Self {
        let states = vec![State::default(); spec.thresholds.len()];
        let (total, recent, timeline) = Default::default();
        Self {
            spec,
            total,
            steady: None,
            recent,
            states,
            timeline,
            most_users: 0,
            ended: Duration::ZERO,
            last: Duration::ZERO,
            rate: 0.0,
        }
    }

    /// The time between two looks.
    pub fn interval(spec: &Spec) -> Duration {
        let shortest = spec.thresholds.iter().filter_map(|threshold| threshold.over_last).min();
        let Some(shortest) = shortest else { return LOOK };
        let looks = shortest.as_nanos().div_ceil(LOOK.as_nanos()).max(1);
        let look = shortest / u32::try_from(looks).unwrap_or(u32::MAX);
        // A window of a second or less is looked at several times in it.
        let look = if shortest <= LOOK { look / 4 } else { look };
        // Whole microseconds, as reports report times: so many looks are never shorter than the window that they are to fill.
        Duration::from_micros(u64::try_from(look.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)).max(SHORTEST_LOOK)
    }

    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    pub fn total(&self) -> &Measured {
        &self.total
    }

    /// Takes the next look; gives the place of a threshold that ends the load.
    pub fn look(&mut self, look: &Arc<Look>) -> Option<usize> {
        if !look.begins {
            self.begins_no_more(self.ended);
        }
        self.take(look);
        self.ended = look.at;
        if !look.begins {
            return None;
        }
        let at = look.at;
        let spec = self.spec.clone();
        let longest = spec.thresholds.iter().filter_map(|threshold| threshold.over_last).max();
        if let Some(longest) = longest {
            self.recent.push_back(look.clone());
            while self.recent.front().is_some_and(|one| one.at.saturating_add(longest) <= at) {
                self.recent.pop_front();
            }
        }
        let mut aborts = None;
        for (place, threshold) in spec.thresholds.iter().enumerate() {
            if spec.is_part && !threshold::is_known_from_a_part(threshold) {
                continue;
            }
            let Some(value) = self.value_now(place, threshold, at) else { continue };
            let is_broken = !value.holds(threshold);
            let Some(state) = self.states.get_mut(place) else { continue };
            // Of the whole, nothing is said before its end, but for what ends it.
            let counts = threshold.over_last.is_some() || threshold.abort_after.is_some_and(|after| at >= after);
            if is_broken && counts {
                state.broken.get_or_insert_with(|| Broken { at, value: value.clone() });
                if threshold.abort_after.is_some_and(|after| at >= after) {
                    aborts.get_or_insert(place);
                }
            }
            state.last = Some(value);
        }
        aborts
    }

    /// What a threshold measures now; nothing yet of one that has no full window, or, over the whole, no data.
    fn value_now(&self, place: usize, threshold: &Threshold, at: Duration) -> Option<Value> {
        let Some(window) = threshold.over_last else {
            let value = threshold::value(threshold, place, &self.total, at);
            return value.measured.is_some().then_some(value);
        };
        if at < window {
            return None;
        }
        let mut recent = Measured::default();
        for one in &self.recent {
            if one.at.saturating_add(window) > at {
                recent.merge(&one.measured);
            }
        }
        Some(threshold::value(threshold, place, &recent, window))
    }

    /// How long iterations are begun.
    pub fn duration(&self) -> Duration {
        self.spec.duration
    }

    pub fn requests_per_second(&self) -> f64 {
        self.rate
    }

    /// Each threshold as it stands.
    pub fn standing(&self) -> impl Iterator<Item = (&Threshold, Option<&Value>, Option<&Broken>)> {
        let states = self.spec.thresholds.iter().zip(&self.states);
        states.map(|(threshold, state)| (threshold, state.last.as_ref(), state.broken.as_ref()))
    }

    /// No iteration begins any more. What still ends is part of the whole, and not of what was done in a second.
    fn begins_no_more(&mut self, at: Duration) {
        self.steady.get_or_insert_with(|| (self.total.clone(), at));
    }

    fn take(&mut self, look: &Look) {
        let Look { at, users, measured: slice, .. } = look;
        self.total.merge(slice);
        self.timeline.add(*at, slice, *users);
        self.most_users = self.most_users.max(*users);
        let at = *at;
        let time = at.saturating_sub(self.last).as_secs_f64();
        if time > 0.0 {
            (self.last, self.rate) = (at, slice.exchanges() as f64 / time);
        }
    }

    /// All looks were taken.
    pub fn end(mut self) -> Ended {
        self.begins_no_more(self.ended);
        let (steady, lasted) = self.steady.take().unwrap_or_default();
        let judged = self.spec.thresholds.iter().enumerate().zip(&self.states);
        let thresholds = judged.map(|((place, threshold), state)| {
            let unknown = self.spec.is_part && !threshold::is_known_from_a_part(threshold);
            let (value, held, broke_at) = match (&state.broken, threshold.over_last) {
                _ if unknown => {
                    let value = whole(threshold, place, (&self.total, &steady), lasted);
                    (Value { basis: format!("{} in this shard", value.basis), ..value }, true, None)
                }
                (Some(broken), _) => (broken.value.clone(), false, Some(broken.at)),
                (None, Some(window)) => match &state.last {
                    Some(last) => (last.clone(), true, None),
                    None => (never(threshold, place, window), false, None),
                },
                (None, None) => {
                    let value = whole(threshold, place, (&self.total, &steady), lasted);
                    let held = value.holds(threshold);
                    (value, held, None)
                }
            };
            ThresholdResult {
                text: threshold.text.clone(),
                span: threshold.span,
                unit: value.unit,
                measured: value.measured,
                held,
                basis: value.basis,
                broke_at,
            }
        });
        let thresholds = thresholds.collect();
        let Self { total, timeline, most_users, .. } = self;
        Ended { total, thresholds, timeline, most_users, lasted }
    }
}

/// The value over a whole load.
fn whole(threshold: &Threshold, place: usize, (total, steady): (&Measured, &Measured), lasted: Duration) -> Value {
    let value = threshold::value(threshold, place, total, lasted);
    match value.unit {
        Unit::PerSecond => threshold::value(threshold, place, steady, lasted),
        _ => value,
    }
}

/// The load ended before there was a full window.
fn never(threshold: &Threshold, place: usize, window: Duration) -> Value {
    let unit = threshold::value(threshold, place, &Measured::default(), window).unit;
    let basis = format!("the load ended before it had lasted {}", crate::value::format_duration(window));
    Value { unit, measured: None, basis }
}
