//! Why a pattern failed, in the words of the spec: what was awaited, what came instead, and when.

use super::super::excerpt;
use super::super::frame::is_named;
use super::timeline::{at, end_words, timeline};
use super::views::Watched;
use super::written;
use crate::diag::{Code, Diagnostic, Excerpt, codes};
use crate::eval::{Context, Focus, Scope, evaluate, find, locate};
use crate::event::{ChannelLog, Frame, Instant};
use crate::matchers::{apply, condition};
use crate::pattern::{Cause, Failure, Gap, GapOp, ItemId, ItemState, Taken};
use crate::plan::{Condition, ConditionKind, Item, ItemEntry, What};
use crate::source::Span;
use crate::value::format_duration;

/// The diagnostic of a view that failed.
pub(super) fn failure(
    view: &Watched,
    failure: &Failure<Scope>,
    others: &[&Watched],
    context: &Context<'_>,
    log: Option<&ChannelLog>,
) -> Diagnostic {
    let teller = Teller { view, failure, context, log };
    let (code, span, message) = teller.reason();
    let mut diagnostic = Diagnostic::error(code, span, message);
    for item in &failure.items {
        if let Some((span, words)) = teller.label(item.item, item) {
            if span == diagnostic.span {
                diagnostic.label = Some(words);
            } else {
                diagnostic = diagnostic.with_related(span, words);
            }
        }
    }
    diagnostic.help = teller.help(others);
    if let Some(near) = teller.nearest_miss() {
        diagnostic = diagnostic.with_excerpt(near);
    }
    if let Some(log) = log {
        let frame = teller.offender();
        let label = frame.map(|frame| (frame, "this one".to_owned()));
        diagnostic = diagnostic.with_excerpt(timeline(log, frame, label.as_slice()));
    }
    diagnostic
}

struct Teller<'a> {
    view: &'a Watched,
    failure: &'a Failure<Scope>,
    context: &'a Context<'a>,
    log: Option<&'a ChannelLog>,
}

