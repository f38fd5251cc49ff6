use super::{BinaryOp, Block, Expr, Ident, MetaKind, StrLit, Template};
use crate::source::Span;

/// `load "…" { … }`. All of its times, counts and rates are known before the run: literals, or values of the environment.
#[derive(Clone, Debug)]
pub struct Load {
    pub name: StrLit,
    pub entries: Vec<LoadEntry>,
}

#[derive(Clone, Debug)]
pub struct LoadEntry {
    pub span: Span,
    pub kind: LoadEntryKind,
}

/// A load that has passed its check has exactly one of `Users`, `Stages`, `Rate` and `Arrivals`, at least one `Scenario`, and at most one `Think` and
/// one `StopWithin`. Several scenarios have names, all different. The order of entries means nothing, but among hooks of one kind.
#[derive(Clone, Debug)]
pub enum LoadEntryKind {
    Meta(MetaKind),
    /// `users 50 [ramp 10s] [hold 30s]`: the closed model in short. From 0 to `count` users (a whole number, at least 1) in even steps over `ramp`
    /// (all at once without), then all of them for `hold`. At least one of the durations is there.
    Users {
        count: Expr,
        ramp: Option<Expr>,
        hold: Option<Expr>,
    },
    /// `stages { … }`: the closed model. It begins with no users; each stage begins where the one before ended.
    Stages(Vec<UserStage>),
    /// `rate 200/s for 30s [using at most 100 users]`: the open model in short.
    Rate {
        rate: Expr,
        time: Expr,
        /// As [`Arrivals::users`].
        users: Option<Expr>,
    },
    /// `arrivals [using at most 100 users] { … }`: the open model.
    Arrivals(Arrivals),
    /// `before each user { … }`, `after each user { … }`
    Hook(UserHook),
    /// `scenario ["name"] [weight N] { … }`. One without a weight has 1; a whole number, at least 1. Its block may begin with `tags`.
    Scenario {
        name: Option<StrLit>,
        weight: Option<Expr>,
        body: Block,
    },
    /// `data LIST [next | shared] as row`: the row is in scope in every scenario and hook, wherever the line is.
    Data {
        rows: Expr,
        taken: RowsTaken,
        name: Option<Ident>,
    },
    /// `think 1s [to 3s]`: how long a user waits between two rounds, each time drawn evenly from `least` to `most`. Of the closed model only.
    Think {
        least: Expr,
        most: Option<Expr>,
    },
    /// `stop within 10s`: how long rounds that are under way at the end may still take. [`STOP_WITHIN`] where it isn't said.
    StopWithin(Expr),
    Threshold(Threshold),
    Error,
}

/// How long rounds that are under way at a load's end may take where the load doesn't say.
pub const STOP_WITHIN: std::time::Duration = std::time::Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct UserStage {
    pub span: Span,
    pub kind: UserStageKind,
}

#[derive(Clone, Debug)]
pub enum UserStageKind {
    /// `ramp to 50 users over 10s`: evenly from the number of the stage before to this one (a whole number, 0 too) in a time above 0.
    /// A user that has to go finishes its round first, in the time of `stop within`.
    Ramp {
        to: Expr,
        over: Expr,
    },
    /// `hold 30s`: as many users as there are.
    Hold(Expr),
    Error,
}

#[derive(Clone, Debug)]
pub struct Arrivals {
    /// `using at most 100 users`: rounds that are due while all of them are busy are dropped. At least 1; without it there are as many as it takes.
    pub users: Option<Expr>,
    /// The first one begins at no arrivals a second, each other where the one before ended.
    pub stages: Vec<ArrivalStage>,
}

#[derive(Clone, Debug)]
pub struct ArrivalStage {
    pub span: Span,
    pub kind: ArrivalStageKind,
}

#[derive(Clone, Debug)]
pub enum ArrivalStageKind {
    /// `50/s for 1m`: at once, whatever was before. A rate may be 0.
    Hold {
        rate: Expr,
        time: Expr,
    },
    /// `ramp to 200/s over 2m`: linearly from the rate of the stage before.
    Ramp {
        to: Expr,
        over: Expr,
    },
    Error,
}

