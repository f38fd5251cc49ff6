use std::sync::Arc;
use std::time::Duration;

use super::super::channels::{GOING_AWAY, HURRIED_WORDS, LAST_WORDS, Opened, Owned, end_words};
use super::super::prepare;
use super::opening::{broken_handshake, expects_other_status, headers_of, no_event_stream, protocol, wants_refusal};
use super::{Executor, Halt, Stepped};
use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Focus, bound, evaluate, show};
use crate::event::{Exchange, Failure, FailureKind, Frame, FrameKind};
use crate::judge::ChannelOpening;
use crate::judge::release::Observation;
use crate::plan::{EventNaming, Expr, FrameBody, OpenChannel, Slot};
use crate::source::Span;
use crate::syntax::ast::{ChannelKind, FrameBodyKind};
use crate::value::Value;
use crate::world::{
    self, Connected, Log, MAX_REASON, Naming, Outbound, Outgoing, Reading, ReplyTo, handshake, may_close_with,
};

/// How often a connection on which too much waits to be sent is looked at.
const CONGESTED: Duration = Duration::from_millis(5);

/// How events are named, with the values of the names in its paths.
fn events(naming: &EventNaming, context: &Context<'_>) -> Result<EventNaming, Fault> {
    let path = |path: &crate::plan::Path| bound(path, context).map(crate::plan::Path::from);
    Ok(match naming {
        EventNaming::Path(by) => EventNaming::Path(path(by)?),
        EventNaming::Batch { list, by } => EventNaming::Batch { list: path(list)?, by: path(by)? },
        EventNaming::Default | EventNaming::Regex(_) => naming.clone(),
    })
}

