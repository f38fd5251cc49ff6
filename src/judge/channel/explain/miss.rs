//! Why an event that was awaited isn't there: the frame that came closest to it, on this channel or another, and what was wrong with it.

use std::sync::Arc;

use super::super::fit::{Asked, Captures, Fitted};
use super::explainer::Explainer;
use super::timeline::{Mark, content, timeline};
use super::words::{apart, moment, short, times};
use crate::diag::{Code, Diagnostic, Excerpt, closest, codes};
use crate::eval::Focus;
use crate::event::{Direction, Frame, FrameKind, Instant};
use crate::judge::expectation;
use crate::matchers::Truth;
use crate::pattern::{ItemId, ItemState};
use crate::plan::{Condition, ConditionKind, Expectation, ItemEntry, What};

/// The most frames whose every condition is looked at for the nearest miss.
const CLOSELY: usize = 200;

/// An item that was awaited in vain.
pub struct Missing<'a> {
    pub explainer: &'a Explainer<'a>,
    pub item: ItemId,
    pub asked: &'a Asked,
    pub deadline: Instant,
    /// `within 5s`
    pub time: &'a str,
}

/// What is said of it.
pub struct Explained {
    pub code: &'static Code,
    pub message: String,
    pub help: Option<String>,
    pub marks: Vec<Mark>,
    pub excerpts: Vec<Excerpt>,
}

pub fn explain(missing: &Missing<'_>) -> Explained {
    let reasons = [too_late, out_of_order, elsewhere, unfitting, batched, malformed];
    reasons.iter().find_map(|reason| reason(missing)).unwrap_or_else(|| absent(missing))
}

/// Whether a frame fits an item with what had been captured at the end.
pub fn fits(asked: &Asked, frame: &Frame, explainer: &Explainer<'_>) -> bool {
    matches!(asked.fits(frame, &explainer.failure.captures, explainer.evidence.outside), Ok(Fitted::Yes(_)))
}

fn too_late(missing: &Missing<'_>) -> Option<Explained> {
    let target = &missing.explainer.view.target;
    let log = missing.explainer.evidence.log(target.channel)?;
    let base = missing.explainer.view.base.clone();
    let context = missing.explainer.evidence.outside.context(&base, Focus::Nothing);
    let late = log.frames.iter().filter(|frame| frame.at > missing.deadline).find(|frame| {
        target.sees(target.channel, frame, &context).unwrap_or(false) && fits(missing.asked, frame, missing.explainer)
    })?;
    let message = format!(
        "{} came {} too late, as frame {} at {}",
        missing.text(),
        apart(late.at, missing.deadline),
        late.number,
        missing.moment(late.at)
    );
    Some(Explained {
        code: &codes::TOO_LATE,
        message,
        help: Some(format!("expected {}; is the server slow, or the time too short?", missing.time)),
        marks: vec![Mark::Frame(late.number, "too late".to_owned())],
        excerpts: Vec::new(),
    })
}

fn out_of_order(missing: &Missing<'_>) -> Option<Explained> {
    let early = missing.untaken().find(|frame| fits(missing.asked, frame, missing.explainer))?;
    let taken = &missing.explainer.failure.taken;
    // What had to come before it is over where its own wait began; others may be beside it in any order.
    let before_it = taken.iter().rev().find(|taken| Some(taken.at) == missing.since() && taken.frame > early.number);
    let later = before_it.or_else(|| taken.iter().find(|taken| taken.frame > early.number));
    let before = later.and_then(|taken| Some((missing.explainer.view.asked(taken.item)?, taken.frame)));
    let message = match before {
        Some((asked, frame)) => format!(
            "{} came too early in the order: frame {}, before `{}` (frame {frame})",
            missing.text(),
            early.number,
            missing.explainer.text(asked)
        ),
        None => format!("{} came too early in the order, as frame {}", missing.text(), early.number),
    };
    Some(Explained {
        code: &codes::OUT_OF_ORDER,
        message,
        help: Some("if the order doesn't matter, put them into `in any order { … }`".to_owned()),
        marks: vec![Mark::Frame(early.number, "it came here, before its turn".to_owned())],
        excerpts: Vec::new(),
    })
}

fn elsewhere(missing: &Missing<'_>) -> Option<Explained> {
    let view = missing.explainer.view;
    let clock = view.target.clock;
    let found =
        missing.explainer.evidence.logs().iter().filter(|(channel, _)| *channel != view.target.channel).find_map(
            |(_, log)| {
                let near =
                    |frame: &&Arc<Frame>| frame.direction == Direction::Received && !frame.hidden && frame.at >= clock;
                let frame =
                    log.frames.iter().filter(near).find(|frame| fits(missing.asked, frame, missing.explainer))?;
                Some((log, frame))
            },
        );
    let (log, frame) = found?;
    let message = format!(
        "{} didn't come on `{}` {}; it came on `{}` instead, as frame {}",
        missing.text(),
        view.target.name,
        missing.time,
        log.name,
        frame.number
    );
    let label = "it came here".to_owned();
    Some(Explained {
        code: &codes::WRONG_CHANNEL,
        message,
        help: Some("is it sent to the wrong user or session, or expected on the wrong channel?".to_owned()),
        marks: Vec::new(),
        excerpts: vec![timeline(log, clock, vec![Mark::Frame(frame.number, label)])],
    })
}

