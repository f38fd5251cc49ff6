//! What a test came to, and what a load is to have counted of iterations that are each like one of some tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value as Json;

use super::super::replay_servers::difference;
use super::server::Seen;

/// Replies by step, status or failure, and whether what was expected of them held.
type Replies = BTreeMap<String, u64>;

/// What a test came to.
pub struct Single {
    outcome: String,
    replies: Replies,
    expectations: u64,
    weak: u64,
    events: BTreeMap<String, u64>,
    /// As they are in reports.
    diagnostics: Vec<Json>,
    exchanges: Vec<Json>,
    sent: Vec<String>,
}

/// Times, and who carries a scenario out, make no difference.
fn text(text: &str) -> String {
    static TIME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d+(\.\d+)?\s?(ns|µs|ms|s)\b").unwrap());
    static RUN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"/[qurt]\d/").unwrap());
    // The key of a handshake, and what it makes of it.
    static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`[A-Za-z0-9+/]{22}==`|`[A-Za-z0-9+/]{27}=`").unwrap());
    let text = KEY.replace_all(text, "`KEY`");
    let text = TIME.replace_all(&text, "TIME");
    RUN.replace_all(&text, "/RUN/").into_owned()
}

/// A part of a report without what differs from one run to another: times, and where in the file a test begins.
fn plain(json: &Json, line: u64) -> Json {
    let without = [
        "started_ms",
        "duration_ms",
        "timings_ms",
        "drawing",
        "offset",
        "reused",
        "reconnected",
        "resolved",
        "bytes_sent",
        // Of a failure, it is known where the connection was made for the request.
        "peer",
    ];
    match json {
        Json::String(own) => text(own).into(),
        Json::Array(all) => all.iter().map(|one| plain(one, line)).collect(),
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !without.contains(&name.as_str()));
            let of = |(name, value): (&String, &Json)| match value.as_u64().filter(|_| name == "line") {
                Some(own) => (name.clone(), own.saturating_sub(line).into()),
                None => (name.clone(), plain(value, line)),
            };
            Json::Object(kept.map(of).collect())
        }
        other => other.clone(),
    }
}

fn list<'j>(json: &'j Json, name: &str) -> impl Iterator<Item = &'j Json> {
    json[name].as_array().into_iter().flatten()
}

fn line_of(test: &Json) -> u64 {
    test["location"]["line"].as_u64().unwrap()
}

/// What a reply is counted as.
fn counted(reply: &Json, held: bool, step: &Json, line: u64) -> String {
    let step = plain(&step["start"], line);
    format!(
        "{step} {} {} {held}",
        reply["status"],
        reply["failure"]["kind"].as_str().or(reply["failure"].as_str()).unwrap_or("-")
    )
}

impl Single {
    pub fn of(test: &Json, seen: &Seen) -> Self {
        let line = line_of(test);
        let steps: Vec<&Json> = list(test, "steps").collect();
        let mut replies = Replies::new();
        for (at, exchange) in list(test, "exchanges").enumerate() {
            let step = steps.iter().find(|step| step["exchange"] == at);
            let held = exchange["held"].as_bool().unwrap_or_default();
            let key = counted(exchange, held, step.map_or(&Json::Null, |step| &step["span"]), line);
            *replies.entry(key).or_default() += 1;
        }
        let expectations: Vec<&Json> = steps.iter().flat_map(|step| list(step, "expectations")).collect();
        let mut events = BTreeMap::new();
        for channel in list(test, "channels") {
            for frame in list(channel, "frames") {
                let taken = frame["matched"].as_str().is_some_and(|item| item.starts_with("event "));
                if let Some(event) = frame["event"].as_str().filter(|_| taken) {
                    *events.entry(event.to_owned()).or_default() += 1;
                }
            }
        }
        Self {
            outcome: test["outcome"].as_str().unwrap().to_owned(),
            replies,
            expectations: expectations.len() as u64 + test["left_out"]["expectations"].as_u64().unwrap_or(0),
            weak: expectations.iter().filter(|one| !one["weak"].is_null()).count() as u64,
            events,
            diagnostics: list(test, "diagnostics").map(|one| plain(one, line)).collect(),
            exchanges: list(test, "exchanges").map(|one| plain(one, line)).collect(),
            sent: without_cookies(seen.iterations.first().map_or(&[], Vec::as_slice)),
        }
    }

    fn failed(&self) -> bool {
        !matches!(self.outcome.as_str(), "passed" | "skipped" | "vacuous")
    }
}

/// Those of a user stay, and a test has none from before. Threads of control that go on side by side send in any order.
fn without_cookies(sent: &[String]) -> Vec<String> {
    let cookie = |line: &&str| !line.to_ascii_lowercase().starts_with("cookie:");
    let mut sent: Vec<String> =
        sent.iter().map(|one| one.lines().filter(cookie).collect::<Vec<_>>().join("\n")).collect();
    sent.sort();
    sent
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, load: &T, tests: &T) -> Result<(), String> {
    if load == tests { Ok(()) } else { Err(format!("{what} of the load {load:?}, of tests {tests:?}")) }
}

