use std::time::Duration;

use super::form::Timings;
use crate::event::{self, Exchange, FailureKind, Hop, Instant, Peer};

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

    /// Of a request whose response redirected.
    pub fn of_redirect(hop: &Hop) -> Self {
        let Some(timings) = &hop.timings else { return Self::waited(hop.ended.saturating_sub(hop.begun)) };
        let stages = Stages {
            timings,
            is_own: is_own(hop.peer.as_ref()),
            was_sent: true,
            blocked: Duration::ZERO,
            all: timings.total,
            first_byte: timings.first_byte,
            opened: Duration::ZERO,
        };
        stages.timings()
    }

    /// Of the last request of an exchange, which is looked at from `start` on; what it opened went on until `end`.
    pub fn of(exchange: &Exchange, start: Instant, end: Option<Instant>) -> Self {
        let timings = &exchange.timings;
        let until = exchange.started.saturating_add(timings.total);
        let begun = exchange.last_begun.unwrap_or(start).max(start);
        let stages = Stages {
            timings,
            is_own: is_own(exchange.peer.as_ref()),
            was_sent: was_sent(exchange),
            // Redirects and challenges lie between, and what they took isn't known any closer.
            blocked: begun.saturating_sub(start),
            all: until.saturating_sub(begun),
            first_byte: timings.first_byte.filter(|_| exchange.last_begun.is_some()),
            opened: end.map_or(Duration::ZERO, |end| end.saturating_sub(until)),
        };
        stages.timings()
    }

    /// All of it; `ssl` is a part of `connect`.
    pub fn sum(&self) -> f64 {
        let Self { blocked, dns, connect, ssl: _, send, wait, receive } = self;
        let sum: f64 = [blocked, dns, connect, send, wait, receive].into_iter().map(|stage| stage.max(0.0)).sum();
        (sum * 1e3).round() / 1e3
    }
}

/// What is known of the times of one request.
struct Stages<'t> {
    timings: &'t event::Timings,
    /// Its connection was made for it.
    is_own: bool,
    was_sent: bool,
    /// What passed before it was begun, and from then on until its response was there.
    blocked: Duration,
    all: Duration,
    first_byte: Option<Duration>,
    /// How long what it opened went on.
    opened: Duration,
}

impl Stages<'_> {
    fn timings(self) -> Timings {
        let stage = |took: Option<Duration>| took.filter(|_| self.is_own);
        let event::Timings { dns, connect: tcp, tls, first_byte: _, total: _ } = self.timings;
        let (dns, tcp, tls) = (stage(*dns), stage(*tcp), stage(*tls));
        let connect = (tcp.is_some() || tls.is_some()).then(|| tcp.unwrap_or_default() + tls.unwrap_or_default());
        let connected = dns.unwrap_or_default() + connect.unwrap_or_default();
        let first = self.first_byte.unwrap_or(self.all).min(self.all);
        let received = self.all.saturating_sub(first) + self.opened;
        let rest = first.saturating_sub(connected);
        // What was never sent didn't wait for a response.
        let (blocked, wait) = if self.was_sent { (self.blocked, rest) } else { (self.blocked + rest, Duration::ZERO) };
        let or_none = |stage: Option<Duration>| stage.map_or(NONE, ms);
        Timings {
            blocked: or_none(Some(blocked).filter(|blocked| !blocked.is_zero())),
            dns: or_none(dns),
            connect: or_none(connect),
            ssl: or_none(tls),
            // When the request had been written isn't known: what it took is in `wait`.
            send: 0.0,
            wait: ms(wait),
            receive: ms(received),
        }
    }
}

fn is_own(peer: Option<&Peer>) -> bool {
    peer.is_some_and(|peer| !peer.reused)
}

/// Whether the last request of an exchange was sent, or may have been.
fn was_sent(exchange: &Exchange) -> bool {
    use FailureKind::{Dns, Invalid, Refused, Tls, Unreal};
    match &exchange.outcome {
        Ok(_) => true,
        Err(failure) => exchange.bytes_sent > 0 && !matches!(failure.kind, Dns | Invalid | Refused | Tls | Unreal(_)),
    }
}
