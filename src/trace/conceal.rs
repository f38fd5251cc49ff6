//! Every text of a record passes the disguise: the types are taken apart, so that a new field doesn't compile until it is said what it is.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::disguise::Disguise;
use crate::event::{
    ChannelEnd, Exchange, Failure, FrameKind, Header, Hop, Occurrence, Part, Peer, Response, SetCookie, Tls, flows,
};
use crate::value::{Json, Secret, Value};
use crate::world::cookies::Kept;
use crate::world::records::{Carried, Done, Ended, Line, Obtained, Record, Sent};
use crate::world::{Outbound, Outgoing};

/// Replaces secrets, and takes note of whether there were any.
pub struct Concealing<'d> {
    disguise: &'d Disguise,
    changed: bool,
}

impl<'d> Concealing<'d> {
    pub fn new(disguise: &'d Disguise) -> Self {
        Self { disguise, changed: false }
    }

    pub fn text(&mut self, text: &mut String) {
        if let Cow::Owned(replaced) = self.disguise.text(text) {
            (*text, self.changed) = (replaced, true);
        }
    }

    pub fn bytes(&mut self, bytes: &mut Bytes) {
        let replaced = self.disguise.bytes(bytes);
        self.changed |= replaced != *bytes;
        *bytes = replaced;
    }

    fn vec(&mut self, bytes: &mut Vec<u8>) {
        let mut whole = Bytes::from(std::mem::take(bytes));
        self.bytes(&mut whole);
        *bytes = whole.into();
    }

    fn pairs(&mut self, pairs: &mut [(String, String)]) {
        for (name, value) in pairs {
            self.text(name);
            self.text(value);
        }
    }

    pub fn record(&mut self, record: &mut Record) {
        let Record { occurrence, moments: _, request, line, credentials, works: _, worked: _, late: _ } = record;
        self.occurrence(occurrence);
        request.iter_mut().for_each(|sent| self.sent(sent));
        line.iter_mut().for_each(|line| self.line(line));
        for (name, how) in credentials {
            self.text(name);
            match how {
                Obtained::Given(value) => {
                    let replaced = self.value(value);
                    self.changed |= replaced != *value;
                    *value = replaced;
                }
                Obtained::Never | Obtained::Fetched { attempt: _ } => {}
            }
        }
    }

    /// What is secret in the specs is so in the first lines of steps, too.
    fn occurrence(&mut self, occurrence: &mut Occurrence) {
        let mut changed = false;
        let mut part = |part: &Part| {
            let mut text = |text: &Arc<str>| match self.disguise.text(text) {
                Cow::Borrowed(_) => text.clone(),
                Cow::Owned(replaced) => {
                    changed = true;
                    replaced.into()
                }
            };
            match part {
                Part::Test(id) => Part::Test(text(id)),
                Part::Suite(name, hook) => Part::Suite(text(name), hook),
                Part::Phase(name) => Part::Phase(text(name)),
                Part::Credential(name) => Part::Credential(text(name)),
                Part::Probe(name) => Part::Probe(text(name)),
                Part::Step(head, nth) => Part::Step(text(head), *nth),
                Part::Call(flow) => Part::Call(text(flow)),
                part @ (Part::Hook(_)
                | Part::Attempt(_)
                | Part::User(_)
                | Part::Element(_)
                | Part::Round(_)
                | Part::Sent(_)) => part.clone(),
            }
        };
        let mut parts: Vec<Part> = occurrence.parts().into_iter().map(&mut part).collect();
        if changed {
            let first = parts.remove(0);
            *occurrence = parts.into_iter().fold(Occurrence::root(first), |within, part| within.then(part));
            self.changed = true;
        }
    }

    fn sent(&mut self, Sent { request, jar, ended }: &mut Sent) {
        self.outgoing(request);
        jar.iter_mut().for_each(|Kept { name, at: _ }| self.text(name));
        if let Some(Ended { exchange, at: _, cut: _ }) = ended {
            self.exchange(exchange);
        }
    }

