use std::sync::Arc;
use std::time::Duration;

use super::LeftOut;
use super::load::{LoadResult, Standing};
use super::release::{self, Abort, Digest, PhaseRun, Release, ServiceMap, ServiceWatch};
use crate::diag::Diagnostic;
use crate::event::{ChannelLog, Direction, Exchange, Frame, FrameKind, Instant, Occurrence, Payload, Weak};
use crate::plan::{AtRisk, Words};
use crate::source::Span;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// An expectation did not hold.
    Failed,
    /// It could not be carried out: refused, DNS, TLS.
    Errored,
    TimedOut,
    /// Passed on a retry of the test.
    Flaky,
    Skipped {
        reason: String,
        /// The service that the test needs, and that is down: then nothing is proved by leaving it out.
        blocked_by: Option<String>,
    },
    /// Nothing was proved: no exchange, or no expectation was evaluated.
    Vacuous,
    NotRun {
        cause: String,
    },
    /// In a replay: it asked for something that wasn't recorded.
    Diverged,
    /// In a replay: what it depends on isn't in the trace.
    Undecided,
}

impl Outcome {
    /// `passed`, `timed out`, `not run`: for people.
    pub fn words(&self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Errored => "errored",
            Outcome::TimedOut => "timed out",
            Outcome::Flaky => "flaky",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Vacuous => "vacuous",
            Outcome::NotRun { .. } => "not run",
            Outcome::Diverged => "diverged",
            Outcome::Undecided => "undecided",
        }
    }

    /// Left out as the spec says.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Outcome::Skipped { reason: reason.into(), blocked_by: None }
    }

    /// Whether the run can't be called good because of it.
    pub fn is_bad(&self) -> bool {
        match self {
            Outcome::Failed | Outcome::Errored | Outcome::TimedOut | Outcome::Vacuous => true,
            Outcome::Diverged | Outcome::Undecided => true,
            Outcome::Passed | Outcome::Flaky | Outcome::Skipped { .. } | Outcome::NotRun { .. } => false,
        }
    }
}

/// What is known of a test before it runs, for reports.
#[derive(Clone, Debug)]
pub struct TestInfo {
    pub id: String,
    pub suite: String,
    pub name: String,
    pub doc: Option<String>,
    pub priority: Option<String>,
    pub tags: Words,
    pub owner: Option<String>,
    pub at_risk: Option<AtRisk>,
    /// The phase of the plan that runs it.
    pub phase: Option<Arc<str>>,
    /// The test's name in its file.
    pub span: Span,
}

impl TestInfo {
    pub fn is_load(&self) -> bool {
        is_load(&self.id, &self.suite, &self.name)
    }
}

/// Whether a result is that of a load, also of one that wasn't run: by its id, its suite and its name.
pub fn is_load(id: &str, suite: &str, name: &str) -> bool {
    suite == "load" && id.strip_suffix(name).is_some_and(|rest| rest.ends_with("::load::"))
}

/// A test that has ended, with all that it leaves as evidence.
#[derive(Clone, Debug)]
pub struct TestResult {
    pub info: Arc<TestInfo>,
    pub outcome: Outcome,
    /// How many times it was run; more than 1 with retries.
    pub attempts: u32,
    pub started: Instant,
    pub duration: Duration,
    /// Why it didn't pass; for a flaky test, of the attempt that failed.
    pub diagnostics: Vec<Diagnostic>,
    /// Steps of the last attempt, hooks included, in the order they started.
    pub steps: Vec<StepRecord>,
    pub exchanges: Vec<Arc<Exchange>>,
    /// What else it did.
    pub left_out: LeftOut,
    pub channels: Vec<ChannelRecord>,
    /// Of a load: what it measured. Its steps, exchanges and channels are those of a few iterations that failed.
    pub load: Option<Arc<LoadResult>>,
}

/// One step as it was carried out.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// The same in every run of the same specs.
    pub occurrence: Occurrence,
    /// In a few words: `GET http://…/threads`, `expect on chat in order`.
    pub title: String,
    pub span: Span,
    pub started: Instant,
    pub duration: Duration,
    pub state: StepState,
    /// The exchange it made: its index among the test's.
    pub exchange: Option<usize>,
    /// The channel that it opens.
    pub opening: Option<ChannelOpening>,
    pub expectations: Vec<ExpectationRecord>,
}

/// A channel that a step was to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelOpening {
    pub channel: Arc<str>,
    /// `websocket`, `sse`, `ndjson`
    pub protocol: &'static str,
    /// Whether it opened; absent when the spec wants it refused.
    pub opened: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Done,
    Failed,
    NotRun,
}

/// One expectation that was evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationRecord {
    pub span: Span,
    /// As written: `status 201`, `$.id is uuid`.
    pub text: Arc<str>,
    pub held: bool,
    /// Why it proves little although it held.
    pub weak: Option<Weak>,
}

/// A channel with what its expectations made of its frames.
#[derive(Clone, Debug)]
pub struct ChannelRecord {
    /// Of a channel that carried much, the first and the last frames.
    pub log: ChannelLog,
    pub matches: Vec<FrameMatch>,
    /// Of all its frames.
    pub carried: Carried,
}

/// What a channel carried, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    pub received: usize,
    pub sent: usize,
    /// From the opening.
    pub first_event: Option<Duration>,
    /// Between two events.
    pub longest_gap: Option<Duration>,
}

/// The most frames of a channel that reports show: half of them its first ones, half of them its last ones.
pub const SHOWN_FRAMES: usize = 200;
/// What the frames of a channel may take to be kept whole until the run ends, in bytes.
const KEPT_FRAMES: usize = 1 << 20;
/// What is counted for a frame beside its data, in bytes.
const FRAME: usize = 256;

