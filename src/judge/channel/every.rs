use std::sync::Arc;
use std::time::Duration;

use super::fit::{Asked, Captures, Fitted, Judged};
use super::target::Target;
use super::together::cut_short;
use super::{Bound, Concluded, Evidence, JudgeState, Outside, Setting, build, explain, limits};
use crate::diag::Diagnostic;
use crate::eval::{Fault, Focus, Scope};
use crate::event::{ChannelEnd, Frame, Instant, Weak};
use crate::judge::FrameMatch;
use crate::pattern::Limit;
use crate::plan::{Expr, Item, ItemEntry, OnChannel, What};
use crate::source::Span;

/// The most triggers that are followed at once.
const MAX_OPEN: usize = 1000;

/// For each frame that fits the trigger, one of its own that fits the response, with what the trigger captured.
#[derive(Clone)]
pub(super) struct Every {
    pub target: Target,
    pub trigger: Asked,
    pub response: Asked,
    pub limit: Option<Limit>,
    pub bound: Bound,
    began: Instant,
    /// Until when triggers are taken, where that is said.
    taken_until: Option<Instant>,
    /// How long nothing may be left to answer, where it isn't.
    settle: Duration,
    base: Arc<Scope>,
    open: Vec<Open>,
    answered: u32,
    /// When the latest response came.
    answered_at: Instant,
    last: u32,
    matches: Vec<FrameMatch>,
    /// What captured secrets.
    secret: Vec<(Asked, Captures)>,
    records: Vec<Judged>,
    captured: Arc<Scope>,
    state: State,
}

/// A trigger that waits for its response.
#[derive(Clone)]
pub(super) struct Open {
    pub frame: Arc<Frame>,
    pub captures: Captures,
}

#[derive(Clone)]
enum State {
    Running,
    /// Since when, and whether by the end of the channel.
    Held {
        at: Instant,
        by_end: bool,
    },
    Failed(Vec<Unmet>),
}

/// Why a trigger has no right response.
#[derive(Clone)]
pub(super) enum Unmet {
    /// No trigger came at all.
    NoTrigger {
        deadline: Instant,
    },
    /// The time passed, or the channel ended.
    Unanswered {
        open: Open,
        answered: u32,
        end: Option<(Instant, ChannelEnd)>,
    },
    TooEarly {
        open: Open,
        frame: Arc<Frame>,
        earliest: Instant,
    },
    TooMany,
    Wrong {
        frame: Arc<Frame>,
        item: Span,
        diagnostic: Diagnostic,
    },
    Fault(Diagnostic),
}

impl Every {
    /// `window`: how long triggers are taken, and how long it settles.
    pub fn new(
        on: &OnChannel,
        trigger: &Item,
        response: &Item,
        (taken_for, settle): (Option<&Expr>, Option<&Expr>),
        setting: &Setting<'_>,
    ) -> Result<Every, Fault> {
        let mut target = Target::resolve(on, setting)?;
        target.comments = [trigger, response].iter().any(|item| matches!(item.what, What::Comment));
        let base = Arc::new(setting.context.scope.branch());
        let from = if target.marked { target.clock } else { setting.began };
        let taken_for = taken_for.map(|time| limits::duration(time, setting.context)).transpose()?;
        let settle = settle.map(|time| limits::duration(time, setting.context)).transpose()?;
        Ok(Every {
            taken_until: taken_for.map(|time| from.saturating_add(time)),
            settle: settle.unwrap_or_else(|| setting.channels.settle()),
            target,
            trigger: build::single(trigger, setting.context)?,
            response: build::single(response, setting.context)?,
            limit: limits::optional_limit(response.within.as_ref(), setting.context)?,
            bound: if response.within.is_some() || taken_for.is_some() {
                setting.inherited.clone()
            } else {
                setting.default_bound()
            },
            began: setting.began,
            captured: base.clone(),
            base,
            open: Vec::new(),
            answered: 0,
            answered_at: Instant::ZERO,
            last: 0,
            matches: Vec::new(),
            secret: Vec::new(),
            records: Vec::new(),
            state: State::Running,
        })
    }

