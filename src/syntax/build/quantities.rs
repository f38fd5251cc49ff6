use std::time::Duration;

use crate::value::JsonNumber as Number;

use super::Build;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::source::Span;
use crate::syntax::ast::ExprKind;
use crate::syntax::grammar::Node;
use crate::value::{Money, Rate};

const NANOS: &[(&str, f64)] =
    &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86_400e9)];

const BYTES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// What people write for a unit of time or size, or of a rate.
const HABITS: &[(&str, &str)] = &[
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("S", "s"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
    ("MS", "ms"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("b", "B"),
    ("byte", "B"),
    ("bytes", "B"),
    ("k", "KB"),
    ("K", "KB"),
    ("kb", "KB"),
    ("kB", "KB"),
    ("mb", "MB"),
    ("M", "MB"),
    ("gb", "GB"),
    ("G", "GB"),
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gib", "GiB"),
    ("rps", "/s"),
    ("tps", "/s"),
    ("qps", "/s"),
    ("hz", "/s"),
    ("Hz", "/s"),
    ("rpm", "/m"),
];

impl Build<'_> {
    /// A digit run with what is attached to it: a number, or an amount of something.
    pub fn quantity(&mut self, node: &Node<'_>, span: Span) -> ExprKind {
        let text = node.as_str();
        let plain = text.replace('_', "");
        if let Some(rate) = plain.split_once('/') {
            return self.rate(rate, span);
        }
        if let Some(percent) = plain.strip_suffix('%') {
            // The nearest number to the share itself, which a division of the percentage need not give: 90.1% is 0.901.
            return format!("{percent}e-2").parse().map_or_else(|_| self.too_large(span), ExprKind::Percent);
        }
        if let Some(number) = number(&plain) {
            return number.map_or_else(|| self.too_large(span), ExprKind::Number);
        }
        let (digits, unit) = split_unit(&plain);
        let Some(amount) = digits.parse::<f64>().ok() else { return self.too_large(span) };
        if let Some((_, bytes)) = BYTES.iter().find(|(name, _)| *name == unit) {
            return match amount * bytes {
                total if total < 9e18 => ExprKind::Size(total.round() as u64),
                _ => self.too_large(span),
            };
        }
        match nanos(&plain) {
            Ok(total) if total < 9e18 => ExprKind::Duration(Duration::from_nanos(total.round() as u64)),
            Ok(_) => self.too_large(span),
            Err(unit) => self.unknown_unit(text, &unit, span),
        }
    }

    fn rate(&mut self, (amount, unit): (&str, &str), span: Span) -> ExprKind {
        let seconds = match unit {
            "s" => 1.0,
            "m" => 60.0,
            _ => 3600.0,
        };
        match amount.parse::<f64>() {
            Ok(amount) => ExprKind::Rate(Rate { per_second: amount / seconds }),
            Err(_) => self.unknown_unit(amount, amount.trim_start_matches(|c: char| c.is_ascii_digit()), span),
        }
    }

    /// `$120K`: dollars; `K`, `M` and `B` are thousands, millions and billions.
    pub fn money(&mut self, node: &Node<'_>, span: Span) -> ExprKind {
        let plain = node.as_str().trim_start_matches('$').replace('_', "");
        let (digits, unit) = split_unit(&plain);
        let factor = match unit {
            "" => 1.0,
            "k" | "K" => 1e3,
            "m" | "M" => 1e6,
            "b" | "B" => 1e9,
            _ => {
                let at = Span::new(span.source, span.end as usize - unit.len(), span.end as usize);
                self.report(
                    Diagnostic::error(&codes::UNKNOWN_UNIT, at, format!("`{unit}` is no unit of money"))
                        .with_help("money takes `K`, `M` or `B` for thousands, millions or billions: `$120K`"),
                );
                return ExprKind::Error;
            }
        };
        match digits.parse::<f64>() {
            Ok(amount) => ExprKind::Money(Money { amount: amount * factor, currency: "USD" }),
            Err(_) => self.too_large(span),
        }
    }

    fn too_large(&mut self, span: Span) -> ExprKind {
        self.report(
            Diagnostic::error(&codes::NUMBER_OUT_OF_RANGE, span, "this number is too large to be kept exactly")
                .with_help("write it as a string if it is an identifier"),
        );
        ExprKind::Error
    }

    fn unknown_unit(&mut self, text: &str, unit: &str, span: Span) -> ExprKind {
        let at = text.find(unit).unwrap_or_default();
        let place = span.slice(at, at + unit.len());
        let number = text.get(..at).unwrap_or_default();
        let known = NANOS.iter().chain(BYTES).map(|(name, _)| *name);
        let habit = HABITS.iter().find(|(habit, _)| *habit == unit).map(|(_, meant)| *meant);
        let meant = habit.or(closest(unit, known));
        let before = self.file.get(..span.start as usize).unwrap_or_default();
        let is_money = before.trim_end().ends_with("at risk") && matches!(unit, "k" | "K" | "m" | "M" | "b" | "B");
        let instead = |text: String| Correction::replace(span.slice(0, at + unit.len()), text);
        let help = match (unit, meant) {
            _ if is_money => instead(format!("${number}{}", unit.to_uppercase()))
                .safe()
                .help(|money| format!("money has a sign: `{money}`")),
            ("xx", _) => instead(format!("in {number}00..{number}99"))
                .help(|range| format!("a whole class of statuses is a range: `{range}`")),
            (_, Some(meant)) => instead(format!("{number}{meant}")).safe_if(habit.is_some()).write(),
            ("x", _) => instead(format!("{number} times")).help(|count| format!("a count is written `{count}`")),
            _ => "units are `ms s m h d` for time, `B KB MB GB KiB MiB GiB` for sizes, `%`, and `/s` for rates".into(),
        };
        self.report(Diagnostic::error(&codes::UNKNOWN_UNIT, place, format!("`{unit}` is no unit")).with_help(help));
        ExprKind::Error
    }
}

/// The unit that a word stands for, if it stands for one.
pub fn unit_meant(word: &str) -> Option<&'static str> {
    let known = NANOS.iter().chain(BYTES).map(|(name, _)| *name).find(|name| *name == word);
    known.or_else(|| HABITS.iter().find(|(habit, _)| *habit == word).map(|(_, meant)| *meant))
}

/// A plain number: `Some(None)` is one that is too large.
fn number(text: &str) -> Option<Option<Number>> {
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    // JSON writes no zeros in front.
    let zeros = text.bytes().take_while(|b| *b == b'0').count();
    let digits = text.get(zeros..).unwrap_or_default();
    match digits.starts_with(|c: char| c.is_ascii_digit()) {
        true => Some(digits.parse().ok()),
        false => Some(format!("0{digits}").parse().ok()),
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    text.split_at(at)
}

/// The nanoseconds of `1m30s`; the unit that isn't one otherwise.
fn nanos(text: &str) -> Result<f64, String> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let (digits, after) = split_unit(rest);
        let len = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(len);
        let factor = NANOS.iter().find(|(name, _)| *name == unit).map(|(_, nanos)| *nanos);
        let (Some(factor), Ok(amount)) = (factor, digits.parse::<f64>()) else { return Err(after.to_owned()) };
        total += amount * factor;
        rest = next;
    }
    Ok(total)
}
