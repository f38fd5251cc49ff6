//! How much a load does at which time: how many users there are, or when iterations are due. All of it follows from the stages alone, so that shards agree
//! about it without asking each other. Times count from the beginning of the load.

use std::time::Duration;

/// A part of a load, in which its level stays or changes evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage<L> {
    /// At its end: users, or iterations a second.
    pub to: L,
    pub over: Duration,
    /// It goes there evenly from where the stage before ended, or from 0; otherwise it is there at once.
    pub ramps: bool,
}

/// How many users there are (a closed model: each begins its next iteration when its last one has ended).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users(Vec<Level>);

/// A stage with where it begins: in nanoseconds, and in users, so that nothing is rounded but to whole users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    begins: i128,
    takes: i128,
    from: i128,
    to: i128,
}

impl Users {
    pub fn new(stages: &[Stage<u32>]) -> Self {
        let (mut begins, mut level) = (0, 0);
        let levels = stages.iter().map(|stage| {
            let to = i128::from(stage.to);
            let one = Level { begins, takes: nanos(stage.over), from: if stage.ramps { level } else { to }, to };
            (begins, level) = (one.ends(), to);
            one
        });
        Self(levels.collect())
    }

    pub fn duration(&self) -> Duration {
        self.0.last().map_or(Duration::ZERO, |last| time(last.ends()))
    }

    /// The most users that there are at a time.
    pub fn most(&self) -> u32 {
        self.0.iter().map(|level| level.from.max(level.to)).max().map_or(0, users)
    }

    /// How many there are to be at a time; none from the end on. Of a ramp, the whole ones.
    pub fn at(&self, at: Duration) -> u32 {
        let at = nanos(at);
        self.0.iter().find(|level| at < level.ends()).map_or(0, |level| users(level.at(at - level.begins)))
    }

    /// When their number changes next, behind a time.
    pub fn next_change(&self, behind: Duration) -> Option<Duration> {
        let now = i128::from(self.at(behind));
        let behind = nanos(behind);
        let rest = self.0.iter().filter(|level| level.ends() > behind);
        let changes = rest.filter_map(|level| Some(level.begins + level.leaves(now, behind - level.begins)?));
        let over = self.0.last().filter(|last| now > 0 && last.ends() > behind).map(Level::ends);
        changes.chain(over).next().map(time)
    }
}

impl Level {
    fn ends(&self) -> i128 {
        self.begins + self.takes
    }

    /// The whole users at a time since it began.
    fn at(&self, at: i128) -> i128 {
        if self.takes == 0 {
            self.to
        } else {
            (self.from * self.takes + (self.to - self.from) * at).div_euclid(self.takes)
        }
    }

    /// The first time behind another one, since it began, at which there aren't `now` users.
    fn leaves(&self, now: i128, behind: i128) -> Option<i128> {
        let first = (behind + 1).max(0);
        if first >= self.takes {
            return None;
        }
        if self.at(first) != now {
            return Some(first);
        }
        let change = self.to - self.from;
        let at = match change {
            0 => return None,
            // One more is reached.
            1.. => ((now + 1 - self.from) * self.takes + change - 1).div_euclid(change),
            // These are no longer reached.
            _ => ((self.from - now) * self.takes).div_euclid(-change) + 1,
        };
        (at < self.takes).then_some(at)
    }
}

/// When iterations are due (an open model: they begin whether or not others have ended).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrivals(Vec<Rate>);

/// A stage with where it begins: in seconds, and by how many iterations were due before it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    begins: f64,
    takes: f64,
    /// Iterations a second.
    from: f64,
    to: f64,
    due: f64,
}

/// Numbers of iterations are calculated to about this.
const NEARLY: f64 = 1e-6;