impl Teller<'_> {
    fn item(&self, id: ItemId) -> Option<&Item> {
        self.view.items.get(id.0 as usize)
    }

    /// `event "agent_started"`, in backticks.
    fn name(&self, id: ItemId) -> String {
        self.item(id).map_or("this item".to_owned(), |item| format!("`{}`", written(self.context, item.head)))
    }

    fn head(&self, id: ItemId) -> Span {
        self.item(id).map_or(self.view.on.span, |item| item.head)
    }

    fn time(&self, instant: Instant) -> String {
        self.log.map_or_else(|| format_duration(instant), |log| at(log, instant))
    }

    /// The item that was awaited, if one can be named.
    fn awaited(&self) -> Option<ItemId> {
        let needed =
            self.failure.items.iter().find(|item| matches!(item.state, ItemState::Waiting { needed: true, .. }));
        let expired = || self.failure.items.iter().find(|item| matches!(item.state, ItemState::Expired { .. }));
        needed.or_else(expired).or_else(|| self.failure.awaited().next()).map(|item| item.item)
    }

    fn reason(&self) -> (&'static Code, Span, String) {
        match &self.failure.cause {
            Cause::ItemDeadline { item, deadline } => self.not_in_time(*item, *deadline),
            Cause::BlockDeadline { deadline, .. } | Cause::LimitReached { deadline } => match self.awaited() {
                Some(item) => self.not_in_time(item, *deadline),
                None => {
                    let message = format!("this wasn't complete at its deadline, {}", self.time(*deadline));
                    (&codes::MISSING_EVENT, self.view.on.span, message)
                }
            },
            Cause::ItemTooEarly { item, frame, earliest } => {
                let message = format!(
                    "{} came too early: frame {frame} at {}, expected not before {}",
                    self.name(*item),
                    self.frame_time(*frame),
                    self.time(*earliest)
                );
                (&codes::TOO_EARLY, self.head(*item), message)
            }
            Cause::BlockTooEarly { block, at, earliest } => {
                let message =
                    format!("this was complete at {}, expected not before {}", self.time(*at), self.time(*earliest));
                (&codes::TOO_EARLY, self.block(*block), message)
            }
            Cause::Never { item, frame } => {
                let message = format!(
                    "{} came, which must never come here: frame {frame} at {}",
                    self.name(*item),
                    self.frame_time(*frame)
                );
                (&codes::FORBIDDEN, self.head(*item), message)
            }
            Cause::TooMany { item, frame, most } => {
                let times = if *most == 1 { "once".to_owned() } else { format!("{most} times") };
                let message = format!(
                    "{} came again: frame {frame} at {}, expected it {times}",
                    self.name(*item),
                    self.frame_time(*frame)
                );
                (&codes::TOO_MANY, self.head(*item), message)
            }
            Cause::TooManyRounds { block, item, frame, most } => {
                let message = format!(
                    "{} begins one round more than the {most} that are expected: frame {frame}",
                    self.name(*item)
                );
                let _ = block;
                (&codes::TOO_MANY, self.head(*item), message)
            }
            Cause::Unexpected { frame, .. } => {
                let what = self.frame(*frame).and_then(|frame| frame.payload.event.clone());
                let what = what.map_or("a frame without a name".to_owned(), |event| {
                    format!("`{}`", crate::diag::sanitize(&event))
                });
                let instead =
                    self.awaited().map(|item| format!(" while {} was awaited", self.name(item))).unwrap_or_default();
                let span = self.awaited().map_or(self.view.on.span, |item| self.head(item));
                (
                    &codes::UNEXPECTED_FRAME,
                    span,
                    format!("{what} came{instead}: frame {frame}, and the order is strict"),
                )
            }
            Cause::Gap { gap, after, frame, .. } => {
                let message = match frame {
                    Some(frame) => {
                        format!(
                            "the gap before frame {frame} was {}, expected {}",
                            self.between(*after, *frame),
                            gap_words(gap)
                        )
                    }
                    None => format!(
                        "nothing came for too long after {}, expected a gap of {}",
                        self.time(*after),
                        gap_words(gap)
                    ),
                };
                (&codes::GAP, self.awaited().map_or(self.view.on.span, |item| self.head(item)), message)
            }
            Cause::LogEnded { end } => {
                let awaited = self.awaited();
                let what = awaited.map_or("more".to_owned(), |item| self.name(item));
                let span = awaited.map_or(self.view.on.span, |item| self.head(item));
                let message =
                    format!("the channel `{}` was {} while {what} was awaited", self.view.on.name, end_words(end));
                (&codes::ENDED_EARLY, span, message)
            }
            Cause::TooManyThreads { limit } => {
                let message = format!("this pattern has more than {limit} ways to match what came");
                (&codes::TOO_COMPLEX, self.view.on.span, message)
            }
        }
    }

    fn not_in_time(&self, id: ItemId, deadline: Instant) -> (&'static Code, Span, String) {
        let name = self.name(id);
        if let Some(late) = self.came_late(id, deadline) {
            let by = format_duration(late.at.saturating_sub(deadline));
            let message = format!(
                "{name} came {by} too late: frame {} at {}, expected by {}",
                late.number,
                self.time(late.at),
                self.time(deadline)
            );
            return (&codes::TOO_LATE, self.head(id), message);
        }
        let waited = self.since(id).map(|since| format_duration(deadline.saturating_sub(since)));
        let waited = waited.map(|waited| format!(" within {waited}")).unwrap_or_default();
        (&codes::MISSING_EVENT, self.head(id), format!("{name} didn't come{waited}"))
    }

    /// The first frame after the deadline that would have been right: it is in the log when the run had gone on meanwhile.
    fn came_late(&self, id: ItemId, deadline: Instant) -> Option<&Frame> {
        let item = self.item(id)?;
        let frames = self.log?.frames.iter().filter(|frame| frame.at > deadline && super::is_visible(frame));
        frames.map(|frame| &**frame).find(|frame| self.takes(item, frame))
    }

    fn takes(&self, item: &Item, frame: &Frame) -> bool {
        let context = Context { scope: &self.failure.captures, ..*self.context };
        super::super::fits(item, frame, &context).unwrap_or(false)
    }

    fn since(&self, id: ItemId) -> Option<Instant> {
        let report = self.failure.items.iter().find(|report| report.item == id)?;
        match report.state {
            ItemState::Waiting { since, .. } => Some(since),
            _ => None,
        }
    }

    fn block(&self, id: crate::pattern::BlockId) -> Span {
        let span = self.view.blocks.get(id.0 as usize).copied().unwrap_or(self.view.on.span);
        let line = self.context.plan.sources.text(span).lines().next().map_or(0, str::len);
        span.slice(0, line)
    }

    fn frame(&self, number: u32) -> Option<&Frame> {
        self.view.seen.iter().find(|frame| frame.number == number).map(|frame| &**frame)
    }

    fn frame_time(&self, number: u32) -> String {
        self.frame(number).map_or("an unknown time".to_owned(), |frame| self.time(frame.at))
    }

    fn between(&self, after: Instant, frame: u32) -> String {
        self.frame(frame).map_or("too long".to_owned(), |frame| format_duration(frame.at.saturating_sub(after)))
    }

    /// What became of an item, in a few words.
    fn label(&self, id: ItemId, report: &crate::pattern::ItemReport) -> Option<(Span, String)> {
        let taken = |taken: &[(u32, Instant)]| match taken {
            [] => None,
            [(frame, time)] => Some(format!("came at {} (frame {frame})", self.time(*time))),
            [(frame, time), .., (last, until)] => Some(format!(
                "came {} times, from {} to {} (frames {frame} to {last})",
                taken.len(),
                self.time(*time),
                self.time(*until)
            )),
        };
        let words = match report.state {
            ItemState::Done => taken(&report.taken)?,
            ItemState::Skipped => return None,
            ItemState::Waiting { since, deadline, .. } => {
                let until = deadline
                    .map(|deadline| format!(" until the deadline at {}", self.time(deadline)))
                    .unwrap_or_default();
                format!("awaited since {}{until}", self.time(since))
            }
            ItemState::Expired { .. } => taken(&report.taken)?,
            ItemState::NeverReached => "never reached".to_owned(),
        };
        Some((self.head(id), words))
    }

    fn offender(&self) -> Option<u32> {
        match &self.failure.cause {
            Cause::ItemTooEarly { frame, .. }
            | Cause::Never { frame, .. }
            | Cause::TooMany { frame, .. }
            | Cause::TooManyRounds { frame, .. }
            | Cause::Unexpected { frame, .. } => Some(*frame),
            Cause::Gap { frame, .. } => *frame,
            Cause::ItemDeadline { item, deadline } => self.came_late(*item, *deadline).map(|frame| frame.number),
            _ => None,
        }
    }

    /// The plain reason, where one can be seen: it came earlier, it came on another channel, or something with a similar name came.
    fn help(&self, others: &[&Watched]) -> Option<String> {
        let id = match &self.failure.cause {
            Cause::ItemDeadline { item, .. } => *item,
            Cause::BlockDeadline { .. } | Cause::LimitReached { .. } | Cause::LogEnded { .. } => self.awaited()?,
            _ => return None,
        };
        let item = self.item(id)?;
        let used: Vec<u32> = self.failure.taken.iter().map(|taken: &Taken<Scope>| taken.frame).collect();
        let last = used.last().copied().unwrap_or(0);
        let earlier = self
            .view
            .seen
            .iter()
            .find(|frame| frame.number < last && !used.contains(&frame.number) && self.takes(item, frame));
        if let Some(frame) = earlier {
            let before =
                self.failure.taken.iter().find(|taken| taken.frame > frame.number).map(|taken| self.name(taken.item));
            let before = before.map(|name| format!(", before {name}")).unwrap_or_default();
            return Some(format!("one like it came at {} (frame {}){before}", self.time(frame.at), frame.number));
        }
        if let Some(other) = others.iter().find(|other| other.seen.iter().any(|frame| self.takes(item, frame))) {
            return Some(format!("one like it came on the channel `{}`", other.on.name));
        }
        let What::Event(name) = &item.what else { return None };
        let context = Context { scope: &self.failure.captures, ..*self.context };
        let wanted = evaluate(name, &context).ok()?.to_text();
        let names = self.view.seen.iter().filter_map(|frame| frame.payload.event.as_deref());
        let near = crate::diag::closest(&wanted, names)?;
        Some(format!("an event `{}` came; was that meant?", crate::diag::sanitize(near)))
    }

    /// The frame with the right name that failed a condition, with the value that was wrong.
    fn nearest_miss(&self) -> Option<Excerpt> {
        let id = match &self.failure.cause {
            Cause::ItemDeadline { item, .. } => *item,
            Cause::BlockDeadline { .. } | Cause::LimitReached { .. } | Cause::LogEnded { .. } => self.awaited()?,
            _ => return None,
        };
        let item = self.item(id)?;
        let since = self.since(id).unwrap_or_default();
        for frame in self.view.seen.iter().rev().filter(|frame| frame.at >= since) {
            let context = Context { scope: &self.failure.captures, focus: Focus::Frame(frame), ..*self.context };
            if !is_named(&item.what, frame, &context).unwrap_or(false) {
                continue;
            }
            let failing = item.entries.iter().find_map(|entry| match entry {
                ItemEntry::Condition(selects) => unmet(selects, &context),
                _ => None,
            });
            if let (Some((path, words)), Some(json)) = (failing, &frame.payload.json) {
                return Some(excerpt::json_excerpt(
                    format!("frame {}, the nearest", frame.number),
                    json,
                    &[(path, words)],
                ));
            }
        }
        None
    }
}

/// The part of a condition that doesn't hold: where it looked, and what it found there.
fn unmet(selects: &Condition, context: &Context<'_>) -> Option<(Vec<crate::value::PathStep>, String)> {
    if condition(selects, context).unwrap_or(true) {
        return None;
    }
    match &selects.kind {
        ConditionKind::And(all) => all.iter().find_map(|inner| unmet(inner, context)),
        ConditionKind::Test(subject, matcher) => {
            let path = locate(subject, context).into_iter().next().unwrap_or_default();
            let found = find(subject, context).ok()?;
            let words = apply(matcher, &found, context).ok()?.err()?.text;
            let subject = context.plan.sources.text(subject.span);
            Some((path, format!("`{subject}` {words}")))
        }
        ConditionKind::Or(_) | ConditionKind::Not(_) => Some((Vec::new(), "the condition doesn't hold".to_owned())),
    }
}

fn gap_words(gap: &Gap) -> String {
    let word = match gap.op {
        GapOp::Less => "less than",
        GapOp::AtMost => "at most",
        GapOp::More => "more than",
        GapOp::AtLeast => "at least",
    };
    format!("{word} {}", format_duration(gap.limit))
}
