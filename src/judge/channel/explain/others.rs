use super::super::Evidence;
use super::super::end::{End, Other, Wanted};
use super::super::every::{Every, Unmet, due};
use super::super::quiet::{Broken, Quiet};
use super::super::target::Target;
use super::head;
use super::timeline::{Mark, content, timeline};
use super::words::{apart, code_of, coded, ended, moment, short};
use crate::diag::{Code, Diagnostic, codes};
use crate::event::{ChannelEnd, Instant};
use crate::pattern::is_complete;
use crate::source::Span;

/// Why a time wasn't quiet.
pub fn not_quiet(broken: &Broken, quiet: &Quiet, span: Span, evidence: &Evidence<'_>) -> Diagnostic {
    let (target, clock) = (&quiet.target, quiet.from);
    let time = evidence.text(quiet.time.span);
    match broken {
        Broken::Fault(fault) => fault.clone(),
        Broken::Frame(frame) => {
            let at = moment(frame.at, clock);
            let (code, span, message): (&'static Code, _, _) = match &quiet.item {
                Some(asked) => {
                    let text = evidence.text(asked.item.head);
                    let message =
                        format!("`{text}` came as frame {} at {at}, and must not come for {time}", frame.number);
                    (&codes::FORBIDDEN_EVENT, asked.item.head, message)
                }
                None => {
                    let event = frame.payload.event.as_deref().map(|event| format!(" (`{}`)", short(event, 60)));
                    let message = format!(
                        "frame {}{} came at {at}, and `{}` was to be silent for {time}",
                        frame.number,
                        event.unwrap_or_default(),
                        target.name
                    );
                    (&codes::NOT_SILENT, head(span, evidence), message)
                }
            };
            let mut reported = Diagnostic::error(code, span, message);
            reported.help = Some(match frame.at < clock {
                true => {
                    "it had come before, and no expectation had consumed it: expect it first, or count from a `mark`"
                        .to_owned()
                }
                false => "times count from where this expectation begins".to_owned(),
            });
            reported.excerpts.push(content(&target.name, frame, &[]));
            reported.excerpts.extend(line(
                target,
                clock,
                evidence,
                vec![Mark::Frame(frame.number, "this broke it".to_owned())],
            ));
            reported
        }
        Broken::Ended { at, end } => {
            let message =
                format!("`{}` ended {} before {time} was over: {}", target.name, apart(quiet.until, *at), ended(end));
            let mut reported =
                Diagnostic::error(early_end(end), head(span, evidence), message).with_help(proves_nothing(end));
            reported.excerpts.extend(line(target, clock, evidence, vec![Mark::End("here it ended".to_owned())]));
            reported
        }
        Broken::Limit(bound) => {
            let message = format!("{} was over before {time} of silence could pass", bound.words);
            let reported = Diagnostic::error(&codes::LIMIT_REACHED, head(span, evidence), message)
                .with_help("shorten the silence, or give what is around it more time");
            if bound.span.is_nowhere() { reported } else { reported.with_related(bound.span, "this limit") }
        }
    }
}

/// What to do about a channel that ended while nothing was to come on it.
pub fn proves_nothing(end: &ChannelEnd) -> &'static str {
    if is_complete(end) {
        "nothing comes on a channel that has ended, which proves nothing about the server; if it may end here, say `or closed`"
    } else {
        "nothing comes on a connection that is lost, which proves nothing about the server; its log says why it was lost"
    }
}

