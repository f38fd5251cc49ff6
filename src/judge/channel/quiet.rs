use std::sync::Arc;

use super::fit::{Asked, Captures, Fitted};
use super::target::Target;
use super::{Bound, Concluded, Evidence, JudgeState, Outside, Setting, build, explain, limits};
use crate::diag::Diagnostic;
use crate::eval::{Fault, Focus, Scope};
use crate::event::{ChannelEnd, Frame, Instant, Weak};
use crate::pattern::is_complete;
use crate::plan::{Expr, Item, OnChannel, What};
use crate::source::Span;

/// Nothing at all, or nothing that fits an item, may come for a time.
#[derive(Clone)]
pub(super) struct Quiet {
    pub target: Target,
    /// What may not come; absent where nothing may.
    pub item: Option<Asked>,
    /// The end of the time.
    pub until: Instant,
    pub from: Instant,
    pub time: Expr,
    /// A complete end of the channel will do instead of the whole time.
    or_closed: bool,
    bound: Bound,
    base: Arc<Scope>,
    /// A frame fitted the view's `where`.
    seen: bool,
    state: State,
}

#[derive(Clone)]
enum State {
    Running,
    Held,
    Failed(Broken),
}

/// Why it isn't quiet.
#[derive(Clone)]
pub(super) enum Broken {
    Frame(Arc<Frame>),
    Ended { at: Instant, end: ChannelEnd },
    Limit(Bound),
    Fault(Diagnostic),
}

impl Quiet {
    pub fn silence(on: &OnChannel, time: &Expr, or_closed: bool, setting: &Setting<'_>) -> Result<Quiet, Fault> {
        Quiet::new(on, None, time, or_closed, setting)
    }

    pub fn never(
        on: &OnChannel,
        item: &Item,
        time: &Expr,
        or_closed: bool,
        setting: &Setting<'_>,
    ) -> Result<Quiet, Fault> {
        Quiet::new(on, Some(build::single(item, setting.context)?), time, or_closed, setting)
    }

    fn new(
        on: &OnChannel,
        item: Option<Asked>,
        time: &Expr,
        or_closed: bool,
        setting: &Setting<'_>,
    ) -> Result<Quiet, Fault> {
        let mut target = Target::resolve(on, setting)?;
        target.comments = item.as_ref().is_some_and(|asked| matches!(asked.item.what, What::Comment));
        let from = if target.marked { target.clock } else { setting.began };
        Ok(Quiet {
            until: from.saturating_add(limits::duration(time, setting.context)?),
            target,
            item,
            from,
            time: time.clone(),
            or_closed,
            bound: setting.inherited.clone(),
            base: Arc::new(setting.context.scope.branch()),
            seen: false,
            state: State::Running,
        })
    }

    pub fn frame(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) {
        if channel != self.target.channel || self.is_over(frame.at, false) {
            return;
        }
        match self.breaks(channel, frame, outside) {
            Ok(true) => self.state = State::Failed(Broken::Frame(frame.clone())),
            Ok(false) => {}
            Err(fault) => self.state = State::Failed(Broken::Fault(*fault)),
        }
    }

    fn breaks(&mut self, channel: u32, frame: &Frame, outside: Outside<'_>) -> Result<bool, Fault> {
        if !self.target.sees(channel, frame, &outside.context(&self.base, Focus::Nothing))? {
            return Ok(false);
        }
        self.seen = true;
        let Some(asked) = &self.item else { return Ok(true) };
        let captures = Captures::new(self.base.clone());
        asked.fits(frame, &captures, outside).map(|fitted| matches!(fitted, Fitted::Yes(_)))
    }

    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd) {
        if channel != self.target.channel || self.is_over(at, true) {
            return;
        }
        // A channel that has ended is quiet whatever the server does: that proves something only where the spec says that it may end.
        let accepted = self.or_closed && is_complete(end);
        self.state = if accepted { State::Held } else { State::Failed(Broken::Ended { at, end: end.clone() }) };
    }

    pub fn advance(&mut self, now: Instant) {
        self.is_over(now, true);
    }

    /// Whether it is decided when the time has come to `now`. `passed`: with all that came at `now`.
    fn is_over(&mut self, now: Instant, passed: bool) -> bool {
        let reached = |at: Instant| if passed { at <= now } else { at < now };
        if matches!(self.state, State::Running) {
            if reached(self.until) && self.until <= self.bound.at {
                self.state = State::Held;
            } else if reached(self.bound.at) {
                self.state = State::Failed(Broken::Limit(self.bound.clone()));
            }
        }
        !matches!(self.state, State::Running)
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        matches!(self.state, State::Running).then(|| self.until.min(self.bound.at))
    }

    pub fn verdict(&self) -> JudgeState {
        match self.state {
            State::Running => JudgeState::Running,
            State::Held => JudgeState::Held,
            State::Failed(_) => JudgeState::Failed,
        }
    }

    pub fn conclude(&self, span: Span, evidence: &Evidence<'_>) -> Concluded {
        let mut concluded = Concluded::new(self.verdict(), &self.base);
        // That nothing fits is what silence says.
        let unmatched = self.item.is_some() && self.target.filter.is_some() && !self.seen;
        concluded.weak = unmatched.then_some(Weak::UnmatchedView);
        if let State::Failed(broken) = &self.state {
            if let Broken::Ended { end, .. } = broken {
                concluded.ended = Some(end.clone());
            }
            concluded.diagnostics.push(explain::not_quiet(broken, self, span, evidence));
        }
        concluded
    }
}
