//! Channels whose server follows a script.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::case::Calls;
use super::script::{Happens, Scene, To};
use crate::event::{ChannelEnd, Direction, Frame, FrameKind, Instant, Payload, SseFields};
use crate::syntax::ast::ChannelKind;
use crate::world::timeline::Timeline;
use crate::world::{Channel, Connected, Log, Naming, Outbound, Pen, Pending, Reading, ReplyTo, Time as _};

const SMALL: &str = "a script says little";

/// A connection that a script has opened.
pub(super) struct Answered {
    pub timeline: Arc<Timeline>,
    pub scene: Scene,
    pub calls: Calls,
}

impl Connected for Answered {
    fn start(self: Box<Self>, reading: Reading) -> Box<dyn Channel> {
        let (happen, happened) = unbounded_channel();
        let (clock, quiet_at) = (self.timeline.clone(), self.timeline.now() + self.scene.unread);
        let pen = reading.log.connect(Box::new(move || clock.now() >= quiet_at));
        let line = Line {
            timeline: self.timeline,
            log: reading.log,
            pen,
            scene: self.scene,
            happen,
            calls: self.calls,
            closing: AtomicBool::new(false),
            pinged: Arc::default(),
            is_left: false,
        };
        for (after, what) in &line.scene.frames {
            line.later(*after, what.clone());
        }
        let reader = Reader {
            pen: line.pen.clone(),
            kind: reading.kind,
            naming: reading.naming,
            replies: reading.replies,
            calls: line.calls.clone(),
            pinged: line.pinged.clone(),
            timeline: line.timeline.clone(),
        };
        tokio::spawn(reader.read(happened));
        Box::new(line)
    }
}

/// The test's side of an open channel.
struct Line {
    timeline: Arc<Timeline>,
    log: Arc<Log>,
    pen: Pen,
    scene: Scene,
    happen: UnboundedSender<Happening>,
    calls: Calls,
    closing: AtomicBool,
    /// The payload of the last ping, which a pong has to hold.
    pinged: Arc<Mutex<Bytes>>,
    is_left: bool,
}

struct Happening {
    what: Happens,
    /// The code of the close frame that it answers.
    code: u16,
}

impl Line {
    fn later(&self, after: Duration, what: Happens) {
        self.later_with(after, what, 1000);
    }

    fn later_with(&self, after: Duration, what: Happens, code: u16) {
        let (timer, happen) = (self.timeline.sleep_until(self.timeline.now() + after), self.happen.clone());
        tokio::spawn(async move {
            timer.await;
            // No one reads a connection that was left.
            let _ = happen.send(Happening { what, code });
        });
    }

    fn react(&self, is_meant: impl Fn(&To) -> bool, code: u16) {
        for reaction in self.scene.reactions.iter().filter(|reaction| is_meant(&reaction.to)) {
            self.later_with(reaction.after, reaction.what.clone(), code);
        }
    }

    fn call(&self, what: String) {
        self.calls.add(self.timeline.now(), what);
    }
}

impl Channel for Line {
    fn send(&self, body: Outbound) {
        let sent = words(&body);
        self.call(format!("send {sent}"));
        self.pen.sent(FrameKind::Text, Bytes::copy_from_slice(sent.as_bytes()), vec![Payload::default()], false);
        self.react(|to| matches!(to, To::Text(held) if sent.contains(held.as_str())), 1000);
    }

    fn ping(&self, payload: Vec<u8>) {
        self.call("ping".to_owned());
        *self.pinged.lock().unwrap() = payload.into();
        self.react(|to| *to == To::Ping, 1000);
    }

