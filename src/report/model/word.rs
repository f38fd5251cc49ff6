//! The words for kinds in reports, as types. A word that a later version has added is read as `Later`.

use serde::{Deserialize, Serialize};

use crate::diag;
use crate::event::{self, FailureKind, Unreal};
use crate::judge::{self, release};
use crate::plan;
use crate::syntax::ast::BinaryOp;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
            pub enum $name {
                $(#[serde(rename = $word)] $variant,)*
                /// A word that this version doesn't know.
                #[default]
                #[serde(other, rename = "unknown")]
                Later,
            }

            impl $name {
                /// All that this version knows.
                pub const ALL: &'static [Self] = &[$(Self::$variant),*];

                /// As it is written.
                pub const fn word(self) -> &'static str {
                    match self {
                        $(Self::$variant => $word,)*
                        Self::Later => "unknown",
                    }
                }

                /// For people: `timed out`
                pub fn phrase(self) -> String {
                    self.word().replace('_', " ")
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.pad(self.word())
                }
            }
        )*
    };
}

words! {
    /// How a test ended; `diverged` and `undecided` are a replay's.
    Outcome {
        Passed = "passed",
        Failed = "failed",
        Errored = "errored",
        TimedOut = "timed_out",
        Flaky = "flaky",
        Skipped = "skipped",
        Vacuous = "vacuous",
        NotRun = "not_run",
        Diverged = "diverged",
        Undecided = "undecided",
    }
    Verdict {
        Ready = "READY",
        Degraded = "DEGRADED",
        NotReady = "NOT READY",
        Aborted = "ABORTED",
        Invalid = "INVALID",
    }
    /// What became of a phase.
    Phase { Passed = "passed", Failed = "failed", Stopped = "stopped", NotRun = "not_run" }
    /// How a failure went over the time.
    Classification { Persistent = "persistent", StartUpDelay = "startup_delay", Intermittent = "intermittent" }
    /// How a service is; `Later` is what isn't known, too.
    Service { Up = "up", Down = "down" }
    /// Why there is no response: where it can be written there, the word of `expect failure is`.
    Failure {
        Timeout = "timeout",
        Refused = "refused",
        Reset = "reset",
        Closed = "closed",
        Dns = "dns",
        Tls = "tls",
        TooManyRedirects = "too many redirects",
        TooLarge = "too large",
        Protocol = "protocol",
        Invalid = "invalid",
        Handshake = "handshake",
        PlainText = "plain text",
        PrivatePeer = "private peer",
        UnverifiedCertificate = "unverified certificate",
    }
    /// Why a test didn't pass, as a kind.
    Symptom { NoResponse = "no_response", Status = "status", Expectation = "expectation", Other = "other" }
    /// What became of a step.
    Step { Done = "done", Failed = "failed", NotRun = "not_run" }
    /// How a channel ended.
    End {
        Closed = "closed",
        Lost = "lost",
        Ended = "ended",
        CutOff = "cut_off",
        Failed = "failed",
        Dropped = "dropped",
    }
    Direction { Received = "received", Sent = "sent" }
    /// What a frame is.
    Frame {
        Text = "text",
        Binary = "binary",
        Ping = "ping",
        Pong = "pong",
        Event = "event",
        Comment = "comment",
        Line = "line",
    }
    /// What a gate's measure is given in; `share` is from 0 to 1.
    Unit { Share = "share", Seconds = "seconds", PerSecond = "per_second", Count = "count" }
    /// What a gate measures.
    Measure {
        Success = "success",
        Flaky = "flaky",
        ErrorRate = "error_rate",
        Throughput = "throughput",
        Statistic = "statistic",
        ForbiddenEvents = "forbidden_events",
        Unavailable = "unavailable",
    }
    /// Of what a statistic is.
    Of { Time = "time", TimeOf = "time_of", FirstByte = "first_byte", Connect = "connect" }
    /// How a gate compares what it measures with its limit.
    Operator {
        Less = "<",
        LessEqual = "<=",
        Greater = ">",
        GreaterEqual = ">=",
        Equal = "==",
        NotEqual = "!=",
    }
    Severity { Error = "error", Warning = "warning" }
    /// What sets the pace of a load: users, or a rate.
    LoadModel { Closed = "closed", Open = "open" }
    /// What a load's threshold measures.
    LoadMeasure {
        Statistic = "statistic",
        ErrorRate = "error_rate",
        Errors = "errors",
        Throughput = "throughput",
        Iterations = "iterations",
        DroppedArrivals = "dropped_arrivals",
        Success = "success",
        Connected = "connected",
        ForbiddenEvents = "forbidden_events",
    }
    /// Of what a threshold's statistic is.
    Timed { Time = "time", FirstByte = "first_byte", Connect = "connect", ToEvent = "to_event", Gap = "gap" }
    /// How something failed in a load: where it can be written there, the word of `errors of`.
    ErrorKind {
        Timeout = "timeout",
        Refused = "refused",
        Reset = "reset",
        Closed = "closed",
        Dns = "dns",
        Tls = "tls",
        TooManyRedirects = "too many redirects",
        TooLarge = "too large",
        Protocol = "protocol",
        Invalid = "invalid",
        Handshake = "handshake",
        PlainText = "plain text",
        PrivatePeer = "private peer",
        UnverifiedCertificate = "unverified certificate",
        Client = "4xx",
        Server = "5xx",
        Expectation = "expectation",
    }
    /// What a channel speaks.
    Protocol { WebSocket = "websocket", Sse = "sse", Ndjson = "ndjson" }
}

