use std::sync::Arc;

use super::build::{self, Source};
use super::fit::{Asked, Captures, Fitting, Judged};
use super::target::Target;
use super::{Bound, Concluded, Evidence, JudgeState, Outside, Setting, explain};
use crate::diag::Diagnostic;
use crate::eval::{Fault, Focus, Scope};
use crate::event::{ChannelEnd, Frame, Instant, Weak};
use crate::pattern::{Cause, ItemId, Machine, Settling, Status, Taken};
use crate::plan::{View as Planned, What};

/// One block on one channel.
#[derive(Clone)]
pub(super) struct View {
    pub target: Target,
    pub items: Arc<[Asked]>,
    pub blocks: Arc<[Source]>,
    pub machine: Machine<Captures>,
    pub base: Arc<Scope>,
    pub bound: Bound,
    /// The frames it has looked at.
    pub seen: Vec<Arc<Frame>>,
    /// How many of the frames taken have been judged.
    judged: usize,
    /// The expectations inside items, of the frames taken.
    records: Vec<Judged>,
    /// What is wrong beside the machine's own failure.
    wrong: Vec<Wrong>,
    /// Its channel has ended: nothing can break its match any more.
    pub ended: bool,
}

/// Why a view fails although its pattern may match.
#[derive(Clone)]
pub(super) enum Wrong {
    /// Something couldn't be evaluated.
    Fault(Diagnostic),
    /// A frame that an item took isn't as the item expects.
    Frame { taken: Taken<Captures>, diagnostic: Diagnostic },
}

impl View {
    /// `shared`: the limit that all views have.
    pub fn new(view: &Planned, shared: Option<&Bound>, setting: &Setting<'_>) -> Result<View, Fault> {
        let mut target = Target::resolve(&view.on, setting)?;
        let built = build::build(&view.block, setting.context)?;
        let timed = built.program.within().is_some() || built.items.iter().any(|asked| asked.item.within.is_some());
        let bound = match shared {
            Some(shared) => shared.clone(),
            None if timed => setting.inherited.clone(),
            None => setting.default_bound(),
        };
        target.comments = built.items.iter().any(|asked| matches!(asked.item.what, What::Comment));
        let base = Arc::new(setting.context.scope.branch());
        let captures = Captures::new(base.clone());
        let machine = Machine::new(built.program, target.clock, Some(bound.at), captures);
        Ok(View {
            target,
            items: built.items,
            blocks: built.blocks,
            machine,
            base,
            bound,
            seen: Vec::new(),
            judged: 0,
            records: Vec::new(),
            wrong: Vec::new(),
            ended: false,
        })
    }

    /// Says how long its outermost block stays current after its match.
    pub fn settling(mut self, settling: Settling) -> View {
        self.machine = self.machine.with_settling(settling);
        self
    }

    /// A block of nothing but nevers.
    pub fn only_guards(&self) -> bool {
        self.machine.program().only_guards()
    }

    /// A block of nevers without a time of its own: beside other views it holds until they are done.
    pub fn waits_for_others(&self) -> bool {
        self.only_guards() && self.machine.program().within().is_none()
    }

    /// The last instant that its own times allow.
    pub fn latest(&self) -> Instant {
        let own = self.machine.program().within().map(|within| self.target.clock.saturating_add(within.at_most));
        own.map_or(self.bound.at, |own| own.min(self.bound.at))
    }

    /// When it matched, and whether a frame brought that about rather than the end of its time.
    pub fn matched(&self) -> Option<(Instant, bool)> {
        let Status::Matched(found) = self.machine.status() else { return None };
        Some((found.at, found.taken.last().is_some_and(|last| last.at == found.at)))
    }

    pub fn verdict(&self) -> JudgeState {
        if !self.wrong.is_empty() {
            return JudgeState::Failed;
        }
        match self.machine.status() {
            Status::Running => JudgeState::Running,
            Status::Matched(_) => JudgeState::Held,
            Status::Failed(_) => JudgeState::Failed,
        }
    }