    fn close(&self, code: u16, _: &str) {
        self.call(format!("close {code}"));
        self.closing.store(true, Ordering::Relaxed);
        self.react(|to| *to == To::Close, code);
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn is_congested(&self) -> bool {
        false
    }

    fn leave(mut self: Box<Self>, code: Option<u16>, budget: Duration) -> Pending<'static, ()> {
        self.is_left = true;
        Box::pin(async move {
            let in_time = self.scene.drain <= budget;
            self.timeline.sleep_until(self.timeline.now() + self.scene.drain.min(budget)).await;
            let is_open = self.log.read(|log| log.end.is_none());
            match code.filter(|_| in_time) {
                Some(code) if is_open => self.call(format!("left {code}")),
                None if is_open => self.call("dropped".to_owned()),
                _ => {}
            }
            self.log.leave();
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_left {
            self.call("cut".to_owned());
            self.log.leave();
        }
    }
}

/// The side of a channel that reads what comes.
struct Reader {
    pen: Pen,
    kind: ChannelKind,
    naming: Naming,
    replies: Option<ReplyTo>,
    calls: Calls,
    pinged: Arc<Mutex<Bytes>>,
    timeline: Arc<Timeline>,
}

impl Reader {
    async fn read(self, mut happened: UnboundedReceiver<Happening>) {
        while let Some(Happening { what, code }) = happened.recv().await {
            let at = self.pen.arrive();
            let what = match what {
                Happens::Slow(what, takes) => {
                    self.timeline.sleep_until(at + takes).await;
                    *what
                }
                what => what,
            };
            if let Happens::Closing(code, open) | Happens::Torn(code, open) = what {
                self.pen.closing(at, ChannelEnd::Closed { code, reason: String::new(), by_us: false });
                self.timeline.sleep_until(at + open).await;
                match what {
                    Happens::Torn(..) => {
                        let message = "the server sent something after its close frame".to_owned();
                        self.pen.end(self.pen.arrive(), ChannelEnd::broken(message));
                    }
                    _ => self.pen.closed(),
                }
                return;
            }
            let all = match what {
                Happens::AtOnce(all) => all,
                what => vec![what],
            };
            all.into_iter().for_each(|what| self.happens(at, what, code));
            self.pen.settle();
        }
    }

    fn happens(&self, at: Instant, what: Happens, code: u16) {
        let lost = || "the connection was lost".to_owned();
        match what {
            Happens::Text(text) => self.text(at, &text),
            Happens::Event { id, data } => {
                let kind = FrameKind::SseEvent(Box::new(SseFields { event: Some("message".to_owned()), id: Some(id) }));
                let payloads = self.naming.read(&data, Some("message"));
                self.received(at, kind, data.into(), payloads);
            }
            Happens::Pong => {
                let data = self.pinged.lock().unwrap().clone();
                self.received(at, FrameKind::Pong, data, vec![Payload::default()]);
            }
            Happens::Closed(code) => self.end(at, ChannelEnd::Closed { code, reason: String::new(), by_us: false }),
            Happens::Echo => self.end(at, ChannelEnd::Closed { code, reason: String::new(), by_us: true }),
            Happens::Lost => self.end(at, ChannelEnd::Lost { message: lost() }),
            Happens::Ended => self.end(at, ChannelEnd::Ended),
            Happens::CutOff => self.end(at, ChannelEnd::CutOff { message: lost() }),
            Happens::Slow(..) | Happens::Closing(..) | Happens::Torn(..) | Happens::AtOnce(_) => {
                unreachable!("these take time, or are several")
            }
        }
    }

    fn received(&self, at: Instant, kind: FrameKind, data: Bytes, payloads: Vec<Payload>) {
        self.pen.received(at, kind, data, payloads, false).expect(SMALL);
    }

    fn text(&self, at: Instant, text: &str) {
        let (kind, event) = match self.kind {
            ChannelKind::WebSocket => (FrameKind::Text, None),
            ChannelKind::Sse => (
                FrameKind::SseEvent(Box::new(SseFields { event: Some("message".to_owned()), id: None })),
                Some("message"),
            ),
            ChannelKind::Ndjson => (FrameKind::Line, None),
        };
        let data = Bytes::copy_from_slice(text.as_bytes());
        let payloads = self.naming.read(text, event);
        let frame = Frame {
            number: 0,
            at,
            direction: Direction::Received,
            kind: kind.clone(),
            data: data.clone(),
            payload: payloads.first().cloned().unwrap_or_default(),
            hidden: false,
        };
        let reply = self.replies.as_ref().and_then(|replies| replies(&frame));
        self.pen.received(at, kind, data, payloads, reply.is_some()).expect(SMALL);
        if let Some(reply) = reply {
            self.calls.add(at, format!("reply {}", words(&reply)));
        }
    }

    fn end(&self, at: Instant, end: ChannelEnd) {
        self.pen.end(at, end);
    }
}

fn words(body: &Outbound) -> String {
    match body {
        Outbound::Text(text) => text.clone(),
        Outbound::Binary(data) => format!("{data:?}"),
    }
}
