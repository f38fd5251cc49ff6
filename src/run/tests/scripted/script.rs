//! What a script says: of each request what comes of it, and of each channel what happens on it.

use std::time::Duration;

use crate::event::{FailureKind, Instant};
use crate::run::tests::scripted::ms;

/// What is asked of the world.
pub struct Asked<'a> {
    pub host: &'a str,
    /// The URL's path and query.
    pub path: &'a str,
    /// How many times this path of this host was asked for, from 1.
    pub nth: usize,
    pub at: Instant,
}

/// What the world does with a request.
#[derive(Clone, Default)]
pub struct Said {
    pub(super) after: Duration,
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) failure: Option<FailureKind>,
    pub(super) never: bool,
    /// How long the machine has no time for this process when the response is there.
    pub(super) still: Duration,
    pub(super) scene: Scene,
}

/// What happens on a channel.
#[derive(Clone, Default)]
pub(super) struct Scene {
    /// Each so long after the opening.
    pub frames: Vec<(Duration, Happens)>,
    pub reactions: Vec<Reaction>,
    /// So long after the opening, something is unread in a buffer.
    pub unread: Duration,
    /// How long what was sent takes to go out.
    pub drain: Duration,
}

#[derive(Clone)]
pub(super) struct Reaction {
    pub to: To,
    pub after: Duration,
    pub what: Happens,
}

/// What the test does on a channel, and the server reacts to.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum To {
    /// A text that holds this.
    Text(String),
    Ping,
    Close,
}

/// What happens on a channel.
#[derive(Clone)]
pub enum Happens {
    Text(String),
    /// A server-sent event with an id.
    Event {
        id: String,
        data: String,
    },
    /// The response to the ping that it reacts to.
    Pong,
    Closed(u16),
    /// The response to a close frame of the test.
    Echo,
    Lost,
    Ended,
    CutOff,
    /// A frame that takes so long to read.
    Slow(Box<Happens>, Duration),
    /// A close frame, and for so long nothing that shows that it is the last.
    Closing(u16, Duration),
    /// Several that are read at once.
    AtOnce(Vec<Happens>),
    /// A close frame, and then something that may not follow.
    Torn(u16, Duration),
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

/// A WebSocket opens. The server answers neither pings nor close frames, unless it is said.
pub fn open() -> Said {
    say(101)
}

/// A stream of server-sent events opens.
pub fn events() -> Said {
    say(200).with("content-type", "text/event-stream")
}

/// The text of an event of this name.
fn event(name: &str) -> String {
    format!("{{\"type\":\"{name}\"}}")
}

impl Said {
    /// The machine has no time for this process when the response is there.
    pub fn standing_still(self, time: u64) -> Self {
        Self { still: ms(time), ..self }
    }

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
        self.text(milliseconds, &event(name))
    }

    pub fn closed(self, milliseconds: u64, code: u16) -> Self {
        self.happens(milliseconds, Happens::Closed(code))
    }

    /// A close frame comes so long after the opening, and for a time nothing shows that it is the last to come.
    pub fn closing(self, milliseconds: u64, code: u16, open: u64) -> Self {
        self.happens(milliseconds, Happens::Closing(code, ms(open)))
    }

    /// Events of these names come so long after the opening, and are read at once.
    pub fn at_once(self, milliseconds: u64, names: &[&str]) -> Self {
        self.happens(milliseconds, Happens::AtOnce(names.iter().map(|name| Happens::Text(event(name))).collect()))
    }

    /// The same, and then something comes that may not follow.
    pub fn torn(self, milliseconds: u64, code: u16, open: u64) -> Self {
        self.happens(milliseconds, Happens::Torn(code, ms(open)))
    }

    /// An event of this name comes so long after the opening, and takes a time to read.
    pub fn slow_event(self, milliseconds: u64, name: &str, takes: u64) -> Self {
        self.happens(milliseconds, Happens::Slow(Box::new(Happens::Text(event(name))), ms(takes)))
    }

    /// Pings are answered at once, and the answers take a time to read.
    pub fn slow_pongs(self, takes: u64) -> Self {
        self.reacts(To::Ping, 0, Happens::Slow(Box::new(Happens::Pong), ms(takes)))
    }

    pub fn lost(self, milliseconds: u64) -> Self {
        self.happens(milliseconds, Happens::Lost)
    }

    pub fn happens(mut self, milliseconds: u64, what: Happens) -> Self {
        self.scene.frames.push((ms(milliseconds), what));
        self
    }

    /// A text that holds `sent` is answered by an event, so long after it.
    pub fn answers(self, sent: &str, milliseconds: u64, name: &str) -> Self {
        self.reacts(To::Text(sent.to_owned()), milliseconds, Happens::Text(event(name)))
    }

    /// Pings are answered, so long after them.
    pub fn pongs(self, milliseconds: u64) -> Self {
        self.reacts(To::Ping, milliseconds, Happens::Pong)
    }

    /// A close frame is answered by one with the same code, so long after it.
    pub fn echoes(self, milliseconds: u64) -> Self {
        self.reacts(To::Close, milliseconds, Happens::Echo)
    }

    /// For so long after the opening, something is unread in a buffer.
    pub fn unread(mut self, milliseconds: u64) -> Self {
        self.scene.unread = ms(milliseconds);
        self
    }

    /// What was sent takes so long to go out, which shows when the channel is left.
    pub fn drains(mut self, milliseconds: u64) -> Self {
        self.scene.drain = ms(milliseconds);
        self
    }

    fn reacts(mut self, to: To, milliseconds: u64, what: Happens) -> Self {
        self.scene.reactions.push(Reaction { to, after: ms(milliseconds), what });
        self
    }
}