/// Why a channel didn't end as it was to.
pub fn other_end(other: &Other, end: &End, evidence: &Evidence<'_>) -> Diagnostic {
    let target = &end.target;
    let clock = target.clock;
    let name = &target.name;
    let (code, span, message, mark): (&'static Code, _, _, _) = match other {
        Other::StillOpen => {
            let when = if end.bound.words.starts_with("the ") {
                format!("before {} was over", end.bound.words)
            } else {
                format!("within {}", end.bound.words)
            };
            let mark = Mark::Instant(end.bound.at, "the deadline", "it was still open".to_owned());
            (&codes::NOT_CLOSED, target.span, format!("`{name}` didn't {} {when}", wanted_verb(&end.wanted)), mark)
        }
        Other::Early { at, end: how } => {
            let message = format!("{}, {} too early", on(name, how), apart(end.earliest, *at));
            (&codes::TOO_EARLY, end.within.unwrap_or(target.span), message, Mark::End("too early".to_owned()))
        }
        Other::Late { at, end: how } => {
            let message = format!("{}, {} too late", on(name, how), apart(*at, end.bound.at));
            (&codes::NOT_CLOSED, target.span, message, Mark::End("too late".to_owned()))
        }
        Other::Ended { end: how } => {
            let (code, span, message) = unlike(how, end, name);
            (code, span, message, Mark::End("this is how it ended".to_owned()))
        }
    };
    let mut reported = Diagnostic::error(code, span, message);
    reported.help = help_for(other, end);
    reported.excerpts.extend(line(target, clock, evidence, vec![mark]));
    reported
}

fn wanted_verb(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Closed { .. } => "close",
        Wanted::Ended => "come to its end",
        Wanted::CutOff => "break off",
    }
}

fn unlike(how: &ChannelEnd, end: &End, name: &str) -> (&'static Code, Span, String) {
    let span = end.target.span;
    if let ChannelEnd::Failed { .. } = how {
        return (&codes::BROKEN, span, on(name, how));
    }
    match &end.wanted {
        Wanted::Closed { code: Some((code, span)), .. } if code_of(how) != Some(*code) => {
            (&codes::WRONG_CLOSE_CODE, *span, format!("{}, expected {}", on(name, how), coded(*code)))
        }
        Wanted::Closed { reason: Some((wanted, span)), .. } if matches!(how, ChannelEnd::Closed { .. }) => {
            let message = format!("{}, expected the reason \"{}\"", on(name, how), short(wanted, 123));
            (&codes::WRONG_CLOSE_REASON, *span, message)
        }
        Wanted::Closed { .. } => (&codes::CUT_OFF, span, format!("{}, expected a close frame", on(name, how))),
        Wanted::Ended => (early_end(how), span, format!("{}, expected the end of its body", on(name, how))),
        Wanted::CutOff => (&codes::NOT_CUT_OFF, span, format!("{}, expected it to be cut off", on(name, how))),
    }
}

/// ``the server closed `chat` with 1011 (internal error)``
fn on(name: &str, how: &ChannelEnd) -> String {
    match how {
        ChannelEnd::Closed { .. } | ChannelEnd::Dropped => ended(how).replacen(" it", &format!(" `{name}`"), 1),
        ChannelEnd::Lost { .. } | ChannelEnd::Failed { .. } => format!("`{name}`: {}", ended(how)),
        ChannelEnd::Ended | ChannelEnd::CutOff { .. } => {
            ended(how).replacen("its body", &format!("the body of `{name}`"), 1)
        }
    }
}

fn help_for(other: &Other, end: &End) -> Option<String> {
    let how = match other {
        Other::StillOpen => return None,
        Other::Early { .. } | Other::Late { .. } => {
            return Some("the time counts from where this expectation begins, or from its mark".to_owned());
        }
        Other::Ended { end } => end,
    };
    let name = &end.target.name;
    match (&end.wanted, how) {
        (Wanted::Closed { .. }, ChannelEnd::Lost { .. }) => Some(format!(
            "`expect on {name} closed with 1006` says that the connection is to be lost without a close frame"
        )),
        (Wanted::Closed { code: Some(_), .. }, ChannelEnd::Closed { code, .. }) => {
            Some(format!("if that is right: `expect on {name} closed with {code}`"))
        }
        _ => None,
    }
}

/// Why not every trigger has its response.
pub fn not_every(unmet: &[Unmet], every: &Every, evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    // Many triggers fail alike: the first few say it.
    unmet.iter().take(3).map(|one| not_answered(one, every, evidence)).collect()
}

