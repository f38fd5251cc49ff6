//! What a threshold names: a measure of what the load doesn't have would never have data, and so never hold.

use super::super::contents::{Contents, Wanted};
use super::super::cx::Cx;
use super::super::resolution::{Definition, DefinitionKind};
use super::measures::text_of;
use crate::diag::{Correction, Diagnostic, Help, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{ERROR_KINDS, Ident, Measure, MeasureKind, MeasureOf, StrLit, SuccessOf, Template};
use crate::syntax::quoted;

/// Of a gate: what only loads have.
pub fn of_gate(cx: &mut Cx<'_>, measure: &Measure) {
    let help = match &measure.kind {
        MeasureKind::Errors(_) => "a gate limits the `error rate` instead: `gate error rate < 1%`",
        MeasureKind::FailuresOf(what) if what.text != "never" => return not_never(cx, what),
        MeasureKind::ErrorRate(Some(_))
        | MeasureKind::Throughput(Some(_))
        | MeasureKind::Success(Some(_))
        | MeasureKind::Iterations
        | MeasureKind::DroppedArrivals
        | MeasureKind::Statistic {
            of: MeasureOf::TimeToFirstByte(Some(_)) | MeasureOf::TimeToEvent(_) | MeasureOf::EventGap(_),
            ..
        } => "put it into a load, as a `threshold`; a phase that runs the load fails with it",
        _ => return,
    };
    report(cx, measure.span, "only loads measure this, so a gate would never hold".to_owned(), help);
}

/// Of a load's threshold. `is_open`: rounds come at a rate.
pub fn of_threshold(cx: &mut Cx<'_>, measure: &Measure, contents: &Contents<'_>, is_open: Option<bool>) {
    match &measure.kind {
        MeasureKind::Flaky => {
            let message = "a load tries no round again, so nothing in it is flaky".to_owned();
            report(cx, measure.span, message, "limit what failed: `threshold error rate < 1%`");
        }
        MeasureKind::DroppedArrivals if is_open == Some(false) => {
            let message = "only the open model drops arrivals: here each user begins a round when the last one is done";
            let help = "let rounds come at a rate (`rate 200/s for 30s using at most 100 users`), or remove this line";
            report(cx, measure.span, message.to_owned(), help);
        }
        MeasureKind::FailuresOf(what) if what.text != "never" => not_never(cx, what),
        MeasureKind::FailuresOf(_) if !contents.forbids && !doubtful(cx, contents) => {
            let message = "no scenario of this load says `never`, so there is nothing to count".to_owned();
            let help = "say what must not come: `expect on CHANNEL in order within 10s { event \"done\"; never event \"error\" }`";
            report(cx, measure.span, message, help);
        }
        MeasureKind::Errors(Some(kind)) => error_kind(cx, kind),
        MeasureKind::ErrorRate(Some(of))
        | MeasureKind::Throughput(Some(of))
        | MeasureKind::Success(Some(SuccessOf::Named(of))) => named(cx, of, contents),
        MeasureKind::Success(Some(SuccessOf::Connect(channel))) => self::channel(cx, channel, contents),
        MeasureKind::Statistic { of, .. } => match of {
            MeasureOf::TimeOf(of) | MeasureOf::TimeToFirstByte(Some(of)) => named(cx, of, contents),
            MeasureOf::Connect(channel) => self::channel(cx, channel, contents),
            MeasureOf::TimeToEvent(event) | MeasureOf::EventGap(event) => self::event(cx, event, contents),
            MeasureOf::Time | MeasureOf::TimeToFirstByte(None) => {}
        },
        _ => {}
    }
}

fn report(cx: &mut Cx<'_>, span: Span, message: String, help: impl Into<Help>) {
    cx.report(Diagnostic::error(&codes::NOT_MEASURED, span, message).with_help(help));
}

/// Whether more may be in it than is known.
fn doubtful(cx: &Cx<'_>, contents: &Contents<'_>) -> bool {
    contents.is_doubtful || cx.facts.broken
}

fn not_never(cx: &mut Cx<'_>, what: &Ident) {
    let message = format!("`failures of {}` is nothing that can be counted", what.text);
    let help = match ERROR_KINDS.contains(&what.text.as_str()) {
        true => format!("failures by their kind are `errors of {}`, in a load", what.text).into(),
        false => Correction::replace(what.span, "never")
            .help(|_| "`failures of never` counts events that came although a `never` forbids them".to_owned()),
    };
    report(cx, what.span, message, help);
}

const TIMED_OUT: &str = "timed out";

fn error_kind(cx: &mut Cx<'_>, kind: &Ident) {
    if ERROR_KINDS.contains(&kind.text.as_str()) {
        return;
    }
    // Written together, with a hyphen, or in capitals.
    let plain = |text: &str| text.to_ascii_lowercase().replace([' ', '-', '_'], "");
    let own = plain(&kind.text);
    let same =
        ERROR_KINDS.into_iter().find(|known| [own.as_str(), own.trim_end_matches('s')].contains(&&*plain(known)));
    // Other words for them.
    let meant = same.or_else(|| match kind.text.as_str() {
        "assertion" | "assertions" | "check" | "checks" => Some("expectation"),
        "500" | "5XX" | "server" => Some("5xx"),
        "400" | "4XX" | "client" => Some("4xx"),
        // `read timed out`, `5xx responses`
        text => ERROR_KINDS
            .into_iter()
            .chain([TIMED_OUT])
            .find(|known| text.split(' ').any(|word| word == *known) || text.contains(known) && known.contains(' '))
            .map(|known| if known == TIMED_OUT { "timeout" } else { known })
            .or_else(|| closest(text, ERROR_KINDS)),
    });
    let help = match meant {
        Some(meant) => Correction::replace(kind.span, meant).did_you_mean(),
        None => {
            let kinds: Vec<String> = ERROR_KINDS.iter().map(|kind| format!("`{kind}`")).collect();
            format!("the kinds are {}", kinds.join(", ")).into()
        }
    };
    report(cx, kind.span, format!("there is no kind of error `{}`", kind.text), help);
}

/// `of "buy"`: a scenario, a tag of scenarios, or a request.
fn named(cx: &mut Cx<'_>, of: &Template, contents: &Contents<'_>) {
    let written = text_of(of);
    let is_named = contents.scenarios.contains(&written.as_str()) || contents.tags.contains(&written.as_str());
    let is_asked = || {
        let wanted = Wanted::request(&written);
        wanted.is_some_and(|wanted| contents.requests.iter().any(|request| request.fits(&wanted)))
    };
    if is_named || is_asked() || doubtful(cx, contents) {
        return;
    }
    let requests: Vec<String> = contents.requests.iter().filter_map(|request| request.shown()).collect();
    let names = contents.scenarios.iter().chain(&contents.tags).copied();
    let all: Vec<&str> = names.chain(requests.iter().map(String::as_str)).collect();
    // A path without its method.
    let path = written.trim_start_matches(|c| c != '/');
    let wanted = Wanted::path(path);
    let by_path = contents.requests.iter().find(|one| one.fits(&wanted));
    let method = by_path.filter(|_| !path.is_empty()).and_then(|request| request.method.as_deref());
    let near = match method {
        Some(method) => Some(format!("{method} {path}")),
        None => closest(&written, all.iter().copied()).map(str::to_owned),
    };
    let is_channel = contents.channels.iter().chain(&contents.channels_of_flows).any(|(name, _)| *name == written);
    let help = match near {
        _ if is_channel => {
            format!("`{written}` is a channel: `success of connect {written}`, `p95(connect {written})`").into()
        }
        _ if contents.events.contains(&written) => {
            format!("\"{written}\" is an event: `p95(time to event \"{written}\")`").into()
        }
        Some(near) => Correction::replace(of.span, quoted(&near)).did_you_mean(),
        None => {
            let mut shown: Vec<String> = all.iter().map(|name| quoted(name)).collect();
            shown.dedup();
            let more = if shown.len() > MOST { " and others" } else { "" };
            shown.truncate(MOST);
            format!("name a scenario, a tag of one, or a request by its method and path: {}{more}", shown.join(", "))
                .into()
        }
    };
    let message = format!("nothing in this load is called \"{written}\", so nothing is measured");
    report(cx, of.span, message, help);
}

/// How many names a help lists.
const MOST: usize = 6;

fn channel(cx: &mut Cx<'_>, channel: &Ident, contents: &Contents<'_>) {
    let all = || contents.channels.iter().chain(&contents.channels_of_flows);
    if let Some((_, span)) = all().find(|(name, _)| *name == channel.text) {
        cx.notes.names.use_at(channel.span, Definition { span: *span, kind: DefinitionKind::Channel });
        // All of that name are measured as one.
        for (_, span) in contents.channels.iter().filter(|(name, _)| *name == channel.text) {
            cx.notes.names.count(*span);
        }
        return;
    }
    if doubtful(cx, contents) {
        return;
    }
    let names = all().map(|(name, _)| *name);
    let help = match closest(&channel.text, names) {
        Some(near) => Correction::replace(channel.span, near).did_you_mean(),
        None => "open it in a scenario of this load: `websocket NAME {{env.ws}}`".into(),
    };
    let message = format!("no scenario of this load opens a channel called `{}`", channel.text);
    cx.report(Diagnostic::error(&codes::UNKNOWN_CHANNEL, channel.span, message).with_help(help));
}

fn event(cx: &mut Cx<'_>, event: &StrLit, contents: &Contents<'_>) {
    if contents.events.contains(&event.value) || contents.has_other_events || doubtful(cx, contents) {
        return;
    }
    let help = match closest(&event.value, contents.events.iter().map(String::as_str)) {
        Some(near) => Correction::replace(event.span, quoted(near)).did_you_mean(),
        None => {
            format!("expect it in a scenario: `expect on CHANNEL event {} within 20s`", quoted(&event.value)).into()
        }
    };
    let message = format!("no scenario of this load expects an event \"{}\", so nothing is measured", event.value);
    report(cx, event.span, message, help);
}
