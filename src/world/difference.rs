//! What is asked of a recorded world that it can't give.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cookies::Kept;
use super::records::Done;
use super::{Outbound, Outgoing};

/// What was asked of a recorded world that it can't give.
#[derive(Debug, Default)]
pub struct Differences {
    found: Mutex<Vec<Difference>>,
    first: tokio::sync::Notify,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Something is done that wasn't: in words, with what was done instead.
    Diverged { now: String, recorded: Option<String> },
    /// What would have come of it wasn't recorded.
    Undecided { because: String },
}

impl Differences {
    pub(super) fn add(&self, one: Difference) {
        self.lock().push(one);
        self.first.notify_one();
    }

    /// The first one.
    pub fn first(&self) -> Option<Difference> {
        self.lock().first().cloned()
    }

    /// Waits for one.
    pub async fn found(&self) {
        self.first.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Difference>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn words(request: &Outgoing) -> String {
    format!("{} {}", request.method, request.url)
}

/// What a request has that another one has otherwise: in words, of each.
pub(super) fn between(now: &Outgoing, was: &Outgoing) -> Option<(String, String)> {
    if (&now.method, &now.url) != (&was.method, &was.url) {
        return Some((words(now), words(was)));
    }
    let both =
        |part: &str, now: String, was: String| (now != was).then(|| (format!("{part} {now}"), format!("{part} {was}")));
    let pairs = |pairs: &[(String, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
    };
    let body = |body: &Option<bytes::Bytes>| {
        body.as_ref().map_or_else(String::new, |body| String::from_utf8_lossy(body).into_owned())
    };
    both("headers", pairs(&now.headers), pairs(&was.headers))
        .or_else(|| both("cookies", pairs(&now.cookies), pairs(&was.cookies)))
        .or_else(|| both("body", body(&now.body), body(&was.body)))
        .or_else(|| both("redirects", now.follow.to_string(), was.follow.to_string()))
}

/// The cookies of a jar, each with the instant at which a response had set it.
pub(super) fn kept_words(kept: &[Kept]) -> String {
    if kept.is_empty() {
        return "no cookies that a response had set".to_owned();
    }
    let one = |kept: &Kept| format!("`{}` (at +{:.3}s)", kept.name, kept.at.as_secs_f64());
    format!("the cookies that responses had set: {}", kept.iter().map(one).collect::<Vec<_>>().join(", "))
}

impl Done {
    pub(super) fn words(&self) -> String {
        match self {
            Done::Sent(Outbound::Text(text)) => format!("send {text}"),
            Done::Sent(Outbound::Binary(data)) => format!("send {} bytes", data.len()),
            Done::Pinged(_) => "ping".to_owned(),
            Done::Closed { code, reason } => format!("close with {code} {reason}"),
            Done::Left(_) => "the end of the channel".to_owned(),
        }
    }
}