fn not_answered(unmet: &Unmet, every: &Every, evidence: &Evidence<'_>) -> Diagnostic {
    let (target, clock) = (&every.target, every.target.clock);
    let (trigger, response) = (every.trigger.item.head, every.response.item.head);
    let (first, second) = (evidence.text(trigger), evidence.text(response));
    match unmet {
        Unmet::Fault(fault) => fault.clone(),
        Unmet::NoTrigger { deadline } => {
            let message = format!("`{first}` didn't come at all, so nothing was proved of what it leads to");
            let mut reported = Diagnostic::error(&codes::NO_TRIGGER, trigger, message)
                .with_help("expect it before what sets it off is consumed, or count from a `mark` with `since`");
            let mark = Mark::Instant(*deadline, "the deadline", "none had come".to_owned());
            reported.excerpts.extend(line(target, clock, evidence, vec![mark]));
            reported
        }
        Unmet::Unanswered { open, answered, end } => {
            let deadline = due(open, every.limit, every.bound.at);
            let when = match end {
                _ if every.limit.is_none_or(|limit| open.frame.at.saturating_add(limit.at_most) > every.bound.at)
                    && end.is_none() =>
                {
                    format!("before {} was over", every.bound.words)
                }
                Some((at, end)) => {
                    format!("before {} at {}", ended(end).replacen(" it", " the channel", 1), moment(*at, clock))
                }
                None => format!("until {}", moment(deadline, clock)),
            };
            let number = open.frame.number;
            let message = format!("frame {number} fits `{first}`, and no `{second}` answered it {when}");
            let mut reported = Diagnostic::error(&codes::UNANSWERED, response, message)
                .with_label(format!("waiting since {}", moment(open.frame.at, clock)))
                .with_related(
                    trigger,
                    format!("frame {number} at {}; {answered} others were answered", moment(open.frame.at, clock)),
                );
            reported.excerpts.push(content(&target.name, &open.frame, &[]));
            let mut marks = vec![Mark::Frame(number, "not answered".to_owned())];
            marks.push(match end {
                Some(_) => Mark::End("here it ended".to_owned()),
                None => Mark::Instant(deadline, "the deadline", "it was still not answered".to_owned()),
            });
            reported.excerpts.extend(line(target, clock, evidence, marks));
            reported
        }
        Unmet::TooEarly { open, frame, earliest } => {
            let message = format!(
                "`{second}` came {} too early, as frame {}, after frame {}",
                apart(*earliest, frame.at),
                frame.number,
                open.frame.number
            );
            let mut reported = Diagnostic::error(&codes::TOO_EARLY, response, message);
            reported.excerpts.extend(line(
                target,
                clock,
                evidence,
                vec![Mark::Frame(frame.number, "too early".to_owned())],
            ));
            reported
        }
        Unmet::TooMany => {
            Diagnostic::error(&codes::TOO_MANY_WAYS, trigger, "more than 1000 frames wait for their response at once")
                .with_help("say with a condition which ones are meant")
        }
        Unmet::Wrong { frame, item, diagnostic } => {
            let mut reported = diagnostic.clone();
            reported.code = &codes::WRONG_EVENT;
            reported.message = format!("`{}` came, but {}", evidence.text(*item), diagnostic.message);
            let words = format!("matched at {} by frame {}", moment(frame.at, clock), frame.number);
            reported.with_related(*item, words)
        }
    }
}

fn early_end(end: &ChannelEnd) -> &'static Code {
    match end {
        ChannelEnd::Failed { .. } => &codes::BROKEN,
        ChannelEnd::Lost { .. } | ChannelEnd::CutOff { .. } => &codes::CUT_OFF,
        _ => &codes::CLOSED_EARLY,
    }
}

fn line(target: &Target, clock: Instant, evidence: &Evidence<'_>, marks: Vec<Mark>) -> Option<crate::diag::Excerpt> {
    evidence.log(target.channel).map(|log| timeline(log, clock, marks))
}
