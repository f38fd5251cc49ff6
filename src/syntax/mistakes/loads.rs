//! What other tools, and other sentences, say of loads.

use std::borrow::Cow;

use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::build::unit_meant;
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::syntax::words::Context;

/// What was meant by a statement that begins with no word of a load.
pub enum Meant {
    /// This line.
    Line(String),
    Say(&'static str),
}

const SAID_OF_AMOUNTS: &str =
    "how much comes, and for how long, is one line: `users 50 ramp 10s hold 30s`, or `rate 200/s for 30s`";
const A_STAGE: &str = "each stage is a line: `ramp to 50 users over 10s`, `hold 30s`";
const A_RATE: &str = "each stage is a line: `50/s for 1m`, `ramp to 200/s over 2m`";

/// A line of a load, of its stages or its arrivals, in the words of k6, JMeter, Gatling, Locust or plain English.
pub fn statement(context: Context, line: &str) -> Option<Meant> {
    let parts = Parts::of(line);
    match context {
        Context::Load => in_load(line, &parts),
        Context::Stages => in_stages(line, &parts),
        Context::Arrivals => in_arrivals(&parts),
        _ => None,
    }
}

fn in_load(line: &str, parts: &Parts<'_>) -> Option<Meant> {
    let word = first_word(line);
    let users = || Meant::Line(parts.users());
    Some(match word.to_ascii_lowercase().replace(['_', '-'], "").as_str() {
        "" if parts.rate.is_some() => Meant::Line(parts.rate_for()),
        "" if parts.count.is_some() && (line.contains("user") || line.contains("vu")) => users(),
        "vu"
        | "vus"
        | "user"
        | "virtualusers"
        | "threads"
        | "numthreads"
        | "threadgroup"
        | "concurrency"
        | "clients"
        | "spawnrate"
        | "atonceusers"
        | "constantusers"
        | "rampusers"
        | "constantconcurrentusers"
        | "rampconcurrentusers"
        | "maxvus"
        | "preallocatedvus"
        | "startvus" => users(),
        "rps"
        | "tps"
        | "qps"
        | "arrivalrate"
        | "arrival"
        | "constantuserspersec"
        | "rampuserspersec"
        | "requestspersecond" => Meant::Line(parts.rate_for()),
        "hold" | "ramp" | "rampup" => Meant::Say(
            "in short, `users 50 ramp 10s hold 30s`; or line by line, `stages { ramp to 50 users over 10s; hold 30s }`",
        ),
        "duration" | "for" | "during" | "time" | "warmup" => Meant::Say(SAID_OF_AMOUNTS),
        "target" | "stage" => {
            Meant::Say("stages are lines of a block: `stages { ramp to 50 users over 10s; hold 30s }`")
        }
        "thresholds" => Meant::Say("each threshold is a line of its own: `threshold p95(time) < 800ms`"),
        "scenarios" => Meant::Say("each scenario has a block of its own: `scenario \"read\" weight 3 { … }`"),
        "iterations" | "loops" | "repeat" => Meant::Say(
            "a load ends after a time; how many rounds must be made in it is a threshold: `threshold iterations > 1000`",
        ),
        "executor" => Meant::Say(
            "`users` and `stages` make a closed model, in which users set the pace; `rate` and `arrivals` an open one",
        ),
        "sleep" | "pause" | "wait" | "delay" | "waittime" | "thinktime" | "pacing" => Meant::Line(parts.think()),
        "gracefulstop" | "graceful" | "gracefulrampdown" | "cooldown" => Meant::Line(parts.stop()),
        "setup" | "onstart" => Meant::Say("what each user does first is `before each user { … }`"),
        "teardown" | "onstop" => Meant::Say("what each user does last is `after each user { … }`"),
        "feeder" | "feed" | "csv" | "rows" => Meant::Say("rows are given by `data file \"users.csv\" next as row`"),
        _ => return None,
    })
}

fn in_stages(line: &str, parts: &Parts<'_>) -> Option<Meant> {
    let word = first_word(line).to_ascii_lowercase();
    Some(match word.replace(['_', '-'], "").as_str() {
        _ if parts.rate.is_some() => {
            Meant::Say("stages of users are a closed model; rates belong in `arrivals { 50/s for 1m }`")
        }
        "" if line.is_empty() => Meant::Say(A_STAGE),
        "" | "users" | "from" | "rampup" | "rampusers" | "target" | "vus" | "up" | "to" if parts.count.is_some() => {
            Meant::Line(parts.user_ramp())
        }
        "" if parts.times.len() == 1 => Meant::Line(format!("hold {}", parts.time(0, "30s"))),
        "stay" | "keep" | "for" | "pause" | "wait" | "steady" if parts.times.len() == 1 => {
            Meant::Line(format!("hold {}", parts.time(0, "30s")))
        }
        "duration" | "target" | "stage" | "users" | "vus" => Meant::Say(A_STAGE),
        _ => return None,
    })
}

fn in_arrivals(parts: &Parts<'_>) -> Option<Meant> {
    Some(match parts.first.to_ascii_lowercase().replace(['_', '-'], "").as_str() {
        "rate" | "arrivals" if parts.rate.is_some() && parts.times.len() == 1 => Meant::Line(parts.rate_hold()),
        "hold" => Meant::Say("a rate is held by saying it again: `200/s for 30s`"),
        "" | "rate" | "duration" | "target" | "stage" | "stages" => Meant::Say(A_RATE),
        "users" | "vus" => Meant::Say("arrivals go by rates, such as `50/s for 1m`; users belong in `stages`"),
        "rampup" | "from" | "up" | "to" if parts.rate.is_some() => Meant::Line(parts.rate_ramp()),
        _ => return None,
    })
}

/// A statement of a load that is plain enough, and written otherwise: `ramp up to 50 users in 10s`.
pub fn rewritten(failure: &Failure<'_>) -> Option<Diagnostic> {
    let text = failure.text.trim_end();
    let parts = Parts::of(text);
    let is_plain = || parts.is_plain(text);
    let (line, message) = match failure.rule {
        Rule::users if is_plain() => (parts.users(), "the users of a load aren't written like this"),
        Rule::user_ramp if parts.rate.is_none() && is_plain() => (parts.user_ramp(), "a ramp isn't written like this"),
        Rule::user_hold if is_plain() => {
            (format!("hold {}", parts.time(0, "30s")), "`hold` takes a time alone: it keeps the users that there are")
        }
        Rule::rate if is_plain() => (parts.rate_for(), "the rate of a load isn't written like this"),
        Rule::rate_ramp if is_plain() => (parts.rate_ramp(), "a ramp of arrivals goes to a rate"),
        Rule::rate_hold if is_plain() => (parts.rate_hold(), "a stage of arrivals is a rate for a time"),
        Rule::arrivals if parts.rate.is_some() && is_plain() => {
            (parts.rate_for(), "the stages of arrivals are in a block; a single rate is written with `rate`")
        }
        Rule::arrivals if parts.count.or(parts.most).is_some() && is_plain() => {
            let users = parts.count.or(parts.most).unwrap_or("100");
            (
                format!("arrivals using at most {users} users"),
                "how many users there are at most isn't written like this",
            )
        }
        Rule::think if is_plain() => (parts.think(), "the time that users think isn't written like this"),
        Rule::stop_within if is_plain() => {
            (parts.stop(), "how long rounds may take at the end isn't written like this")
        }
        Rule::hook if failure.found_word() == "user" && failure.expects_end() => {
            (failure.before().to_owned(), "hooks of each user are those of a load; a suite's are of each test")
        }
        Rule::user_hook => {
            let when = if text.starts_with("after") { "after" } else { "before" };
            (format!("{when} each user"), "the hooks of a load are those of each user")
        }
        _ => return None,
    };
    let span = failure.span(0, text.len());
    let help = Correction::replace(span, line).write();
    Some(Diagnostic::error(&codes::FOREIGN_STATEMENT, span, message).with_help(help))
}

/// `stages: [{ duration: "10s", target: 50 }]`
pub fn listed_stages(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !matches!(failure.rule, Rule::stages | Rule::arrivals) || !failure.rest().starts_with([':', '=', '[']) {
        return None;
    }
    let help = match failure.rule {
        Rule::stages => "write `stages { ramp to 50 users over 10s; hold 30s; ramp to 0 users over 5s }`",
        _ => "write `arrivals { 50/s for 1m; ramp to 200/s over 2m }`",
    };
    Some(
        Diagnostic::error(&codes::FOREIGN_STATEMENT, failure.rest_span(), "stages are statements in a block")
            .with_help(help),
    )
}

fn first_word(line: &str) -> &str {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(line.len());
    let word = line.get(..end).unwrap_or_default();
    if word.starts_with(|c: char| c.is_ascii_digit()) { "" } else { word }
}

/// The amounts in a line.
struct Parts<'t> {
    first: &'t str,
    /// `50`
    count: Option<&'t str>,
    /// `200/s`, `200 rps`
    rate: Option<String>,
    times: Vec<Cow<'t, str>>,
    /// The word before each time.
    before: Vec<&'t str>,
    /// The number of users behind `most` or `max`.
    most: Option<&'t str>,
    /// `ramp down`
    goes_down: bool,
}

