//! How far what a load measured is from what it would measure again. Requests of one moment share its trouble, so many of them say less than as many
//! that are independent: how much less is read off the parts of the load's time.

use super::stats::quantile as normal;
use crate::event::Times;

/// How many parts of a load's time are compared with each other; each has several of the timeline's bins, where there are enough.
const BATCHES: usize = 20;
/// With fewer, how much they vary can't be known.
const FEWEST: usize = 5;
/// How much less requests of a load say than independent ones, where it can't be known.
const USUAL: f64 = 4.0;
/// What two runs of the same load differ by, relative, however much is measured in each: other moments of the same machines.
const BETWEEN_RUNS: f64 = 0.03;
/// The largest correlation between one part of the time and the next that is reckoned with.
const MOST_ALIKE: f64 = 0.8;
/// How likely noise alone may move one of all that are compared.
const ALPHA: f64 = 0.01;
/// So many must be slower than a percentile for it to mean anything.
const BEYOND: f64 = 5.0;

/// One side's times of one thing.
pub(super) struct Measured<'m> {
    pub all: &'m Times,
    /// How much less they say than independent ones, at the percentile that is compared.
    pub dependence: f64,
    pub runs: usize,
}

/// The time that this share of all doesn't exceed, in seconds.
pub(super) fn quantile(times: &Times, share: f64) -> Option<f64> {
    let rank = (share.clamp(0.0, 1.0) * times.count as f64).ceil().max(1.0);
    let mut seen = 0.0;
    let mut spread = times.spread().skip_while(|(_, count)| {
        seen += *count as f64;
        seen < rank
    });
    let found = spread.next().map(|(time, _)| time).or((times.count > 0).then_some(times.longest))?;
    Some(found.as_secs_f64().max(1e-6))
}

/// The parts of the time, from first to last, in as many groups as are compared.
fn batches<T>(parts: &[T]) -> impl Iterator<Item = &[T]> {
    parts.chunks(parts.len().div_ceil(BATCHES).max(1))
}

fn variance_of_mean(values: &[f64]) -> Option<f64> {
    if values.len() < FEWEST {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sum = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    // What is so at one time is so for a while: the next value says less than a fresh one. So few of them make it look smaller than it is.
    let next = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>();
    let alike = if sum > 0.0 { (next / sum + 2.0 / n).clamp(0.0, MOST_ALIKE) } else { 0.0 };
    Some(sum / (n - 1.0) / n * (1.0 + alike) / (1.0 - alike))
}

/// How much more a percentile varies over the time than it would if requests were independent, on each side. Where both sides do the same at the same
/// time (`aligned`), what the load itself does over its time is no noise: their differences are looked at.
pub(super) fn dependence(base: (&[&Times], &Times), new: (&[&Times], &Times), share: f64, aligned: bool) -> (f64, f64) {
    let alone = |all| error(&Measured { all, dependence: 1.0, runs: 1 }, share).map_or(0.0, |error| error.powi(2));
    let (alone_base, alone_new) = (alone(base.1), alone(new.1));
    let times =
        |varies: Option<f64>, alone: f64| varies.filter(|_| alone > 0.0).map(|varies| (varies / alone).max(1.0));
    if aligned {
        let values = differences(base.0, new.0, share);
        let both = times(variance_of_mean(&values), alone_base + alone_new).unwrap_or(USUAL);
        return (both, both);
    }
    let of = |bins: &[&Times], alone: f64| {
        let values: Vec<f64> = batches(bins).filter_map(|batch| of_batch(batch, share)).collect();
        times(variance_of_mean(&values), alone).unwrap_or(USUAL)
    };
    (of(base.0, alone_base), of(new.0, alone_new))
}

/// The logarithm of a percentile of a part of the time; nothing where it would be its longest time.
fn of_batch(batch: &[&Times], share: f64) -> Option<f64> {
    let mut own = Times::default();
    batch.iter().for_each(|bin| own.merge(bin));
    (own.count as f64 * (1.0 - share) >= 1.0).then(|| quantile(&own, share).map(f64::ln)).flatten()
}

/// By how much a percentile differs at each time, in logarithms.
fn differences(base: &[&Times], new: &[&Times], share: f64) -> Vec<f64> {
    pairs(base, new).filter_map(|(a, b)| Some(of_batch(b, share)? - of_batch(a, share)?)).collect()
}

/// How many times its standard error it is that a percentile differs in the same direction at all times, by more than runs differ: how much may itself
/// differ from time to time, as with a system that is slower the more it has to do.
pub(super) fn steadily_moved(base: &[&Times], new: &[&Times], share: f64, limit: f64) -> f64 {
    let margin = BETWEEN_RUNS * std::f64::consts::SQRT_2 * limit;
    let values = differences(base, new, share);
    let first = values.first().copied().unwrap_or(0.0);
    let is_steady = values.iter().all(|value| value.abs() > margin && value.signum() == first.signum());
    match u32::try_from(values.len()) {
        Ok(count) if is_steady && values.len() >= FEWEST => normal(0.5f64.powf(f64::from(count))).copysign(first),
        _ => 0.0,
    }
}

/// The batches of the same times.
fn pairs<'b, T>(base: &'b [T], new: &'b [T]) -> impl Iterator<Item = (&'b [T], &'b [T])> {
    let both = base.len().min(new.len());
    batches(&base[..both]).zip(batches(&new[..both]))
}