impl From<&judge::Outcome> for Outcome {
    fn from(outcome: &judge::Outcome) -> Self {
        match outcome {
            judge::Outcome::Passed => Outcome::Passed,
            judge::Outcome::Failed => Outcome::Failed,
            judge::Outcome::Errored => Outcome::Errored,
            judge::Outcome::TimedOut => Outcome::TimedOut,
            judge::Outcome::Flaky => Outcome::Flaky,
            judge::Outcome::Skipped { .. } => Outcome::Skipped,
            judge::Outcome::Vacuous => Outcome::Vacuous,
            judge::Outcome::NotRun { .. } => Outcome::NotRun,
            judge::Outcome::Diverged => Outcome::Diverged,
            judge::Outcome::Undecided => Outcome::Undecided,
        }
    }
}

impl From<release::VerdictState> for Verdict {
    fn from(state: release::VerdictState) -> Self {
        match state {
            release::VerdictState::Ready => Verdict::Ready,
            release::VerdictState::Degraded => Verdict::Degraded,
            release::VerdictState::NotReady => Verdict::NotReady,
            release::VerdictState::Aborted => Verdict::Aborted,
            release::VerdictState::Invalid => Verdict::Invalid,
        }
    }
}

impl From<release::PhaseState> for Phase {
    fn from(state: release::PhaseState) -> Self {
        match state {
            release::PhaseState::Passed => Phase::Passed,
            release::PhaseState::Failed => Phase::Failed,
            release::PhaseState::Stopped => Phase::Stopped,
            release::PhaseState::NotRun => Phase::NotRun,
        }
    }
}

impl From<release::Classification> for Classification {
    fn from(found: release::Classification) -> Self {
        match found {
            release::Classification::Persistent => Classification::Persistent,
            release::Classification::StartUpDelay => Classification::StartUpDelay,
            release::Classification::Intermittent => Classification::Intermittent,
        }
    }
}

impl Classification {
    pub const fn known(self) -> Option<release::Classification> {
        match self {
            Classification::Persistent => Some(release::Classification::Persistent),
            Classification::StartUpDelay => Some(release::Classification::StartUpDelay),
            Classification::Intermittent => Some(release::Classification::Intermittent),
            Classification::Later => None,
        }
    }
}

impl From<release::ServiceState> for Service {
    fn from(state: release::ServiceState) -> Self {
        match state {
            release::ServiceState::Up => Service::Up,
            release::ServiceState::Down => Service::Down,
            release::ServiceState::Unknown => Service::Later,
        }
    }
}

impl From<Service> for release::ServiceState {
    fn from(state: Service) -> Self {
        match state {
            Service::Up => release::ServiceState::Up,
            Service::Down => release::ServiceState::Down,
            Service::Later => release::ServiceState::Unknown,
        }
    }
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Timeout => Failure::Timeout,
            FailureKind::Refused => Failure::Refused,
            FailureKind::Reset => Failure::Reset,
            FailureKind::Closed => Failure::Closed,
            FailureKind::Dns => Failure::Dns,
            FailureKind::Tls => Failure::Tls,
            FailureKind::TooManyRedirects => Failure::TooManyRedirects,
            FailureKind::TooLarge => Failure::TooLarge,
            FailureKind::Protocol => Failure::Protocol,
            FailureKind::Invalid => Failure::Invalid,
            FailureKind::Handshake => Failure::Handshake,
            FailureKind::Unreal(Unreal::PlainText) => Failure::PlainText,
            FailureKind::Unreal(Unreal::PrivatePeer) => Failure::PrivatePeer,
            FailureKind::Unreal(Unreal::UnverifiedCertificate) => Failure::UnverifiedCertificate,
        }
    }
}

impl Failure {
    /// The kind that it is the word of; one that isn't known counts as what isn't HTTP.
    pub fn kind(self) -> FailureKind {
        FailureKind::ALL.into_iter().find(|kind| Failure::from(*kind) == self).unwrap_or(FailureKind::Protocol)
    }
}

impl From<judge::StepState> for Step {
    fn from(state: judge::StepState) -> Self {
        match state {
            judge::StepState::Done => Step::Done,
            judge::StepState::Failed => Step::Failed,
            judge::StepState::NotRun => Step::NotRun,
        }
    }
}

