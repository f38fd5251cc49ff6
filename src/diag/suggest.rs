/// The candidate that was most likely meant: the closest by edit distance (a swap of neighbours counts as one), when it is close enough.
///
/// Close enough is a third of the longer name's length, at least one; a difference of case alone always is.
///
/// Of several that are equally close, the first in the order of the alphabet. Where comparing all candidates would take more work than a
/// suggestion is worth, there is none: what is suggested doesn't depend on the order of the candidates.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let mut work = MAX_WORK;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // Nothing is nearer than the difference of the lengths; a character has at most four bytes.
        if candidate == name || candidate.len() > 4 * (length + (length / 2) + 1) {
            continue;
        }
        let other = candidate.chars().count();
        let longest = length.max(other);
        let enough = (longest / 3).max(1);
        if length.abs_diff(other) > enough {
            continue;
        }
        work = work.checked_sub((length.min(LONGEST) + 1) * (other.min(LONGEST) + 1))?;
        let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { distance(name, candidate) };
        if distance <= enough && distance < longest && best.is_none_or(|best| (distance, candidate) < best) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many steps of the edit distance one suggestion may take: some thousand names of ordinary length, in about a millisecond.
const MAX_WORK: usize = 400_000;

/// Of a longer name, only the beginning is compared.
const LONGEST: usize = 64;

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(closest("thread_idd", ["token", "thread_id", "threads"]), Some("thread_id"));
        assert_eq!(closest("statsu", ["status", "size"]), Some("status"));
        assert_eq!(closest("Token", ["token", "taken"]), Some("token"));
        assert_eq!(closest("xyz", ["status", "size"]), None);
        assert_eq!(closest("a", ["b"]), None);
        assert_eq!(closest("cat", ["rat", "bat", "hat"]), Some("bat"));
        assert_eq!(closest("über", ["uber", "ober"]), Some("ober"));
        let many: Vec<String> = (0..100_000).map(|at| format!("name{at:06}")).collect();
        assert_eq!(closest("nome000001", many.iter().map(String::as_str)), None, "too many to compare");
        assert_eq!(closest("n", many.iter().map(String::as_str).chain(["N"])), Some("N"));
    }
}
