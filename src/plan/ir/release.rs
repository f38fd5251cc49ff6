use std::time::Duration;

use super::CredentialId;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// A declared plan: `plan release on staging { … }`.
#[derive(Clone, Debug)]
pub struct ReleasePlan {
    pub name: String,
    pub span: Span,
    pub phases: Vec<PlannedPhase>,
    /// Of the whole run.
    pub gates: Vec<Gate>,
    pub aborts: Vec<AbortCondition>,
    /// `retry infrastructure 3 times every 2s`
    pub retry_infrastructure: Option<InfrastructureRetry>,
    /// Credentials that an abort condition watches: obtained before anything else.
    pub watched_credentials: Vec<CredentialId>,
}

/// How often a test that met a service which doesn't work is run again, and the pause before it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InfrastructureRetry {
    pub times: u32,
    pub every: Duration,
}

/// A phase with what is done around its tests.
#[derive(Clone, Debug)]
pub struct PlannedPhase {
    pub phase: Phase,
    pub selectors: Vec<Selector>,
    pub renew_credentials: bool,
    pub pause_before: Duration,
    pub pause_after: Duration,
}

/// What a phase runs: `run tags smoke, health`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Any of these.
    Tags(Vec<String>),
    Priorities(Vec<String>),
    Suites(Vec<String>),
    EverythingNotRun,
}

/// A plan as it is judged: its phases with the tests that each selects, and its gates.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// Absent for a run without a plan, which is one phase without gates.
    pub name: Option<String>,
    pub phases: Vec<Phase>,
    /// Of the whole run.
    pub gates: Vec<Gate>,
}

/// What a phase runs, and what must hold of it.
#[derive(Clone, Debug)]
pub struct Phase {
    pub name: String,
    pub span: Span,
    pub gates: Vec<Gate>,
    pub budget: Option<Duration>,
    /// The ids of all tests that it selects, in order; one that an earlier phase ran counts here with the result it had there.
    pub tests: Vec<String>,
    /// Loads that it names or selects.
    pub loads: Vec<String>,
    /// Nothing of it is run, since nothing of it is to be run again: it is not judged.
    pub left_out: bool,
}

/// `gate success > 90%`
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// As written, without the word `gate`.
    pub text: String,
    pub span: Span,
    pub measure: Measure,
    pub op: BinaryOp,
    /// In the measure's unit: a share from 0 to 1, seconds, exchanges a second, a count.
    pub limit: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// The share of tests that passed, flaky ones included, among all that were to prove something: those that a test's own `skip when` left
    /// out don't count, those that were blocked or not run do.
    Success,
    /// The share of flaky tests among those that were run.
    Flaky,
    /// The share of exchanges that got no response, or one that isn't what was expected.
    ErrorRate,
    /// Exchanges a second.
    Throughput,
    /// Of the times of exchanges.
    Statistic(Statistic, Of),
    /// How many events came that a `never` forbids.
    ForbiddenEvents,
    /// One that only loads have.
    Unavailable(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    Percentile(Percentile),
    Min,
    Max,
    Mean,
}

impl Statistic {
    /// A percentile by a whole number, from 1 to 100.
    pub const fn percentile(percent: u32) -> Self {
        Statistic::Percentile(Percentile(percent * Percentile::ONE))
    }

    /// `p95`, `p99.9`, `min`, `max`, `mean`, `median`
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "min" => Some(Statistic::Min),
            "max" => Some(Statistic::Max),
            "mean" => Some(Statistic::Mean),
            "median" => Some(Statistic::percentile(50)),
            _ => name.strip_prefix('p')?.parse().ok().map(Statistic::Percentile),
        }
    }

    /// `p95`, `min`: what [`Statistic::named`] reads.
    pub fn name(self) -> String {
        match self {
            Statistic::Percentile(percentile) => format!("p{percentile}"),
            Statistic::Min => "min".to_owned(),
            Statistic::Max => "max".to_owned(),
            Statistic::Mean => "mean".to_owned(),
        }
    }
}

/// From more than 0 to 100 percent, to a thousandth of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentile(u32);

impl Percentile {
    /// In thousandths of a percent.
    const ONE: u32 = 1_000;

    /// Which of so many times, in their order, it is, from 1: the nearest rank, of which so many percent are no longer.
    pub fn rank(self, count: u64) -> u128 {
        (u128::from(count) * u128::from(self.0)).div_ceil(u128::from(100 * Self::ONE)).max(1)
    }
}

impl std::str::FromStr for Percentile {
    type Err = ();

    /// `95`, `99.9`; nothing more exact than `99.999`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) || fraction.len() > 3 {
            return Err(());
        }
        let thousandths: u32 = format!("{fraction:0<3}").parse().map_err(|_| ())?;
        let percent: u32 = whole.parse().map_err(|_| ())?;
        let all = percent.checked_mul(Self::ONE).and_then(|all| all.checked_add(thousandths)).ok_or(())?;
        (1..=100 * Self::ONE).contains(&all).then_some(Self(all)).ok_or(())
    }
}

impl std::fmt::Display for Percentile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, fraction) = (self.0 / Self::ONE, self.0 % Self::ONE);
        write!(f, "{whole}")?;
        match fraction {
            0 => Ok(()),
            _ => write!(f, ".{}", format!("{fraction:03}").trim_end_matches('0')),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Of {
    Time,
    /// Only of requests like `GET /threads/*`: a method and a path, in which `*` and `{{…}}` stand for one segment.
    TimeOf(String),
    TimeToFirstByte,
    /// From the request to the opening of a channel of this name.
    Connect(String),
}

/// `abort when service backend is down`: one phrase of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AbortCondition {
    /// As written: `service backend is down`.
    pub text: String,
    pub span: Span,
    pub kind: AbortKind,
    /// Only while this phase runs: its index.
    pub phase: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AbortKind {
    ServiceDown(String),
    CredentialFails(String),
    /// None opens: three were tried, or a phase ended in which at least one was.
    EveryWebSocketFails,
    /// Consecutive requests, in the order in which they ended.
    Slow {
        op: BinaryOp,
        limit: Duration,
        requests: usize,
        /// Only requests to these services.
        to: Option<Vec<String>>,
    },
    /// How many tests failed, or which share of all tests of the run.
    Failures {
        op: BinaryOp,
        limit: f64,
        share: bool,
    },
    AnyFailure {
        priority: Option<String>,
    },
}
