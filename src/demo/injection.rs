//! Failures that are ordered one by one (`docs/demo.md`, "Injections"): each fails one request or one message, and is counted when it has.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde_json::{Value, json};

use super::answer::Failure;
use super::connection::{Break, Connection};
use super::input::read_body;
use super::world::{Service, lock};

/// How long a stalled request waits: longer than the timeouts of specs.
const STALL: Duration = Duration::from_secs(60);

macro_rules! injections {
    ($($variant:ident $name:literal $place:ident $sentence:literal;)*) => {
        /// A failure that can be ordered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Injection { $(#[doc = $sentence] $variant,)* }

        impl Injection {
            pub const ALL: &'static [Injection] = &[$(Injection::$variant,)*];

            /// Its name in URLs and bodies, as `close-1011`.
            pub fn name(self) -> &'static str {
                match self { $(Injection::$variant => $name,)* }
            }

            /// What is seen from outside.
            pub fn describe(self) -> &'static str {
                match self { $(Injection::$variant => $sentence,)* }
            }

            fn place(self) -> Place {
                match self { $(Injection::$variant => Place::$place,)* }
            }
        }
    };
}

/// What it befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A request below `/threads`.
    Request,
    /// The first request of a connection. Clients send a request again, on a new connection, when one that was used before dies (RFC 9112, section
    /// 9.3.1): an injection there would be counted here and fail nothing.
    FirstRequest,
    /// A text that came on the WebSocket.
    Message,
}

injections! {
    Unavailable "503" Request "The response is 503 `injected`.";
    Stall "stall" Request "The response comes 60 s late.";
    Reset "reset" FirstRequest "The connection is reset instead of a response.";
    Cut "cut" FirstRequest "The connection ends in the middle of the body.";
    MalformedHttp "malformed-http" FirstRequest "What comes instead of a response isn't HTTP.";
    Close1011 "close-1011" Message "The WebSocket is closed with 1011.";
    MalformedFrame "malformed-frame" Message "A frame has reserved bits and an unknown opcode (RFC 6455, section 5.2).";
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    waiting: u64,
    done: u64,
}

/// What was ordered, and what of it happened.
#[derive(Debug, Default)]
pub(super) struct Injections {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: [Count; Injection::ALL.len()],
    /// In the order in which they were ordered, each with how many of it are left.
    queue: VecDeque<(Injection, u64)>,
}

impl Injections {
    pub fn order(&self, injection: Injection, count: u64) {
        let mut state = lock(&self.state);
        let own = &mut state.counts[injection as usize];
        own.waiting = own.waiting.saturating_add(count);
        state.queue.push_back((injection, count));
    }

    /// The next one of some, which is counted as done; or, where it has to wait for a new connection, nothing and `true`.
    fn take(&self, fits: impl Fn(Place) -> bool, is_first: bool) -> (Option<Injection>, bool) {
        let mut state = lock(&self.state);
        let Some(at) = state.queue.iter().position(|(injection, _)| fits(injection.place())) else {
            return (None, false);
        };
        let Some((injection, left)) = state.queue.get_mut(at) else { return (None, false) };
        let injection = *injection;
        if injection.place() == Place::FirstRequest && !is_first {
            return (None, true);
        }
        *left -= 1;
        if *left == 0 {
            state.queue.remove(at);
        }
        let own = &mut state.counts[injection as usize];
        own.waiting -= 1;
        own.done += 1;
        (Some(injection), false)
    }

    /// Of the next message on a WebSocket.
    pub fn of_message(&self) -> Option<Injection> {
        self.take(|place| place == Place::Message, false).0
    }

    /// Forgets what waits and what happened.
    pub fn reset(&self) {
        *lock(&self.state) = State::default();
    }

    /// Those that wait are no longer to happen.
    pub fn cancel(&self) {
        let mut state = lock(&self.state);
        state.queue.clear();
        state.counts.iter_mut().for_each(|count| count.waiting = 0);
    }

    pub fn shown(&self) -> Value {
        let counts = lock(&self.state).counts;
        let items = Injection::ALL.iter().zip(counts).map(|(injection, count)| {
            json!({
                "kind": injection.name(), "description": injection.describe(), "waiting": count.waiting, "done": count.done,
            })
        });
        json!({ "injections": items.collect::<Vec<_>>() })
    }
}

/// Answers a request below `/threads`, or fails it, if that was ordered.
pub(super) async fn answer(service: &Service, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Connection>().cloned();
    let is_first = connection.as_ref().is_some_and(Connection::is_first);
    let (injection, waits) = service.world.injections.take(|place| place != Place::Message, is_first);
    let Some(injection) = injection else {
        let mut response = next.run(request).await;
        if waits {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        return response;
    };
    // What isn't read would make a reset of every end of the connection.
    let _ = read_body(request.into_body()).await;
    let broken = |how: Break| {
        connection.iter().for_each(|connection| connection.break_off(how));
        Response::new(Body::empty())
    };
    match injection {
        Injection::Stall => {
            tokio::time::sleep(STALL).await;
            Failure::unavailable("injected", "This response was to come too late.").into_response()
        }
        Injection::Reset => broken(Break::Reset),
        Injection::MalformedHttp => broken(Break::Garbage),
        Injection::Cut => cut(),
        Injection::Unavailable | Injection::Close1011 | Injection::MalformedFrame => {
            Failure::unavailable("injected", "This failure was ordered.").into_response()
        }
    }
}

/// A body that ends before its length.
fn cut() -> Response {
    let body = unfold(false, async |is_over| match is_over {
        false => Some((Ok(Bytes::from_static(b"{ \"items\": [")), true)),
        true => Some((Err(std::io::Error::other("cut")), true)),
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("4096"));
    response
}
