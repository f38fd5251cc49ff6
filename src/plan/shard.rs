//! Which tests fall to which shard of a run.
//!
//! Every machine computes the whole partition for itself, so it depends on nothing but the tests and their names: not on the order in
//! which a file system lists files, nor on time or chance.

use std::collections::{BTreeMap, HashSet};

/// The tests of a suite within a phase: they run one after the other behind one `before all`, so they stay together where they can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its place among the phases of the plan; 0 in a run without one.
    pub phase: usize,
    /// Names the suite among all: its file and its name.
    pub suite: String,
    /// Only one suite at a time may hold a lock, and machines don't see each other's: suites with a lock in common stay on one shard.
    pub locks: Vec<String>,
    /// The ids of the tests, in order. One that an earlier phase has counts there.
    pub tests: Vec<String>,
}

/// What goes to one shard as a whole.
struct Unit<'a> {
    phase: usize,
    /// Suite, and place within it when the suite was cut.
    name: (&'a str, usize),
    tests: Vec<&'a str>,
}

/// The ids of the tests of each of `total` shards. Every test is in exactly one of them.
///
/// The longest unit goes first, each to the shard that has least so far; so two shards differ by no more than the largest unit. A suite that
/// is larger than an even share is cut into runs of neighbouring tests, unless it takes a lock.
pub fn partition(groups: &[Group], total: u32) -> Vec<HashSet<String>> {
    let total = total.max(1) as usize;
    let mut units = units(groups, total);
    units.sort_by(|a, b| b.tests.len().cmp(&a.tests.len()).then_with(|| (a.phase, a.name).cmp(&(b.phase, b.name))));
    let mut shards = vec![HashSet::new(); total];
    let mut in_phase: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for unit in units {
        let load = |shard: usize, shards: &[HashSet<String>]| {
            let own = in_phase.get(&(shard, unit.phase)).copied().unwrap_or(0);
            (shards.get(shard).map_or(0, HashSet::len), own, shard)
        };
        let Some(least) = (0..total).min_by_key(|shard| load(*shard, &shards)) else { continue };
        *in_phase.entry((least, unit.phase)).or_default() += unit.tests.len();
        if let Some(shard) = shards.get_mut(least) {
            shard.extend(unit.tests.iter().map(|id| (*id).to_owned()));
        }
    }
    shards
}

