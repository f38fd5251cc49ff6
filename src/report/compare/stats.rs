//! What distinguishes a change of times from noise.

/// The median of what is not empty; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(low), Some(high)) if sorted.len().is_multiple_of(2) => (low + high) / 2.0,
        (_, Some(middle)) => *middle,
        _ => 0.0,
    }
}

/// The spread of values around 0: 1.4826 times the median of what they are without their signs, which is the standard deviation of normal
/// ones and isn't moved by a few that are far off.
pub(super) fn spread(values: &[f64]) -> f64 {
    1.4826 * median(&values.iter().map(|value| value.abs()).collect::<Vec<_>>())
}

/// How likely a standard normal value is beyond `z`, from 0 (Abramowitz and Stegun, 26.2.17; to 7.5e-8).
pub(super) fn tail(z: f64) -> f64 {
    const FACTORS: [f64; 5] = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let sum: f64 = FACTORS.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum
}

/// The `z` beyond which a standard normal value is with this probability, of 1e-6 to 0.5.
pub(super) fn quantile(probability: f64) -> f64 {
    let wanted = probability.clamp(1e-6, 0.5);
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if tail(middle) > wanted { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The two-sided p-value of Mann and Whitney's U test: exact for up to 20 values a side without ties, else by the normal approximation with
/// their corrections for ties and continuity. 1 when a side is empty.
pub(super) fn mann_whitney(base: &[f64], new: &[f64]) -> f64 {
    let (n, m) = (base.len(), new.len());
    if n == 0 || m == 0 {
        return 1.0;
    }
    let mut all: Vec<(f64, bool)> = base.iter().map(|value| (*value, true)).collect();
    all.extend(new.iter().map(|value| (*value, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut ties, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let same = all[at..].iter().take_while(|one| one.0 <= all[at].0).count();
        // Ranks count from 1; equal values share the mean of theirs.
        let rank = at as f64 + (same as f64 + 1.0) / 2.0;
        rank_sum += rank * all[at..at + same].iter().filter(|one| one.1).count() as f64;
        ties += (same as f64).powi(3) - same as f64;
        at += same;
    }
    let (nf, mf) = (n as f64, m as f64);
    let u = rank_sum - nf * (nf + 1.0) / 2.0;
    let lower = u.min(nf * mf - u);
    if ties == 0.0 && n <= 20 && m <= 20 {
        return (2.0 * share_up_to(n, m, lower as usize)).min(1.0);
    }
    let total = nf + mf;
    let variance = nf * mf / 12.0 * ((total + 1.0) - ties / (total * (total - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let z = ((nf * mf / 2.0 - lower - 0.5) / variance.sqrt()).max(0.0);
    (2.0 * tail(z)).min(1.0)
}

/// Of all orders of `n` and `m` values, the share whose U is at most `u`.
fn share_up_to(n: usize, m: usize, u: usize) -> f64 {
    // The coefficients of the Gaussian binomial: a factor (1 - q^(m+i)) / (1 - q^i) for each i up to n.
    let size = n * m + 1;
    let mut counts = vec![0.0; size];
    counts[0] = 1.0;
    for i in 1..=n {
        for at in (m + i..size).rev() {
            counts[at] -= counts[at - m - i];
        }
        for at in i..size {
            counts[at] += counts[at - i];
        }
    }
    let all: f64 = counts.iter().sum();
    counts.iter().take(u + 1).sum::<f64>() / all
}

/// Which of these p-values stay after Benjamini and Hochberg's correction at this rate of false discoveries.
pub(super) fn discoveries(p_values: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted = p_values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let limit = sorted.iter().enumerate().rev().find(|(index, p)| **p <= (*index as f64 + 1.0) / count * rate);
    p_values.iter().map(|p| limit.is_some_and(|(_, limit)| p <= limit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_tables() {
        for (z, p) in [(0.0, 0.5), (1.0, 0.158_655), (1.959_964, 0.025), (3.290_527, 0.000_5)] {
            assert!((tail(z) - p).abs() < 1e-6, "{z}: {}", tail(z));
            assert!((quantile(p) - z).abs() < 1e-3, "{p}: {}", quantile(p));
        }
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn the_test_of_mann_and_whitney_gives_the_values_of_tables() {
        let p = mann_whitney(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]);
        assert!((p - 2.0 / 70.0).abs() < 1e-12, "{p}");
        // U = 2 of five and five.
        let p = mann_whitney(&[1.0, 2.0, 3.0, 4.0, 7.0], &[5.0, 6.0, 8.0, 9.0, 10.0]);
        assert!((p - 8.0 / 252.0).abs() < 1e-12, "{p}");
        assert_eq!(mann_whitney(&[1.0, 1.0, 1.0, 1.0], &[1.0, 1.0, 1.0, 1.0]), 1.0);
        assert!(mann_whitney(&[1.0; 30], &[2.0; 30]) < 1e-6);
        assert_eq!(mann_whitney(&[], &[1.0]), 1.0);
    }

    #[test]
    fn discoveries_are_corrected() {
        assert_eq!(discoveries(&[0.01, 0.04, 0.03, 0.5], 0.05), [true, false, false, false]);
        assert_eq!(discoveries(&[0.01, 0.02, 0.03, 0.04], 0.05), [true; 4]);
        assert_eq!(discoveries(&[], 0.05), [true; 0]);
    }
}
