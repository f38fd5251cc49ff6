//! A world that follows a script, and runs of specs in it.

mod case;
mod line;
mod outside;
mod script;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;

use case::Calls;
pub use case::{Call, Case, Ran, file, test};
use line::Answered;
pub use outside::world;
pub use script::{Asked, Happens, Said, events, fail, json, open, say, silence};

use crate::event::{Exchange, Failure, FailureKind, Header, Instant, Response, SetCookie, Timings};
use crate::value::effort::Effort;
use crate::world::cookies::Jar;
use crate::world::timeline::Timeline;
use crate::world::{Budget, Connected, Late, Opening, Outgoing, Pending, Time, World, handshake};

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub type Respond = dyn Fn(&Asked<'_>) -> Said + Send + Sync;

struct Scripted {
    timeline: Arc<Timeline>,
    respond: Arc<Respond>,
    asked: Mutex<HashMap<String, usize>>,
    calls: Calls,
    budget: Budget,
}

/// The wall clock's time at the epoch: 2026-11-01T00:00:00Z.
const EPOCH: i64 = 1_793_491_200;

impl Time for Scripted {
    fn now(&self) -> Instant {
        self.timeline.now()
    }
}

impl Scripted {
    /// Carries out what the script says, within the request's limit.
    async fn answer(&self, request: &Outgoing, jar: Option<&Mutex<Jar>>) -> (Exchange, Said) {
        let started = self.now();
        let path = request.url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
        let host = request.url.split('/').nth(2).unwrap_or_default();
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            let nth = asked.entry(format!("{host}{path}")).or_default();
            *nth += 1;
            *nth
        };
        let cookies = jar.map(|jar| jar.lock().unwrap().for_url(&request.url, started)).unwrap_or_default();
        let cookies = cookies.into_iter().map(|(name, value)| ("cookie".to_owned(), format!("{name}={value}")));
        let headers: Vec<(String, String)> = request.headers.iter().cloned().chain(cookies).collect();
        self.calls.push(Call {
            at: started,
            host: host.to_owned(),
            what: format!("{} {path}", request.method),
            headers: headers.clone(),
            body: request.body.clone().unwrap_or_default(),
            seed: request.seed,
        });
        let said = (self.respond)(&Asked { host, path: &path, nth, at: started });
        let late = said.never || said.after > request.limit;
        let at = started + if late { request.limit } else { said.after };
        self.timeline.sleep_until(at).await;
        self.timeline.stand_still(said.still);
        let failed =
            |kind: FailureKind| Failure { kind, message: format!("{}: as the script says", kind.word()), status: None };
        let outcome = match said.failure {
            _ if late => Err(failed(FailureKind::Timeout)),
            Some(kind) => Err(failed(kind)),
            None => Ok(Arc::new(response(&said, request))),
        };
        if let (Some(jar), Ok(response)) = (jar, &outcome) {
            let mut jar = jar.lock().unwrap();
            response.headers("set-cookie").for_each(|one| jar.store(one, &request.url, at, self.epoch()));
        }
        let header = |(name, value)| Header { name, value };
        let cookies = match &outcome {
            Ok(response) if jar.is_some() => response
                .headers("set-cookie")
                .map(|value| SetCookie { url: request.url.clone(), value: value.to_owned(), at })
                .collect(),
            _ => Vec::new(),
        };
        let exchange = Exchange {
            method: request.method.clone(),
            url: request.url.clone(),
            request_headers: headers.into_iter().map(header).collect(),
            request_body: request.body.clone().unwrap_or_default(),
            started,
            outcome,
            attempts: 1,
            reconnected: 0,
            hops: Vec::new(),
            cookies,
            last_begun: None,
            peer: None,
            timings: Timings { total: at - started, ..Timings::default() },
            bytes_sent: 0,
            bytes_received: 0,
        };
        (exchange, said)
    }
}

fn response(said: &Said, request: &Outgoing) -> Response {
    let mut headers: Vec<Header> = Vec::new();
    if said.status == 101 {
        let key = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
        let key = key.map(|(_, key)| key.as_str()).unwrap_or_default();
        let own = [("Upgrade", "websocket"), ("Connection", "Upgrade")].map(|(name, value)| (name, value.to_owned()));
        let own = own.into_iter().chain([("Sec-WebSocket-Accept", handshake::accept_key(key))]);
        headers.extend(own.map(|(name, value)| Header { name: name.to_owned(), value }));
    }
    headers.extend(said.headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() }));
    let body = Bytes::copy_from_slice(said.body.as_bytes());
    let wire_size = body.len() as u64;
    Response { status: said.status, version: "HTTP/1.1", url: request.url.clone(), headers, body, wire_size }
}

impl World for Scripted {
    fn epoch(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_second(EPOCH).unwrap()
    }

    fn sleep_until(&self, at: Instant) -> Pending<'static, ()> {
        self.timeline.sleep_until(at)
    }

    fn send<'a>(&'a self, request: &'a Outgoing, jar: Option<&'a Mutex<Jar>>) -> Pending<'a, Exchange> {
        Box::pin(async move { self.answer(request, jar).await.0 })
    }

    fn connect<'a>(
        &'a self,
        request: &'a Outgoing,
        jar: Option<&'a Mutex<Jar>>,
        opening: Opening,
    ) -> Pending<'a, (Exchange, Option<Box<dyn Connected>>)> {
        Box::pin(async move {
            let mut request = request.clone();
            if opening == Opening::Upgrade {
                handshake::prepare(&mut request.headers, [7; 16]);
            }
            let (exchange, said) = self.answer(&request, jar).await;
            let opens = exchange.outcome.as_ref().is_ok_and(|response| match opening {
                Opening::Upgrade => response.status == 101,
                Opening::Stream => (200..300).contains(&response.status),
            });
            let connected = opens.then(|| {
                let (timeline, calls) = (self.timeline.clone(), self.calls.clone());
                Box::new(Answered { timeline, scene: said.scene, calls }) as Box<dyn Connected>
            });
            (exchange, connected)
        })
    }

    /// Nothing else goes on meanwhile, and it takes no time.
    fn begin_apart(&self, until: Instant, work: Box<dyn FnOnce(Effort) + Send>) -> Pending<'static, Result<(), Late>> {
        if self.now() >= until {
            return Box::pin(async { Err(Late { queued: true }) });
        }
        let (effort, _waiting) = Effort::new();
        work(effort);
        Box::pin(async { Ok(()) })
    }

    fn begin_aside(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'static, ()> {
        work();
        Box::pin(async {})
    }

    fn budget(&self) -> &Budget {
        &self.budget
    }

    fn departed(&self, _: Duration) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}