fn units(groups: &[Group], total: usize) -> Vec<Unit<'_>> {
    // What decides is the names: the same groups in another order are the same partition.
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_by(|a, b| (a.phase, &a.suite, &a.tests).cmp(&(b.phase, &b.suite, &b.tests)));
    let mut seen = HashSet::new();
    let own: Vec<(&Group, Vec<&str>)> = groups
        .into_iter()
        .map(|group| {
            let tests = group.tests.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect();
            (group, tests)
        })
        .collect();
    let share = seen.len().div_ceil(total).max(1);
    let mut units: Vec<Unit<'_>> = Vec::new();
    let mut locked: Vec<(HashSet<&str>, Unit<'_>)> = Vec::new();
    for (group, tests) in own.into_iter().filter(|(_, tests)| !tests.is_empty()) {
        if group.locks.is_empty() {
            // Pieces of nearly the same length, so that none is a crumb.
            let pieces = tests.len().div_ceil(share);
            let length = tests.len().div_ceil(pieces.max(1)).max(1);
            units.extend(tests.chunks(length).enumerate().map(|(index, piece)| Unit {
                phase: group.phase,
                name: (&group.suite, index),
                tests: piece.to_vec(),
            }));
            continue;
        }
        let mut locks: HashSet<&str> = group.locks.iter().map(String::as_str).collect();
        let mut joined = Unit { phase: group.phase, name: (&group.suite, 0), tests };
        let (mut same, others): (Vec<_>, Vec<_>) = locked.into_iter().partition(|(held, _)| !held.is_disjoint(&locks));
        locked = others;
        same.sort_by_key(|(_, unit)| (unit.phase, unit.name));
        for (held, unit) in same {
            locks.extend(held);
            (joined.phase, joined.name) = (joined.phase, joined.name).min((unit.phase, unit.name));
            joined.tests.extend(unit.tests);
        }
        locked.push((locks, joined));
    }
    units.extend(locked.into_iter().map(|(_, unit)| unit));
    units
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(phase: usize, suite: &str, tests: usize, locks: &[&str]) -> Group {
        Group {
            phase,
            suite: suite.to_owned(),
            locks: locks.iter().map(|lock| (*lock).to_owned()).collect(),
            tests: (0..tests).map(|test| format!("{suite}::{phase}::{test}")).collect(),
        }
    }

    fn groups() -> impl Strategy<Value = Vec<Group>> {
        let one =
            (0_usize..3, 0_usize..30, prop::collection::vec(prop::sample::select(vec!["db", "mail", "disk"]), 0..2));
        prop::collection::vec(one, 1..20).prop_map(|drawn| {
            let named = drawn.into_iter().enumerate();
            named
                .map(|(index, (phase, tests, locks))| group(phase, &format!("a.e2e::S{index}"), tests, &locks))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn every_test_is_in_one_shard_wherever_it_is_computed(groups in groups(), total in 1_u32..9, turn in 0_usize..20) {
            let shards = partition(&groups, total);
            let all: HashSet<&String> = groups.iter().flat_map(|group| &group.tests).collect();
            prop_assert_eq!(shards.len(), total as usize);
            prop_assert_eq!(shards.iter().map(HashSet::len).sum::<usize>(), all.len());
            prop_assert_eq!(shards.iter().flatten().collect::<HashSet<_>>(), all);
            let mut permuted = groups.clone();
            permuted.reverse();
            let at = turn % permuted.len();
            permuted.rotate_left(at);
            prop_assert_eq!(partition(&permuted, total), shards);
        }

        #[test]
        fn shards_differ_by_no_more_than_the_largest_unit(groups in groups(), total in 1_u32..9) {
            let largest = units(&groups, total as usize).iter().map(|unit| unit.tests.len()).max().unwrap_or(0);
            let counts: Vec<usize> = partition(&groups, total).iter().map(HashSet::len).collect();
            prop_assert!(counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0) <= largest, "{:?}", counts);
        }

        #[test]
        fn a_suite_is_cut_only_into_neighbours_and_only_when_it_is_too_large(groups in groups(), total in 1_u32..9) {
            let share = groups.iter().map(|group| group.tests.len()).sum::<usize>().div_ceil(total as usize).max(1);
            let shards = partition(&groups, total);
            for group in &groups {
                let homes: Vec<usize> = group
                    .tests
                    .iter()
                    .map(|id| shards.iter().position(|shard| shard.contains(id)).unwrap_or(usize::MAX))
                    .collect();
                let changes = homes.windows(2).filter(|pair| pair[0] != pair[1]).count();
                let most = if group.locks.is_empty() { group.tests.len().div_ceil(share).saturating_sub(1) } else { 0 };
                prop_assert!(changes <= most, "{}: {:?}", group.suite, homes);
            }
        }

        #[test]
        fn suites_that_exclude_each_other_share_a_shard(groups in groups(), total in 1_u32..9) {
            let shards = partition(&groups, total);
            let home = |group: &Group| group.tests.first().and_then(|id| shards.iter().position(|one| one.contains(id)));
            for a in &groups {
                for b in groups.iter().filter(|b| b.locks.iter().any(|lock| a.locks.contains(lock))) {
                    if let (Some(one), Some(other)) = (home(a), home(b)) {
                        prop_assert_eq!(one, other, "{} and {}", a.suite, b.suite);
                    }
                }
            }
        }
    }

    #[test]
    fn one_large_suite_is_shared_evenly() {
        let counts: Vec<usize> = partition(&[group(0, "S", 10, &[])], 4).iter().map(HashSet::len).collect();
        assert_eq!(counts.iter().sum::<usize>(), 10);
        assert!(counts.iter().all(|count| (1..=3).contains(count)), "{counts:?}");
        assert_eq!(partition(&[group(0, "S", 10, &["db"])], 4).iter().filter(|shard| !shard.is_empty()).count(), 1);
    }

    #[test]
    fn a_test_of_two_phases_counts_in_the_first() {
        let (mut first, mut second) = (group(0, "S", 4, &[]), group(1, "S", 0, &[]));
        second.tests.clone_from(&first.tests);
        first.tests.truncate(4);
        let shards = partition(&[first, second], 2);
        assert_eq!(shards.iter().map(HashSet::len).collect::<Vec<_>>(), [2, 2]);
    }
}
