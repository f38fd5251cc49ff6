use std::sync::Arc;

use super::{
    Capture, ChannelExpectation, Condition, CredentialId, Expectation, Expr, FlowId, FrameBody, OpenChannel, Request,
    Slot,
};
use crate::source::Span;

#[derive(Clone, Debug)]
pub struct Step {
    pub span: Span,
    /// Its first line, without its block.
    pub head: Arc<str>,
    /// Which of the steps of its block that have an equal head, from 1. Both together are the same whatever else is added to the block.
    pub ordinal: u32,
    /// Credentials that the step itself reads (nested steps name their own): obtained before it starts.
    pub credentials: Vec<CredentialId>,
    pub kind: StepKind,
}

#[derive(Clone, Debug)]
pub enum StepKind {
    Let {
        slot: Slot,
        value: Expr,
    },
    /// Arguments are in the order of the parameters; an absent one takes its default.
    Call {
        flow: FlowId,
        args: Vec<Option<Expr>>,
        into: Option<Slot>,
    },
    Request(Arc<Request>),
    Expect(Expectation),
    Capture(Capture),
    Wait(Expr),
    /// Each step is a branch.
    Parallel(Vec<Step>),
    ParallelForEach {
        slot: Slot,
        list: Expr,
        /// An empty list is fine.
        or_none: bool,
        body: Vec<Step>,
    },
    ForEach {
        slot: Slot,
        list: Expr,
        /// An empty list is fine.
        or_none: bool,
        body: Vec<Step>,
    },
    Repeat {
        times: Expr,
        /// 0 is fine.
        or_none: bool,
        body: Vec<Step>,
    },
    Eventually {
        within: Expr,
        every: Option<Expr>,
        body: Vec<Step>,
    },
    Within {
        limit: Expr,
        body: Vec<Step>,
    },
    SkipWhen {
        condition: Condition,
        because: Option<String>,
    },
    /// The slot holds the mark's index; the executor keeps its instant and the cursors.
    Mark {
        name: Arc<str>,
        slot: Slot,
    },
    Return {
        value: Option<Expr>,
        expires_in: Option<Expr>,
    },
    Open(Arc<OpenChannel>),
    Send {
        channel: Slot,
        body: FrameBody,
    },
    Close {
        channel: Slot,
        code: Option<Expr>,
        reason: Option<Expr>,
    },
    Drop {
        channel: Slot,
    },
    Reconnect {
        channel: Slot,
    },
    Ping {
        channel: Slot,
        pong_within: Option<Expr>,
    },
    ExpectChannel(Arc<ChannelExpectation>),
}

/// Whether one of these steps, or of those inside of them, captures something of the last response. A flow that is called has responses of its own.
pub fn capture_later(steps: &[Step]) -> bool {
    // A spec may nest blocks as deep as it likes.
    let mut open = vec![steps];
    while let Some(steps) = open.pop() {
        for step in steps {
            match &step.kind {
                StepKind::Capture(_) => return true,
                StepKind::Parallel(body)
                | StepKind::ParallelForEach { body, .. }
                | StepKind::ForEach { body, .. }
                | StepKind::Repeat { body, .. }
                | StepKind::Eventually { body, .. }
                | StepKind::Within { body, .. } => open.push(body),
                _ => {}
            }
        }
    }
    false
}
