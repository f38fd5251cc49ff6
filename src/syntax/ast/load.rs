use super::{BinaryOp, Block, Expr, Ident, MetaKind, StrLit, Template};
use crate::source::Span;

/// `load "…" { … }`
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

#[derive(Clone, Debug)]
pub enum LoadEntryKind {
    Meta(MetaKind),
    /// `users 50 [ramp 10s] [hold 30s]`
    Users {
        count: Expr,
        ramp: Option<Expr>,
        hold: Option<Expr>,
    },
    /// `rate 200/s for 30s [using at most 100 users]`
    Rate {
        rate: Expr,
        time: Expr,
        users: Option<Expr>,
    },
    /// `scenario ["name"] [weight N] { … }`
    Scenario {
        name: Option<StrLit>,
        weight: Option<Expr>,
        body: Block,
    },
    /// `data LIST next as row`: each virtual user takes the next row
    Data {
        rows: Expr,
        name: Option<Ident>,
    },
    Threshold(Threshold),
    Error,
}

/// `threshold MEASURE OP LIMIT [abort [after D]] [over last D]`
#[derive(Clone, Debug)]
pub struct Threshold {
    pub measure: Measure,
    pub op: BinaryOp,
    pub limit: Expr,
    pub over_last: Option<Expr>,
    pub abort: bool,
    pub abort_after: Option<Expr>,
}

/// What a threshold or a gate measures.
#[derive(Clone, Debug)]
pub struct Measure {
    pub span: Span,
    pub kind: MeasureKind,
}

#[derive(Clone, Debug)]
pub enum MeasureKind {
    /// `p95(time)`, `p99(time of "GET /threads")`, `max(time)`, `p95(connect chat)`
    Statistic {
        statistic: Ident,
        of: MeasureOf,
    },
    ErrorRate,
    Throughput,
    Success,
    Flaky,
    /// `failures of never`
    FailuresOf(Ident),
    Error,
}

#[derive(Clone, Debug)]
pub enum MeasureOf {
    Time,
    TimeOf(Template),
    TimeToFirstByte,
    Connect(Ident),
}