/// A frame with the right name, of which a condition doesn't hold.
fn unfitting(missing: &Missing<'_>) -> Option<Explained> {
    let captures = &missing.explainer.failure.captures;
    let mut nearest: Option<(usize, &Arc<Frame>, Diagnostic)> = None;
    // What came last is looked at most closely; of a flood, the rest isn't.
    let frames: Vec<&Arc<Frame>> = missing.untaken().filter(|frame| missing.asked.may_fit(frame)).collect();
    for frame in frames.into_iter().rev().take(CLOSELY).rev() {
        if let Some((held, broken)) = missing.first_broken(frame, captures)
            && nearest.as_ref().is_none_or(|(most, ..)| held >= *most)
        {
            nearest = Some((held, frame, broken));
        }
    }
    let (_, frame, broken) = nearest?;
    let name = &missing.explainer.view.target.name;
    let message = format!(
        "{} didn't come {}: frame {} has its name, but {}",
        missing.text(),
        missing.time,
        frame.number,
        broken.message
    );
    let mut excerpts = broken.excerpts;
    for excerpt in &mut excerpts {
        excerpt.name = format!("frame {} on `{name}`, the nearest miss", frame.number);
    }
    Some(Explained {
        code: &codes::UNFITTING_EVENT,
        message,
        help: broken.help,
        marks: vec![Mark::Frame(frame.number, "the nearest miss".to_owned())],
        excerpts,
    })
}

/// A frame that holds a list of events, where each frame is read as one.
fn batched(missing: &Missing<'_>) -> Option<Explained> {
    let event = missing.asked.event()?;
    let holds = |frame: &&Arc<Frame>| {
        let list = frame.payload.json.as_deref().and_then(|json| json.as_array());
        list.is_some_and(|list| list.iter().any(|one| names(one, event)))
    };
    let frame = missing.untaken().find(holds)?;
    let count = frame.payload.json.as_deref().and_then(|json| json.as_array()).map_or(0, <[_]>::len);
    let message = format!(
        "{} came in a batch: frame {} is a list of {count} events, and was read as one",
        missing.text(),
        frame.number
    );
    Some(Explained {
        code: &codes::BATCHED_EVENTS,
        message,
        help: Some(
            "`events in $[*] by $.type`, where the channel is opened, reads each element as an event".to_owned(),
        ),
        marks: vec![Mark::Frame(frame.number, "a list of events".to_owned())],
        excerpts: vec![content(&missing.explainer.view.target.name, frame, &[])],
    })
}

fn names(one: &crate::value::Json, event: &str) -> bool {
    one.as_object().is_some_and(|fields| fields.values().any(|value| value.as_str() == Some(event)))
}

/// A text that should be JSON and isn't, where an event is awaited.
fn malformed(missing: &Missing<'_>) -> Option<Explained> {
    if !matches!(missing.asked.item.what, What::Event(_)) {
        return None;
    }
    let looks_like_json = |frame: &&Arc<Frame>| {
        let texts = matches!(frame.kind, FrameKind::Text | FrameKind::Line);
        let first = frame.data.iter().find(|byte| !byte.is_ascii_whitespace());
        texts && frame.payload.json.is_none() && matches!(first, Some(b'{' | b'['))
    };
    let frame = missing.untaken().filter(looks_like_json).last()?;
    let error = crate::value::Json::read(&frame.data).err()?;
    let message = format!(
        "{} didn't come {}, but frame {} is malformed JSON: {}",
        missing.text(),
        missing.time,
        frame.number,
        short(&error.to_string(), 120)
    );
    let label = (Vec::new(), "not JSON".to_owned());
    Some(Explained {
        code: &codes::MALFORMED_FRAME,
        message,
        help: Some("a frame that isn't JSON has no event; `frame text` takes any text".to_owned()),
        marks: vec![Mark::Frame(frame.number, "malformed JSON".to_owned())],
        excerpts: vec![content(&missing.explainer.view.target.name, frame, &[label])],
    })
}

fn absent(missing: &Missing<'_>) -> Explained {
    let report = missing.explainer.failure.items.iter().find(|report| report.item == missing.item);
    let came = report.map_or(0, |report| report.taken.len() as u32);
    let least = missing.asked.count.min;
    let name = &missing.explainer.view.target.name;
    let message = if came > 0 && came < least {
        format!("{} came {} {}, expected {}", missing.text(), times(came), missing.time, times(least))
    } else {
        format!("{} didn't come {}", missing.text(), missing.time)
    };
    let near = missing.asked.event().and_then(|event| {
        // A name that the spec knows as another event isn't a slip of the pen.
        let known = |name: &&str| missing.explainer.view.items.iter().any(|asked| asked.event() == Some(name));
        let names = missing.untaken().filter_map(|frame| frame.payload.event.as_deref());
        let names: Vec<&str> = names.filter(|name| !known(name)).collect();
        closest(event, names.iter().copied()).map(|near| format!("`{}` came; was that meant?", short(near, 60)))
    });
    let help = near.unwrap_or_else(|| match missing.since_waiting().next() {
        None => format!("nothing at all came on `{name}` while it was awaited"),
        Some(_) => instead(missing).unwrap_or_else(|| "other frames came; the time line shows them".to_owned()),
    });
    Explained { code: &codes::MISSING_EVENT, message, help: Some(help), marks: Vec::new(), excerpts: Vec::new() }
}

