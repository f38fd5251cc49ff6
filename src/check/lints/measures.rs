use super::super::constant;
use super::super::cx::Cx;
use super::super::resolution::{Definition, DefinitionKind};
use super::super::types::Ty;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, Measure, MeasureKind, MeasureOf};

const STATISTICS: [&str; 8] = ["p95", "p99", "p90", "p50", "min", "max", "mean", "median"];

/// The statistic and the channel that a measure names. `channels` are those that a load opens.
pub fn names(cx: &mut Cx<'_>, measure: &Measure, channels: Option<&[(&str, Span)]>) {
    let MeasureKind::Statistic { statistic, of } = &measure.kind else { return };
    if !is_statistic(&statistic.text) {
        let help = match statistic.text.as_str() {
            "avg" | "average" => {
                let rest = cx.text(measure.span).get(statistic.span.len()..).unwrap_or_default();
                Correction::replace(statistic.span, "mean").between("", rest).safe().write()
            }
            text => match closest(text, STATISTICS) {
                Some(near) => Correction::replace(statistic.span, near).did_you_mean(),
                None => "statistics are `min`, `max`, `mean`, `median` and percentiles from `p1` to `p100`".into(),
            },
        };
        let message = format!("there is no statistic `{}`", statistic.text);
        cx.report(Diagnostic::error(&codes::UNKNOWN_STATISTIC, statistic.span, message).with_help(help));
    }
    let (MeasureOf::Connect(channel), Some(channels)) = (of, channels) else { return };
    if let Some((_, span)) = channels.iter().find(|(name, _)| *name == channel.text) {
        cx.notes.names.use_at(channel.span, Definition { span: *span, kind: DefinitionKind::Channel });
    } else if !cx.facts.broken {
        let help = match closest(&channel.text, channels.iter().map(|(name, _)| *name)) {
            Some(near) => Correction::replace(channel.span, near).did_you_mean(),
            None => "open it in a scenario of this load: `websocket NAME {{env.ws}}`".into(),
        };
        let message = format!("no scenario of this load opens a channel called `{}`", channel.text);
        cx.report(Diagnostic::error(&codes::UNKNOWN_CHANNEL, channel.span, message).with_help(help));
    }
}

fn is_statistic(name: &str) -> bool {
    let percentile = name.strip_prefix('p').and_then(|digits| digits.parse::<u32>().ok());
    STATISTICS.contains(&name) || percentile.is_some_and(|percent| (1..=100).contains(&percent))
}

/// Whether a limit is of the measure's kind, and can be kept and broken.
pub fn limit(cx: &mut Cx<'_>, measure: &Measure, op: BinaryOp, limit: &Expr, ty: &Ty) {
    let (wanted, help, most) = match &measure.kind {
        MeasureKind::Statistic { .. } => (Ty::Duration, "a time is compared with a duration: `< 800ms`", f64::INFINITY),
        MeasureKind::ErrorRate => (Ty::Percent, "an error rate is compared with a percentage: `< 1%`", 1.0),
        MeasureKind::Success => (Ty::Percent, "success is compared with a percentage: `> 95%`", 1.0),
        MeasureKind::Flaky => (Ty::Percent, "the share of flaky tests is compared with a percentage: `< 5%`", 1.0),
        MeasureKind::Throughput => (Ty::Rate, "throughput is compared with a rate: `> 180/s`", f64::INFINITY),
        MeasureKind::FailuresOf(_) => (Ty::Number, "failures are counted: `== 0`", f64::INFINITY),
        MeasureKind::Error => return,
    };
    if ty.is_known() && *ty != wanted {
        let message = format!("{} is compared with {}", measure_words(measure), ty.words());
        cx.report(Diagnostic::error(&codes::TYPE_MISMATCH, limit.span, message).with_help(help));
        return;
    }
    let Some(at) = constant::of(limit, None).and_then(|limit| limit.amount()) else { return };
    let span = measure.span.to(limit.span);
    let holds = match op {
        BinaryOp::Less => bounded(at > most, at <= 0.0),
        BinaryOp::LessEqual => bounded(at >= most, at < 0.0),
        BinaryOp::Greater => bounded(at < 0.0, at >= most),
        BinaryOp::GreaterEqual => bounded(at <= 0.0, at > most),
        BinaryOp::Equal => bounded(false, at < 0.0 || at > most),
        BinaryOp::NotEqual => bounded(at < 0.0 || at > most, false),
        _ => None,
    };
    let shown = format!("{} {} {}", measure_words(measure), op.sign(), cx.text(limit.span));
    match holds {
        Some(false) => cx.report(
            Diagnostic::error(&codes::IMPOSSIBLE_THRESHOLD, span, format!("`{shown}` can't hold")).with_help(help),
        ),
        Some(true) => cx.report(
            Diagnostic::warning(
                &codes::ALWAYS_HOLDS,
                span,
                format!("`{shown}` holds whatever happens, so it proves nothing"),
            )
            .with_help(help),
        ),
        None => {}
    }
}

fn bounded(always: bool, never: bool) -> Option<bool> {
    if never { Some(false) } else { always.then_some(true) }
}

fn measure_words(measure: &Measure) -> &'static str {
    match &measure.kind {
        MeasureKind::Statistic { .. } => "a time",
        MeasureKind::ErrorRate => "error rate",
        MeasureKind::Throughput => "throughput",
        MeasureKind::Success => "success",
        MeasureKind::Flaky => "flaky",
        MeasureKind::FailuresOf(_) | MeasureKind::Error => "a count of failures",
    }
}
