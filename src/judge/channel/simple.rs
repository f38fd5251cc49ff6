//! Expectations that need no pattern: silence, an item that must not come for a time, ends, and events that lead to others.

use std::sync::Arc;
use std::time::Duration;

use super::build::{duration, limit, whole};
use super::fitter::Fitter;
use super::timeline::{at, code_name, end_words, timeline};
use super::{ChannelOutcome, Start, is_visible, written};
use crate::diag::{Code, Diagnostic, codes};
use crate::eval::{Context, Fault, Focus, Scope, evaluate};
use crate::event::{ChannelEnd, ChannelLog, Frame, FrameKind, Instant};
use crate::judge::{ExpectationRecord, FrameMatch};
use crate::matchers::condition;
use crate::pattern::{Fit as _, ItemId};
use crate::plan::{ChannelExpectation, ChannelExpectationKind as Expected, Item, OnChannel, Slot};
use crate::source::Span;
use crate::value::format_duration;

/// How long an end is waited for that says no time.
const DEFAULT_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct Simple {
    pub on: OnChannel,
    pub start: Start,
    deadline: Instant,
    time: Duration,
    items: Vec<Item>,
    /// The code and reason that a close must have.
    code: Option<u32>,
    reason: Option<String>,
    /// Triggers that still wait for their response.
    owed: Vec<Owed>,
    triggers: usize,
    taken: Vec<(u32, ItemId)>,
    last: usize,
    seen: Vec<Arc<Frame>>,
    over: Option<Result<(), Problem>>,
    fault: Option<Fault>,
}

struct Owed {
    frame: u32,
    captures: Scope,
    until: Instant,
}

struct Problem {
    code: &'static Code,
    span: Span,
    message: String,
    frame: Option<u32>,
    help: Option<String>,
}

impl Simple {
    pub fn new(
        expected: &ChannelExpectation,
        context: &Context<'_>,
        start: &dyn Fn(&OnChannel) -> Start,
    ) -> Result<Self, Fault> {
        let time_or =
            |within: Option<&crate::plan::Expr>| within.map_or(Ok(DEFAULT_WITHIN), |within| duration(within, context));
        let (on, time, items) = match &expected.kind {
            Expected::Never { on, item, time } => (on, duration(time, context)?, vec![(**item).clone()]),
            Expected::Silence { on, time } => (on, duration(time, context)?, Vec::new()),
            Expected::Closed { on, within, .. } | Expected::Ended { on, within } | Expected::CutOff { on, within } => {
                (on, time_or(within.as_ref())?, Vec::new())
            }
            Expected::Every { on, trigger, response } => {
                let within = limit(response.within.as_ref(), context)?.map_or(DEFAULT_WITHIN, |limit| limit.at_most);
                (on, within, vec![(**trigger).clone(), (**response).clone()])
            }
            Expected::Views { views, .. } => {
                let message = "this expectation is one of patterns";
                let span = views.first().map_or(expected.span, |view| view.on.span);
                return Err(Box::new(Diagnostic::error(&codes::INTERNAL, span, message)));
            }
        };
        let start = start(on);
        let (mut code, mut reason) = (None, None);
        if let Expected::Closed { code: wanted, reason: words, .. } = &expected.kind {
            code = wanted.as_ref().map(|code| whole(code, context)).transpose()?;
            reason = words.as_ref().map(|reason| evaluate(reason, context)).transpose()?.map(|reason| reason.to_text());
        }
        Ok(Self {
            on: on.clone(),
            start,
            deadline: start.now.saturating_add(time).min(start.limit),
            time,
            items,
            code,
            reason,
            owed: Vec::new(),
            triggers: 0,
            taken: Vec::new(),
            last: start.cursor,
            seen: Vec::new(),
            over: None,
            fault: None,
        })
    }

    pub fn frame(&mut self, expected: &ChannelExpectation, frame: &Arc<Frame>, context: &Context<'_>) {
        if self.over.is_some() || !is_visible(frame) || frame.kind == FrameKind::SseComment {
            return;
        }
        if let Some(filter) = &self.on.filter {
            let seen = Context { focus: Focus::Frame(frame), ..*context };
            if !condition(filter, &seen).unwrap_or(false) {
                return;
            }
        }
        self.seen.push(frame.clone());
        match &expected.kind {
            Expected::Silence { .. } if frame.at <= self.deadline => {
                let name = frame
                    .payload
                    .event
                    .as_deref()
                    .map(|event| format!(": `{}`", crate::diag::sanitize(event)))
                    .unwrap_or_default();
                let message = format!("a frame came, expected silence for {}{name}", format_duration(self.time));
                self.fail(&codes::NOT_SILENT, expected.span, message, Some(frame.number));
            }
            Expected::Never { .. } if frame.at <= self.deadline => {
                if let Some(item) = self.fits(0, frame, context.scope, context) {
                    let _ = item;
                    let head = self.items[0].head;
                    let message = format!(
                        "`{}` came, expected it never to come for {}",
                        written(context, head),
                        format_duration(self.time)
                    );
                    self.fail(&codes::FORBIDDEN, head, message, Some(frame.number));
                }
            }
            Expected::Every { .. } => self.lead(frame, context),
            _ => {}
        }
    }

