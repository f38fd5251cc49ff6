/// The candidate that was most likely meant: the closest by edit distance (a swap of neighbours counts as one), when it is close enough.
///
/// Close enough is a third of the longer name's length, at least one; a difference of case alone always is.
///
/// Of several that are equally close, the first in the order of the alphabet. Where comparing all candidates would take more work than a
/// suggestion is worth, there is none: what is suggested doesn't depend on the order of the candidates.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut table = Table::new(name);
    let length = table.length;
    let mut work = MAX_WORK;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // Looking at it takes a step too.
        work = work.checked_sub(1)?;
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
        let most = best.map_or(enough, |(distance, _)| distance.min(enough));
        let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { table.distance(candidate, most) };
        if distance <= most && distance < longest && best.is_none_or(|best| (distance, candidate) < best) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many steps of the edit distance one suggestion may take: some thousand names of ordinary length, in about a millisecond.
const MAX_WORK: usize = 400_000;

/// Of a longer name, only the beginning is compared.
const LONGEST: usize = 64;

/// The rows of the edit distance from one name, kept from one candidate to the next.
struct Table {
    name: Vec<char>,
    /// In characters, of the whole name.
    length: usize,
    candidate: Vec<char>,
    rows: [Vec<usize>; 3],
}

impl Table {
    fn new(name: &str) -> Self {
        let rows = || vec![0; LONGEST + 2];
        Self {
            name: name.chars().take(LONGEST).collect(),
            length: name.chars().count(),
            candidate: Vec::new(),
            rows: [rows(), rows(), rows()],
        }
    }

    /// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. Where it is more than `most`, any
    /// number greater than that: only what lies at most so far from the diagonal is looked at.
    fn distance(&mut self, candidate: &str, most: usize) -> usize {
        self.candidate.clear();
        self.candidate.extend(candidate.chars().take(LONGEST));
        let (a, b) = (&self.name, &self.candidate);
        let far = most + 1;
        if a.len().abs_diff(b.len()) > most {
            return far;
        }
        let [before, last, row] = &mut self.rows;
        for (j, cell) in last.iter_mut().enumerate().take(b.len() + 1) {
            *cell = j;
        }
        for (i, x) in a.iter().enumerate() {
            let (from, to) = ((i + 1).saturating_sub(most).max(1), (i + 1 + most).min(b.len()));
            row[from - 1] = if from == 1 { i + 1 } else { far };
            let mut nearest = row[from - 1];
            for j in from..=to {
                let y = b[j - 1];
                // The cell above the last one of this row is outside of its own.
                let above = if j > i + most { far } else { last[j] };
                let mut best = (last[j - 1] + usize::from(*x != y)).min(above + 1).min(row[j - 1] + 1);
                if i > 0 && j > 1 && a[i - 1] == y && b[j - 2] == *x {
                    best = best.min(before[j - 2] + 1);
                }
                row[j] = best.min(far);
                nearest = nearest.min(best);
            }
            if nearest > most {
                return far;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, row);
        }
        last[b.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Against the textbook's table.
        #[test]
        fn a_bounded_distance_is_the_distance(a in "[abc]{0,9}", b in "[abc]{0,9}", most in 0_usize..6) {
            let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let mut table = vec![vec![0; y.len() + 1]; x.len() + 1];
            for i in 0..=x.len() {
                for j in 0..=y.len() {
                    table[i][j] = match (i, j) {
                        (0, _) => j,
                        (_, 0) => i,
                        _ => {
                            let mut best = (table[i - 1][j - 1] + usize::from(x[i - 1] != y[j - 1]))
                                .min(table[i - 1][j] + 1)
                                .min(table[i][j - 1] + 1);
                            if i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] {
                                best = best.min(table[i - 2][j - 2] + 1);
                            }
                            best
                        }
                    };
                }
            }
            let exact = table[x.len()][y.len()];
            let found = Table::new(&a).distance(&b, most);
            proptest::prop_assert_eq!(found.min(most + 1), exact.min(most + 1), "{} {} {}", a, b, most);
        }
    }

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
