//! Numbers as people read them.

use crate::judge::release::{TestsAndLoads, Unit};

/// A rate as people read it: `0.4`, `12.5`, `1 204`.
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second < 0.0 {
        return "0".to_owned();
    }
    if per_second < 100.0 {
        let text = format!("{per_second:.1}");
        return text.strip_suffix(".0").map_or(text.clone(), str::to_owned);
    }
    // Below 2^53, as what a machine can do is.
    grouped(per_second.round().min(9e15) as u64)
}

/// A number with its thousands apart: `12,345`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.4%`, as gates and thresholds say it; what isn't nothing doesn't read as nothing.
pub fn share(part: u64, of: u64) -> String {
    let share = if of == 0 { 0.0 } else { part as f64 / of as f64 };
    if part > 0 && share < 1e-4 { "< 0.01%".to_owned() } else { Unit::Share.words(share) }
}

/// `3 tests and 1 load`: how many there are in all, and how many of them are loads.
pub fn tests_and_loads(all: usize, loads: usize) -> String {
    TestsAndLoads { tests: all.saturating_sub(loads), loads }.words()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_people_read_them() {
        let cases = [
            (0, 10, "0%"),
            (10, 10, "100%"),
            (1, 1_000_000, "< 0.01%"),
            (1, 30, "3.33%"),
            (999_999, 1_000_000, "99.99%"),
        ];
        for (part, of, words) in cases {
            assert_eq!(share(part, of), words);
        }
        for (count, words) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(count), words);
        }
        for (per_second, words) in
            [(0.0, "0"), (0.44, "0.4"), (12.0, "12"), (99.96, "100"), (1204.4, "1,204"), (f64::NAN, "0")]
        {
            assert_eq!(rate(per_second), words);
        }
    }
}
