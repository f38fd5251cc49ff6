use std::collections::BTreeMap;
use std::time::Duration;

/// How finely a time is distinguished: two in one step differ by less than one part in so many.
const FINENESS: u64 = 512;

/// How long so many things took, in a space that doesn't grow with them: shortest, longest and sum are exact, the others to 0.2 %.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub count: u64,
    pub shortest: Duration,
    pub longest: Duration,
    pub sum: Duration,
    /// How many are in each step, by its longest time in microseconds.
    steps: BTreeMap<u64, u64>,
}

impl Times {
    /// One more, which is kept to a microsecond, as reports report times.
    pub fn add(&mut self, time: Duration) {
        self.shortest = if self.count == 0 { time } else { self.shortest.min(time) };
        self.longest = self.longest.max(time);
        self.sum = self.sum.saturating_add(time);
        self.count += 1;
        *self.steps.entry(step(micros(time))).or_default() += 1;
    }

    /// One less, of about this time; shortest and longest stay.
    pub fn remove(&mut self, time: Duration) {
        let at = step(micros(time));
        let nearest = self.steps.range(at..).next().or_else(|| self.steps.range(..at).next_back());
        let Some(nearest) = nearest.map(|(step, _)| *step) else { return };
        self.count = self.count.saturating_sub(1);
        self.sum = self.sum.saturating_sub(time);
        if let Some(count) = self.steps.get_mut(&nearest) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.steps.remove(&nearest);
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.shortest = if self.count == 0 { other.shortest } else { self.shortest.min(other.shortest) };
        self.longest = self.longest.max(other.longest);
        self.sum = self.sum.saturating_add(other.sum);
        self.count = self.count.saturating_add(other.count);
        for (step, count) in &other.steps {
            let here = self.steps.entry(*step).or_default();
            *here = here.saturating_add(*count);
        }
    }

    /// As they were reported: by the longest time of each step, with how many are in it.
    pub fn reported(
        shortest: Duration,
        longest: Duration,
        sum: Duration,
        steps: impl Iterator<Item = (Duration, u64)>,
    ) -> Self {
        let mut times = Self { count: 0, shortest, longest, sum, steps: BTreeMap::new() };
        for (time, count) in steps {
            times.count = times.count.saturating_add(count);
            let here = times.steps.entry(step(micros(time))).or_default();
            *here = here.saturating_add(count);
        }
        times
    }

    /// Each step's longest time, with how many are in it, in ascending order.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (Duration, u64)> {
        self.steps.iter().map(|(step, count)| (Duration::from_micros(*step).min(self.longest), *count))
    }

    /// The same, with the shortest one on its own.
    pub fn spread(&self) -> impl Iterator<Item = (Duration, u64)> {
        let first = (self.count > 0).then_some((self.shortest, 1));
        let rest = self
            .steps()
            .enumerate()
            .map(|(at, (time, count))| (time, if at == 0 { count.saturating_sub(1) } else { count }));
        first.into_iter().chain(rest.filter(|(_, count)| *count > 0))
    }
}

/// The same in little room, for what is kept of each part of a load, and seldom looked at: a tree takes ten times as much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedTimes {
    shortest: Duration,
    longest: Duration,
    sum: Duration,
    /// For each step how far it is from the one before it, and how many are in it: seven bits of a number in each byte, the lowest first, and the eighth
    /// where more of it follow.
    steps: Box<[u8]>,
}

impl From<&Times> for PackedTimes {
    fn from(times: &Times) -> Self {
        let mut steps = Vec::with_capacity(3 * times.steps.len());
        let mut before = 0;
        for (step, count) in &times.steps {
            pack(step - before, &mut steps);
            pack(*count, &mut steps);
            before = *step;
        }
        Self { shortest: times.shortest, longest: times.longest, sum: times.sum, steps: steps.into() }
    }
}

