use super::super::Evidence;
use super::super::fit::Captures;
use super::super::view::{View, Wrong};
use super::explainer::Explainer;
use super::head;
use super::miss::{self, Missing};
use super::others::proves_nothing;
use super::timeline::{Mark, content, timeline};
use super::words::{apart, coded, ended, moment, times};
use crate::diag::{Code, Diagnostic, Excerpt, codes};
use crate::event::{ChannelEnd, Frame, Instant};
use crate::pattern::{BlockId, Cause, Failure, Gap, GapOp, ItemId, ItemReport, ItemState};
use crate::source::Span;
use crate::value::format_duration;

/// The most items of the spec that are labelled.
const MOST_LABELS: usize = 12;

/// Why no way to match a view's pattern was left.
pub fn failure(failure: &Failure<Captures>, view: &View, evidence: &Evidence<'_>) -> Diagnostic {
    let explainer = Explainer { failure, view, evidence };
    match &failure.cause {
        Cause::ItemDeadline { item, deadline } => {
            explainer.missing(Some(*item), *deadline, &explainer.item_time(*item))
        }
        Cause::BlockDeadline { block, deadline } => explainer.missing(None, *deadline, &explainer.block_time(*block)),
        Cause::LimitReached { deadline } => {
            let before = format!("before {} was over", view.bound.words);
            let reported = explainer.missing(None, *deadline, &before);
            if view.bound.span.is_nowhere() {
                reported
            } else {
                reported.with_related(view.bound.span, "this limit was reached")
            }
        }
        Cause::LogEnded { end } => explainer.log_ended(end),
        Cause::ItemTooEarly { item, frame, earliest } => explainer.item_too_early(*item, *frame, *earliest),
        Cause::BlockTooEarly { block, at, earliest } => explainer.block_too_early(*block, *at, *earliest),
        Cause::Never { item, frame } => forbidden(*item, *frame, view, evidence),
        Cause::TooMany { item, frame, most } => explainer.too_many(*item, *frame, *most),
        Cause::TooManyRounds { block, item, frame, most } => explainer.too_many_rounds(*block, *item, *frame, *most),
        Cause::Unexpected { block, frame } => explainer.unexpected(*block, *frame),
        Cause::Gap { block, gap, after, frame } => explainer.gap(*block, *gap, *after, *frame),
        Cause::TooManyThreads { limit } => explainer.too_many_ways(*limit),
    }
}

/// What is wrong although the pattern itself hasn't failed.
pub fn wrong(wrong: &Wrong, view: &View, evidence: &Evidence<'_>) -> Diagnostic {
    match wrong {
        Wrong::Fault(fault) => fault.clone(),
        Wrong::Frame { taken, diagnostic } => {
            let Some(asked) = view.asked(taken.item) else { return diagnostic.clone() };
            let text = evidence.text(asked.item.head);
            let mut reported = diagnostic.clone();
            reported.code = &codes::WRONG_EVENT;
            reported.message = format!("`{text}` came, but {}", diagnostic.message);
            for excerpt in &mut reported.excerpts {
                excerpt.name = format!("frame {} on `{}`", taken.frame, view.target.name);
            }
            reported.with_related(asked.item.head, matched(taken.frame, taken.at, view.target.clock))
        }
    }
}

/// A frame that fits a `never`.
fn forbidden(item: ItemId, frame: u32, view: &View, evidence: &Evidence<'_>) -> Diagnostic {
    let Some(asked) = view.asked(item) else { return lost(view) };
    let text = evidence.text(asked.item.head);
    let at = view.seen(frame).map(|frame| frame.at).unwrap_or_default();
    let message = format!("`{text}` came as frame {frame} at {}, and must never come", moment(at, view.target.clock));
    let mut reported = Diagnostic::error(&codes::FORBIDDEN_EVENT, asked.item.head, message)
        .with_label(format!("frame {frame} fits this"))
        .with_help("the server mustn't send it here; if only some of its kind are wrong, say which with a condition");
    reported.excerpts.extend(view.seen(frame).map(|frame| content(&view.target.name, frame, &[])));
    reported.excerpts.extend(line(view, evidence, vec![Mark::Frame(frame, "must never come".to_owned())]));
    reported
}