impl Executor {
    pub(super) async fn open(&mut self, open: &Arc<OpenChannel>) -> Stepped {
        let mut outgoing = self.outgoing(&open.request).await?;
        let texts = |names: &Vec<Expr>, context: &Context<'_>| {
            names.iter().map(|name| evaluate(name, context).map(|name| name.to_text())).collect::<Result<Vec<_>, _>>()
        };
        let protocols = self.weighed(&open.subprotocols, texts).await?;
        if let Some(limit) = &open.connect_within {
            outgoing.limit = self.weighed(limit, prepare::duration).await?;
        }
        if open.kind == ChannelKind::WebSocket {
            handshake::offer(&mut outgoing.headers, &protocols);
        } else if !outgoing.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            let accept = if open.kind == ChannelKind::Sse { "text/event-stream" } else { "application/x-ndjson" };
            outgoing.headers.push(("Accept".to_owned(), accept.to_owned()));
        }
        let started = self.now();
        let title = format!("{} {}", protocol(open.kind), outgoing.url);
        let (exchange, live) = self.connect(open, &outgoing).await?;
        if live.is_some()
            && let Some(broken) = broken_handshake(open, &exchange)
        {
            return self.broken(open, open.span, exchange, broken, (started, title)).await;
        }
        if live.is_some()
            && let Some(reported) = no_event_stream(open, &exchange)
        {
            return self.not_opened(open, reported, exchange, started, title);
        }
        let events = self.evaluated(|context| events(&open.events, context))?;
        let naming = Naming::new(events, open.payload_by.clone());
        let replies = self.replies(open).await?;
        let headers = headers_of(&exchange);
        // The log starts before the handshake is judged, so that no frame can come too early.
        let opened = live.map(|live| {
            let secrets = self.attempt.shared.options.secrets.clone();
            let learn = move |data: &[u8]| super::request::credentials(data).for_each(|value| secrets.add(&value));
            let world = self.attempt.shared.world.clone();
            let log = Arc::new(Log::open(
                world.clone(),
                self.now(),
                world.budget(),
                &open.name,
                protocol(open.kind),
                &outgoing.url,
                Box::new(learn),
            ));
            let (naming_of, replies_of) = (naming.clone(), replies.clone());
            let channel = live.start(Reading {
                kind: open.kind,
                headers,
                log: log.clone(),
                naming: naming_of,
                replies: replies_of,
            });
            Opened::new(open.clone(), outgoing.clone(), naming, replies, log, channel)
        });
        let is_open = opened.is_some();
        if let Some(opened) = opened {
            let handle = self.attempt.channels.add(opened);
            self.owned.add(handle);
            self.scope.set(open.slot, Value::Channel(handle));
        } else if exchange.outcome.is_ok() && !expects_other_status(open) {
            return self.refused(open, open.request.url.span, exchange, started, title);
        }
        let opening = self.opening(open, is_open);
        self.judge(open.span, &open.request, Arc::new(exchange), (started, title), Some(opening)).await
    }

    /// Takes note of a channel that opened, or that should have: one that the spec wants refused is neither.
    fn opening(&self, open: &OpenChannel, is_open: bool) -> ChannelOpening {
        let opened = if is_open { Some(true) } else { (!wants_refusal(open)).then_some(false) };
        if let (ChannelKind::WebSocket, Some(opened)) = (open.kind, opened) {
            self.attempt.shared.observer.receive(Observation::WebSocket { opened });
        }
        ChannelOpening { channel: open.name.clone(), protocol: protocol(open.kind), opened }
    }

    async fn connect(
        &mut self,
        open: &OpenChannel,
        outgoing: &Outgoing,
    ) -> Result<(Exchange, Option<Box<dyn Connected>>), Halt> {
        let mut outgoing = outgoing.clone();
        let now = self.moment().await;
        outgoing.limit = outgoing.limit.min(self.deadline.left(now));
        self.address(&mut outgoing, self.place.clone());
        let jar = (!open.request.no_cookies).then(|| self.attempt.jar.clone());
        let opening =
            if open.kind == ChannelKind::WebSocket { world::Opening::Upgrade } else { world::Opening::Stream };
        let (exchange, live) = self.attempt.shared.world.connect(&outgoing, jar.as_deref(), opening).await;
        let exchange = self.learn(exchange).await.map_err(|late| self.judged_late(open.span, late))?;
        self.moment().await;
        self.attempt.shared.observer.exchange(&exchange);
        Ok((exchange, live))
    }

    /// The response's status opens a WebSocket, and the rest of it doesn't (RFC 6455, section 4.1): the opening has failed. What is expected of the
    /// response is judged all the same.
    async fn broken(
        &mut self,
        open: &OpenChannel,
        span: Span,
        mut exchange: Exchange,
        broken: String,
        (started, title): (crate::event::Instant, String),
    ) -> Stepped {
        let opening = self.opening(open, false);
        let failure = Failure {
            kind: FailureKind::Handshake,
            message: format!("the WebSocket `{}` wasn't opened: the server's response {broken}", open.name),
            status: exchange.outcome.as_ref().ok().map(|response| response.status),
        };
        let response = std::mem::replace(&mut exchange.outcome, Err(failure));
        let Ok(response) = response else {
            return self.judge(span, &open.request, Arc::new(exchange), (started, title), Some(opening)).await;
        };
        let expected = open
            .request
            .expect_failure
            .is_none()
            .then(|| Exchange { outcome: Ok(response), ..exchange.clone() })
            .map(Arc::new);
        self.judge_broken(span, &open.request, Arc::new(exchange), expected, (started, title), Some(opening)).await
    }

    /// The handshake was answered, and not by an open channel, which the spec took for granted.
    fn refused(
        &mut self,
        open: &OpenChannel,
        place: Span,
        exchange: Exchange,
        started: crate::event::Instant,
        title: String,
    ) -> Stepped {
        let status = exchange.outcome.as_ref().map_or(0, |response| response.status);
        let wanted = if open.kind == ChannelKind::WebSocket { "101" } else { "a success" };
        let message =
            format!("the channel `{}` wasn't opened: the server answered {status}, expected {wanted}", open.name);
        let mut diagnostic = Diagnostic::error(&codes::STATUS, place, message)
            .with_help(format!("if the refusal is what is right, say so among its parts: `expect status {status}`"));
        if place != open.request.url.span {
            diagnostic = diagnostic.with_related(open.request.url.span, "what it was opened with");
        }
        if let Ok(response) = &exchange.outcome
            && !response.body.is_empty()
        {
            let name = format!("response body ({status})");
            let text = String::from_utf8_lossy(&response.body);
            let excerpt = match crate::value::Json::read(&response.body) {
                Ok(json) => crate::judge::json_excerpt(name, &json, &[]),
                Err(_) => crate::judge::text_excerpt(name, &text, None),
            };
            diagnostic = diagnostic.with_excerpt(excerpt);
        }
        self.not_opened(open, diagnostic, exchange, started, title)
    }

    fn not_opened(
        &mut self,
        open: &OpenChannel,
        diagnostic: Diagnostic,
        exchange: Exchange,
        started: crate::event::Instant,
        title: String,
    ) -> Stepped {
        if super::request::is_outage(&exchange) {
            self.meets_outage(&exchange);
        }
        let opening = self.opening(open, false);
        let mut step = super::super::evidence::record(
            self.place.clone(),
            title,
            open.span,
            started,
            self.now(),
            false,
            Vec::new(),
        );
        step.opening = Some(opening);
        self.evidence.exchange(Arc::new(exchange), Some(step));
        Err(self.fails(diagnostic))
    }

    /// What answers keep-alives on its own, with the values that names have now.
    async fn replies(&self, open: &Arc<OpenChannel>) -> Result<Option<ReplyTo>, Halt> {
        if open.replies.is_empty() {
            return Ok(None);
        }
        let mut bodies = Vec::new();
        for reply in &open.replies {
            bodies.push(self.weighed(&reply.with, outbound).await?);
        }
        // Not the attempt, whose channels hold this: neither would ever be let go.
        let (open, scope, faults) = (open.clone(), self.scope.clone(), self.attempt.channels.faults());
        let (plan, host) = (self.attempt.shared.plan.clone(), self.host.clone());
        let answer = move |frame: &Frame| {
            let context = Context { plan: &plan, scope: &scope, focus: Focus::Frame(frame), host: &*host };
            let found = open.replies.iter().position(|reply| {
                crate::judge::fits(&reply.item, frame, &context).unwrap_or_else(|fault| {
                    faults.report(*fault);
                    false
                })
            })?;
            bodies.get(found).cloned()
        };
        Ok(Some(Arc::new(answer)))
    }

    pub(super) fn opened(&self, span: Span, channel: Slot) -> Result<Arc<Opened>, Halt> {
        let handle = match self.scope.get(channel) {
            Some(Value::Channel(handle)) => self.attempt.channels.get(*handle),
            _ => None,
        };
        handle.ok_or_else(|| {
            let name = self.scope.name(channel);
            let message = format!("the channel `{name}` isn't open");
            let diagnostic =
                Diagnostic::error(&codes::CHANNEL_NOT_OPEN, super::head(&self.attempt.shared, span), message)
                    .with_help("its handshake was refused, or the step that opens it wasn't reached");
            self.fails(diagnostic)
        })
    }

    pub(super) async fn send(&mut self, span: Span, channel: Slot, body: &FrameBody) -> Stepped {
        let opened = self.opened(span, channel)?;
        let body = self.weighed(body, outbound).await?;
        let started = self.now();
        self.still_open(span, &opened, "sent")?;
        opened.sent(started);
        opened.with_channel(|channel| channel.send(body));
        // A server that reads slower than it is sent to slows the test down, and never fills the memory.
        let world = self.attempt.shared.world.clone();
        while opened.with_channel(|channel| channel.is_congested()) == Some(true) && world.now() < self.deadline.at {
            world.sleep(CONGESTED).await;
        }
        self.moment().await;
        self.record(self.title(span), span, started, true, Vec::new());
        Ok(())
    }

    pub(super) fn still_open(&self, span: Span, opened: &Opened, verb: &str) -> Stepped {
        let end = opened.log.ending();
        let words = match &end {
            Some(end) => end_words(end),
            None if opened.with_channel(|channel| channel.is_closing()) == Some(true) => {
                "closed by this test".to_owned()
            }
            None => return Ok(()),
        };
        let name = &opened.plan.name;
        let message = format!("nothing can be {verb} on `{name}`: it was {words}");
        let diagnostic = Diagnostic::error(&codes::CHANNEL_ENDED, super::head(&self.attempt.shared, span), message)
            .with_help(format!("`expect on {name} closed` says that it should be; `reconnect {name}` opens it again"));
        end.into_iter().for_each(|end| self.evidence.ended(end));
        Err(self.fails(diagnostic))
    }

    pub(super) async fn close(
        &mut self,
        span: Span,
        channel: Slot,
        code: Option<&Expr>,
        reason: Option<&Expr>,
    ) -> Stepped {
        let opened = self.opened(span, channel)?;
        let code = match code {
            Some(code) => self.close_code(code).await?,
            None => 1000,
        };
        let reason = match reason {
            Some(reason) => self.close_reason(reason).await?,
            None => String::new(),
        };
        let started = self.now();
        opened.sent(started);
        if opened.plan.kind == ChannelKind::WebSocket {
            opened.with_channel(|channel| channel.close(code, &reason));
        } else {
            // A body has no closing handshake: its connection is given up.
            self.leave(&opened, None).await;
        }
        self.moment().await;
        self.record(self.title(span), span, started, true, Vec::new());
        Ok(())
    }

    /// RFC 6455, section 7.4.
    async fn close_code(&self, code: &Expr) -> Result<u16, Halt> {
        let value = self.weighed(code, prepare::whole).await?;
        let sendable = u16::try_from(value).ok().filter(|_| may_close_with(value));
        sendable.ok_or_else(|| {
            let message = format!("a WebSocket can't be closed with {value}");
            let help = "codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999 (RFC 6455, section 7.4)";
            self.fails(Diagnostic::error(&codes::BAD_VALUE, code.span, message).with_help(help))
        })
    }

    /// RFC 6455, section 5.5.
    async fn close_reason(&self, reason: &Expr) -> Result<String, Halt> {
        let text = self.weighed(reason, evaluate).await?.to_text();
        if text.len() <= MAX_REASON {
            return Ok(text);
        }
        let message = format!("this reason has {} bytes, and a close frame has room for {MAX_REASON}", text.len());
        Err(self.fails(Diagnostic::error(&codes::BAD_VALUE, reason.span, message).with_help("make it shorter")))
    }

    pub(super) async fn cut(&mut self, span: Span, channel: Slot) -> Stepped {
        let opened = self.opened(span, channel)?;
        let started = self.now();
        self.leave(&opened, None).await;
        self.moment().await;
        self.record(self.title(span), span, started, true, Vec::new());
        Ok(())
    }

    async fn leave(&self, opened: &Opened, code: Option<u16>) {
        opened.leave(code, self.last_words()).await;
    }

    /// How long what was sent may still take to go out when a channel ends here.
    pub(in crate::run) fn last_words(&self) -> Duration {
        let most = if self.attempt.shared.options.stop.is_stopped() { HURRIED_WORDS } else { LAST_WORDS };
        self.deadline.left(self.now()).clamp(HURRIED_WORDS, most)
    }

    /// Closes what a call, or a round, has opened and still owns.
    pub(super) async fn end(&mut self, owned: &Owned) {
        let handles = owned.take();
        if !handles.is_empty() {
            self.moment().await;
            self.attempt.channels.close(&handles, self.last_words()).await;
            self.moment().await;
        }
    }

    /// Ends what this attempt opened, at its end, and reports what went wrong with keep-alives meanwhile.
    pub(in crate::run) async fn close_all(&mut self) {
        self.moment().await;
        self.attempt.channels.close_all(self.last_words()).await;
        self.attempt.channels.take_faults().into_iter().for_each(|fault| self.evidence.fail(fault));
    }

    /// Opens the same channel once more, with the same request; log and cursor go on.
    pub(super) async fn reconnect(&mut self, span: Span, channel: Slot) -> Stepped {
        let opened = self.opened(span, channel)?;
        let open = opened.plan.clone();
        let mut outgoing = opened.outgoing.clone();
        let last_id = opened.log.read(|log| {
            log.frames.iter().rev().find_map(|frame| match &frame.kind {
                FrameKind::SseEvent(fields) => fields.id.clone(),
                _ => None,
            })
        });
        if let Some(id) = last_id.filter(|id| !id.is_empty()) {
            outgoing.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("last-event-id"));
            outgoing.headers.push(("Last-Event-ID".to_owned(), id));
        }
        // Let go before the log goes on: the end of the old connection isn't that of the new one.
        self.leave(&opened, Some(GOING_AWAY)).await;
        let started = self.moment().await;
        let title = format!("reconnect {}", outgoing.url);
        let (exchange, live) = self.connect(&open, &outgoing).await?;
        if live.is_some()
            && let Some(broken) = broken_handshake(&open, &exchange)
        {
            return self.broken(&open, span, exchange, broken, (started, title)).await;
        }
        let is_open = live.is_some();
        match live {
            Some(live) => {
                let (log, headers) = (opened.log.clone(), headers_of(&exchange));
                let (naming, replies) = (opened.naming.clone(), opened.replies.clone());
                let channel = live.start(Reading { kind: open.kind, headers, log, naming, replies });
                opened.reopened(channel, self.now());
            }
            None if exchange.outcome.is_ok() && !expects_other_status(&open) => {
                return self.refused(&open, span, exchange, started, title);
            }
            None => {}
        }
        let opening = self.opening(&open, is_open);
        self.judge(span, &open.request, Arc::new(exchange), (started, title), Some(opening)).await
    }
}

