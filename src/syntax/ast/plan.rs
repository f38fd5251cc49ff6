use super::{BinaryOp, Expr, Ident, Measure, StrLit};
use crate::source::Span;

/// `plan release on staging { … }`
#[derive(Clone, Debug)]
pub struct PlanDecl {
    pub name: Ident,
    pub on: Vec<Ident>,
    pub entries: Vec<PlanEntry>,
}

#[derive(Clone, Debug)]
pub struct PlanEntry {
    pub span: Span,
    pub kind: PlanEntryKind,
}

#[derive(Clone, Debug)]
pub enum PlanEntryKind {
    /// `require env bypass`
    RequireEnv(Vec<Ident>),
    /// `retry infrastructure N times [every D]`
    RetryInfrastructure {
        times: Expr,
        every: Option<Expr>,
    },
    Phase(Phase),
    Abort(AbortWhen),
    Gate(Gate),
    Error,
}

#[derive(Clone, Debug)]
pub struct Phase {
    pub name: StrLit,
    pub entries: Vec<PhaseEntry>,
}

#[derive(Clone, Debug)]
pub struct PhaseEntry {
    pub span: Span,
    pub kind: PhaseEntryKind,
}

#[derive(Clone, Debug)]
pub enum PhaseEntryKind {
    /// `run tags smoke, health`
    RunTags(Vec<Ident>),
    /// `run priority P1, P2`
    RunPriority(Vec<Ident>),
    /// `run suites "A", "B"`
    RunSuites(Vec<StrLit>),
    /// `run load "…"`
    RunLoads(Vec<StrLit>),
    RunEverythingNotRun,
    Budget(Expr),
    Gate(Gate),
    /// `abort on any failure [of P1]`
    AbortOnFailure(Option<Ident>),
    RenewCredentials,
    /// `pause 10s before`, `pause 10s after`
    Pause {
        time: Expr,
        after: bool,
    },
    Error,
}

/// `gate success > 90%`
#[derive(Clone, Debug)]
pub struct Gate {
    pub measure: Measure,
    pub op: BinaryOp,
    pub limit: Expr,
}

/// `abort when PHRASE [or PHRASE]*`
#[derive(Clone, Debug)]
pub struct AbortWhen {
    pub phrases: Vec<AbortPhrase>,
}

#[derive(Clone, Debug)]
pub struct AbortPhrase {
    pub span: Span,
    pub kind: AbortPhraseKind,
}

#[derive(Clone, Debug)]
pub enum AbortPhraseKind {
    /// `service backend is down`
    ServiceDown(Ident),
    /// `credential api_token cannot be obtained`
    CredentialFails(Ident),
    /// `every websocket fails`
    EveryWebSocketFails,
    /// `time > 15s for 5 requests in a row [to database]`
    Slow {
        op: BinaryOp,
        limit: Expr,
        requests: Expr,
        to: Option<Ident>,
    },
    /// `failures > N`
    Failures {
        op: BinaryOp,
        limit: Expr,
    },
    Error,
}