impl ChannelRecord {
    /// What is kept of a channel of a test that is over: a run keeps it to its end, and there may be any number of them.
    pub fn of(log: ChannelLog, matches: Vec<FrameMatch>) -> Self {
        let carried = Carried::of(&log);
        let size = |frame: &Arc<Frame>| FRAME + frame.data.len();
        let whole: usize = log.frames.iter().map(size).sum();
        if whole <= KEPT_FRAMES {
            return Self { log, matches, carried };
        }
        let (mut room, mut kept) = (KEPT_FRAMES, Vec::new());
        // From both ends, so that one large frame doesn't hide the other end.
        for at in 0..(SHOWN_FRAMES / 2).min(log.frames.len() / 2) {
            let ends = [log.frames.get(at), log.frames.get(log.frames.len() - 1 - at)];
            for frame in ends.into_iter().flatten() {
                if let Some(left) = room.checked_sub(size(frame)) {
                    room = left;
                    kept.push(without_tree(frame));
                }
            }
        }
        kept.sort_by_key(|frame: &Arc<Frame>| frame.number);
        Self { log: ChannelLog { frames: kept, ..log }, matches, carried }
    }
}

fn without_tree(frame: &Arc<Frame>) -> Arc<Frame> {
    let payload = Payload { event: frame.payload.event.clone(), json: None };
    Arc::new(Frame { payload, ..(**frame).clone() })
}

impl Carried {
    /// Pings, pongs, comments and keep-alives are no events.
    fn of(log: &ChannelLog) -> Self {
        let is_event = |frame: &&Arc<Frame>| {
            let counts =
                matches!(frame.kind, FrameKind::Text | FrameKind::Binary | FrameKind::SseEvent(_) | FrameKind::Line);
            counts && frame.direction == Direction::Received && !frame.hidden
        };
        let count = |direction| log.frames.iter().filter(|frame| frame.direction == direction).count();
        let mut carried =
            Self { received: count(Direction::Received), sent: count(Direction::Sent), ..Self::default() };
        let mut last: Option<Instant> = None;
        for frame in log.frames.iter().filter(is_event) {
            match last {
                None => carried.first_event = Some(frame.at.saturating_sub(log.opened)),
                Some(last) => carried.longest_gap = carried.longest_gap.max(Some(frame.at.saturating_sub(last))),
            }
            last = Some(frame.at);
        }
        carried
    }
}

/// A frame that an item of a pattern took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameMatch {
    /// The frame's number in its channel.
    pub frame: u32,
    /// As written: `event "agent_started"`.
    pub item: Span,
    /// The item is of an event with a name.
    pub is_event: bool,
}

/// What is known of a run as a whole.
#[derive(Clone, Debug)]
pub struct RunInfo {
    pub id: String,
    pub started_at: jiff::Timestamp,
    pub environment: Option<String>,
    pub plan: Option<String>,
    pub seed: u64,
    pub require_real: bool,
    /// Which part of how many.
    pub shard: Option<(u32, u32)>,
    /// SHA-256 of the specs and of what was selected of them, hexadecimal.
    pub specs: Option<String>,
    /// Weak evidence keeps the run from being ready: `--deny weak`.
    pub deny_weak: bool,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct RunResult {
    pub info: RunInfo,
    pub duration: Duration,
    /// Stopped by a signal before all was done.
    pub interrupted: bool,
    /// In the order of the plan.
    pub tests: Vec<Arc<TestResult>>,
    /// Problems that belong to no single test: a hook of a suite, the environment.
    pub diagnostics: Vec<Diagnostic>,
    pub release: Arc<Release>,
    /// One for each phase of the release.
    pub phases: Vec<PhaseRun>,
    pub services: Vec<ServiceWatch>,
    pub service_map: Arc<ServiceMap>,
    pub credentials: Vec<CredentialRecord>,
    /// The condition that ended it.
    pub abort: Option<Abort>,
}

impl RunResult {
    /// What it is judged by.
    pub fn facts<'a>(&'a self, digests: &'a [Digest], problems: &'a [String]) -> release::RunFacts<'a> {
        release::RunFacts {
            release: &self.release,
            phases: &self.phases,
            digests,
            services: &self.services,
            abort: self.abort.as_ref(),
            interrupted: self.interrupted,
            problems,
            duration: self.duration,
            deny_weak: self.info.deny_weak,
        }
    }
}

/// When a credential was obtained; never what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRecord {
    pub name: String,
    pub obtained: Vec<Instant>,
    /// Why it could not be obtained, the last time that it couldn't.
    pub failed: Option<String>,
}

/// What a run says while it goes on.
#[derive(Clone, Debug)]
pub enum Progress {
    Started {
        info: Arc<RunInfo>,
        release: Arc<Release>,
        /// All tests, in the order of the plan.
        tests: Arc<[Arc<TestInfo>]>,
        service_map: Arc<ServiceMap>,
    },
    /// A service was asked how it is.
    Service(Arc<ServiceWatch>),
    PhaseStarted {
        index: usize,
        at: Instant,
    },
    PhaseEnded {
        index: usize,
        run: PhaseRun,
    },
    TestStarted(Arc<TestInfo>),
    TestEnded(Arc<TestResult>),
    /// How a load stands.
    Load(Arc<Standing>),
    /// A problem of no single test.
    Problem(Arc<Diagnostic>),
    Aborted(Arc<Abort>),
    Ended,
}
