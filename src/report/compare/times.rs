//! Which times changed by more than noise explains (`docs/reports.md`, "What counts as slower").

use super::stats::{discoveries, mann_whitney, median, quantile, spread};

/// How much of a change matters: as a ratio, and in milliseconds.
const RATIO: f64 = 1.5;
const DIFFERENCE_MS: f64 = 100.0;
/// Shorter times say more of the machine than of the system.
const SHORTEST_MS: f64 = 10.0;
/// With fewer to compare, neither their common drift nor their noise can be reported.
const FEWEST: usize = 8;
/// The noise of a single time, relative, that is taken for granted; and that is taken where it can't be known.
const LEAST_NOISE: f64 = 0.05;
const USUAL_NOISE: f64 = 0.15;
/// How likely noise alone may trip one of all that are compared.
const ALPHA: f64 = 0.01;
/// The rate of false discoveries among those that are tested with several samples.
const RATE: f64 = 0.05;
/// From so many samples a side, their order is tested.
const TESTED: usize = 4;
/// Samples of one run share its moments: more of them don't say more.
const MOST_SAMPLES: usize = 5;

/// The times of one thing on both sides, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub base: Vec<f64>,
    pub new: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Of the items.
    pub index: usize,
    /// Medians, in milliseconds.
    pub before_ms: f64,
    pub after_ms: f64,
    /// From before to after, without the drift of all; above 1 is slower.
    pub ratio: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub found: Vec<Found>,
    /// By what all times together grew: 1 is not at all, or can't be known.
    pub drift: f64,
    /// How many could be compared.
    pub compared: usize,
}

struct Candidate {
    index: usize,
    before: f64,
    after: f64,
    /// The logarithm of the ratio.
    change: f64,
    /// How much less the medians vary than a single time does: √(1/n + 1/m).
    weight: f64,
}

/// Judges all items of one kind together: their common drift is divided out, and what they vary by is what a change must exceed.
pub(super) fn judge(items: &[Item]) -> Judged {
    let candidates: Vec<Candidate> =
        items.iter().enumerate().filter_map(|(index, item)| candidate(index, item)).collect();
    let timed: Vec<&Candidate> =
        candidates.iter().filter(|one| one.before >= SHORTEST_MS && one.after >= SHORTEST_MS).collect();
    let (drift, noise) = if timed.len() < FEWEST {
        (0.0, USUAL_NOISE)
    } else {
        let drift = median(&timed.iter().map(|one| one.change).collect::<Vec<_>>());
        let rest: Vec<f64> = timed.iter().map(|one| (one.change - drift) / one.weight).collect();
        (drift, spread(&rest).max(LEAST_NOISE))
    };
    let possible = candidates.iter().filter(|one| one.before.max(one.after) >= DIFFERENCE_MS).count();
    let limit = quantile(ALPHA / 2.0 / possible.max(1) as f64);
    let half = (drift / 2.0).exp();
    let large: Vec<&Candidate> = candidates
        .iter()
        .filter(|one| {
            let change = one.change - drift;
            let (raw, adjusted) = (one.after - one.before, one.after / half - one.before * half);
            change.abs() >= RATIO.ln()
                && raw * change.signum() >= DIFFERENCE_MS
                && adjusted * change.signum() >= DIFFERENCE_MS
                && change.abs() / one.weight / noise >= limit
        })
        .collect();
    let shifted = |one: &Candidate| {
        let base: Vec<f64> = items[one.index].base.iter().map(|time| time * half * half).collect();
        (base, &items[one.index].new)
    };
    // Too few samples to be tested must at least not overlap.
    let (tested, few): (Vec<&Candidate>, Vec<&Candidate>) = large
        .into_iter()
        .partition(|one| items[one.index].base.len() >= TESTED && items[one.index].new.len() >= TESTED);
    let p_values: Vec<f64> =
        tested.iter().map(|one| shifted(one)).map(|(base, new)| mann_whitney(&base, new)).collect();
    let kept = discoveries(&p_values, RATE);
    let tested = tested.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(one, _)| one);
    let few = few.into_iter().filter(|one| {
        let (base, new) = shifted(one);
        let (low, high) = if one.change > drift { (&base, new) } else { (new, &base) };
        low.iter().copied().fold(f64::MIN, f64::max) < high.iter().copied().fold(f64::MAX, f64::min)
    });
    let mut found: Vec<Found> = tested
        .chain(few)
        .map(|one| Found {
            index: one.index,
            before_ms: one.before,
            after_ms: one.after,
            ratio: (one.change - drift).exp(),
        })
        .collect();
    found.sort_by_key(|one| one.index);
    Judged { found, drift: drift.exp(), compared: candidates.len() }
}