impl<'t> Parts<'t> {
    fn of(line: &'t str) -> Self {
        let mut parts = Parts {
            first: first_word(line),
            count: None,
            rate: None,
            times: Vec::new(),
            before: Vec::new(),
            most: None,
            goes_down: words(line).any(|word| word == "down"),
        };
        let words: Vec<&str> = words(line).collect();
        for (at, word) in words.iter().enumerate() {
            let (before, next) = (at.checked_sub(1).and_then(|at| words.get(at)), words.get(at + 1));
            let digits = word.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '_'));
            let is_number = word.starts_with(|c: char| c.is_ascii_digit());
            match digits {
                _ if !is_number => {}
                "" if next.is_some_and(|next| matches!(*next, "rps" | "tps" | "qps" | "per")) => {
                    parts.rate = Some(format!("{word}/s"));
                }
                "" if before.is_some_and(|before| matches!(*before, "most" | "max")) => parts.most = Some(word),
                // `rampUsers(50).during(10)`: seconds.
                "" if before.is_some_and(|before| *before == ".during") => {
                    parts.times.push(format!("{word}s").into());
                    parts.before.push("during");
                }
                // `ramp from 0 to 50 users`: the last one is where it goes.
                "" => parts.count = Some(word),
                "rps" | "tps" | "qps" | "/sec" | "/second" => {
                    let number = word.get(..word.len() - digits.len()).unwrap_or(word);
                    parts.rate = Some(format!("{number}/s"));
                }
                unit if unit.starts_with('/') => parts.rate = Some((*word).to_owned()),
                _ => {
                    parts.times.push((*word).into());
                    parts.before.push(before.copied().unwrap_or_default());
                }
            }
        }
        parts
    }

    /// Whether nothing but amounts and words that say nothing else is in the line, so that it may be written otherwise.
    fn is_plain(&self, line: &str) -> bool {
        const WORDS: &[&str] = &[
            "a",
            "after",
            "and",
            "arrivals",
            "at",
            "between",
            "down",
            "during",
            "each",
            "every",
            "for",
            "from",
            "gracefully",
            "hold",
            "in",
            "of",
            "over",
            "per",
            "ramp",
            "rate",
            "requests",
            "rounds",
            "rps",
            "second",
            "seconds",
            "stop",
            "the",
            "think",
            "time",
            "to",
            "tps",
            "up",
            "user",
            "users",
            "using",
            "most",
            "max",
            "virtual",
            "vus",
            "with",
            "within",
        ];
        let mut previous = "";
        words(line).all(|word| {
            let before = std::mem::replace(&mut previous, word);
            // `10 seconds` is a number without its unit.
            let is_number = !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit());
            let is_unit = is_number && unit_meant(word).is_some() && !WORDS.contains(&word);
            let is_amount = word.starts_with(|c: char| c.is_ascii_digit());
            !is_unit && (is_amount || WORDS.contains(&word))
        }) && !line.contains(['"', '{', '[', '.'])
    }

    fn time<'s>(&'s self, at: usize, otherwise: &'s str) -> &'s str {
        self.times.get(at).map_or(otherwise, |time| &**time)
    }

    fn users(&self) -> String {
        let count = self.count.unwrap_or("50");
        let is_ramp = |before: &str| matches!(before, "ramp" | "up" | "over" | "in" | "within" | "during");
        match (self.times.as_slice(), self.before.as_slice()) {
            ([ramp, hold, ..], _) => format!("users {count} ramp {ramp} hold {hold}"),
            ([ramp], [before]) if is_ramp(before) => format!("users {count} ramp {ramp} hold 30s"),
            ([hold], _) => format!("users {count} hold {hold}"),
            _ => format!("users {count} hold 30s"),
        }
    }

    fn user_ramp(&self) -> String {
        let count = self.count.unwrap_or(if self.goes_down { "0" } else { "50" });
        let user = if count == "1" { "user" } else { "users" };
        format!("ramp to {count} {user} over {}", self.time(0, "10s"))
    }

    fn rate(&self) -> String {
        self.rate.clone().unwrap_or_else(|| format!("{}/s", self.count.unwrap_or("200")))
    }

    fn rate_for(&self) -> String {
        let most = self.most.map_or_else(String::new, |most| format!(" using at most {most} users"));
        format!("rate {} for {}{most}", self.rate(), self.time(0, "30s"))
    }

    fn rate_hold(&self) -> String {
        format!("{} for {}", self.rate(), self.time(0, "1m"))
    }

    fn rate_ramp(&self) -> String {
        format!("ramp to {} over {}", self.rate(), self.time(0, "2m"))
    }

    fn think(&self) -> String {
        match self.times.as_slice() {
            [least, most, ..] => format!("think {least} to {most}"),
            [time] => format!("think {time}"),
            [] => format!("think {}s", self.count.unwrap_or("1")),
        }
    }

    fn stop(&self) -> String {
        format!("stop within {}", self.time(0, "10s"))
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || ":=,()[]{}\"'".contains(c)).filter(|word| !word.is_empty())
}
