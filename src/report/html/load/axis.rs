//! Axes of charts. A chart is 1,000 units wide and high, and stretched to its place; what has text is placed by parts of a hundred.

use crate::report::html::words::{duration, tenth};
use crate::report::numbers::rate;

/// An axis from the bottom to the top, with its ticks: where each is, in parts of a hundred from the top, and its words.
pub(super) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    pub ticks: Vec<(f64, String)>,
}

/// More ticks than this crowd a chart.
const MOST_TICKS: usize = 8;

impl Axis {
    /// From nothing to at least the largest value, in even steps.
    pub fn even(largest: f64, whole: bool, unit: &str) -> Self {
        let largest = if largest.is_finite() { largest.clamp(1e-3, 1e15) } else { 1.0 };
        let mut step = round_up(largest / 4.0);
        if whole {
            step = step.max(1.0).ceil();
        }
        let steps = (largest / step - 1e-9).ceil().max(1.0);
        let mut axis = Self { low: 0.0, high: steps * step, is_log: false, ticks: Vec::new() };
        // At most four steps by how they are made.
        let values = (0..=steps as usize).map(|at| at as f64 * step);
        axis.ticks = values.map(|value| (axis.percent(value), format!("{}{unit}", rate(value)))).collect();
        axis
    }

    /// Of times in milliseconds, each step a multiple of the one before.
    pub fn times(shortest_ms: f64, longest_ms: f64) -> Self {
        let (low, high) = (round_down(shortest_ms.clamp(1e-3, 1e10)), round_up(longest_ms.clamp(1e-3, 1e10)));
        let high = if high <= low { low * 10.0 } else { high };
        let mut axis = Self { low, high, is_log: true, ticks: Vec::new() };
        let mut values = vec![low];
        while let Some(last) = values.last().copied()
            && last < high * 0.999
        {
            values.push(round_up(last * 1.001));
        }
        if values.len() > MOST_TICKS {
            // By whole decades, from one to another.
            (axis.low, axis.high) = (decade(low), decade(high * 9.999));
            let decades = (axis.high / axis.low).log10().round().max(1.0) as i32;
            let every = decades / MOST_TICKS as i32 + 1;
            values = (0..=decades).step_by(every as usize).map(|at| axis.low * 10f64.powi(at)).collect();
        }
        axis.ticks = values.into_iter().map(|value| (axis.percent(value), duration(value))).collect();
        axis
    }

    /// How far up a value is, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let share = if self.is_log {
            (value.max(self.low).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// In a drawing, from the top.
    pub fn y(&self, value: f64) -> f64 {
        tenth((1.0 - self.share(value)) * 1000.0)
    }

    /// From the left.
    pub fn x(&self, value: f64) -> f64 {
        tenth(self.share(value) * 100.0)
    }

    /// In parts of a hundred, from the top.
    pub fn percent(&self, value: f64) -> f64 {
        tenth((1.0 - self.share(value)) * 100.0)
    }
}

fn decade(value: f64) -> f64 {
    10f64.powf((value.log10() + 1e-9).floor())
}

/// The next of 1, 2, 5, 10, … that isn't smaller.
fn round_up(value: f64) -> f64 {
    let decade = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * decade).into_iter().find(|one| *one >= value * 0.999_999).unwrap_or(value)
}

fn round_down(value: f64) -> f64 {
    let decade = 10f64.powf(value.log10().floor());
    let steps = [5.0, 2.0, 1.0].map(|step| step * decade);
    steps.into_iter().find(|one| *one <= value * 1.000_001).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, words)| words.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(words(&Axis::even(146.0, false, "/s")), ["0/s", "50/s", "100/s", "150/s"]);
        assert_eq!(words(&Axis::even(3.0, true, "")), ["0", "1", "2", "3"]);
        assert_eq!(words(&Axis::times(1.3, 7.0)), ["1ms", "2ms", "5ms", "10ms"]);
        assert_eq!(words(&Axis::times(0.3, 40_000.0)), ["100us", "1ms", "10ms", "100ms", "1s", "10s", "1m40s"]);
        for value in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1e300] {
            for axis in [Axis::even(value, true, ""), Axis::even(value, false, ""), Axis::times(value, value)] {
                assert!((1..=MOST_TICKS).contains(&axis.ticks.len()), "{value}: {:?}", axis.ticks);
                assert!((0.0..=1000.0).contains(&axis.y(value)) && axis.ticks.iter().all(|(at, _)| at.is_finite()));
            }
        }
    }
}
