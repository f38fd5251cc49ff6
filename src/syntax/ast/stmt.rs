use super::{
    Block, Capture, ChannelExpect, ChannelStep, Condition, Expect, Expr, ForEachHead, Ident, MetaKind, OpenChannel,
    Request, StrLit,
};
use crate::source::Span;

/// A statement of a test, a hook, a flow or a scenario.
#[derive(Clone, Debug)]
pub struct Stmt {
    pub span: Span,
    pub kind: StmtKind,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    Meta(MetaKind),
    /// The value may be a call of a flow.
    Let {
        name: Ident,
        value: Expr,
    },
    Capture(Capture),
    /// `call login.logout(token)`
    Call(Expr),
    Request(Box<Request>),
    /// An expectation of a value that is no response's: `expect total == 3`
    Expect(Box<Expect>),
    Wait(Expr),
    Parallel(Block),
    ParallelForEach {
        head: ForEachHead,
        body: Block,
    },
    ForEach {
        head: ForEachHead,
        body: Block,
    },
    Repeat {
        times: Expr,
        /// `or none`: 0 is fine.
        or_none: bool,
        body: Block,
    },
    /// `eventually within 30s every 1s { … }`
    Eventually {
        within: Expr,
        every: Option<Expr>,
        body: Block,
    },
    /// `within D { … }`
    Within {
        limit: Expr,
        body: Block,
    },
    SkipWhen {
        condition: Condition,
        because: Option<StrLit>,
    },
    Mark(Ident),
    /// Of flows. `return token expires in SECONDS`
    Return {
        value: Option<Expr>,
        expires_in: Option<Expr>,
    },
    Open(Box<OpenChannel>),
    Channel(Box<ChannelStep>),
    ChannelExpect(Box<ChannelExpect>),
    Error,
}