/// The standard error of the logarithm of a percentile.
fn error(one: &Measured<'_>, share: f64) -> Option<f64> {
    let count = (one.all.count as f64 / one.dependence.max(1.0)).max(1.0);
    let around = (share * (1.0 - share) / count).sqrt();
    let (low, high) = (quantile(one.all, share - around)?, quantile(one.all, share + around)?);
    // What is counted in steps of 0.2 % isn't known better than that.
    Some(((high.ln() - low.ln()) / 2.0).max(0.001))
}

/// How many times its standard error a change of a percentile is, after which the change itself, as a ratio; nothing where there is too little to know it.
pub(super) fn moved(base: &Measured<'_>, new: &Measured<'_>, share: f64) -> Option<(f64, f64)> {
    let enough = |one: &Measured<'_>| one.all.count as f64 * (1.0 - share).min(share) >= BEYOND;
    if !enough(base) || !enough(new) {
        return None;
    }
    let change = quantile(new.all, share)?.ln() - quantile(base.all, share)?.ln();
    let errors = [error(base, share)?, error(new, share)?];
    Some((change / whole_error(errors, [base.runs, new.runs]), change.exp()))
}

/// The standard error of the difference of two, each with its own, and with what runs differ by.
fn whole_error(errors: [f64; 2], runs: [usize; 2]) -> f64 {
    let between = runs.map(|runs| BETWEEN_RUNS.powi(2) / runs.max(1) as f64);
    (errors[0].powi(2) + errors[1].powi(2) + between[0] + between[1]).sqrt()
}

/// The same of rates, each with those of the parts of its time, and of how many runs it is.
pub(super) fn rate_moved(base: (f64, &[f64], usize), new: (f64, &[f64], usize), aligned: bool) -> Option<(f64, f64)> {
    if base.0 <= 0.0 || new.0 <= 0.0 {
        return None;
    }
    let mean = |batch: &[f64]| batch.iter().sum::<f64>() / batch.len().max(1) as f64;
    let error = |(rate, bins, _): (f64, &[f64], usize)| {
        let values: Vec<f64> = batches(bins).map(mean).collect();
        variance_of_mean(&values).map_or(0.1, |variance| variance.sqrt() / rate)
    };
    let errors = if aligned {
        let both = pairs(base.1, new.1).map(|(a, b)| (mean(a), mean(b))).filter(|(a, b)| *a > 0.0 && *b > 0.0);
        let values: Vec<f64> = both.map(|(a, b)| (b / a).ln()).collect();
        [variance_of_mean(&values).map_or(0.1, f64::sqrt), 0.0]
    } else {
        [error(base), error(new)]
    };
    let change = (new.0 / base.0).ln();
    Some((change / whole_error(errors, [base.2, new.2]), change.exp()))
}

/// Of how many something is so, of how many, and the same of each part of the time.
pub(super) type Shares<'s> = (u64, u64, &'s [(u64, u64)]);

/// How many times its standard error a change of a share is.
pub(super) fn share_moved(base: Shares<'_>, new: Shares<'_>, aligned: bool) -> Option<f64> {
    let of = |(part, all): (u64, u64)| if all == 0 { 0.0 } else { part as f64 / all as f64 };
    if base.1 == 0 || new.1 == 0 {
        return None;
    }
    let change = of((new.0, new.1)) - of((base.0, base.1));
    // If nothing had changed, both would be parts of one.
    let pooled = of((base.0.saturating_add(new.0), base.1.saturating_add(new.1)));
    let alone = |all: u64| pooled * (1.0 - pooled) / all as f64;
    let sum = |batch: &[(u64, u64)]| {
        batch.iter().fold((0u64, 0u64), |sum, one| (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1)))
    };
    let varies = |bins: &[(u64, u64)]| {
        let values: Vec<f64> = batches(bins).map(sum).filter(|(_, all)| *all > 0).map(of).collect();
        variance_of_mean(&values).unwrap_or(0.0)
    };
    let by_chance = alone(base.1) + alone(new.1);
    let variance = if aligned {
        let values: Vec<f64> = pairs(base.2, new.2).map(|(a, b)| of(sum(b)) - of(sum(a))).collect();
        variance_of_mean(&values).unwrap_or(0.0).max(by_chance)
    } else {
        alone(base.1).max(varies(base.2)) + alone(new.1).max(varies(new.2))
    };
    (variance > 0.0).then(|| change / variance.sqrt())
}

