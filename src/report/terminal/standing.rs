//! What is said of a load while it goes on: some lines on a terminal, and a plain one now and then in a log.

use std::time::Duration;

use super::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::diag::{Style, sanitize};
use crate::judge::load::{Standing, Stands};
use crate::report::numbers::{grouped, rate, share};
use crate::value::format_duration;

/// How many thresholds have a line of their own; what is wrong comes first.
const MOST_THRESHOLDS: usize = 8;
/// How many parts the bar has.
const BAR: usize = 20;
/// A log shows life after so long, and then so often.
const FIRST: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(10);

/// The lines of a load that goes on, for a terminal: how far it is, what it measures, and each threshold.
pub fn standing(load: &Standing, style: Style) -> Vec<String> {
    let name = paint(&sanitize(&load.info.name), BOLD, style);
    let mut lines = vec![format!("load {name}  {}  {}", bar(load, style), progress(load))];
    let mut words = vec![users(load.users)];
    words.extend(measured(load));
    words.extend((load.errors > 0).then(|| paint(&errors(load), RED, style)));
    words.extend((load.dropped > 0).then(|| paint(&format!("{} dropped", grouped(load.dropped)), YELLOW, style)));
    lines.push(format!("  {}", words.join("  ")));
    let mut thresholds: Vec<&(String, Stands)> = load.thresholds.iter().collect();
    if thresholds.len() > MOST_THRESHOLDS {
        thresholds.sort_by_key(|(_, stands)| urgency(stands));
    }
    lines.extend(thresholds.iter().take(MOST_THRESHOLDS).map(|(text, stands)| threshold(text, stands, style)));
    let rest = thresholds.len().saturating_sub(MOST_THRESHOLDS);
    if rest > 0 {
        lines.push(paint(&format!("  … and {rest} thresholds more"), DIM, style));
    }
    lines
}

/// The line of a log: `running     15s  load › buy (of 5m): 50 users, 412/s, p50 12ms, p95 80ms, 3 errors; broken: p95(time) < 50ms (80ms)`
pub fn standing_line(load: &Standing, style: Style) -> String {
    let mut words = vec![users(load.users)];
    words.extend(measured(load));
    words.push(errors(load));
    words.extend((load.dropped > 0).then(|| format!("{} dropped", grouped(load.dropped))));
    let broken = load.thresholds.iter().filter_map(|(text, stands)| match stands {
        Stands::Broken(value) => Some(format!("{} ({value})", sanitize(text))),
        Stands::Open | Stands::Holds(_) | Stands::Behind(_) => None,
    });
    let broken: Vec<String> = broken.collect();
    let broken = match broken.len() {
        0 => String::new(),
        _ => format!("; broken: {}", paint(&broken.join(", "), RED, style)),
    };
    let time = paint(&format!("{:>7}", format_duration(load.at)), DIM, style);
    let arrow = if style.unicode { "›" } else { ">" };
    let of = match load.at < load.duration {
        true => format!("of {}", format_duration(load.duration)),
        false => "ending".to_owned(),
    };
    let (suite, name) = (sanitize(&load.info.suite), sanitize(&load.info.name));
    format!("{} {time}  {suite} {arrow} {name} ({of}): {}{broken}\n", paint("running", DIM, style), words.join(", "))
}

/// When a log shows that a load goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beat(Option<Duration>);

impl Beat {
    /// Whether a line is due so long after the load began. What is over at this moment is said otherwise.
    pub fn is_due(&mut self, at: Duration, duration: Duration) -> bool {
        let next = self.0.map_or(FIRST, |last| last.saturating_add(EVERY));
        let is_due = at >= next && at != duration;
        if is_due {
            // The times stay those that they would be if each look came in time.
            self.0 = Some(if at < next.saturating_add(EVERY) { next } else { at });
        }
        is_due
    }
}

