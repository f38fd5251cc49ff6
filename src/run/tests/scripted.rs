//! A world that follows a script, and runs of specs in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::diag::{Style, render};
use crate::event::{ChannelEnd, Exchange, Failure, FailureKind, FrameKind, Header, Instant, Response, Timings};
use crate::judge::{Outcome, Progress, RunResult, TestResult};
use crate::plan::{Plan, choose_plan, compile, environment, lay_out_phases};
use crate::project::from_memory;
use crate::run::{Options, Stop, execute};
use crate::value::SecretSink;
use crate::value::effort::Effort;
use crate::world::cookies::Jar;
use crate::world::timeline::{Stuck, Timeline};
use crate::world::{
    Budget, Channel, Connected, Late, Log, Naming, Opening, Outbound, Outgoing, Pen, Pending, Reading, ReplyTo, Time,
    World,
};

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What is asked of the world.
pub struct Asked<'a> {
    /// The URL's path and query.
    pub path: &'a str,
    /// How many times this path was asked for, from 1.
    pub nth: usize,
    pub at: Instant,
    pub request: &'a Outgoing,
}

impl Asked<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.request.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn body(&self) -> String {
        String::from_utf8_lossy(self.request.body.as_deref().unwrap_or_default()).into_owned()
    }
}

/// What the world does with a request.
#[derive(Clone, Default)]
pub struct Said {
    after: Duration,
    status: u16,
    body: String,
    headers: Vec<(String, String)>,
    failure: Option<FailureKind>,
    never: bool,
    frames: Vec<(Duration, Happens)>,
    /// What comes of a text that is sent.
    reactions: Vec<(String, Duration, Happens)>,
}

/// What happens on a channel.
#[derive(Clone)]
pub enum Happens {
    Text(String),
    Closed(u16),
    Lost,
}

/// A response with this status, at once.
pub fn say(status: u16) -> Said {
    Said { status, ..Said::default() }
}

/// A response with a JSON body, at once.
pub fn json(body: &str) -> Said {
    say(200).with("content-type", "application/json").body(body)
}

/// No response: this failure, at once.
pub fn fail(kind: FailureKind) -> Said {
    Said { failure: Some(kind), ..Said::default() }
}

/// No response, ever.
pub fn silence() -> Said {
    Said { never: true, ..Said::default() }
}

/// A WebSocket opens.
pub fn open() -> Said {
    say(101)
}