    fn outgoing(&mut self, request: &mut Outgoing) {
        let Outgoing {
            method,
            url,
            headers,
            body,
            limit: _,
            follow: _,
            version: _,
            verify: _,
            compressed: _,
            digest,
            cookies,
            fresh: _,
            reconnect: _,
            occurrence,
            seed: _,
        } = request;
        self.text(method);
        self.text(url);
        self.pairs(headers);
        body.iter_mut().for_each(|body| self.bytes(body));
        if let Some((user, password)) = digest {
            self.text(user);
            let replaced = self.disguise.secret(password);
            (*password, self.changed) = (replaced, true);
        }
        self.pairs(cookies);
        self.occurrence(occurrence);
    }

    fn exchange(&mut self, exchange: &mut Exchange) {
        let Exchange {
            method,
            url,
            request_headers,
            request_body,
            started: _,
            outcome,
            attempts: _,
            reconnected: _,
            hops,
            cookies,
            last_begun: _,
            peer,
            timings: _,
            bytes_sent: _,
            bytes_received: _,
        } = exchange;
        self.text(method);
        self.text(url);
        self.sent_headers(request_headers);
        self.bytes(request_body);
        match outcome {
            Ok(response) => {
                let mut replaced = Response::clone(response);
                let before = std::mem::replace(&mut self.changed, false);
                self.response(&mut replaced);
                if self.changed {
                    *response = Arc::new(replaced);
                }
                self.changed |= before;
            }
            Err(Failure { kind: _, message, status: _ }) => self.text(message),
        }
        for Hop {
            url,
            peer,
            method,
            request_headers,
            headers,
            status: _,
            version: _,
            wire_size: _,
            begun: _,
            ended: _,
            timings: _,
        } in hops
        {
            self.text(url);
            self.text(method);
            self.sent_headers(request_headers);
            self.headers(headers);
            peer.iter_mut().for_each(|peer| self.peer(peer));
        }
        for SetCookie { url, value, at: _ } in cookies {
            self.text(url);
            self.text(value);
        }
        peer.iter_mut().for_each(|peer| self.peer(peer));
    }