impl Arrivals {
    /// Rates are finite and not negative; others count as 0.
    pub fn new(stages: &[Stage<f64>]) -> Self {
        let (mut begins, mut rate, mut due) = (0.0, 0.0, 0.0);
        let rates = stages.iter().map(|stage| {
            let to = if stage.to.is_finite() { stage.to.max(0.0) } else { 0.0 };
            let takes = stage.over.as_secs_f64();
            let one = Rate { begins, takes, from: if stage.ramps { rate } else { to }, to, due };
            (begins, rate, due) = (begins + takes, to, due + one.total());
            one
        });
        Self(rates.collect())
    }

    pub fn duration(&self) -> Duration {
        self.0.last().map_or(Duration::ZERO, |last| instant(last.begins + last.takes))
    }

    /// How many are due in all. One that would be due at the very end isn't.
    pub fn count(&self) -> u64 {
        let total = self.0.last().map_or(0.0, |last| last.due + last.total());
        (total - NEARLY).ceil().max(0.0) as u64
    }

    /// When one is due, from 0, to the nanosecond; `None` behind the last one.
    pub fn due(&self, nth: u64) -> Option<Duration> {
        if nth >= self.count() {
            return None;
        }
        let nth = nth as f64;
        let after = self.0.partition_point(|rate| rate.due + rate.total() <= nth);
        let rate = self.0.get(after).or(self.0.last())?;
        Some(instant(rate.begins + rate.when(nth - rate.due)))
    }
}

impl Rate {
    fn total(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.takes
    }

    /// When so many were due, since it began: the root of `from · t + slope/2 · t² = count`, in the form that doesn't take one large number from
    /// another.
    fn when(&self, count: f64) -> f64 {
        let slope = if self.takes > 0.0 { (self.to - self.from) / self.takes } else { 0.0 };
        let sum = self.from + (self.from * self.from + 2.0 * slope * count).max(0.0).sqrt();
        if sum > 0.0 { (2.0 * count / sum).min(self.takes) } else { 0.0 }
    }
}

fn users(level: i128) -> u32 {
    u32::try_from(level.max(0)).unwrap_or(u32::MAX)
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX / (1 << 40))
}