impl PackedTimes {
    pub fn unpacked(&self) -> Times {
        let mut bytes = self.steps.iter();
        let mut before = 0u64;
        let steps: BTreeMap<u64, u64> = std::iter::from_fn(|| {
            before = before.saturating_add(unpack(&mut bytes)?);
            Some((before, unpack(&mut bytes)?))
        })
        .collect();
        let count = steps.values().fold(0u64, |all, count| all.saturating_add(*count));
        Times { count, shortest: self.shortest, longest: self.longest, sum: self.sum, steps }
    }

    pub fn merge(&mut self, other: &Times) {
        let mut all = self.unpacked();
        all.merge(other);
        *self = Self::from(&all);
    }
}

fn pack(mut number: u64, into: &mut Vec<u8>) {
    while number > 0x7f {
        into.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    into.push(number as u8);
}

fn unpack<'b>(bytes: &mut impl Iterator<Item = &'b u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte <= 0x7f {
            break;
        }
    }
    Some(number)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The longest time, in microseconds, that is in the same step as this one.
fn step(micros: u64) -> u64 {
    let shift = (micros / FINENESS).checked_ilog2().unwrap_or(0);
    micros | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_the_same_again(micros in proptest::collection::vec(prop_oneof![0..3_000u64, 0..10_000_000u64, any::<u64>()], 0..300)) {
            let of = |micros: &[u64]| {
                let mut made = Times::default();
                micros.iter().for_each(|micros| made.add(Duration::from_micros(*micros)));
                made
            };
            let packed = PackedTimes::from(&of(&micros));
            prop_assert_eq!(packed.unpacked(), of(&micros));
            let (first, rest) = micros.split_at(micros.len() / 3);
            let mut parts = PackedTimes::from(&of(first));
            parts.merge(&of(rest));
            prop_assert_eq!(parts, packed);
        }
    }

    /// A load over an hour keeps some hundred of these.
    #[test]
    fn ten_million_times_take_little_room() {
        let mut times = Times::default();
        // From 50 µs to 5 s, most of them short.
        let mut drawn = 1u64;
        for _ in 0..100_000 {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let share = (drawn >> 11) as f64 / (1u64 << 53) as f64;
            times.add(Duration::from_micros((50.0 * 100_000f64.powf(share * share)) as u64));
        }
        let once = times.clone();
        (1..100).for_each(|_| times.merge(&once));
        assert_eq!(times.count, 10_000_000);
        let tree = times.steps.len() * 2 * size_of::<(u64, u64)>();
        assert!(
            tree < 300_000 && PackedTimes::from(&once).steps.len() < 20_000,
            "{tree} {}",
            PackedTimes::from(&once).steps.len()
        );
    }

    #[test]
    fn times_are_distinguished_to_a_part_in_five_hundred() {
        for micros in (0..5_000).chain([10_000, 123_456, 1_000_000, 3_600_000_000, u64::MAX / 2, u64::MAX]) {
            let longest = step(micros);
            assert!(longest >= micros && longest - micros <= micros / FINENESS, "{micros} {longest}");
            assert_eq!(step(longest), longest, "what was reported is reported again");
        }
    }

    #[test]
    fn what_is_merged_or_reported_again_is_the_same() {
        let all: Vec<Duration> = (1..2_000u64).map(|n| Duration::from_micros(n * n)).collect();
        let of = |times: &[Duration]| {
            let mut made = Times::default();
            times.iter().for_each(|time| made.add(*time));
            made
        };
        let (mut halves, rest) = (of(&all[..700]), of(&all[700..]));
        halves.merge(&rest);
        halves.merge(&Times::default());
        assert_eq!(halves, of(&all));
        let again = Times::reported(halves.shortest, halves.longest, halves.sum, halves.steps());
        assert_eq!(again, halves);
        assert!(halves.steps().count() < 3_000);
        assert_eq!(halves.spread().map(|(_, count)| count).sum::<u64>(), halves.count);
        assert_eq!(halves.spread().next(), Some((Duration::from_micros(1), 1)));
        assert_eq!(halves.spread().last().map(|(time, _)| time), Some(halves.longest));
    }
}