    /// The response of Digest authentication (RFC 7616, section 3.4) is made from the password alone and what is sent beside it: anyone who has it can
    /// try passwords.
    fn digest(&mut self, value: &mut String) {
        const NAME: &str = "response=\"";
        if !value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("digest ")) {
            return;
        }
        if let Some(start) = value.find(NAME).map(|at| at + NAME.len())
            && let Some(end) = value[start..].find('"').map(|length| start + length)
        {
            let replaced = self.disguise.secret(&value[start..end]);
            value.replace_range(start..end, &replaced);
        }
    }

    fn response(&mut self, response: &mut Response) {
        let Response { status: _, version: _, url, headers, body, wire_size: _ } = response;
        self.text(url);
        self.headers(headers);
        self.bytes(body);
    }

    fn sent_headers(&mut self, headers: &mut [Header]) {
        self.headers(headers);
        for header in headers.iter_mut().filter(|header| header.name.eq_ignore_ascii_case("authorization")) {
            self.digest(&mut header.value);
        }
    }

    fn headers(&mut self, headers: &mut [Header]) {
        for Header { name, value } in headers {
            self.text(name);
            self.text(value);
        }
    }

    fn peer(&mut self, peer: &mut Peer) {
        let Peer { address, resolved, reused: _, tls } = peer;
        address.iter_mut().chain(resolved).for_each(|address| self.text(address));
        if let Some(Tls { version: _, fingerprint: _, certificate, verified: _ }) = tls {
            certificate.iter_mut().for_each(|certificate| self.bytes(certificate));
        }
    }

    fn line(&mut self, line: &mut Line) {
        let Line { done, carried, end, closing, watched: _, cut: _ } = line;
        for one in done {
            match one {
                Done::Sent(Outbound::Text(text)) => self.text(text),
                Done::Sent(Outbound::Binary(bytes)) | Done::Pinged(bytes) => self.vec(bytes),
                Done::Closed { code: _, reason } => self.text(reason),
                Done::Left(_) => {}
            }
        }
        self.split(carried);
        for Carried { at: _, behind: _, direction: _, kind, data, is_read: _, hidden: _ } in carried {
            match kind {
                FrameKind::SseEvent(fields) => {
                    fields.event.iter_mut().chain(&mut fields.id).for_each(|text| self.text(text))
                }
                FrameKind::Text | FrameKind::Binary | FrameKind::Ping | FrameKind::Pong => {}
                FrameKind::SseComment | FrameKind::Line => {}
            }
            self.bytes(data);
        }
        for (_, end) in end.iter_mut().chain(closing) {
            match end {
                ChannelEnd::Closed { code: _, reason, by_us: _ } => self.text(reason),
                ChannelEnd::Lost { message }
                | ChannelEnd::CutOff { message }
                | ChannelEnd::Failed { message, is_too_large: _ } => {
                    self.text(message);
                }
                ChannelEnd::Ended | ChannelEnd::Dropped => {}
            }
        }
    }

    /// What several frames of a kind hold together.
    fn split(&mut self, carried: &mut [Carried]) {
        for flow in flows(carried.iter().map(|one| (one.direction, &one.kind, &one.data))) {
            let ends = |range: &Range<usize>| flow.parts(range).into_iter().map(|(_, part)| part.end).collect();
            for (range, surrogate) in self.disguise.across(&flow.text, ends) {
                for (place, part) in flow.parts(&range) {
                    let now = surrogate.as_bytes().get(part.start - range.start..part.end - range.start);
                    let frame = flow.frames.iter().find(|(of, _)| *of == place).map(|(_, frame)| frame.start);
                    if let Some(((one, now), from)) = carried.get_mut(place).zip(now).zip(frame) {
                        replace(one, part.start - from, now);
                        self.changed = true;
                    }
                }
            }
        }
    }

    /// The beginnings of secrets at the ends of what was left out from there on.
    pub fn cut_off(&mut self, record: &mut Record) {
        let ended = record.request.as_mut().and_then(|sent| sent.ended.as_mut()).filter(|ended| ended.cut);
        if let Some(ended) = ended
            && let Ok(response) = &ended.exchange.outcome
            && let Some(body) = self.without_end(&response.body)
        {
            ended.take_body(body);
        }
        let Some(line) = record.line.as_mut().filter(|line| line.cut) else { return };
        for flow in flows(line.carried.iter().map(|one| (one.direction, &one.kind, &one.data))) {
            let Some((start, surrogate)) = self.disguise.cut_off(&flow.text) else { continue };
            for (place, frame) in flow.frames.iter().filter(|(_, frame)| frame.end > start) {
                let from = start.max(frame.start);
                let now = surrogate.as_bytes().get(from - start..frame.end - start);
                if let Some((one, now)) = line.carried.get_mut(*place).zip(now) {
                    replace(one, from - frame.start, now);
                }
            }
        }
    }

    fn without_end(&self, body: &Bytes) -> Option<Bytes> {
        let (start, surrogate) = self.disguise.cut_off(std::str::from_utf8(body).ok()?)?;
        Some([body.get(..start)?, surrogate.as_bytes()].concat().into())
    }

    /// A value without secrets.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::Secret(secret) => Value::Secret(Secret::new(self.disguise.secret(secret.expose()))),
            Value::Json(json) => {
                let text = json.to_string();
                match self.disguise.text(&text) {
                    Cow::Borrowed(_) => value.clone(),
                    // What isn't JSON any more would be taken for something that it never was.
                    Cow::Owned(text) => Json::parse(&text).map_or_else(|_| Value::null(), Value::from),
                }
            }
            Value::Bytes(bytes) => Value::Bytes(self.disguise.bytes(&Bytes::copy_from_slice(bytes)).to_vec().into()),
            Value::List(values) => Value::List(Arc::new(values.iter().map(|value| self.value(value)).collect())),
            Value::Object(fields) => {
                let field = |(name, value): &(Arc<str>, Value)| (self.disguise.text(name).into(), self.value(value));
                Value::Object(Arc::new(fields.iter().map(field).collect()))
            }
            Value::Duration(_) | Value::Size(_) | Value::Percent(_) | Value::Rate(_) | Value::Money(_) => value.clone(),
            Value::Channel(_) => value.clone(),
        }
    }
}

/// Puts bytes in the place of as many.
fn replace(one: &mut Carried, at: usize, now: &[u8]) {
    let mut data = one.data.to_vec();
    if let Some(place) = data.get_mut(at..at + now.len()) {
        place.copy_from_slice(now);
        one.data = data.into();
    }
}