/// A frame that is already what is awaited after it.
fn instead(missing: &Missing<'_>) -> Option<String> {
    let reports = &missing.explainer.failure.items;
    let place = reports.iter().position(|report| report.item == missing.item)?;
    missing.since_waiting().find_map(|frame| {
        let later = reports.iter().skip(place + 1).filter_map(|report| missing.explainer.view.asked(report.item));
        let asked =
            later.filter(|asked| asked.event().is_some()).find(|asked| fits(asked, frame, missing.explainer))?;
        Some(format!(
            "`{}` came instead (frame {}), which is awaited after it",
            missing.explainer.text(asked),
            frame.number
        ))
    })
}

impl<'a> Missing<'a> {
    fn text(&self) -> String {
        format!("`{}`", self.explainer.text(self.asked))
    }

    fn moment(&self, at: Instant) -> String {
        moment(at, self.explainer.view.target.clock)
    }

    /// The frames that no item took, in their order.
    fn untaken(&self) -> impl Iterator<Item = &'a Arc<Frame>> {
        let taken = &self.explainer.failure.taken;
        let is_taken = |frame: &Frame| taken.binary_search_by_key(&frame.number, |taken| taken.frame).is_ok();
        let seen = self.explainer.view.seen.iter();
        seen.filter(move |frame| !is_taken(frame) && frame.at <= self.deadline)
    }

    /// When the wait for it began.
    fn since(&self) -> Option<Instant> {
        let report = self.explainer.failure.items.iter().find(|report| report.item == self.item)?;
        match report.state {
            ItemState::Waiting { since, .. } => Some(since),
            _ => None,
        }
    }

    /// All that came since the item was awaited.
    fn since_waiting(&self) -> impl Iterator<Item = &'a Arc<Frame>> {
        let since = self.since().unwrap_or(self.explainer.view.target.clock);
        self.untaken().filter(move |frame| frame.at >= since)
    }

    /// The first condition that doesn't hold of a frame with the right name, and how many hold before it.
    fn first_broken(&self, frame: &Frame, captures: &Captures) -> Option<(usize, Diagnostic)> {
        let scope = self.asked.scope(&captures.scope);
        let outside = self.explainer.evidence.outside;
        let context = outside.context(&scope, Focus::Frame(frame));
        if !self.asked.names(frame, &context) {
            return None;
        }
        let conditions = self.asked.item.entries.iter().filter_map(|entry| match entry {
            ItemEntry::Condition(condition) => Some(condition),
            _ => None,
        });
        conditions.enumerate().find_map(|(held, condition)| broken(condition, &context).map(|broken| (held, broken)))
    }
}

/// Why a condition doesn't hold, reported about its first part that decides.
fn broken(condition: &Condition, context: &crate::eval::Context<'_>) -> Option<Diagnostic> {
    match &condition.kind {
        ConditionKind::Test(subject, matcher) => {
            let text = Arc::from(context.plan.sources.text(condition.span));
            let expect = Expectation { span: condition.span, text, subject: subject.clone(), matcher: matcher.clone() };
            expectation(&expect, context).err().map(|diagnostic| *diagnostic)
        }
        ConditionKind::And(all) => all.iter().find_map(|one| broken(one, context)),
        ConditionKind::Or(any) => {
            let each: Option<Vec<Diagnostic>> = any.iter().map(|one| broken(one, context)).collect();
            each?.into_iter().next()
        }
        ConditionKind::Not(inner) => {
            let truth = crate::matchers::truth(condition, context).unwrap_or(Truth::Unknown);
            let text = context.plan.sources.one_line(condition.span);
            match truth {
                Truth::Holds => None,
                Truth::Fails => {
                    Some(Diagnostic::error(&codes::VALUE, condition.span, format!("`{text}` doesn't hold")))
                }
                // What isn't known of its contrary isn't known of it either.
                Truth::Unknown => undecided(inner, context).or_else(|| {
                    let message = format!("of `{text}` it can't be said whether it holds");
                    Some(Diagnostic::error(&codes::VALUE, condition.span, message))
                }),
            }
        }
    }
}

/// The first part of a condition of which nothing is known, and why.
fn undecided(condition: &Condition, context: &crate::eval::Context<'_>) -> Option<Diagnostic> {
    let unknown = |one: &&Condition| crate::matchers::truth(one, context).ok() == Some(Truth::Unknown);
    match &condition.kind {
        ConditionKind::Test(..) => broken(condition, context),
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            parts.iter().find(unknown).and_then(|part| undecided(part, context))
        }
        ConditionKind::Not(inner) => undecided(inner, context),
    }
}