    pub fn frame(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) {
        if channel != self.target.channel {
            return;
        }
        self.pass(frame.at, false);
        if !matches!(self.state, State::Running) {
            return;
        }
        if let Err(fault) = self.look(channel, frame, outside) {
            self.fail(Unmet::Fault(*fault));
        }
    }

    fn look(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) -> Result<(), Fault> {
        if !self.target.sees(channel, frame, &outside.context(&self.base, Focus::Nothing))? {
            return Ok(());
        }
        let places = if self.response.may_fit(frame) { self.open.len() } else { 0 };
        for place in 0..places {
            if let Fitted::Yes(captures) = self.response.fits(frame, &self.open[place].captures, outside)? {
                let open = self.open.remove(place);
                self.answer(open, frame, &captures, outside);
                return Ok(());
            }
        }
        let is_late = self.taken_until.is_some_and(|until| frame.at > until);
        if !is_late
            && let Fitted::Yes(captures) = self.trigger.fits(frame, &Captures::new(self.base.clone()), outside)?
        {
            self.take(&self.trigger.clone(), frame, &captures, outside);
            if self.open.len() >= MAX_OPEN {
                self.fail(Unmet::TooMany);
            }
            self.open.push(Open { frame: frame.clone(), captures });
        }
        Ok(())
    }

    fn answer(&mut self, open: Open, frame: &Arc<Frame>, captures: &Captures, outside: Outside<'_>) {
        let earliest = open.frame.at.saturating_add(self.limit.map(|limit| limit.at_least).unwrap_or_default());
        self.take(&self.response.clone(), frame, captures, outside);
        if frame.at < earliest {
            self.fail(Unmet::TooEarly { open, frame: frame.clone(), earliest });
        }
        self.answered = self.answered.saturating_add(1);
        self.answered_at = frame.at;
        self.captured = captures.scope.clone();
    }