/// How many times its standard error a change must be when so many are compared.
pub(super) fn limit(compared: usize) -> f64 {
    normal(ALPHA / 2.0 / compared.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    /// A load of 60 bins with 100 requests each; their times are spread over a factor of 10, all of a bin share what `wanders` gives, and after half of
    /// the time all take `turns` times as long.
    fn load(rng: &mut StdRng, factor: f64, wanders: f64, turns: f64) -> Vec<Times> {
        let mut level = 0.0;
        let bins = (0..60).map(|at| {
            level = 0.8 * level + wanders * rng.random_range(-1.0..1.0);
            let mut times = Times::default();
            for _ in 0..100 {
                let time = 0.02 * 10f64.powf(rng.random::<f64>()) * factor * f64::exp(level);
                times.add(Duration::from_secs_f64(if at < 30 { time } else { time * turns }));
            }
            times
        });
        bins.collect()
    }

    fn whole(bins: &[Times]) -> Times {
        let mut all = Times::default();
        bins.iter().for_each(|bin| all.merge(bin));
        all
    }

    /// How often a percentile is found to have moved.
    fn found(trials: u64, factor: f64, (wanders, turns): (f64, f64), (share, aligned): (f64, bool)) -> usize {
        let is_found = |seed: u64| {
            let mut rng = StdRng::seed_from_u64(seed);
            let [base, new] = [1.0, factor].map(|factor| load(&mut rng, factor, wanders, turns));
            let (of_base, of_new) = (whole(&base), whole(&new));
            let (base, new): (Vec<&Times>, Vec<&Times>) = (base.iter().collect(), new.iter().collect());
            let depends = dependence((&base, &of_base), (&new, &of_new), share, aligned);
            let bins = (base, new);
            let base = Measured { all: &of_base, dependence: depends.0, runs: 1 };
            let new = Measured { all: &of_new, dependence: depends.1, runs: 1 };
            let steadily = if aligned { steadily_moved(&bins.0, &bins.1, share, limit(1)).abs() } else { 0.0 };
            moved(&base, &new, share).is_some_and(|(z, _)| z.abs().max(steadily) > limit(1))
        };
        (0..trials).filter(|seed| is_found(*seed)).count()
    }

    #[test]
    fn noise_alone_is_no_change_also_where_it_wanders() {
        for of in [(0.5, false), (0.5, true), (0.95, true), (0.99, true)] {
            assert!(found(40, 1.0, (0.0, 1.0), of) <= 1, "{of:?}");
            assert!(found(40, 1.0, (0.2, 1.0), of) <= 3, "{of:?}");
            assert!(found(40, 1.0, (0.0, 5.0), of) <= 1, "{of:?}");
            // Two runs differ by some per cent, whatever is measured in each.
            assert!(found(40, 1.04, (0.0, 1.0), of) <= 2, "{of:?}");
        }
    }

    #[test]
    fn what_really_moved_is_found() {
        for share in [0.5, 0.95, 0.99] {
            assert!(found(20, 1.4, (0.0, 1.0), (share, false)) >= 19, "{share}");
            assert!(found(20, 3.0, (0.2, 1.0), (share, true)) >= 17, "{share}");
            // What a load does over its time is the same on both sides.
            assert!(found(20, 1.4, (0.0, 5.0), (share, true)) >= 18, "{share}");
        }
    }

    #[test]
    fn errors_and_rates_are_told_from_noise() {
        let bins = |per: u64| vec![(per, 200); 60];
        let (none, some) = (bins(0), bins(2));
        let burst = [vec![(0, 200); 59], vec![(120, 200)]].concat();
        for aligned in [false, true] {
            assert!(share_moved((0, 12_000, &none), (120, 12_000, &some), aligned).unwrap() > limit(10));
            assert!(share_moved((3, 12_000, &none), (5, 12_000, &none), aligned).unwrap() < limit(1));
            assert_eq!(share_moved((0, 12_000, &none), (0, 12_000, &none), aligned), None);
            // All in one burst: that may happen again, or not.
            assert!(share_moved((0, 12_000, &none), (120, 12_000, &burst), aligned).unwrap() < limit(1));
            let rates = [100.0; 60];
            assert!(rate_moved((100.0, &rates, 1), (103.0, &rates, 1), aligned).unwrap().0 < limit(1));
            assert!(rate_moved((100.0, &rates, 1), (80.0, &rates, 1), aligned).unwrap().0 < -limit(1));
            assert_eq!(rate_moved((0.0, &[], 1), (1.0, &[], 1), aligned), None);
        }
        let ramp: Vec<f64> = (1..=60).map(f64::from).collect();
        let slower: Vec<f64> = ramp.iter().map(|rate| rate * 0.7).collect();
        assert!(rate_moved((30.0, &ramp, 1), (21.0, &slower, 1), true).unwrap().0 < -limit(1));
    }
}
