//! Waits for what is expected on channels: gives the judge every frame as it comes, and the time as it passes.

use std::sync::Arc;

use futures_util::future::select_all;

use super::super::channels::Opened;
use super::{Halt, Walk, Walked};
use crate::event::Instant;
use crate::judge::{ChannelJudge, Start};
use crate::plan::{ChannelExpectation, ChannelExpectationKind, OnChannel, Slot};
use crate::source::Span;
use crate::value::Value;

/// A channel that is watched, and how much of its log the judge has been given.
struct Watch {
    slot: Slot,
    opened: Arc<Opened>,
    given: usize,
    ended: bool,
    changes: tokio::sync::watch::Receiver<u64>,
}

impl Walk {
    pub(super) async fn expect_channel(&mut self, span: Span, expectation: &Arc<ChannelExpectation>) -> Walked {
        let started = self.now();
        let title = self.title(span);
        let mut slots: Vec<Slot> = channels_of(expectation).into_iter().map(|on| on.channel).collect();
        slots.sort();
        slots.dedup();
        let mut watches = Vec::new();
        for slot in slots {
            let opened = self.opened(span, slot)?;
            let changes = opened.log.changes();
            watches.push(Watch { slot, opened, given: 0, ended: false, changes });
        }
        let start = |on: &OnChannel| self.start_of(on, &watches, started);
        let mut judge =
            ChannelJudge::new(expectation.clone(), &self.context(), &start).map_err(|fault| self.fails(*fault))?;
        for watch in &mut watches {
            let cursors =
                judge.channels().into_iter().filter(|(slot, _)| *slot == watch.slot).map(|(_, cursor)| cursor);
            watch.given = cursors.min().unwrap_or_default();
        }
        loop {
            for watch in &mut watches {
                watch.changes.mark_unchanged();
            }
            let now = self.now();
            self.give(&mut judge, &mut watches, now);
            if judge.is_over() {
                break;
            }
            let deadline = judge.next_deadline().unwrap_or(self.deadline.at).min(self.deadline.at);
            if now >= self.deadline.at {
                break;
            }
            let timer = tokio::time::sleep_until(self.attempt.shared.http.clock.timer(deadline));
            let changed = select_all(watches.iter_mut().map(|watch| Box::pin(watch.changes.changed())));
            tokio::select! {
                () = timer => {}
                _ = changed => {}
            }
        }
        self.conclude(span, &judge, &watches, started, title)
    }

    /// All that has arrived, in the order of its times, and then the time itself.
    fn give(&self, judge: &mut ChannelJudge, watches: &mut [Watch], now: Instant) {
        let mut frames = Vec::new();
        let mut ends = Vec::new();
        for watch in watches.iter_mut() {
            watch.opened.log.read(|log| {
                frames.extend(log.frames.iter().skip(watch.given).map(|frame| (watch.slot, frame.clone())));
                watch.given = log.frames.len();
                if let Some((at, end)) = &log.end
                    && !std::mem::replace(&mut watch.ended, true)
                {
                    ends.push((watch.slot, *at, end.clone()));
                }
            });
        }
        frames.sort_by_key(|(_, frame)| frame.at);
        let context = self.context();
        for (slot, frame) in &frames {
            judge.frame(*slot, frame, &context);
        }
        for (slot, at, end) in &ends {
            judge.end(*slot, *at, end);
        }
        judge.advance(now);
    }

    fn conclude(
        &mut self,
        span: Span,
        judge: &ChannelJudge,
        watches: &[Watch],
        started: Instant,
        title: String,
    ) -> Walked {
        let log = |slot: Slot| {
            watches.iter().find(|watch| watch.slot == slot).map(|watch| watch.opened.log.read(Clone::clone))
        };
        let outcome = judge.outcome(&self.context(), &log);
        if !judge.is_over() {
            return Err(self.limit_reached(span));
        }
        for (slot, found) in outcome.matches {
            if let Some(watch) = watches.iter().find(|watch| watch.slot == slot) {
                watch.opened.matched(vec![found]);
            }
        }
        let held = outcome.diagnostics.is_empty();
        self.record(title, span, started, held, outcome.expectations);
        if !held {
            for diagnostic in outcome.diagnostics {
                self.evidence.fail(diagnostic);
            }
            return Err(Halt::Failed);
        }
        for (slot, cursor) in outcome.cursors {
            if let Some(watch) = watches.iter().find(|watch| watch.slot == slot) {
                watch.opened.consumed(cursor, Vec::new());
            }
        }
        for captures in &outcome.captures {
            self.scope.merge(captures);
        }
        Ok(())
    }

    fn start_of(&self, on: &OnChannel, watches: &[Watch], now: Instant) -> Start {
        let opened = watches.iter().find(|watch| watch.slot == on.channel).map(|watch| &watch.opened);
        let mut start = Start {
            cursor: opened.map_or(0, |opened| opened.cursor()),
            since: opened.map_or(now, |opened| opened.since()),
            now,
            limit: self.deadline.at,
        };
        let mark =
            on.since.and_then(|slot| self.scope.get(slot)).and_then(Value::as_json).and_then(serde_json::Value::as_u64);
        if let Some(mark) = mark.and_then(|index| self.attempt.channels.marked(index as usize)) {
            let handle = match self.scope.get(on.channel) {
                Some(Value::Channel(handle)) => *handle as usize,
                _ => usize::MAX,
            };
            // A channel that was opened after the mark has nothing before it.
            start.cursor = mark.lengths.get(&handle).copied().unwrap_or(0);
            start.since = mark.at;
        }
        start
    }
}

fn channels_of(expectation: &ChannelExpectation) -> Vec<&OnChannel> {
    match &expectation.kind {
        ChannelExpectationKind::Views { views, .. } => views.iter().map(|view| &view.on).collect(),
        ChannelExpectationKind::Never { on, .. }
        | ChannelExpectationKind::Silence { on, .. }
        | ChannelExpectationKind::Closed { on, .. }
        | ChannelExpectationKind::Ended { on, .. }
        | ChannelExpectationKind::CutOff { on, .. }
        | ChannelExpectationKind::Every { on, .. } => vec![on],
    }
}