fn bar(load: &Standing, style: Style) -> String {
    let share = if load.duration.is_zero() { 1.0 } else { load.at.as_secs_f64() / load.duration.as_secs_f64() };
    // Between 0 and 20 by the bounds.
    let full = (share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
    let (done, open) = if style.unicode { ("━", "─") } else { ("=", "-") };
    format!("{}{}", done.repeat(full), paint(&open.repeat(BAR - full), DIM, style))
}

/// `15s of 5m`; and how long it has been ending.
fn progress(load: &Standing) -> String {
    if load.at >= load.duration {
        let over = load.at.saturating_sub(load.duration);
        return format!("{}, ending since {}", format_duration(load.duration), format_duration(over));
    }
    format!("{} of {}", format_duration(load.at), format_duration(load.duration))
}

fn users(count: u32) -> String {
    format!("{} {}", grouped(u64::from(count)), if count == 1 { "user" } else { "users" })
}

fn measured(load: &Standing) -> Vec<String> {
    let mut words = vec![format!("{}/s", rate(load.requests_per_second))];
    for (name, time) in [("p50", load.median), ("p95", load.p95)] {
        words.extend(time.map(|time| format!("{name} {}", format_duration(time))));
    }
    words
}

/// `12 errors (0.4 %)`
fn errors(load: &Standing) -> String {
    let noun = if load.errors == 1 { "error" } else { "errors" };
    let count = format!("{} {noun}", grouped(load.errors));
    // A round that fails otherwise than at a request is an error as well.
    let among = load.requests.max(load.errors);
    if load.errors == 0 { count } else { format!("{count} ({})", share(load.errors, among)) }
}

fn urgency(stands: &Stands) -> u8 {
    match stands {
        Stands::Broken(_) => 0,
        Stands::Behind(_) => 1,
        Stands::Open => 2,
        Stands::Holds(_) => 3,
    }
}

fn threshold(text: &str, stands: &Stands, style: Style) -> String {
    let text = sanitize(text);
    let (good, bad) = if style.unicode { ("✓", "✗") } else { ("+", "x") };
    match stands {
        Stands::Open => paint(&format!("  - {text}: no data yet"), DIM, style),
        Stands::Holds(value) => paint(&format!("  {good} {text}: {value}"), GREEN, style),
        Stands::Behind(value) => paint(&format!("  ! {text}: {value} so far"), YELLOW, style),
        Stands::Broken(value) => paint(&format!("  {bad} {text}: broken, {value}"), RED, style),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::judge::TestInfo;
    use crate::judge::load::{Begun, Model, Spec};
    use crate::source::Span;

    fn load() -> Standing {
        let spec = Spec {
            span: Span::nowhere(),
            model: Model::Closed,
            duration: Duration::from_secs(60),
            scenarios: Vec::new(),
            thresholds: Vec::new(),
            is_part: false,
        };
        Standing {
            info: Arc::new(TestInfo {
                id: "a.e2e::load::buy".to_owned(),
                suite: "load".to_owned(),
                name: "buy".to_owned(),
                doc: None,
                priority: None,
                tags: Default::default(),
                owner: None,
                at_risk: None,
                phase: None,
                span: Span::nowhere(),
            }),
            load: Arc::new(Begun {
                spec: Arc::new(spec),
                began: Duration::ZERO,
                began_at: jiff::Timestamp::UNIX_EPOCH,
            }),
            is_first: false,
            look: Arc::default(),
            at: Duration::from_secs(15),
            duration: Duration::from_secs(60),
            users: 50,
            requests_per_second: 1412.4,
            requests: 21_000,
            iterations: 7_000,
            errors: 3,
            dropped: 2,
            median: Some(Duration::from_millis(12)),
            p95: Some(Duration::from_millis(80)),
            thresholds: vec![
                ("p95(time) < 50ms over last 5s".to_owned(), Stands::Broken("80ms".to_owned())),
                ("iterations > 9000".to_owned(), Stands::Behind("7000".to_owned())),
                ("error rate < 1%".to_owned(), Stands::Holds("0.01%".to_owned())),
                ("p95(time of \"GET /a\") < 1s".to_owned(), Stands::Open),
            ],
        }
    }

    #[test]
    fn a_terminal_shows_how_far_it_is_what_it_measures_and_each_threshold() {
        let expected = [
            "load buy  ━━━━━───────────────  15s of 1m",
            "  50 users  1,412/s  p50 12ms  p95 80ms  3 errors (0.01%)  2 dropped",
            "  ✗ p95(time) < 50ms over last 5s: broken, 80ms",
            "  ! iterations > 9000: 7000 so far",
            "  ✓ error rate < 1%: 0.01%",
            "  - p95(time of \"GET /a\") < 1s: no data yet",
        ];
        assert_eq!(standing(&load(), Style { color: false, ..Style::default() }), expected);
    }

    #[test]
    fn of_many_thresholds_those_that_are_broken_are_shown() {
        let mut many = load();
        many.thresholds = (0..30).map(|n| (format!("t{n}"), Stands::Holds("1".to_owned()))).collect();
        many.thresholds[29].1 = Stands::Broken("2".to_owned());
        let lines = standing(&many, Style { color: false, ..Style::default() });
        assert_eq!((lines.len(), lines[2].as_str()), (3 + MOST_THRESHOLDS, "  ✗ t29: broken, 2"));
        assert_eq!(lines.last().unwrap(), "  … and 22 thresholds more");
    }

    #[test]
    fn a_log_has_one_line() {
        let line = standing_line(&load(), Style { color: false, ..Style::default() });
        let says = "50 users, 1,412/s, p50 12ms, p95 80ms, 3 errors (0.01%), 2 dropped; broken: p95(time) < 50ms over last 5s (80ms)\n";
        assert!(line == format!("running     15s  load › buy (of 1m): {says}"), "{line}");
        let over = Standing { at: Duration::from_secs(63), ..load() };
        assert!(standing_line(&over, Style::default()).contains("1m3s  load › buy (ending): 50 users"));
    }

    #[test]
    fn a_log_shows_life_after_five_seconds_and_then_every_ten() {
        let beats = |seconds: u64, millis: u64| {
            let mut beat = Beat::default();
            let looks = (1..).map(|look| Duration::from_millis(look * millis));
            let duration = Duration::from_secs(seconds);
            let looks = looks.take_while(|at| *at <= duration);
            looks.filter(|at| beat.is_due(*at, duration)).map(|at| at.as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(beats(5, 1_000), [0; 0], "short loads say it at their end");
        assert_eq!(beats(40, 1_000), [5, 15, 25, 35]);
        assert_eq!(beats(40, 100), [5, 15, 25, 35]);
        assert_eq!(beats(40, 7_000), [7, 21, 28, 35], "as often as it is looked at");
    }
}
