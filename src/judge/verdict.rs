use super::Outcome;
use crate::event::{ChannelEnd, FailureKind};

/// What happened in one attempt at a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestFacts {
    /// Expectations that were evaluated, of responses, channels and values.
    pub expectations: usize,
    /// Exchanges that were made, and frames that were exchanged.
    pub exchanges: usize,
    pub failed: bool,
    /// An exchange got no response: why. The first one counts.
    pub failure: Option<FailureKind>,
    /// What failed first failed because a channel ended: how.
    pub ended: Option<ChannelEnd>,
    /// A time limit ended it.
    pub timed_out: bool,
    pub skipped: Option<String>,
    /// It was cut short, and why: `interrupted`.
    pub interrupted: Option<String>,
    /// A service that it met doesn't work: no response, or 502 to 504.
    pub outage: bool,
}

/// How a test ended, distinguished from its attempts in order; only the last one can have passed.
pub fn outcome_of(attempts: &[TestFacts]) -> Outcome {
    let Some(last) = attempts.last() else { return Outcome::NotRun { cause: "it was never started".to_owned() } };
    if let Some(cause) = &last.interrupted {
        return Outcome::NotRun { cause: cause.clone() };
    }
    if last.timed_out || last.failure == Some(FailureKind::Timeout) {
        return Outcome::TimedOut;
    }
    if last.failure.is_some() {
        return Outcome::Errored;
    }
    if last.failed {
        return Outcome::Failed;
    }
    if let Some(reason) = &last.skipped {
        return Outcome::skipped(reason);
    }
    if last.exchanges == 0 || last.expectations == 0 {
        return Outcome::Vacuous;
    }
    if attempts.len() > 1 { Outcome::Flaky } else { Outcome::Passed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_needs_an_exchange_and_an_expectation() {
        let good = TestFacts { expectations: 1, exchanges: 1, ..TestFacts::default() };
        let failed = TestFacts { failed: true, ..good.clone() };
        assert_eq!(outcome_of(std::slice::from_ref(&good)), Outcome::Passed);
        assert_eq!(outcome_of(&[failed.clone(), good.clone()]), Outcome::Flaky);
        assert_eq!(outcome_of(&[good.clone(), failed]), Outcome::Failed);
        assert_eq!(outcome_of(&[TestFacts { exchanges: 0, ..good.clone() }]), Outcome::Vacuous);
        assert_eq!(outcome_of(&[TestFacts { expectations: 0, ..good.clone() }]), Outcome::Vacuous);
        let refused = TestFacts { failure: Some(FailureKind::Refused), failed: true, ..good.clone() };
        assert_eq!(outcome_of(&[refused]), Outcome::Errored);
        let late = TestFacts { failure: Some(FailureKind::Timeout), failed: true, ..good };
        assert_eq!(outcome_of(&[late]), Outcome::TimedOut);
    }
}
