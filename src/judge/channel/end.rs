use super::target::Target;
use super::{Bound, Concluded, Evidence, JudgeState, Setting, explain, limits};
use crate::eval::{Fault, Scope, evaluate};
use crate::event::{ChannelEnd, Instant};
use crate::plan::{Expr, Limit, OnChannel};
use crate::source::Span;

/// A channel that is to end, and how.
#[derive(Clone)]
pub(super) struct End {
    pub target: Target,
    pub wanted: Wanted,
    /// The last instant, and who says so.
    pub bound: Bound,
    /// It may not end before this.
    pub earliest: Instant,
    /// Where its time is said.
    pub within: Option<Span>,
    base: Scope,
    state: State,
}

#[derive(Clone)]
pub(super) enum Wanted {
    Closed { code: Option<(u32, Span)>, reason: Option<(String, Span)> },
    Ended,
    CutOff,
}

#[derive(Clone)]
enum State {
    Running,
    Held,
    Failed(Other),
}

/// What happened instead.
#[derive(Clone)]
pub(super) enum Other {
    /// Nothing, until the time was over.
    StillOpen,
    Ended {
        end: ChannelEnd,
    },
    /// As it was expected, but before its time.
    Early {
        at: Instant,
        end: ChannelEnd,
    },
    /// As it was expected, but after the time.
    Late {
        at: Instant,
        end: ChannelEnd,
    },
}

impl End {
    pub fn closed(
        on: &OnChannel,
        code: Option<&Expr>,
        reason: Option<&Expr>,
        within: Option<&Limit>,
        setting: &Setting<'_>,
    ) -> Result<End, Fault> {
        let code = code.map(|code| Ok::<_, Fault>((limits::whole(code, setting.context)?, code.span))).transpose()?;
        let reason = reason
            .map(|reason| Ok::<_, Fault>((evaluate(reason, setting.context)?.to_text(), reason.span)))
            .transpose()?;
        End::new(on, Wanted::Closed { code, reason }, within, setting)
    }

    pub fn ended(on: &OnChannel, within: Option<&Limit>, setting: &Setting<'_>) -> Result<End, Fault> {
        End::new(on, Wanted::Ended, within, setting)
    }

    pub fn cut_off(on: &OnChannel, within: Option<&Limit>, setting: &Setting<'_>) -> Result<End, Fault> {
        End::new(on, Wanted::CutOff, within, setting)
    }

    fn new(on: &OnChannel, wanted: Wanted, within: Option<&Limit>, setting: &Setting<'_>) -> Result<End, Fault> {
        let target = Target::resolve(on, setting)?;
        let mut bound = setting.default_bound();
        let mut earliest = Instant::ZERO;
        if let Some(within) = within {
            let limit = limits::limit(within, setting.context)?;
            let from = if target.marked { target.clock } else { setting.began };
            let at = from.saturating_add(limit.at_most);
            if !limit.at_least.is_zero() {
                earliest = from.saturating_add(limit.at_least);
            }
            let words = crate::value::format_duration(limit.at_most);
            let own = Bound { at, words, span: within.at_most.span };
            bound = if at <= setting.inherited.at { own } else { setting.inherited.clone() };
        }
        let (within, base) = (within.map(|within| within.span), setting.context.scope.branch());
        Ok(End { target, wanted, bound, earliest, within, base, state: State::Running })
    }

    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd) {
        if channel != self.target.channel || !matches!(self.state, State::Running) {
            return;
        }
        let end = end.clone();
        self.state = match (self.is_wanted(&end), at <= self.bound.at) {
            (true, true) if at < self.earliest => State::Failed(Other::Early { at, end }),
            (true, true) => State::Held,
            (true, false) => State::Failed(Other::Late { at, end }),
            (false, true) => State::Failed(Other::Ended { end }),
            (false, false) => State::Failed(Other::StillOpen),
        };
    }

    fn is_wanted(&self, end: &ChannelEnd) -> bool {
        match &self.wanted {
            Wanted::Ended => *end == ChannelEnd::Ended,
            Wanted::CutOff => matches!(end, ChannelEnd::CutOff { .. }),
            Wanted::Closed { code: None, reason } => {
                matches!(end, ChannelEnd::Closed { .. }) && has_reason(end, reason.as_ref())
            }
            Wanted::Closed { code: Some((code, _)), reason } => {
                explain::code_of(end) == Some(*code) && has_reason(end, reason.as_ref())
            }
        }
    }

    pub fn advance(&mut self, now: Instant) {
        if matches!(self.state, State::Running) && self.bound.at <= now {
            self.state = State::Failed(Other::StillOpen);
        }
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        matches!(self.state, State::Running).then_some(self.bound.at)
    }

    pub fn verdict(&self) -> JudgeState {
        match self.state {
            State::Running => JudgeState::Running,
            State::Held => JudgeState::Held,
            State::Failed(_) => JudgeState::Failed,
        }
    }

    pub fn conclude(&self, evidence: &Evidence<'_>) -> Concluded {
        let mut concluded = Concluded::new(self.verdict(), &self.base);
        if let State::Failed(other) = &self.state {
            if let Other::Ended { end } = other {
                concluded.ended = Some(end.clone());
            }
            concluded.diagnostics.push(explain::other_end(other, self, evidence));
        }
        concluded
    }
}

fn has_reason(end: &ChannelEnd, wanted: Option<&(String, Span)>) -> bool {
    match (wanted, end) {
        (None, _) => true,
        (Some((wanted, _)), ChannelEnd::Closed { reason, .. }) => reason == wanted,
        (Some(_), _) => false,
    }
}