    pub fn frame(&mut self, channel: u32, frame: &Arc<Frame>, outside: Outside<'_>) {
        if self.verdict() == JudgeState::Failed {
            return;
        }
        match self.target.sees(channel, frame, &outside.context(&self.base, Focus::Nothing)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => return self.wrong.push(Wrong::Fault(*fault)),
        }
        self.seen.push(frame.clone());
        let fitting = Fitting::new(&self.items, outside);
        self.machine.frame(frame, &fitting);
        let fault = fitting.fault.into_inner();
        self.wrong.extend(fault.map(|fault| Wrong::Fault(*fault)));
        self.judge_taken(outside);
    }

    pub fn end(&mut self, channel: u32, at: Instant, end: &ChannelEnd, outside: Outside<'_>) {
        if channel == self.target.channel {
            self.machine.end(at, end);
            self.ended = true;
            self.judge_taken(outside);
        }
    }

    pub fn advance(&mut self, now: Instant, outside: Outside<'_>) {
        self.machine.advance(now);
        self.judge_taken(outside);
    }

    /// What it took, and what was captured; the diagnostics if it failed.
    pub fn conclude(&self, evidence: &Evidence<'_>, verdict: JudgeState, into: &mut Concluded) {
        let taken = match self.machine.status() {
            Status::Matched(found) => found.taken.clone(),
            Status::Failed(failure) => failure.taken.clone(),
            Status::Running => self.machine.settled(0),
        };
        for one in &taken {
            let Some(asked) = self.asked(one.item) else { continue };
            into.learn(&asked.item, &one.captures.scope, evidence);
            into.matches.push((self.target.channel, asked.took(one.frame)));
        }
        into.expectations.extend(self.records.iter().map(|one| one.record(evidence)));
        if verdict == JudgeState::Held {
            into.weak = into.weak.or_else(|| self.weakness(&taken));
            if let Some(last) = taken.last() {
                into.consumed(self.target.channel, last.frame);
            }
            if let Status::Matched(found) = self.machine.status() {
                into.bound.merge(&found.captures.scope);
            }
            return;
        }
        for wrong in &self.wrong {
            into.diagnostics.push(explain::wrong(wrong, self, evidence));
        }
        if let (true, Status::Failed(failure)) = (self.wrong.is_empty(), self.machine.status()) {
            if let (None, Cause::LogEnded { end }) = (&into.ended, &failure.cause) {
                into.ended = Some(end.clone());
            }
            into.diagnostics.push(explain::failure(failure, self, evidence));
        }
    }

    pub fn asked(&self, item: ItemId) -> Option<&Asked> {
        self.items.get(item.0 as usize)
    }

    pub fn seen(&self, number: u32) -> Option<&Arc<Frame>> {
        let at = self.seen.binary_search_by_key(&number, |frame| frame.number).ok()?;
        self.seen.get(at)
    }

    /// Judges what items expect of the frames that they have taken for certain.
    fn judge_taken(&mut self, outside: Outside<'_>) {
        let settled = match self.machine.status() {
            Status::Running => self.machine.settled(self.judged),
            Status::Matched(found) => found.taken.get(self.judged..).unwrap_or_default().to_vec(),
            Status::Failed(_) => return,
        };
        self.judged += settled.len();
        for taken in settled {
            let (Some(asked), Some(frame)) = (self.asked(taken.item), self.seen(taken.frame)) else { continue };
            let judged = asked.judge(frame, &taken.captures, outside);
            let missing = taken.captures.wrong.as_deref().cloned();
            self.records.extend(judged.iter().map(|(one, _)| *one));
            let wrong = judged.into_iter().filter_map(|(_, wrong)| wrong).chain(missing);
            let wrong = wrong.map(|diagnostic| Wrong::Frame { taken: taken.clone(), diagnostic });
            self.wrong.extend(wrong.collect::<Vec<_>>());
        }
    }

    /// Why it proves little although it held with these frames.
    fn weakness(&self, taken: &[Taken<Captures>]) -> Option<Weak> {
        if self.seen.is_empty() && self.target.filter.is_some() {
            return Some(Weak::UnmatchedView);
        }
        if taken.is_empty() && !self.machine.program().only_guards() {
            return Some(Weak::NothingTaken);
        }
        let measured = |source: &build::Source| {
            source.gaps.is_empty() || taken.iter().filter(|one| source.items.contains(&one.item.0)).count() >= 2
        };
        (!self.blocks.iter().all(measured)).then_some(Weak::NoGap)
    }
}