/// Steps that each virtual user takes once. What those before name is in scope in the scenarios, and in those after.
#[derive(Clone, Debug)]
pub struct UserHook {
    pub when: UserHookWhen,
    pub body: Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserHookWhen {
    /// Before its first round.
    Before,
    /// After its last round, whatever came of it.
    After,
}

/// Which row is whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsTaken {
    /// `next`, or no word: each user takes the next row as it begins, and keeps it. No two users have one row: there are at least as many rows as users.
    Next,
    /// `shared`: each round takes the next row of the list that all users share; after the last one comes the first.
    Shared,
}

/// `threshold MEASURE OP LIMIT [over last D] [abort [after D]]`
#[derive(Clone, Debug)]
pub struct Threshold {
    pub measure: Measure,
    pub op: BinaryOp,
    /// Of the measure's unit.
    pub limit: Expr,
    /// It is measured over the last so long, at each moment from when the load has lasted so long. Without: over the whole load.
    pub over_last: Option<Expr>,
    /// The load stops once it doesn't hold.
    pub abort: bool,
    /// But not before the load has lasted so long. At once where it isn't said.
    pub abort_after: Option<Expr>,
}

/// What a threshold or a gate measures.
#[derive(Clone, Debug)]
pub struct Measure {
    pub span: Span,
    pub kind: MeasureKind,
}

/// `of "…"` names a scenario, else a tag of scenarios, else a request as `METHOD /path`, in which `*` and `{{…}}` stand for one segment.
#[derive(Clone, Debug)]
pub enum MeasureKind {
    /// A duration: `p95(time)`, `max(connect chat)`. From `p1` to `p100`, `p99.9` too, `min`, `max`, `mean`, `median`.
    Statistic {
        statistic: Ident,
        of: MeasureOf,
    },
    /// A percentage: `error rate [of "…"]`
    ErrorRate(Option<Template>),
    /// A count: `errors`, `errors of timeout`; the kind is one of [`ERROR_KINDS`].
    Errors(Option<Ident>),
    /// A rate: of rounds for a scenario or a tag, else of exchanges: `throughput [of "…"]`
    Throughput(Option<Template>),
    /// A count, of rounds that have ended.
    Iterations,
    /// A count, of the open model: rounds that were due while all users were busy.
    DroppedArrivals,
    /// A percentage: of rounds that passed, or of a request's exchanges: `success [of "…"]`, `success of connect chat`
    Success(Option<SuccessOf>),
    /// A percentage, of gates only.
    Flaky,
    /// A count: `failures of never`
    FailuresOf(Ident),
    Error,
}

#[derive(Clone, Debug)]
pub enum MeasureOf {
    /// Of exchanges: `time`, `time of "…"`
    Time,
    TimeOf(Template),
    /// `time to first byte [of "…"]`
    TimeToFirstByte(Option<Template>),
    /// From the request to the opening of channels of this name: `connect chat`
    Connect(Ident),
    /// From the opening of its channel, or the last frame sent on it, to the event: `time to event "done"`
    TimeToEvent(StrLit),
    /// Between two events of the name that follow each other on one channel: `gap of event "token"`
    EventGap(StrLit),
}

#[derive(Clone, Debug)]
pub enum SuccessOf {
    Named(Template),
    /// Openings of channels of this name.
    Connect(Ident),
}

/// What `errors of` counts: the failures of `expect failure is`, statuses that weren't expected, and expectations that didn't hold otherwise.
/// What was never sent (an address that can't be one, or one that `require real` refuses) is none of them: it is the spec's fault, of which no
/// number is right.
pub const ERROR_KINDS: [&str; 13] = [
    "timeout",
    "refused",
    "reset",
    "closed",
    "dns",
    "tls",
    "handshake",
    "protocol",
    "too large",
    "too many redirects",
    "4xx",
    "5xx",
    "expectation",
];
