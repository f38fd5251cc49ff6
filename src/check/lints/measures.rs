use super::super::constant;
use super::super::cx::Cx;
use super::super::types::Ty;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::plan::Statistic;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Measure, MeasureKind, Template, TemplatePart};

const STATISTICS: [&str; 8] = ["p95", "p99", "p90", "p50", "min", "max", "mean", "median"];

/// The statistic that a measure names.
pub fn statistic(cx: &mut Cx<'_>, measure: &Measure) {
    let MeasureKind::Statistic { statistic, .. } = &measure.kind else { return };
    if Statistic::named(&statistic.text).is_some() {
        return;
    }
    let help = match statistic.text.as_str() {
        "avg" | "average" => {
            let rest = cx.text(measure.span).get(statistic.span.len()..).unwrap_or_default();
            Correction::replace(statistic.span, "mean").between("", rest).safe().write()
        }
        text => match closest(text, STATISTICS) {
            Some(near) => Correction::replace(statistic.span, near).did_you_mean(),
            None => {
                "statistics are `min`, `max`, `mean`, `median` and percentiles from `p1` to `p100`, such as `p99.9`"
                    .into()
            }
        },
    };
    let message = format!("there is no statistic `{}`", statistic.text);
    cx.report(Diagnostic::error(&codes::UNKNOWN_STATISTIC, statistic.span, message).with_help(help));
}

/// The text of a name in a measure; `*` stands for what is interpolated.
pub fn text_of(name: &Template) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text { text, .. } => text.clone(),
        TemplatePart::Expr(_) => "*".to_owned(),
    };
    name.parts.iter().map(part).collect()
}

/// What a measure is compared with.
struct Unit {
    ty: Ty,
    help: &'static str,
    /// Put behind a number that lacks it.
    sign: &'static str,
    /// The greatest that can be measured.
    most: f64,
    /// It counts.
    is_whole: bool,
}

impl Unit {
    const fn new(ty: Ty, sign: &'static str, most: f64, help: &'static str) -> Self {
        Self { ty, help, sign, most, is_whole: false }
    }

    const fn count(most: f64, help: &'static str) -> Self {
        Self { ty: Ty::Number, help, sign: "", most, is_whole: true }
    }

    /// `rounds`: how many rounds a load begins at most, where that is known.
    fn of(measure: &Measure, rounds: Option<f64>) -> Option<Self> {
        const ENDLESS: f64 = f64::INFINITY;
        let most = rounds.unwrap_or(ENDLESS);
        Some(match &measure.kind {
            MeasureKind::Statistic { .. } => {
                Self::new(Ty::Duration, "ms", ENDLESS, "a time is compared with a duration: `< 800ms`")
            }
            MeasureKind::ErrorRate(_) => {
                Self::new(Ty::Percent, "%", 1.0, "an error rate is compared with a percentage: `< 1%`")
            }
            MeasureKind::Success(_) => {
                Self::new(Ty::Percent, "%", 1.0, "success is compared with a percentage: `> 95%`")
            }
            MeasureKind::Flaky => {
                Self::new(Ty::Percent, "%", 1.0, "the share of flaky tests is compared with a percentage: `< 5%`")
            }
            MeasureKind::Throughput(_) => {
                Self::new(Ty::Rate, "/s", ENDLESS, "throughput is compared with a rate: `> 180/s`")
            }
            MeasureKind::Errors(_) => {
                Self::count(ENDLESS, "errors are counted: `< 10`; their share is `error rate < 1%`")
            }
            MeasureKind::Iterations => Self::count(most, "rounds are counted: `> 1000`"),
            MeasureKind::DroppedArrivals => Self::count(most, "dropped arrivals are counted: `== 0`"),
            MeasureKind::FailuresOf(_) => Self::count(ENDLESS, "failures are counted: `== 0`"),
            MeasureKind::Error => return None,
        })
    }
}

/// Whether a limit is of the measure's kind, and can be kept and broken. `rounds`: how many rounds a load begins at most, where that is known.
pub fn limit(cx: &mut Cx<'_>, measure: &Measure, op: BinaryOp, limit: &Expr, ty: &Ty, rounds: Option<f64>) {
    let Some(unit) = Unit::of(measure, rounds) else { return };
    let Unit { most, help, .. } = unit;
    if ty.is_known() && *ty != unit.ty {
        let message = format!("{} is compared with {}", measure_words(measure), ty.words());
        let help = match &limit.kind {
            ExprKind::Number(_) if !unit.sign.is_empty() => {
                let before = format!("{} ", op.sign());
                let written = cx.text(limit.span);
                // `0.05` is a share as programs write it, and `0.05%` hardly ever what is meant.
                let share = written.parse::<f64>().ok().filter(|share| *share > 0.0 && *share < 1.0);
                let correction = match share.filter(|_| unit.sign == "%") {
                    Some(share) => Correction::replace(limit.span, format!("{}%", percent(share))).between(&before, ""),
                    None => Correction::insert_after(limit.span, unit.sign).between(&format!("{before}{written}"), ""),
                };
                // The example of the help would only be said twice.
                let rule = help.split(": ").next().unwrap_or(help);
                correction.help(|limit| format!("{rule}; did you mean `{limit}`?"))
            }
            _ => help.into(),
        };
        cx.report(Diagnostic::error(&codes::TYPE_MISMATCH, limit.span, message).with_help(help));
        return;
    }
    let Some(at) = constant::of(limit, None).and_then(|limit| limit.amount()) else { return };
    let span = measure.span.to(limit.span);
    let is_between = unit.is_whole && at.fract() != 0.0;
    let holds = match op {
        BinaryOp::Less => bounded(at > most, at <= 0.0),
        BinaryOp::LessEqual => bounded(at >= most, at < 0.0),
        BinaryOp::Greater => bounded(at < 0.0, at >= most),
        BinaryOp::GreaterEqual => bounded(at <= 0.0, at > most),
        BinaryOp::Equal => bounded(false, at < 0.0 || at > most || is_between),
        BinaryOp::NotEqual => bounded(at < 0.0 || at > most || is_between, false),
        _ => None,
    };
    let shown = format!("{} {} {}", measure_words(measure), op.sign(), cx.text(limit.span));
    let help = match rounds.filter(|rounds| unit.is_whole && most == *rounds && at >= most) {
        Some(rounds) => format!("at these rates, no more than {rounds} rounds begin"),
        None => help.to_owned(),
    };
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

/// A share in percent, as it is written: `1` of 0.01.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

fn bounded(always: bool, never: bool) -> Option<bool> {
    if never { Some(false) } else { always.then_some(true) }
}

fn measure_words(measure: &Measure) -> &'static str {
    match &measure.kind {
        MeasureKind::Statistic { .. } => "a time",
        MeasureKind::ErrorRate(_) => "error rate",
        MeasureKind::Errors(_) => "errors",
        MeasureKind::Throughput(_) => "throughput",
        MeasureKind::Iterations => "iterations",
        MeasureKind::DroppedArrivals => "dropped arrivals",
        MeasureKind::Success(_) => "success",
        MeasureKind::Flaky => "flaky",
        MeasureKind::FailuresOf(_) | MeasureKind::Error => "a count of failures",
    }
}
