use std::time::Duration;

use super::form::Timings;
use crate::event::{Exchange, Instant};

/// A stage that didn't happen.
const NONE: f64 = -1.0;

/// To a microsecond.
fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl Timings {
    /// Nothing is known but how long all of it took.
    pub fn waited(duration: Duration) -> Self {
        Self { blocked: NONE, dns: NONE, connect: NONE, ssl: NONE, send: 0.0, wait: ms(duration), receive: 0.0 }
    }

    /// Of the last request of an exchange, which is looked at from `start` on; what it opened went on until `end`.
    pub fn of(exchange: &Exchange, start: Instant, end: Option<Instant>) -> Self {
        let timings = &exchange.timings;
        let until = exchange.started.saturating_add(timings.total);
        let begun = exchange.last_begun.unwrap_or(start).max(start);
        // Redirects and challenges lie between, and what they took isn't known any closer.
        let blocked = begun.saturating_sub(start);
        let all = until.saturating_sub(begun);
        let is_own = exchange.peer.as_ref().is_some_and(|peer| !peer.reused);
        let stage = |took: Option<Duration>| took.filter(|_| is_own);
        let (dns, tcp, tls) = (stage(timings.dns), stage(timings.connect), stage(timings.tls));
        let connect = (tcp.is_some() || tls.is_some()).then(|| tcp.unwrap_or_default() + tls.unwrap_or_default());
        let connected = dns.unwrap_or_default() + connect.unwrap_or_default();
        let first = timings.first_byte.filter(|_| exchange.last_begun.is_some()).unwrap_or(all).min(all);
        let received = all.saturating_sub(first) + end.map_or(Duration::ZERO, |end| end.saturating_sub(until));
        let or_none = |stage: Option<Duration>| stage.map_or(NONE, ms);
        Self {
            blocked: or_none(Some(blocked).filter(|blocked| !blocked.is_zero())),
            dns: or_none(dns),
            connect: or_none(connect),
            ssl: or_none(tls),
            // When the request had been written isn't known: what it took is in `wait`.
            send: 0.0,
            wait: ms(first.saturating_sub(connected)),
            receive: ms(received),
        }
    }

    /// All of it; `ssl` is a part of `connect`.
    pub fn sum(&self) -> f64 {
        let Self { blocked, dns, connect, ssl: _, send, wait, receive } = self;
        let sum: f64 = [blocked, dns, connect, send, wait, receive].into_iter().map(|stage| stage.max(0.0)).sum();
        (sum * 1e3).round() / 1e3
    }
}
