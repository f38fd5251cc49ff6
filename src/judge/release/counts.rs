use super::Digest;
use crate::judge::Outcome;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: usize,
    pub passed: usize,
    pub failed: usize,
    pub errored: usize,
    pub timed_out: usize,
    pub flaky: usize,
    pub skipped: usize,
    /// Of those that were skipped: because a service that they need is down.
    pub blocked: usize,
    pub vacuous: usize,
    /// In a replay: asked for something that wasn't recorded.
    pub diverged: usize,
    /// In a replay: what they depend on isn't in the trace.
    pub undecided: usize,
    pub not_run: usize,
    /// Expectations, of whichever tests, that held on weak evidence.
    pub weak: usize,
}

impl Counts {
    pub fn of_tests<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Self {
        let mut weak = 0;
        let counts = Self::of(
            digests.into_iter().inspect(|one| weak = usize::saturating_add(weak, one.weak)).map(|one| &one.outcome),
        );
        Self { weak, ..counts }
    }

    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            counts.total += 1;
            let count = match outcome {
                Outcome::Passed => &mut counts.passed,
                Outcome::Failed => &mut counts.failed,
                Outcome::Errored => &mut counts.errored,
                Outcome::TimedOut => &mut counts.timed_out,
                Outcome::Flaky => &mut counts.flaky,
                Outcome::Skipped { blocked_by, .. } => {
                    counts.blocked += usize::from(blocked_by.is_some());
                    &mut counts.skipped
                }
                Outcome::Vacuous => &mut counts.vacuous,
                Outcome::NotRun { .. } => &mut counts.not_run,
                Outcome::Diverged => &mut counts.diverged,
                Outcome::Undecided => &mut counts.undecided,
            };
            *count += 1;
        }
        counts
    }

    /// Tests that proved what they were to prove.
    pub fn good(&self) -> usize {
        self.passed.saturating_add(self.flaky)
    }

    /// Tests that fell short of what they were to prove.
    pub fn bad(&self) -> usize {
        [self.errored, self.timed_out, self.vacuous, self.diverged, self.undecided]
            .into_iter()
            .fold(self.failed, usize::saturating_add)
    }

    /// Those, and the ones that weren't run though they were to be.
    pub fn short(&self) -> usize {
        self.bad().saturating_add(self.blocked).saturating_add(self.not_run)
    }

    /// `58 passed, 2 failed`: what there is of each.
    pub fn words(&self) -> String {
        let counts = [
            (self.passed, "passed"),
            (self.flaky, "flaky"),
            (self.failed, "failed"),
            (self.errored, "errored"),
            (self.timed_out, "timed out"),
            (self.vacuous, "vacuous"),
            (self.diverged, "diverged"),
            (self.undecided, "undecided"),
            (self.skipped, "skipped"),
            (self.not_run, "not run"),
        ];
        let shown: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        if shown.is_empty() { "no tests".to_owned() } else { shown.join(", ") }
    }
}