impl From<&event::ChannelEnd> for End {
    fn from(end: &event::ChannelEnd) -> Self {
        match end {
            event::ChannelEnd::Closed { .. } => End::Closed,
            event::ChannelEnd::Lost { .. } => End::Lost,
            event::ChannelEnd::Ended => End::Ended,
            event::ChannelEnd::CutOff { .. } => End::CutOff,
            event::ChannelEnd::Failed { .. } => End::Failed,
            event::ChannelEnd::Dropped => End::Dropped,
        }
    }
}

impl From<event::Direction> for Direction {
    fn from(direction: event::Direction) -> Self {
        match direction {
            event::Direction::Received => Direction::Received,
            event::Direction::Sent => Direction::Sent,
        }
    }
}

impl From<&event::FrameKind> for Frame {
    fn from(kind: &event::FrameKind) -> Self {
        match kind {
            event::FrameKind::Text => Frame::Text,
            event::FrameKind::Binary => Frame::Binary,
            event::FrameKind::Ping => Frame::Ping,
            event::FrameKind::Pong => Frame::Pong,
            event::FrameKind::SseEvent(_) => Frame::Event,
            event::FrameKind::SseComment => Frame::Comment,
            event::FrameKind::Line => Frame::Line,
        }
    }
}

impl From<release::Unit> for Unit {
    fn from(unit: release::Unit) -> Self {
        match unit {
            release::Unit::Share => Unit::Share,
            release::Unit::Seconds => Unit::Seconds,
            release::Unit::PerSecond => Unit::PerSecond,
            release::Unit::Count => Unit::Count,
        }
    }
}

impl Unit {
    /// A measure in words: `93.3%`, `1.2s`. Of a unit that isn't known, the number.
    pub fn words(self, value: f64) -> String {
        let unit = match self {
            Unit::Share => release::Unit::Share,
            Unit::Seconds => release::Unit::Seconds,
            Unit::PerSecond => release::Unit::PerSecond,
            Unit::Count | Unit::Later => release::Unit::Count,
        };
        unit.words(value)
    }
}

impl From<&release::Of> for Of {
    fn from(of: &release::Of) -> Self {
        match of {
            release::Of::Time => Of::Time,
            release::Of::TimeOf(_) => Of::TimeOf,
            release::Of::TimeToFirstByte => Of::FirstByte,
            release::Of::Connect(_) => Of::Connect,
        }
    }
}

impl From<BinaryOp> for Operator {
    fn from(op: BinaryOp) -> Self {
        match op {
            BinaryOp::Less => Operator::Less,
            BinaryOp::LessEqual => Operator::LessEqual,
            BinaryOp::Greater => Operator::Greater,
            BinaryOp::GreaterEqual => Operator::GreaterEqual,
            BinaryOp::Equal => Operator::Equal,
            BinaryOp::NotEqual => Operator::NotEqual,
            // A gate compares; it doesn't calculate.
            _ => Operator::Later,
        }
    }
}

impl Operator {
    pub const fn known(self) -> Option<BinaryOp> {
        match self {
            Operator::Less => Some(BinaryOp::Less),
            Operator::LessEqual => Some(BinaryOp::LessEqual),
            Operator::Greater => Some(BinaryOp::Greater),
            Operator::GreaterEqual => Some(BinaryOp::GreaterEqual),
            Operator::Equal => Some(BinaryOp::Equal),
            Operator::NotEqual => Some(BinaryOp::NotEqual),
            Operator::Later => None,
        }
    }
}

impl From<judge::load::Model> for LoadModel {
    fn from(model: judge::load::Model) -> Self {
        match model {
            judge::load::Model::Closed => LoadModel::Closed,
            judge::load::Model::Open => LoadModel::Open,
        }
    }
}

impl From<plan::ErrorKind> for ErrorKind {
    fn from(kind: plan::ErrorKind) -> Self {
        let word = match kind {
            plan::ErrorKind::NoResponse(kind) => Failure::from(kind).word(),
            plan::ErrorKind::Status(_) | plan::ErrorKind::Expectation => kind.word(),
        };
        Self::ALL.iter().copied().find(|one| one.word() == word).unwrap_or_default()
    }
}

impl ErrorKind {
    /// The kind that it is the word of; one that isn't known is something that was expected.
    pub fn kind(self) -> plan::ErrorKind {
        plan::ErrorKind::all().find(|kind| Self::from(*kind) == self).unwrap_or(plan::ErrorKind::Expectation)
    }
}

impl From<&str> for Protocol {
    fn from(word: &str) -> Self {
        Self::ALL.iter().copied().find(|one| one.word() == word).unwrap_or_default()
    }
}

impl From<diag::Severity> for Severity {
    fn from(severity: diag::Severity) -> Self {
        match severity {
            diag::Severity::Error => Severity::Error,
            diag::Severity::Warning => Severity::Warning,
        }
    }
}