fn line(view: &View, evidence: &Evidence<'_>, marks: Vec<Mark>) -> Option<Excerpt> {
    evidence.log(view.target.channel).map(|log| timeline(log, view.target.clock, marks))
}

fn matched(frame: u32, at: Instant, clock: Instant) -> String {
    format!("matched at {} by frame {frame}", moment(at, clock))
}

/// For what can't happen: an item that the view doesn't know.
fn lost(view: &View) -> Diagnostic {
    Diagnostic::error(&codes::MISSING_EVENT, view.target.span, "this expectation doesn't hold")
}

impl Explainer<'_> {
    fn clock(&self) -> Instant {
        self.view.target.clock
    }

    /// The item whose absence is reported: the first that was needed, else the first that was waited for.
    fn awaited(&self) -> Option<ItemId> {
        let items = &self.failure.items;
        let needed = items.iter().find(|item| matches!(item.state, ItemState::Waiting { needed: true, .. }));
        needed
            .or_else(|| items.iter().find(|item| matches!(item.state, ItemState::Expired { .. })))
            .or_else(|| items.iter().find(|item| matches!(item.state, ItemState::Waiting { .. })))
            .or_else(|| items.iter().find(|item| item.state == ItemState::NeverReached))
            .map(|item| item.item)
    }

    fn item_time(&self, item: ItemId) -> String {
        let limit = self.view.asked(item).and_then(|asked| asked.item.within.as_ref().map(|limit| limit.at_most.span));
        self.within(limit)
    }

    fn block_time(&self, block: BlockId) -> String {
        self.within(self.view.blocks.get(block.0 as usize).and_then(|source| source.within))
    }

    /// `within 5s`, as it is written.
    fn within(&self, span: Option<Span>) -> String {
        let text = span.map(|span| self.evidence.text(span)).unwrap_or_default();
        if text.starts_with("within") || text.is_empty() { text } else { format!("within {text}") }
    }

    /// Something was awaited until a deadline.
    fn missing(&self, item: Option<ItemId>, deadline: Instant, time: &str) -> Diagnostic {
        let Some((item, asked)) = item.or_else(|| self.awaited()).and_then(|id| Some((id, self.view.asked(id)?)))
        else {
            return lost(self.view);
        };
        // Its own time was over before that of the block, which went on as long as something before it could come again.
        let own = self.failure.items.iter().find(|report| report.item == item).and_then(|report| match report.state {
            ItemState::Expired { deadline } => deadline.filter(|_| asked.item.within.is_some()),
            _ => None,
        });
        let own_time = own.map(|_| self.item_time(item));
        let (deadline, time) = (own.unwrap_or(deadline), own_time.as_deref().unwrap_or(time));
        let missing = Missing { explainer: self, item, asked, deadline, time };
        let reported = miss::explain(&missing);
        let waited = Mark::Instant(deadline, "the deadline", format!("`{}` was still awaited", self.text(asked)));
        let mut marks = reported.marks;
        marks.push(waited);
        let mut diagnostic = Diagnostic::error(reported.code, asked.item.head, reported.message);
        diagnostic.label = self.state_of(item);
        diagnostic.help = reported.help;
        diagnostic.excerpts = reported.excerpts;
        self.finish(diagnostic, Some(item), marks)
    }

    fn log_ended(&self, end: &ChannelEnd) -> Diagnostic {
        let code: &'static Code = match end {
            ChannelEnd::Failed { .. } => &codes::BROKEN,
            ChannelEnd::Lost { .. } | ChannelEnd::CutOff { .. } => &codes::CUT_OFF,
            _ => &codes::CLOSED_EARLY,
        };
        let name = &self.view.target.name;
        let at = moment(self.failure.at, self.clock());
        let Some((item, asked)) = self.awaited().and_then(|id| Some((id, self.view.asked(id)?))) else {
            let message = format!("`{name}` ended at {at}, before its time was over: {}", ended(end));
            let reported = Diagnostic::error(code, self.view.target.span, message).with_help(proves_nothing(end));
            return self.finish(reported, None, vec![Mark::End("here it ended".to_owned())]);
        };
        let text = self.text(asked);
        let message = match end {
            ChannelEnd::Closed { code, by_us: false, .. } => {
                let code = coded(u32::from(*code));
                format!("the server closed `{name}` with {code} at {at}, while `{text}` was awaited")
            }
            _ => format!("`{name}` ended at {at}, while `{text}` was awaited: {}", ended(end)),
        };
        let mut reported = Diagnostic::error(code, asked.item.head, message);
        reported.label = self.state_of(item);
        reported.help = Some(match end {
            ChannelEnd::Closed { code: 1011, .. } => "the server failed on its own; its log says why".to_owned(),
            ChannelEnd::Closed { by_us: true, .. } | ChannelEnd::Dropped => {
                "expect what must come before the step that ends the channel".to_owned()
            }
            ChannelEnd::Ended => "the response was complete without it".to_owned(),
            ChannelEnd::CutOff { .. } => {
                format!("if it may end here, `expect on {name} cut off` says so; else the server's log says more")
            }
            ChannelEnd::Lost { .. } => {
                "the server, or something between, broke the connection off; its log may say why".to_owned()
            }
            ChannelEnd::Failed { is_too_large: true, .. } => {
                "let the server send less, or expect less at once".to_owned()
            }
            ChannelEnd::Failed { is_too_large: false, .. } => {
                "the server, or a proxy before it, breaks the rules of the protocol here; its log may say why"
                    .to_owned()
            }
            ChannelEnd::Closed { .. } => {
                format!("if it may end here, `expect on {name} closed` says so; else the server's log says more")
            }
        });
        let awaited = format!("`{text}` was still awaited");
        self.finish(reported, Some(item), vec![Mark::End(awaited)])
    }

    fn item_too_early(&self, item: ItemId, frame: u32, earliest: Instant) -> Diagnostic {
        let Some(asked) = self.view.asked(item) else { return lost(self.view) };
        let message = format!(
            "`{}` came {} too early, as frame {frame} at {}",
            self.text(asked),
            apart(earliest, self.failure.at),
            moment(self.failure.at, self.clock())
        );
        let mut reported = Diagnostic::error(&codes::TOO_EARLY, asked.item.head, message)
            .with_label(format!("not before {}", moment(earliest, self.clock())));
        if let Some(limit) = &asked.item.within {
            reported = reported.with_related(limit.span, "this is when it may come");
        }
        self.finish(reported, Some(item), vec![Mark::Frame(frame, "too early".to_owned())])
    }

    fn block_too_early(&self, block: BlockId, at: Instant, earliest: Instant) -> Diagnostic {
        let Some(source) = self.view.blocks.get(block.0 as usize) else { return lost(self.view) };
        let message = format!("this was complete at {}, {} too early", moment(at, self.clock()), apart(earliest, at));
        let span = source.within.unwrap_or_else(|| head(source.span, self.evidence));
        let reported = Diagnostic::error(&codes::TOO_EARLY, span, message)
            .with_label(format!("not before {}", moment(earliest, self.clock())));
        let last = self.view.seen.iter().rev().find(|frame| frame.at == at);
        let marks = last.map(|frame| Mark::Frame(frame.number, "this ended it".to_owned()));
        self.finish(reported, None, marks.into_iter().collect())
    }

    fn too_many(&self, item: ItemId, frame: u32, most: u32) -> Diagnostic {
        let Some(asked) = self.view.asked(item) else { return lost(self.view) };
        let text = self.text(asked);
        let message = match most {
            0 => format!("`{text}` came, as frame {frame}, and must not come"),
            1 => format!("`{text}` came a second time, as frame {frame}"),
            _ => format!("`{text}` came more than {}: frame {frame} is one too many", times(most)),
        };
        let mut reported = Diagnostic::error(&codes::TOO_MANY, asked.item.head, message)
            .with_help("is it sent twice? Without a count, further ones are passed over");
        reported.label = self.state_of(item);
        reported.excerpts.extend(self.view.seen(frame).map(|frame| content(&self.view.target.name, frame, &[])));
        self.finish(reported, Some(item), vec![Mark::Frame(frame, "one too many".to_owned())])
    }

    fn too_many_rounds(&self, block: BlockId, item: ItemId, frame: u32, most: u32) -> Diagnostic {
        let (Some(source), Some(asked)) = (self.view.blocks.get(block.0 as usize), self.view.asked(item)) else {
            return lost(self.view);
        };
        let message = format!(
            "frame {frame} fits `{}` and would begin round {}, where {most} at most may be",
            self.text(asked),
            most.saturating_add(1)
        );
        let reported = Diagnostic::error(&codes::TOO_MANY, head(source.span, self.evidence), message)
            .with_help("if it may go on for longer, raise the upper count");
        self.finish(reported, None, vec![Mark::Frame(frame, "one round too many".to_owned())])
    }

    fn unexpected(&self, block: BlockId, frame: u32) -> Diagnostic {
        let Some(source) = self.view.blocks.get(block.0 as usize) else { return lost(self.view) };
        let seen = self.view.seen(frame);
        let name = seen.and_then(|frame| frame.payload.event.as_deref()).map(|event| super::words::short(event, 60));
        let name = name.map_or(String::new(), |event| format!(" (`{event}`)"));
        let message = format!("no item takes frame {frame}{name}, and the block is `strictly`");
        let place = seen.and_then(|frame| self.place_of(frame));
        let help =
            place.unwrap_or_else(|| "give it an item, or leave out `strictly` to pass over such frames".to_owned());
        let reported =
            Diagnostic::error(&codes::UNEXPECTED_FRAME, head(source.span, self.evidence), message).with_help(help);
        self.finish(reported, None, vec![Mark::Frame(frame, "taken by no item".to_owned())])
    }

    /// Which item the frame would fit at another time.
    fn place_of(&self, frame: &Frame) -> Option<String> {
        let fits =
            |report: &&ItemReport| self.view.asked(report.item).is_some_and(|asked| miss::fits(asked, frame, self));
        let report = self.failure.items.iter().find(fits)?;
        let text = self.text(self.view.asked(report.item)?);
        Some(match report.state {
            ItemState::NeverReached => {
                format!("it fits `{text}`, which wasn't due yet: it came too early in the order")
            }
            _ => format!("it fits `{text}`, which had its frame already: was it sent twice, or out of order?"),
        })
    }

    fn gap(&self, block: BlockId, gap: Gap, after: Instant, frame: Option<u32>) -> Diagnostic {
        let spans = self.view.blocks.get(block.0 as usize).map(|source| source.gaps.as_slice()).unwrap_or_default();
        let wanted = format!("{} {}", sign(gap.op), format_duration(gap.limit));
        let span = spans.iter().find(|span| self.evidence.text(**span).contains(sign(gap.op))).or(spans.first());
        let span = span.copied().unwrap_or(self.view.target.span);
        let before = self.failure.taken.iter().rev().find(|taken| taken.at <= after).map(|taken| taken.frame);
        let since = before.map_or_else(|| moment(after, self.clock()), |frame| format!("frame {frame}"));
        let (code, message): (&'static Code, _) = match frame {
            Some(frame) => {
                let code = if matches!(gap.op, GapOp::Less | GapOp::AtMost) {
                    &codes::GAP_TOO_LONG
                } else {
                    &codes::GAP_TOO_SHORT
                };
                let between = apart(self.failure.at, after);
                (code, format!("{between} passed between {since} and frame {frame}, expected {wanted}"))
            }
            None => {
                let text = self.awaited().and_then(|item| self.view.asked(item)).map(|asked| self.text(asked));
                let text = text.map_or(String::new(), |text| format!(" (`{text}` was awaited)"));
                (
                    &codes::GAP_TOO_LONG,
                    format!("nothing was taken for {} after {since}{text}", format_duration(gap.limit)),
                )
            }
        };
        let reported =
            Diagnostic::error(code, span, message).with_label(format!("since {}", moment(after, self.clock())));
        let mark = match frame {
            Some(frame) => Mark::Frame(frame, format!("{} after the one before", apart(self.failure.at, after))),
            None => Mark::Instant(self.failure.at, "the gap is too long", format!("counted from {since}")),
        };
        self.finish(reported, None, vec![mark])
    }

    fn too_many_ways(&self, limit: usize) -> Diagnostic {
        let root = self.view.blocks.first().map_or(self.view.target.span, |source| source.span);
        let message = format!("there are more than {limit} ways to match this at once");
        let reported = Diagnostic::error(&codes::TOO_MANY_WAYS, head(root, self.evidence), message).with_help(
            "items of an `in any order` or of a repetition fit the same frames: distinguish them with conditions",
        );
        self.finish(reported, None, Vec::new())
    }

    /// Labels every other item with what became of it, and adds the time line.
    fn finish(&self, mut reported: Diagnostic, main: Option<ItemId>, marks: Vec<Mark>) -> Diagnostic {
        let mut labelled: Vec<Span> = vec![reported.span];
        for report in &self.failure.items {
            let Some(asked) = self.view.asked(report.item).filter(|_| Some(report.item) != main) else { continue };
            if labelled.contains(&asked.item.head) || labelled.len() > MOST_LABELS {
                continue;
            }
            if let Some(words) = self.state_of(report.item) {
                labelled.push(asked.item.head);
                reported = reported.with_related(asked.item.head, words);
            }
        }
        reported.excerpts.extend(line(self.view, self.evidence, marks));
        reported
    }

    /// `matched at +1.204s by frame 3`
    fn state_of(&self, item: ItemId) -> Option<String> {
        let report = self.failure.items.iter().find(|report| report.item == item)?;
        let clock = self.clock();
        let took = match report.taken.as_slice() {
            [] => None,
            [(frame, at)] => Some(matched(*frame, *at, clock)),
            [.., (frame, at)] => {
                let count = report.taken.len() as u32;
                Some(format!("matched {}, last at {} by frame {frame}", times(count), moment(*at, clock)))
            }
        };
        let until = |deadline: Option<Instant>| {
            deadline.map_or(String::new(), |deadline| format!(" until the deadline at {}", moment(deadline, clock)))
        };
        let state = match report.state {
            ItemState::Done => None,
            ItemState::Skipped => Some("left out".to_owned()),
            ItemState::NeverReached => Some("never reached".to_owned()),
            ItemState::Expired { deadline } => Some(
                deadline
                    .map_or("its time was over".to_owned(), |at| format!("its time was over at {}", moment(at, clock))),
            ),
            ItemState::Waiting { needed: false, .. } if took.is_some() => None,
            ItemState::Waiting { since, deadline, needed } => {
                let open = if needed { "waiting" } else { "could have come" };
                Some(format!("{open} since {}{}", moment(since, clock), until(deadline)))
            }
        };
        let words: Vec<String> = took.into_iter().chain(state).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

fn sign(op: GapOp) -> &'static str {
    match op {
        GapOp::Less => "<",
        GapOp::AtMost => "<=",
        GapOp::More => ">",
        GapOp::AtLeast => ">=",
    }
}