    fn fits(&mut self, item: u32, frame: &Frame, scope: &Scope, context: &Context<'_>) -> Option<Scope> {
        let fitter = Fitter { items: &self.items, context, fault: Default::default() };
        let found = fitter.fits(ItemId(item), frame, scope);
        if let Some(fault) = fitter.fault.into_inner() {
            self.fault.get_or_insert(fault);
        }
        found
    }

    fn lead(&mut self, frame: &Arc<Frame>, context: &Context<'_>) {
        self.expire(frame.at, false);
        let mut index = 0;
        while index < self.owed.len() {
            let captures = self.owed[index].captures.clone();
            if self.fits(1, frame, &captures, context).is_some() {
                self.owed.remove(index);
                self.taken.push((frame.number, ItemId(1)));
                self.last = self.last.max(frame.number as usize);
            } else {
                index += 1;
            }
        }
        // What comes after the expectation began is for the next one.
        if frame.at > self.start.now {
            return;
        }
        let base = context.scope.branch();
        if let Some(captures) = self.fits(0, frame, &base, context) {
            self.triggers += 1;
            self.taken.push((frame.number, ItemId(0)));
            self.last = self.last.max(frame.number as usize);
            self.owed.push(Owed { frame: frame.number, captures, until: frame.at.saturating_add(self.time) });
        }
    }

    fn expire(&mut self, now: Instant, reached: bool) {
        let late = self.owed.iter().find(|owed| owed.until < now || (reached && owed.until == now));
        if let Some(owed) = late {
            let (frame, head) = (owed.frame, self.items.get(1).map_or(self.on.span, |item| item.head));
            let message = format!("frame {frame} led to nothing within {}", format_duration(self.time));
            self.fail(&codes::NO_REPLY, head, message, Some(frame));
        }
    }

    pub fn advance(&mut self, now: Instant) {
        if self.over.is_some() {
            return;
        }
        if self.items.len() == 2 {
            self.expire(now, true);
            if self.over.is_none() && self.owed.is_empty() && now >= self.start.now {
                self.settle_every();
            }
            return;
        }
        if now < self.deadline {
            return;
        }
        if self.deadline >= self.start.limit && self.start.now.saturating_add(self.time) > self.start.limit {
            let message = format!("the time of the test was over before {} had passed", format_duration(self.time));
            self.fail(&codes::NOT_CLOSED, self.on.span, message, None);
            return;
        }
        self.over = Some(Ok(()));
    }

    fn settle_every(&mut self) {
        if self.triggers > 0 {
            self.over = Some(Ok(()));
            return;
        }
        let head = self.items.first().map_or(self.on.span, |item| item.head);
        self.fail(&codes::MISSING_EVENT, head, "no frame like this came, so nothing is proved".to_owned(), None);
    }

    pub fn end(&mut self, expected: &ChannelExpectation, ended: Instant, end: &ChannelEnd) {
        if self.over.is_some() {
            return;
        }
        match &expected.kind {
            Expected::Closed { .. } => self.closed(expected, ended, end),
            Expected::Ended { .. } => match end {
                ChannelEnd::Ended => self.over = Some(Ok(())),
                _ => self.fail(
                    &codes::WRONG_CLOSE,
                    expected.span,
                    format!("the channel was {}, expected it to end", end_words(end)),
                    None,
                ),
            },
            Expected::CutOff { .. } => match end {
                ChannelEnd::CutOff { .. } | ChannelEnd::Lost { .. } => self.over = Some(Ok(())),
                _ => self.fail(
                    &codes::WRONG_CLOSE,
                    expected.span,
                    format!("the channel was {}, expected it to be cut off", end_words(end)),
                    None,
                ),
            },
            // Nothing can come any more, whatever the time; but a connection that broke may have kept something from coming.
            Expected::Silence { .. } | Expected::Never { .. } => match end {
                ChannelEnd::Lost { .. } | ChannelEnd::CutOff { .. } => {
                    self.fail(
                        &codes::ENDED_EARLY,
                        expected.span,
                        format!("the channel was {}, so its silence proves nothing", end_words(end)),
                        None,
                    );
                }
                _ => self.over = Some(Ok(())),
            },
            Expected::Every { .. } => match self.owed.first() {
                Some(owed) => {
                    let (frame, head) = (owed.frame, self.items.get(1).map_or(self.on.span, |item| item.head));
                    let message = format!("the channel was {} before what frame {frame} must lead to", end_words(end));
                    self.fail(&codes::ENDED_EARLY, head, message, Some(frame));
                }
                None => self.settle_every(),
            },
            Expected::Views { .. } => {}
        }
    }