/// What is sent for a body.
fn outbound(body: &FrameBody, context: &Context<'_>) -> Result<Outbound, Fault> {
    let value = evaluate(&body.value, context)?;
    let bad = |what: &str| {
        let message = format!("{} isn't {what}", show(&value));
        Box::new(
            Diagnostic::error(&codes::BAD_VALUE, body.value.span, message)
                .with_help("see how `send` writes texts, JSON and bytes"),
        )
    };
    match body.kind {
        FrameBodyKind::Json => Ok(Outbound::Text(value.to_json().to_string())),
        FrameBodyKind::Text => Ok(Outbound::Text(value.to_text())),
        FrameBodyKind::Binary => Ok(Outbound::Binary(match &value {
            Value::Bytes(bytes) => bytes.to_vec(),
            other => other.to_text().into_bytes(),
        })),
        FrameBodyKind::Hex => {
            let text: String = value.to_text().split_whitespace().collect();
            let bytes = (0..text.len())
                .step_by(2)
                .map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()));
            bytes.collect::<Option<Vec<u8>>>().map(Outbound::Binary).ok_or_else(|| bad("hexadecimal"))
        }
        FrameBodyKind::Base64 => {
            use base64::Engine as _;
            let decoded = base64::engine::general_purpose::STANDARD.decode(value.to_text().trim());
            decoded.map(Outbound::Binary).map_err(|_| bad("base64"))
        }
    }
}