/// `is_mixed`: iterations were under way at once, so that which one a request belongs to isn't known.
fn sent_the_same(seen: &Seen, each: &[&Single], is_mixed: bool) -> Result<(), String> {
    let (mut sent, mut of_tests): (Vec<Vec<String>>, Vec<Vec<String>>) =
        seen.iterations.iter().zip(each).map(|(sent, one)| (without_cookies(sent), one.sent.clone())).unzip();
    if is_mixed {
        (sent, of_tests) = (vec![sent.concat()], vec![of_tests.concat()]);
        sent[0].sort();
        of_tests[0].sort();
    }
    match sent.iter().zip(&of_tests).position(|(sent, of_test)| sent != of_test) {
        Some(at) => Err(format!("iteration {at} sent {:#?}, a test {:#?}", sent[at], of_tests[at])),
        None => Ok(()),
    }
}

/// Whether a load counted what tests come to, each as often as the load did the same.
///
/// # Errors
/// What differs.
pub fn compare(
    load: &Json,
    seen: &Seen,
    tests: &[Single],
    kind_of: &dyn Fn(usize) -> usize,
    is_mixed: bool,
) -> Result<(), String> {
    let line = line_of(load);
    let each: Vec<&Single> = (0..seen.iterations.len()).map(|iteration| &tests[kind_of(iteration)]).collect();
    let (scenario, measured) = (&load["load"]["scenarios"][0], &load["load"]["measured"]);
    let failed = each.iter().filter(|one| one.failed()).count() as u64;
    let outcomes = (scenario["passed"].as_u64(), scenario["failed"].as_u64());
    let replies = || {
        let mut all = Replies::new();
        for requests in list(measured, "requests") {
            for reply in list(requests, "replies") {
                let key = counted(reply, reply["held"].as_bool().unwrap(), &requests["step"], line);
                *all.entry(key).or_default() += reply["times_ms"]["count"].as_u64().unwrap();
            }
        }
        all
    };
    let sums = |of: &dyn Fn(&Single) -> BTreeMap<String, u64>| {
        let mut sums = BTreeMap::new();
        each.iter().flat_map(|one| of(one)).for_each(|(key, count)| *sums.entry(key).or_default() += count);
        sums
    };
    sent_the_same(seen, &each, is_mixed)?;
    same("outcomes", &outcomes, &(Some(each.len() as u64 - failed), Some(failed)))?;
    same("replies", &replies(), &sums(&|one| one.replies.clone()))?;
    let sum = |of: &dyn Fn(&Single) -> u64| each.iter().map(|one| of(one)).sum::<u64>();
    same("expectations", &measured["expectations"].as_u64().unwrap(), &sum(&|one| one.expectations))?;
    same("weak expectations", &measured["weak"].as_u64().unwrap(), &sum(&|one| one.weak))?;
    let events: BTreeMap<String, u64> = list(measured, "events")
        .map(|one| (one["name"].as_str().unwrap().to_owned(), one["after_ms"]["count"].as_u64().unwrap_or(0)))
        .filter(|(_, count)| *count > 0)
        .collect();
    same("events", &events, &sums(&|one| one.events.clone()))?;
    // What is kept whole of some iterations that failed.
    let unlike = |name: &str, of: &dyn Fn(&Single) -> &[Json]| {
        for own in
            list(load, name).filter(|own| !own["code"].as_str().is_some_and(|code| code.starts_with("e2e::load")))
        {
            let own = plain(own, line);
            let known: Vec<&Json> = each.iter().filter(|one| one.failed()).flat_map(|one| of(one)).collect();
            if !known.contains(&&own) {
                let nearest = known.iter().map(|one| difference(&own, one)).min_by_key(String::len);
                return Err(format!("one of the {name} is no test's:\n{}", nearest.unwrap_or_else(|| own.to_string())));
            }
        }
        Ok(())
    };
    unlike("diagnostics", &|one| &one.diagnostics)?;
    unlike("exchanges", &|one| &one.exchanges)?;
    let failures: Vec<&Json> = list(measured, "failures").filter(|one| one["excused"] != true).collect();
    let messages: BTreeSet<(String, String)> =
        failures.iter().map(|one| (one["code"].to_string(), text(one["message"].as_str().unwrap()))).collect();
    let known: BTreeSet<(String, String)> = each
        .iter()
        .filter(|one| one.failed())
        .flat_map(|one| &one.diagnostics)
        .map(|one| (one["code"].to_string(), one["message"].as_str().unwrap().to_owned()))
        .collect();
    if !messages.is_subset(&known) {
        return Err(format!("failures {messages:?}, of tests {known:?}"));
    }
    let count: u64 = failures.iter().map(|one| one["count"].as_u64().unwrap()).sum();
    if (count > 0) != (failed > 0) || count < failed {
        return Err(format!("{count} failures, of tests {failed}"));
    }
    Ok(())
}