impl Said {
    pub fn after(mut self, milliseconds: u64) -> Self {
        self.after = ms(milliseconds);
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A text comes so long after the opening.
    pub fn text(self, milliseconds: u64, text: &str) -> Self {
        self.happens(milliseconds, Happens::Text(text.to_owned()))
    }

    /// An event of this name comes so long after the opening.
    pub fn event(self, milliseconds: u64, name: &str) -> Self {
        self.text(milliseconds, &format!("{{\"type\":\"{name}\"}}"))
    }

    pub fn closed(self, milliseconds: u64, code: u16) -> Self {
        self.happens(milliseconds, Happens::Closed(code))
    }

    pub fn lost(self, milliseconds: u64) -> Self {
        self.happens(milliseconds, Happens::Lost)
    }

    pub fn happens(mut self, milliseconds: u64, what: Happens) -> Self {
        self.frames.push((ms(milliseconds), what));
        self
    }

    /// A text that holds `sent` is answered by an event, so long after it.
    pub fn answers(mut self, sent: &str, milliseconds: u64, event: &str) -> Self {
        let what = Happens::Text(format!("{{\"type\":\"{event}\"}}"));
        self.reactions.push((sent.to_owned(), ms(milliseconds), what));
        self
    }
}

type Respond = dyn Fn(&Asked<'_>) -> Said + Send + Sync;

struct Scripted {
    timeline: Arc<Timeline>,
    respond: Arc<Respond>,
    asked: Mutex<HashMap<String, usize>>,
    calls: Arc<Mutex<Vec<Call>>>,
    budget: Budget,
}

/// What reached the world: a request, or what was sent on a channel.
#[derive(Clone, Debug)]
pub struct Call {
    pub at: Instant,
    /// `GET /path`, `send …`, `close 1000`, `left`
    pub what: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// What the transport's own random values are drawn from.
    pub seed: u64,
}

/// The Wall clock's time at the epoch: 2026-11-01T00:00:00Z.
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
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            let nth = asked.entry(path.clone()).or_default();
            *nth += 1;
            *nth
        };
        let cookies = jar.map(|jar| jar.lock().unwrap().for_url(&request.url, started)).unwrap_or_default();
        let cookies = cookies.into_iter().map(|(name, value)| ("cookie".to_owned(), format!("{name}={value}")));
        let headers: Vec<(String, String)> = request.headers.iter().cloned().chain(cookies).collect();
        self.calls.lock().unwrap().push(Call {
            at: started,
            what: format!("{} {path}", request.method),
            headers: headers.clone(),
            body: request.body.clone().unwrap_or_default(),
            seed: request.seed,
        });
        let said = (self.respond)(&Asked { path: &path, nth, at: started, request });
        let late = said.never || said.after > request.limit;
        let at = started + if late { request.limit } else { said.after };
        self.timeline.sleep_until(at).await;
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
        use crate::world::handshake;
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
                crate::world::handshake::prepare(&mut request.headers, [7; 16]);
            }
            let (exchange, said) = self.answer(&request, jar).await;
            let opens = exchange.outcome.as_ref().is_ok_and(|response| match opening {
                Opening::Upgrade => response.status == 101,
                Opening::Stream => (200..300).contains(&response.status),
            });
            let connected = opens.then(|| {
                let (timeline, calls) = (self.timeline.clone(), self.calls.clone());
                Box::new(Line { timeline, said, calls }) as Box<dyn Connected>
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

/// A connection that a script has opened.
struct Line {
    timeline: Arc<Timeline>,
    said: Said,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Connected for Line {
    fn start(self: Box<Self>, reading: Reading) -> Box<dyn Channel> {
        let (tell, told) = unbounded_channel();
        let pen = reading.log.connect(Box::new(|| true));
        for (after, what) in self.said.frames {
            later(&self.timeline, self.timeline.now() + after, what, &tell);
        }
        tokio::spawn(read(
            told,
            pen.clone(),
            reading.naming,
            reading.replies,
            self.calls.clone(),
            self.timeline.clone(),
        ));
        let reactions = self.said.reactions;
        Box::new(Scene {
            timeline: self.timeline,
            log: reading.log,
            pen,
            reactions,
            tell,
            calls: self.calls,
            closing: Mutex::default(),
        })
    }
}

fn later(timeline: &Arc<Timeline>, at: Instant, what: Happens, tell: &UnboundedSender<Happens>) {
    let (timer, tell) = (timeline.sleep_until(at), tell.clone());
    tokio::spawn(async move {
        timer.await;
        let _ = tell.send(what);
    });
}

async fn read(
    mut told: UnboundedReceiver<Happens>,
    pen: Pen,
    naming: Naming,
    replies: Option<ReplyTo>,
    calls: Arc<Mutex<Vec<Call>>>,
    timeline: Arc<Timeline>,
) {
    while let Some(what) = told.recv().await {
        let at = pen.arrive();
        match what {
            Happens::Text(text) => {
                let data = Bytes::copy_from_slice(text.as_bytes());
                let payloads = naming.read(&text, None);
                let frame = crate::event::Frame {
                    number: 0,
                    at,
                    direction: crate::event::Direction::Received,
                    kind: FrameKind::Text,
                    data: data.clone(),
                    payload: payloads.first().cloned().unwrap_or_default(),
                    hidden: false,
                };
                let reply = replies.as_ref().and_then(|replies| replies(&frame));
                pen.received(at, FrameKind::Text, data, payloads, reply.is_some());
                reply.into_iter().for_each(|reply| call(&calls, timeline.now(), format!("reply {}", words(&reply))));
            }
            Happens::Closed(code) => pen.end(at, ChannelEnd::Closed { code, reason: String::new(), by_us: false }),
            Happens::Lost => pen.end(at, ChannelEnd::Lost { message: "the connection was lost".to_owned() }),
        }
        pen.settle();
    }
}

fn call(calls: &Mutex<Vec<Call>>, at: Instant, what: String) {
    calls.lock().unwrap().push(Call { at, what, headers: Vec::new(), body: Bytes::new(), seed: 0 });
}

fn words(body: &Outbound) -> String {
    match body {
        Outbound::Text(text) => text.clone(),
        Outbound::Binary(data) => format!("{data:?}"),
    }
}

struct Scene {
    timeline: Arc<Timeline>,
    log: Arc<Log>,
    pen: Pen,
    reactions: Vec<(String, Duration, Happens)>,
    tell: UnboundedSender<Happens>,
    calls: Arc<Mutex<Vec<Call>>>,
    closing: Mutex<bool>,
}

impl Channel for Scene {
    fn send(&self, body: Outbound) {
        let sent = words(&body);
        call(&self.calls, self.timeline.now(), format!("send {sent}"));
        self.pen.sent(FrameKind::Text, Bytes::copy_from_slice(sent.as_bytes()), vec![Default::default()], false);
        for (trigger, after, what) in &self.reactions {
            if sent.contains(trigger.as_str()) {
                later(&self.timeline, self.timeline.now() + *after, what.clone(), &self.tell);
            }
        }
    }

    fn ping(&self, _: Vec<u8>) {
        call(&self.calls, self.timeline.now(), "ping".to_owned());
    }

    fn close(&self, code: u16, _: &str) {
        call(&self.calls, self.timeline.now(), format!("close {code}"));
        *self.closing.lock().unwrap() = true;
        let end = ChannelEnd::Closed { code, reason: String::new(), by_us: true };
        self.pen.end(self.timeline.now(), end);
    }

    fn is_closing(&self) -> bool {
        *self.closing.lock().unwrap()
    }

    fn is_congested(&self) -> bool {
        false
    }

    fn leave(self: Box<Self>, code: Option<u16>, _: Duration) -> Pending<'static, ()> {
        let how = code.map_or_else(|| "dropped".to_owned(), |code| format!("left {code}"));
        call(&self.calls, self.timeline.now(), how);
        self.log.leave();
        Box::pin(async {})
    }
}

struct Unmasked;

impl SecretSink for Unmasked {
    fn add(&self, _: &str) {}
}

/// A run in the making.
pub struct Case {
    spec: String,
    respond: Arc<Respond>,
    options: Options,
    environment: Option<&'static str>,
    plan: Option<&'static str>,
    stop_at: Option<Instant>,
}

/// A run of a whole file.
pub fn file(spec: &str) -> Case {
    let options = Options {
        jobs: 4,
        retries: None,
        fail_fast: false,
        seed: 1,
        stop: Stop::default(),
        secrets: Arc::new(Unmasked),
        shard: None,
        specs: None,
        deny_weak: false,
    };
    let respond = Arc::new(|_: &Asked<'_>| say(200));
    Case { spec: spec.to_owned(), respond, options, environment: None, plan: None, stop_at: None }
}

/// A run of one test, `t`, with these steps.
pub fn test(steps: &str) -> Case {
    file(&format!("suite \"s\" {{\n  test \"t\" {{\n{steps}\n  }}\n}}\n"))
}

impl Case {
    pub fn answered(mut self, respond: impl Fn(&Asked<'_>) -> Said + Send + Sync + 'static) -> Self {
        self.respond = Arc::new(respond);
        self
    }

    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    pub fn on(mut self, environment: &'static str) -> Self {
        self.environment = Some(environment);
        self
    }

    pub fn by_plan(mut self, plan: &'static str) -> Self {
        self.plan = Some(plan);
        self
    }

    /// The run is interrupted from outside.
    pub fn stopped_at(mut self, milliseconds: u64) -> Self {
        self.stop_at = Some(ms(milliseconds));
        self
    }

    /// Runs it, in virtual time.
    pub fn run(self) -> Ran {
        self.try_run().unwrap_or_else(|Stuck| panic!("the run never ends"))
    }

    pub fn try_run(self) -> Result<Ran, Stuck> {
        let project = from_memory(&[("a.e2e", &self.spec)]);
        let problems: Vec<_> = project.diagnostics.iter().map(|d| d.message.clone()).collect();
        assert!(problems.is_empty(), "{problems:?} in {}", self.spec);
        let given = environment::Given::default();
        let chosen = environment::choose(&project, self.environment).unwrap_or_else(|d| panic!("{}", d.message));
        let environment = environment::resolve(&project, chosen, &given).unwrap_or_else(|d| panic!("{d:?}"));
        let chosen = self.plan.map(|name| choose_plan(&project, name).unwrap_or_else(|d| panic!("{}", d.message)));
        let mut plan = compile(&project, environment, chosen).unwrap_or_else(|d| panic!("{d:?}"));
        let release = lay_out_phases(&mut plan);
        let plan = Arc::new(plan);
        let calls = Arc::new(Mutex::new(Vec::new()));
        let events = Arc::new(Mutex::new(Vec::new()));
        let (kept, heard, stop) = (calls.clone(), events.clone(), self.options.stop.clone());
        let (running, respond, options) = (plan.clone(), self.respond, self.options);
        let stop_at = self.stop_at;
        let result = Timeline::run(move |timeline| async move {
            if let Some(at) = stop_at {
                let timer = timeline.sleep_until(at);
                tokio::spawn(async move {
                    timer.await;
                    stop.stop();
                });
            }
            let world = Scripted { timeline, respond, asked: Mutex::default(), calls: kept, budget: Budget::default() };
            let hear = move |progress: Progress| heard.lock().unwrap().push(progress);
            execute(Arc::new(world), running, release, options, Arc::new(hear)).await
        })?;
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        let events = std::mem::take(&mut *events.lock().unwrap());
        Ok(Ran { result, calls, events, plan })
    }
}

/// What came of a run.
pub struct Ran {
    pub result: RunResult,
    pub calls: Vec<Call>,
    pub events: Vec<Progress>,
    plan: Arc<Plan>,
}

impl Ran {
    pub fn test(&self, name: &str) -> &TestResult {
        let found = self.result.tests.iter().find(|test| test.info.name == name);
        found.unwrap_or_else(|| panic!("there is no test {name}"))
    }

    pub fn outcome(&self, name: &str) -> &Outcome {
        &self.test(name).outcome
    }

    /// All that went wrong with the test `t`, as it is shown.
    pub fn drawn(&self) -> String {
        let draw = |diagnostic| render(diagnostic, &self.plan.sources, Style::default(), &crate::diag::Plain);
        self.test("t").diagnostics.iter().map(draw).collect::<Vec<_>>().join("\n")
    }

    /// The test `t` passed.
    pub fn passed(self) -> Self {
        assert_eq!(*self.outcome("t"), Outcome::Passed, "{}", self.drawn());
        self
    }

    /// The test `t` has this outcome, and its first message begins so.
    pub fn ended(self, outcome: Outcome, message: &str) -> Self {
        assert_eq!(*self.outcome("t"), outcome, "{}", self.drawn());
        let first = self.test("t").diagnostics.first().map_or("", |first| first.message.as_str());
        assert!(first.starts_with(message), "{first}");
        self
    }

    /// When each call reached the world, in milliseconds, and what it was.
    pub fn calls(&self) -> Vec<(u64, &str)> {
        self.calls.iter().map(|call| (call.at.as_millis() as u64, call.what.as_str())).collect()
    }

    /// How long the test `t` took, in milliseconds.
    pub fn took(&self) -> u64 {
        self.test("t").duration.as_millis() as u64
    }
}
