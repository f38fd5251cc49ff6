use std::sync::Arc;
use std::time::Duration;

use super::target::Target;
use super::view::View;
use super::{Bound, Concluded, Evidence, JudgeState, Outside, Setting, limits};
use crate::eval::Fault;
use crate::event::{ChannelEnd, Frame, Instant, Weak};
use crate::pattern::Settling;
use crate::plan::{Expr, View as Planned};
use crate::value::format_duration;

/// One or more views, watched at once: all must match, and the matches must hold while they settle.
#[derive(Clone)]
pub(super) struct Together {
    views: Vec<View>,
    settle: Duration,
    /// The last instant that the times of the whole allow.
    latest: Instant,
    /// When it was decided that all holds, if it was.
    held: Option<Instant>,
}

impl Together {
    pub fn new(
        within: Option<&Expr>,
        settle: Option<&Expr>,
        planned: &[Planned],
        setting: &Setting<'_>,
    ) -> Result<Self, Fault> {
        let mut clock = Instant::ZERO;
        for view in planned {
            clock = clock.max(Target::resolve(&view.on, setting)?.clock);
        }
        let mut shared = None;
        if let Some(within) = within {
            let time = limits::duration(within, setting.context)?;
            let words = format!("the {} that all views have", format_duration(time));
            let own = Bound { at: clock.saturating_add(time), words, span: within.span };
            shared = Some(if own.at <= setting.inherited.at { own } else { setting.inherited.clone() });
        }
        let views: Vec<View> =
            planned.iter().map(|view| View::new(view, shared.as_ref(), setting)).collect::<Result<_, _>>()?;
        let settle = match settle {
            Some(settle) => limits::duration(settle, setting.context)?,
            None if views.iter().any(|view| view.machine.program().can_break_later()) => setting.channels.settle(),
            None => Duration::ZERO,
        };
        let alone = views.len() == 1;
        let settling = if alone { Settling::For(settle) } else { Settling::WhileFed };
        let latest = match &shared {
            Some(shared) => shared.at,
            None => views.iter().map(View::latest).max().unwrap_or_default(),
        };
        let views = views.into_iter().map(|view| view.settling(settling)).collect();
        Ok(Self { views, settle, latest, held: None })
    }

    pub fn targets(&self) -> Vec<&Target> {
        self.views.iter().map(|view| &view.target).collect()
    }

    pub fn frame(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) {
        self.advance_to(frame.at, false, outside);
        if self.verdict() == JudgeState::Running {
            self.views.iter_mut().for_each(|view| view.frame(channel, frame, outside));
            self.decide(frame.at, false);
        }
    }

    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd, outside: Outside<'_>) {
        self.advance_to(at, true, outside);
        if self.verdict() == JudgeState::Running {
            self.views.iter_mut().for_each(|view| view.end(channel, at, end, outside));
            self.decide(at, true);
        }
    }

    pub fn advance(&mut self, now: Instant, outside: Outside<'_>) {
        self.advance_to(now, true, outside);
    }

    /// The time comes to `now`, deadline by deadline, since each may begin or end the settling. `whole`: with all that came at `now`.
    fn advance_to(&mut self, now: Instant, whole: bool, outside: Outside<'_>) {
        while self.verdict() == JudgeState::Running
            && let Some(due) = self.next_deadline().filter(|due| if whole { *due <= now } else { *due < now })
        {
            self.views.iter_mut().for_each(|view| view.advance(due, outside));
            self.decide(due, true);
        }
    }

    /// Whether all holds at `now`; `whole`: with all that came at `now`.
    fn decide(&mut self, now: Instant, whole: bool) {
        if self.verdict() != JudgeState::Running {
            return;
        }
        if let Some(until) = self.settles_until()
            && (until < now || (until == now && (whole || self.settle.is_zero())) || self.nothing_can_come())
        {
            self.held = Some(until.min(now));
        }
    }

    /// Every channel has ended, and with it the settling of its views.
    fn nothing_can_come(&self) -> bool {
        self.views.iter().all(|view| view.ended && view.matched().is_some())
    }

    /// When every view is satisfied: until when what they forbid may still break them.
    fn settles_until(&self) -> Option<Instant> {
        let alone = self.views.iter().all(View::waits_for_others);
        let (mut satisfied, mut waited) = (None, None);
        for view in &self.views {
            match view.matched() {
                Some((at, _)) if view.only_guards() => waited = waited.max(Some(at)),
                Some((at, _)) => satisfied = satisfied.max(Some(at)),
                None if view.waits_for_others() && !alone => {}
                None => return None,
            }
        }
        // The time of nevers alone is stated: it needs no settling.
        let settled = satisfied.map(|at| at.saturating_add(self.settle).min(self.latest.max(at)));
        settled.max(waited)
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        if self.verdict() != JudgeState::Running {
            return None;
        }
        self.views.iter().filter_map(|view| view.machine.next_deadline()).chain(self.settles_until()).min()
    }

    pub fn verdict(&self) -> JudgeState {
        if self.views.iter().any(|view| view.verdict() == JudgeState::Failed) {
            return JudgeState::Failed;
        }
        if self.held.is_some() { JudgeState::Held } else { JudgeState::Running }
    }

    /// Whether a deadline took some of the settling away: what could have broken it was watched for less than was meant.
    fn cut_short(&self) -> Option<Weak> {
        let held = self.held?;
        if self.nothing_can_come() {
            return None;
        }
        // What ended by waiting was watched for all of its time.
        let by_frame = self.views.iter().filter_map(View::matched).filter(|(_, by_frame)| *by_frame);
        let wanted = by_frame.map(|(at, _)| at.saturating_add(self.settle)).max()?;
        cut_short(self.settle, wanted.saturating_sub(held))
    }

    pub fn conclude(&self, evidence: &Evidence<'_>) -> Concluded {
        let verdict = self.verdict();
        let Some(first) = self.views.first() else {
            return Concluded::new(verdict, &crate::eval::Scope::default());
        };
        let mut concluded = Concluded::new(verdict, &first.base);
        self.views.iter().for_each(|view| view.conclude(evidence, verdict, &mut concluded));
        concluded.weak = self.cut_short().or(concluded.weak);
        concluded
    }
}

/// Of a settling of which some is missing.
pub(super) fn cut_short(of: Duration, missing: Duration) -> Option<Weak> {
    (!missing.is_zero()).then(|| Weak::SettlingCutShort { settled: of.saturating_sub(missing), of })
}