fn candidate(index: usize, item: &Item) -> Option<Candidate> {
    // In logarithms, so that both directions are judged alike.
    let middle = |times: &[f64]| {
        let logs: Vec<f64> =
            times.iter().filter(|time| **time > 0.0 && time.is_finite()).map(|time| time.ln()).collect();
        (!logs.is_empty()).then(|| (median(&logs), logs.len().min(MOST_SAMPLES) as f64))
    };
    let ((before, n), (after, m)) = (middle(&item.base)?, middle(&item.new)?);
    Some(Candidate {
        index,
        before: before.exp(),
        after: after.exp(),
        change: after - before,
        weight: (1.0 / n + 1.0 / m).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng as _, RngExt as _, SeedableRng as _};

    use super::*;

    /// Times of 50 ms to 20 s, each with `runs` samples of ±`noise` a side; all of the new ones are longer by `drift`.
    fn noisy(rng: &mut StdRng, count: usize, runs: usize, noise: f64, drift: f64) -> Vec<Item> {
        (0..count)
            .map(|_| {
                let time = 50.0 * 400.0_f64.powf(rng.random::<f64>());
                let mut sample = |factor: f64| {
                    (0..runs).map(|_| time * factor * rng.random_range(1.0 - noise..1.0 + noise)).collect::<Vec<f64>>()
                };
                Item { base: sample(1.0), new: sample(drift) }
            })
            .collect()
    }

    fn trips(trials: u64, count: usize, runs: usize, noise: f64, drift: f64) -> usize {
        let trip = |seed: u64| {
            let mut rng = StdRng::seed_from_u64(seed);
            !judge(&noisy(&mut rng, count, runs, noise, drift)).found.is_empty()
        };
        (0..trials).filter(|seed| trip(*seed)).count()
    }

    #[test]
    fn noise_alone_is_no_change() {
        assert!(trips(1000, 300, 1, 0.2, 1.0) < 10);
        assert!(trips(300, 300, 5, 0.2, 1.0) < 3);
        // A machine that is slower as a whole, and noisier.
        assert!(trips(300, 300, 1, 0.2, 1.8) < 3);
        assert!(trips(300, 300, 1, 0.5, 1.0) < 3);
        assert!(trips(300, 3, 1, 0.2, 1.0) < 3);
    }

    /// How often a test of `time` ms that takes twice as long is found, and nothing else is.
    fn finds(trials: u64, runs: usize, noise: f64, drift: f64) -> usize {
        let found = |seed: u64| {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut items = noisy(&mut rng, 300, runs, noise, drift);
            let slow = rng.random_range(0..items.len());
            let mut sample =
                |time: f64| (0..runs).map(|_| time * rng.random_range(1.0 - noise..1.0 + noise)).collect::<Vec<f64>>();
            items[slow] = Item { base: sample(250.0), new: sample(500.0 * drift) };
            let found = judge(&items).found;
            found.len() == 1 && found[0].index == slow && found[0].ratio > 1.5
        };
        (0..trials).filter(|seed| found(*seed)).count()
    }

    #[test]
    fn a_real_slowdown_is_found() {
        assert_eq!(finds(200, 1, 0.05, 1.0), 200);
        assert!(finds(200, 5, 0.2, 1.0) >= 190);
        assert!(finds(200, 5, 0.2, 1.6) >= 190);
    }

    #[test]
    fn swapping_the_sides_swaps_slower_and_faster() {
        let mut rng = StdRng::seed_from_u64(7);
        let mut seen = 0;
        for _ in 0..200 {
            let mut items = noisy(&mut rng, 40, 3, 0.1, 1.3);
            for _ in 0..4 {
                let at = rng.random_range(0..items.len());
                let factor = [0.3, 3.0][rng.next_u32() as usize % 2];
                items[at].new.iter_mut().for_each(|time| *time *= factor);
            }
            let swapped: Vec<Item> =
                items.iter().map(|item| Item { base: item.new.clone(), new: item.base.clone() }).collect();
            let (there, back) = (judge(&items).found, judge(&swapped).found);
            seen += there.len();
            assert_eq!(there.len(), back.len());
            for (one, other) in there.iter().zip(&back) {
                assert_eq!(one.index, other.index);
                assert!((one.ratio * other.ratio - 1.0).abs() < 1e-9);
            }
        }
        assert!(seen > 400, "{seen}");
    }

    #[test]
    fn few_samples_must_not_overlap_and_few_items_need_more() {
        let one = |base: &[f64], new: &[f64]| judge(&[Item { base: base.to_vec(), new: new.to_vec() }]).found.len();
        assert_eq!(one(&[500.0, 520.0], &[1500.0, 1400.0]), 1);
        assert_eq!(one(&[500.0, 520.0, 1450.0], &[1500.0, 1400.0, 1600.0]), 0);
        assert_eq!(one(&[500.0], &[800.0]), 0, "1.6 times of one sample could be noise");
        assert_eq!(one(&[20.0], &[90.0]), 0, "70 ms don't matter");
        assert_eq!(one(&[0.0], &[f64::NAN]), 0);
        assert_eq!(one(&[], &[1.0]), 0);
    }
}