    fn closed(&mut self, expected: &ChannelExpectation, ended: Instant, end: &ChannelEnd) {
        if ended > self.deadline {
            return;
        }
        let (code, reason) = match end {
            ChannelEnd::Closed { code, reason, .. } => (*code, reason.as_str()),
            ChannelEnd::Lost { .. } => (1006, ""),
            other => {
                self.fail(
                    &codes::WRONG_CLOSE,
                    expected.span,
                    format!("the channel was {}, expected a close", end_words(other)),
                    None,
                );
                return;
            }
        };
        if let Some(wanted) = self.code
            && wanted != u32::from(code)
        {
            let name = u16::try_from(wanted).map(code_name).unwrap_or_default();
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            let message = format!("the channel was {}, expected {wanted}{name}", end_words(end));
            self.fail(&codes::WRONG_CLOSE, expected.span, message, None);
            return;
        }
        if let Some(wanted) = self.reason.clone()
            && wanted != reason
        {
            let message = format!(
                "the reason of the close is \"{}\", expected \"{}\"",
                crate::diag::sanitize(reason),
                crate::diag::sanitize(&wanted)
            );
            self.fail(&codes::WRONG_CLOSE, expected.span, message, None);
            return;
        }
        // `closed` alone isn't fulfilled by a connection that breaks.
        if self.code.is_none() && code == 1006 {
            self.fail(
                &codes::WRONG_CLOSE,
                expected.span,
                format!("the channel was {}, expected a close", end_words(end)),
                None,
            );
            return;
        }
        self.over = Some(Ok(()));
    }

    fn fail(&mut self, code: &'static Code, span: Span, message: String, frame: Option<u32>) {
        self.over.get_or_insert(Err(Problem { code, span, message, frame, help: None }));
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        if self.over.is_some() {
            return None;
        }
        let owed = self.owed.iter().map(|owed| owed.until).min();
        Some(if self.items.len() == 2 { owed.unwrap_or(self.start.now) } else { self.deadline })
    }

    pub fn is_over(&self) -> bool {
        self.over.is_some() || self.fault.is_some()
    }

    pub fn outcome(
        &self,
        expected: &ChannelExpectation,
        context: &Context<'_>,
        log: &dyn Fn(Slot) -> Option<ChannelLog>,
    ) -> ChannelOutcome {
        let mut outcome = ChannelOutcome::default();
        let log = log(self.on.channel);
        if let Some(fault) = &self.fault {
            outcome.diagnostics.push((**fault).clone());
        }
        let waits_for_end =
            matches!(expected.kind, Expected::Closed { .. } | Expected::Ended { .. } | Expected::CutOff { .. });
        let ended = log.as_ref().is_some_and(|log| log.end.as_ref().is_some_and(|(at, _)| *at <= self.deadline));
        match &self.over {
            Some(Err(problem)) => outcome.diagnostics.push(self.told(problem, log.as_ref())),
            Some(Ok(())) if waits_for_end && !ended => {
                let text = written(context, expected.span);
                let message = format!(
                    "the channel `{}` was still open after {}, expected `{text}`",
                    self.on.name,
                    format_duration(self.time)
                );
                let problem =
                    Problem { code: &codes::NOT_CLOSED, span: expected.span, message, frame: None, help: None };
                outcome.diagnostics.push(self.told(&problem, log.as_ref()));
            }
            _ => {}
        }
        let held = outcome.diagnostics.is_empty();
        outcome.expectations.push(ExpectationRecord {
            span: expected.span,
            text: written(context, expected.span),
            held,
        });
        if held && matches!(expected.kind, Expected::Every { .. }) {
            outcome.cursors.push((self.on.channel, self.last));
        }
        for (frame, item) in &self.taken {
            if let Some(item) = self.items.get(item.0 as usize) {
                let text = written(context, item.head);
                outcome.matches.push((self.on.channel, FrameMatch { frame: *frame, item: item.head, text }));
            }
        }
        outcome
    }

    fn told(&self, problem: &Problem, log: Option<&ChannelLog>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(problem.code, problem.span, problem.message.clone());
        diagnostic.help.clone_from(&problem.help);
        let Some(log) = log else { return diagnostic };
        let label = problem.frame.and_then(|number| {
            let frame = self.seen.iter().find(|frame| frame.number == number)?;
            Some((number, format!("at {}", at(log, frame.at))))
        });
        diagnostic.with_excerpt(timeline(log, problem.frame, label.as_slice()))
    }
}