fn time(nanos: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn instant(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn ramp<L>(to: L, seconds: f64) -> Stage<L> {
        Stage { to, over: secs(seconds), ramps: true }
    }

    fn hold<L>(at: L, seconds: f64) -> Stage<L> {
        Stage { to: at, over: secs(seconds), ramps: false }
    }

    #[test]
    fn users_come_and_go_one_by_one() {
        let users = Users::new(&[ramp(5, 10.0), hold(5, 30.0), ramp(0, 5.0)]);
        assert_eq!((users.duration(), users.most()), (secs(45.0), 5));
        let at = |seconds| users.at(secs(seconds));
        assert_eq!([0.0, 1.9, 2.0, 9.9, 10.0, 39.9].map(at), [0, 0, 1, 4, 5, 5]);
        assert_eq!([40.0, 40.5, 41.0, 43.9, 45.0, 99.0].map(at), [5, 4, 4, 1, 0, 0]);
        let mut changes = vec![];
        let mut now = Duration::ZERO;
        while let Some(next) = users.next_change(now) {
            changes.push((next.as_millis(), users.at(next)));
            now = next;
        }
        let up = [(2_000, 1), (4_000, 2), (6_000, 3), (8_000, 4), (10_000, 5)];
        // A user leaves when less than a whole one is to be there.
        let down = [(40_000, 4), (41_000, 3), (42_000, 2), (43_000, 1), (44_000, 0)];
        assert_eq!(changes, [&up[..], &down[..]].concat());
        assert_eq!(Users::new(&[hold(7, 1.0)]).next_change(Duration::ZERO), Some(secs(1.0)));
        assert_eq!(Users::new(&[hold(7, 1.0)]).at(Duration::ZERO), 7);
        assert_eq!(Users::default().next_change(Duration::ZERO), None);
    }

    #[test]
    fn iterations_are_due_evenly_and_along_ramps() {
        let arrivals = Arrivals::new(&[hold(50.0, 60.0), ramp(200.0, 120.0)]);
        assert_eq!((arrivals.count(), arrivals.duration()), (3_000 + 15_000, secs(180.0)));
        assert_eq!(arrivals.due(0), Some(Duration::ZERO));
        assert_eq!(arrivals.due(50), Some(secs(1.0)));
        assert_eq!(arrivals.due(3_000), Some(secs(60.0)));
        // Half of the way up, 5,625 of the 15,000 have come: 60 · (50 + 125) / 2 = 5,250 more.
        assert_eq!(arrivals.due(3_000 + 5_250), Some(secs(120.0)));
        assert_eq!(arrivals.due(18_000), None);
        // From nothing, and down to it.
        let arrivals = Arrivals::new(&[ramp(10.0, 10.0), ramp(0.0, 10.0)]);
        assert_eq!((arrivals.count(), arrivals.due(50)), (100, Some(secs(10.0))));
        assert_eq!(Arrivals::new(&[hold(0.1, 30.0)]).count(), 3);
        assert_eq!(Arrivals::new(&[hold(0.0, 30.0)]).due(0), None);
        assert_eq!(Arrivals::new(&[hold(f64::NAN, 1.0), hold(-1.0, 1.0)]).count(), 0);
        assert_eq!(Arrivals::default().due(0), None);
    }

    fn stages<L: std::fmt::Debug>(level: impl Strategy<Value = L>) -> impl Strategy<Value = Vec<Stage<L>>> {
        let stage = (level, 0u64..20_000_000_000, any::<bool>()).prop_map(|(to, over, ramps)| Stage {
            to,
            over: Duration::from_nanos(over),
            ramps,
        });
        proptest::collection::vec(stage, 0..5)
    }

    proptest! {
        /// Behind any time, their number is the same up to the next change, and another one there.
        #[test]
        fn changes_are_where_the_number_changes(stages in stages(0u32..40), behind in 0u64..60_000_000_000, part in 0.0..1.0f64) {
            let users = Users::new(&stages);
            let behind = Duration::from_nanos(behind);
            let now = users.at(behind);
            prop_assert!(now <= users.most());
            match users.next_change(behind) {
                Some(next) => {
                    prop_assert!(next > behind && next <= users.duration());
                    prop_assert!(users.at(next) != now);
                    let between = behind + (next - behind - Duration::from_nanos(1)).mul_f64(part);
                    prop_assert_eq!(users.at(between.min(next - Duration::from_nanos(1))), now);
                }
                None => {
                    prop_assert_eq!(now, 0);
                    prop_assert_eq!(users.at(behind + (users.duration().saturating_sub(behind)).mul_f64(part)), 0);
                }
            }
        }

        /// The area under the rate, up to when an iteration is due, is how many were due before it.
        #[test]
        fn iterations_are_due_as_the_rate_says(stages in stages(0.0..500.0f64), at in 0.0..1.0f64) {
            let arrivals = Arrivals::new(&stages);
            let count = arrivals.count();
            prop_assume!(count > 0);
            let nth = ((count - 1) as f64 * at) as u64;
            let due = arrivals.due(nth).unwrap();
            prop_assert!(due <= arrivals.duration());
            prop_assert!(arrivals.due(nth + 1).is_none_or(|next| next >= due));
            let (mut area, mut begins, mut rate) = (0.0, 0.0, 0.0);
            for stage in &stages {
                let (takes, from) = (stage.over.as_secs_f64(), if stage.ramps { rate } else { stage.to });
                let part = (due.as_secs_f64() - begins).clamp(0.0, takes);
                let level = if takes > 0.0 { from + (stage.to - from) * part / takes } else { from };
                area += (from + level) / 2.0 * part;
                (begins, rate) = (begins + takes, stage.to);
            }
            prop_assert!((area - nth as f64).abs() < 1e-3, "{area} {nth}");
        }
    }
}
