use std::sync::Arc;

use super::target::Target;
use super::view::View;
use super::{Bound, Concluded, Evidence, Outside, Setting, Verdict, limits};
use crate::eval::Fault;
use crate::event::{ChannelEnd, Frame, Instant};
use crate::plan::{Expr, View as Planned};
use crate::value::format_duration;

/// One or more views, watched at once: all must hold.
pub(super) struct Together {
    views: Vec<View>,
}

impl Together {
    pub fn new(within: Option<&Expr>, planned: &[Planned], setting: &Setting<'_>) -> Result<Self, Fault> {
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
        let views = planned.iter().map(|view| View::new(view, shared.as_ref(), setting)).collect::<Result<_, _>>()?;
        Ok(Self { views })
    }

    pub fn targets(&self) -> Vec<&Target> {
        self.views.iter().map(|view| &view.target).collect()
    }

    pub fn frame(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) {
        if self.verdict() == Verdict::Running {
            self.views.iter_mut().for_each(|view| view.frame(channel, frame, outside));
        }
    }

    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd, outside: Outside<'_>) {
        if self.verdict() == Verdict::Running {
            self.views.iter_mut().for_each(|view| view.end(channel, at, end, outside));
        }
    }

    pub fn advance(&mut self, now: Instant, outside: Outside<'_>) {
        if self.verdict() == Verdict::Running {
            self.views.iter_mut().for_each(|view| view.advance(now, outside));
        }
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.views.iter().filter_map(|view| view.machine.next_deadline()).min()
    }

    pub fn verdict(&self) -> Verdict {
        if self.views.iter().any(|view| view.verdict() == Verdict::Failed) {
            return Verdict::Failed;
        }
        let waits_for_others = |view: &View| view.only_guards() && self.views.iter().any(|other| !other.only_guards());
        if self.views.iter().all(|view| view.verdict() == Verdict::Held || waits_for_others(view)) {
            return Verdict::Held;
        }
        Verdict::Running
    }

    pub fn conclude(&self, evidence: &Evidence<'_>) -> Concluded {
        let verdict = self.verdict();
        let Some(first) = self.views.first() else {
            return Concluded::new(verdict, &crate::eval::Scope::default());
        };
        let mut concluded = Concluded::new(verdict, &first.base);
        self.views.iter().for_each(|view| view.conclude(evidence, verdict, &mut concluded));
        concluded
    }
}