    fn take(&mut self, asked: &Asked, frame: &Arc<Frame>, captures: &Captures, outside: Outside<'_>) {
        self.last = self.last.max(frame.number);
        self.matches.push(asked.took(frame.number));
        if asked.item.entries.iter().any(|entry| matches!(entry, ItemEntry::Capture(capture) if capture.secret)) {
            self.secret.push((asked.clone(), captures.clone()));
        }
        let judged = asked.judge(frame, captures, outside);
        self.records.extend(judged.iter().map(|(one, _)| *one));
        let missing = captures.wrong.as_deref().cloned();
        for diagnostic in judged.into_iter().filter_map(|(_, wrong)| wrong).chain(missing) {
            self.fail(Unmet::Wrong { frame: frame.clone(), item: asked.item.head, diagnostic });
        }
    }

    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd) {
        if channel != self.target.channel {
            return;
        }
        self.pass(at, true);
        if !matches!(self.state, State::Running) {
            return;
        }
        if self.open.is_empty() && self.answered > 0 {
            self.state = State::Held { at, by_end: true };
        } else if self.open.is_empty() {
            self.fail(Unmet::NoTrigger { deadline: at });
        }
        self.give_up(|_| true, Some((at, end.clone())));
    }

    pub fn advance(&mut self, now: Instant) {
        self.pass(now, true);
    }

    /// The time comes to `now`; `whole`: with all that came at `now`.
    fn pass(&mut self, now: Instant, whole: bool) {
        let reached = |at: Instant| if whole { at <= now } else { at < now };
        if let Some(until) = self.holds_from().filter(|until| reached(*until)) {
            self.state = State::Held { at: until, by_end: false };
        }
        if !matches!(self.state, State::Running) {
            return;
        }
        let (limit, bound) = (self.limit, self.bound.at);
        // It is over with the first: which others would follow mustn't depend on how late the time comes.
        let over = self.open.iter().map(|open| due(open, limit, bound)).min().filter(|at| reached(*at));
        if let Some(at) = over {
            self.give_up(|open| due(open, limit, bound) == at, None);
        }
        let first = self.first_due();
        if matches!(self.state, State::Running) && self.open.is_empty() && self.answered == 0 && reached(first) {
            self.fail(Unmet::NoTrigger { deadline: first });
        }
    }

    fn give_up(&mut self, lost: impl Fn(&Open) -> bool, end: Option<(Instant, ChannelEnd)>) {
        let lost: Vec<Open> = self.open.iter().filter(|open| lost(open)).cloned().collect();
        for open in lost {
            self.fail(Unmet::Unanswered { open, answered: self.answered, end: end.clone() });
        }
    }

    /// When all that came is answered: from when on it holds, if nothing more comes.
    fn holds_from(&self) -> Option<Instant> {
        if !matches!(self.state, State::Running) || !self.open.is_empty() || self.answered == 0 {
            return None;
        }
        let latest = self.answered_at.max(self.began);
        let until = match self.taken_until {
            Some(until) => until.max(self.answered_at),
            None => latest.saturating_add(self.settle),
        };
        Some(until.min(self.bound.at.max(latest)))
    }

    /// Whether a deadline took some of its window or its settling away.
    fn cut_short(&self) -> Option<Weak> {
        let State::Held { at, by_end: false } = self.state else { return None };
        let from = if self.target.marked { self.target.clock } else { self.began };
        let (of, wanted) = match self.taken_until {
            Some(until) => (until.saturating_sub(from), until),
            None => (self.settle, self.answered_at.max(self.began).saturating_add(self.settle)),
        };
        cut_short(of, wanted.saturating_sub(at))
    }

    fn fail(&mut self, unmet: Unmet) {
        match &mut self.state {
            State::Failed(list) => list.push(unmet),
            _ => self.state = State::Failed(vec![unmet]),
        }
    }

    /// Until when the first trigger must have come.
    fn first_due(&self) -> Instant {
        if let Some(until) = self.taken_until {
            return until.min(self.bound.at);
        }
        let own = self.limit.map(|limit| self.target.clock.max(self.began).saturating_add(limit.at_most));
        own.map_or(self.bound.at, |own| own.min(self.bound.at))
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        if !matches!(self.state, State::Running) {
            return None;
        }
        if self.open.is_empty() {
            return Some(self.holds_from().unwrap_or_else(|| self.first_due()));
        }
        self.open.iter().map(|open| due(open, self.limit, self.bound.at)).min()
    }

    pub fn verdict(&self) -> JudgeState {
        match self.state {
            State::Running => JudgeState::Running,
            State::Held { .. } => JudgeState::Held,
            State::Failed(_) => JudgeState::Failed,
        }
    }

    pub fn conclude(&self, evidence: &Evidence<'_>) -> Concluded {
        let mut concluded = Concluded::new(self.verdict(), &self.base);
        concluded.matches.extend(self.matches.iter().map(|found| (self.target.channel, *found)));
        self.secret.iter().for_each(|(asked, captures)| concluded.learn(&asked.item, &captures.scope, evidence));
        concluded.expectations.extend(self.records.iter().map(|one| one.record(evidence)));
        match &self.state {
            State::Failed(unmet) => {
                if let Some(Unmet::Unanswered { end: Some((_, end)), .. }) = unmet.first() {
                    concluded.ended = Some(end.clone());
                }
                concluded.diagnostics = explain::not_every(unmet, self, evidence);
            }
            State::Held { .. } => {
                concluded.weak = self.cut_short();
                concluded.consumed(self.target.channel, self.last);
                concluded.bound.merge(&self.captured);
            }
            State::Running => {}
        }
        concluded
    }
}

pub(super) fn due(open: &Open, limit: Option<Limit>, bound: Instant) -> Instant {
    limit.map_or(bound, |limit| open.frame.at.saturating_add(limit.at_most).min(bound))
}
