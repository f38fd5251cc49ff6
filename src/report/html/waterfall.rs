//! A test's exchanges over its time, each by its stages.

use askama::Template;

use super::words::{across, clean, clean_or_empty, duration};
use crate::report::model::{Exchange, Hop, Test, Tls};
use crate::value::format_size;

/// The narrowest that a stage is drawn, in thousandths of the test's time.
const NARROWEST: f64 = 2.0;

#[derive(Template)]
#[template(path = "waterfall.html")]
pub(super) struct Waterfall {
    exchanges: Vec<One>,
    end: String,
    /// What is only counted; nothing where that is nothing.
    left_out: String,
}

struct One {
    number: usize,
    method: String,
    url: String,
    service: String,
    reply: String,
    held: bool,
    size: String,
    time: String,
    words: String,
    stages: Vec<Stage>,
    facts: Vec<String>,
    tls: Vec<String>,
    unverified: bool,
}

struct Stage {
    class: &'static str,
    x: f64,
    width: f64,
    words: String,
}

impl Waterfall {
    pub fn new(test: &Test) -> Self {
        let end_of = |one: &Exchange| one.started_ms - test.started_ms + one.timings_ms.total;
        let whole = test.exchanges.iter().map(end_of).fold(test.duration_ms, f64::max);
        Self {
            exchanges: test.exchanges.iter().enumerate().map(|(at, exchange)| one(at, exchange, test, whole)).collect(),
            end: duration(whole),
            left_out: test.left_out.as_ref().map(|one| one.words(test.load.is_some())).unwrap_or_default(),
        }
    }
}

fn one(at: usize, one: &Exchange, test: &Test, whole: f64) -> One {
    let start = (one.started_ms - test.started_ms).max(0.0);
    let reply = match (one.status, &one.failure) {
        (Some(status), _) => status.to_string(),
        (None, Some(failure)) => failure.kind.phrase(),
        (None, None) => "no response".to_owned(),
    };
    One {
        number: at + 1,
        method: clean(&one.method),
        url: clean(&one.url),
        service: clean_or_empty(one.service.as_deref()),
        reply: clean(&reply),
        held: one.held,
        size: format!("{} ↑ {} ↓", format_size(one.bytes_sent), format_size(one.bytes_received)),
        time: duration(one.timings_ms.total),
        words: format!("from {} to {}", duration(start), duration(start + one.timings_ms.total)),
        stages: stages(one, start, whole),
        facts: facts(one),
        tls: one.tls.as_ref().map(tls).unwrap_or_default(),
        unverified: one.tls.as_ref().is_some_and(|tls| !tls.verified),
    }
}

fn stages(one: &Exchange, start: f64, whole: f64) -> Vec<Stage> {
    let timings = &one.timings_ms;
    let before: f64 = [timings.dns, timings.connect, timings.tls].into_iter().flatten().sum();
    let first = timings.first_byte.unwrap_or(timings.total);
    let all = [
        ("dns", "resolving", timings.dns),
        ("connect", "connecting", timings.connect),
        ("tls", "TLS", timings.tls),
        ("wait", "waiting", Some(first - before)),
        ("receive", "receiving", Some(timings.total - first)),
    ];
    let mut from = start;
    let mut stages = Vec::new();
    for (class, words, time) in all {
        let Some(time) = time.filter(|time| *time > 0.0) else { continue };
        // One that begins at the very end of the test is seen, too.
        let x = across(from, whole).min(1000.0 - NARROWEST);
        let width = super::words::tenth((across(from + time, whole) - x).max(NARROWEST));
        stages.push(Stage { class, x, width, words: format!("{words} {}", duration(time)) });
        from += time;
    }
    stages
}

/// What is known of the connection and of the way to the response.
fn facts(one: &Exchange) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    if let Some(peer) = &one.peer {
        facts.push(format!("peer {peer}"));
    }
    if let Some(resolved) = one.resolved.as_ref().filter(|resolved| !resolved.is_empty()) {
        facts.push(format!("resolved to {}", resolved.join(", ")));
    }
    facts.extend(one.version.clone());
    if one.reused == Some(true) {
        facts.push("connection used again".to_owned());
    }
    if one.attempts > 1 {
        facts.push(format!("{} attempts", one.attempts));
    }
    match one.reconnected {
        0 => {}
        1 => facts.push("sent again on a fresh connection".to_owned()),
        times => facts.push(format!("sent again on a fresh connection {times} times")),
    }
    if let Some(protocol) = &one.opens {
        facts.push(match one.opened {
            Some(true) => format!("opened {protocol}"),
            Some(false) => format!("did not open {protocol}"),
            None => format!("asked for {protocol}"),
        });
    }
    facts.extend(one.redirects.iter().map(redirect));
    facts.extend(one.warnings.iter().map(|warning| format!("warning: {warning}")));
    facts.extend(one.failure.as_ref().map(|failure| failure.message.clone()));
    facts.iter().map(|fact| clean(fact)).collect()
}

/// Who sent it elsewhere, and how.
fn redirect(hop: &Hop) -> String {
    let mut words: Vec<String> = hop.peer.iter().map(|peer| format!("peer {peer}")).collect();
    words
        .extend(hop.resolved.iter().filter(|all| !all.is_empty()).map(|all| format!("resolved to {}", all.join(", "))));
    words.extend(hop.tls.iter().flat_map(tls));
    let words = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    format!("{} from {}{words}", hop.status, hop.url)
}

fn tls(tls: &Tls) -> Vec<String> {
    let mut words = vec![tls.version.clone().unwrap_or_else(|| "TLS".to_owned())];
    words.push(if tls.verified { "certificate verified" } else { "certificate not verified" }.to_owned());
    words.extend(tls.fingerprint.as_ref().map(|fingerprint| format!("SHA-256 {fingerprint}")));
    words.iter().map(|word| clean(word)).collect()
}
