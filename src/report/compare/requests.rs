use std::collections::BTreeMap;

use super::TimeChange;
use super::times::{Item, judge};
use crate::report::model::{Exchange, Report};

/// The times of requests by what they ask for, whichever test sends them: answered ones that held.
pub(super) fn times(base: &[&Report], new: &[&Report]) -> Vec<TimeChange> {
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    let sides = base.iter().map(|run| (run, true)).chain(new.iter().map(|run| (run, false)));
    for (run, is_base) in sides {
        // What is kept of a load is what failed there.
        let tests = run.tests.iter().filter(|test| test.load.is_none());
        for exchange in tests.flat_map(|test| &test.exchanges) {
            // Opening a channel may wait for its first event.
            if exchange.held && exchange.status.is_some() && exchange.opens.is_none() {
                let item = items.entry(label(exchange)).or_default();
                let times = if is_base { &mut item.base } else { &mut item.new };
                times.push(exchange.timings_ms.total);
            }
        }
    }
    let (labels, items): (Vec<String>, Vec<Item>) = items.into_iter().unzip();
    let found = judge(&items).found;
    let change = |one: super::times::Found| TimeChange {
        kind: "request",
        name: labels[one.index].clone(),
        place: None,
        before_ms: one.before_ms,
        after_ms: one.after_ms,
        samples: (items[one.index].base.len(), items[one.index].new.len()),
        ratio: one.ratio,
    };
    found.into_iter().map(change).collect()
}

/// `GET backend /threads/{}/messages`: without the query and the port, and with `{}` for what looks like an id.
pub(super) fn label(exchange: &Exchange) -> String {
    let rest = exchange.url.split_once("://").map_or(exchange.url.as_str(), |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let path: Vec<&str> = path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect();
    format!("{} {} /{}", exchange.method, exchange.service.as_deref().unwrap_or(host), path.join("/"))
}

/// A number, a UUID, or a long run of letters and digits mixed, as tokens and hashes are.
fn is_id(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let hex = part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let word =
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'='));
    digits > 0 && (digits == part.len() || (hex && part.len() >= 8) || (word && part.len() >= 16 && digits >= 3))
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn ids_are_distinguished_from_words() {
        for id in ["12", "9c4e7a52-5d0e-4c6e-9a53-0d5b7d6f1f10", "5f1e2d3c", "thr_8sd7f6g5h4j3k2l1"] {
            assert!(is_id(id), "{id}");
        }
        for word in ["", "threads", "v2", "api-v1", "deadbeef", "oauth2", "feed"] {
            assert!(!is_id(word), "{word}");
        }
    }
}
