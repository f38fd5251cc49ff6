use std::time::Duration;

use crate::diag::cut::cut_within;
use crate::value::Json;
use crate::value::format_duration;

use crate::event::{FailureKind, Instant};
use crate::source::Span;

/// How much of a text of a health response is kept, in bytes.
const KEPT: usize = 128;

/// What is known of a service: how it answered its probe, time after time.
#[derive(Clone, Debug)]
pub struct ServiceWatch {
    pub name: String,
    pub span: Span,
    pub depends_on: Vec<String>,
    /// How its health is asked for: `GET http://…/health`; absent without a probe.
    pub probe: Option<String>,
    /// Within which time it must answer rightly, from the first time it doesn't.
    pub within: Duration,
    pub state: ServiceState,
    /// In order; of a long watch the first and the last ones.
    pub sightings: Vec<Sighting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// It has no probe, or was never asked.
    Unknown,
    Up,
    /// Its probe hasn't held for as long as it may take.
    Down,
}

impl ServiceState {
    pub fn name(self) -> &'static str {
        match self {
            ServiceState::Unknown => "unknown",
            ServiceState::Up => "up",
            ServiceState::Down => "down",
        }
    }
}

/// One response to a probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    pub at: Instant,
    pub reply: super::Reply,
    /// The probe's expectations held.
    pub held: bool,
    /// What a JSON response says of itself in `status` or `state`: `starting`.
    pub says: Option<String>,
    /// How far it says that its start-up is: `2/7`.
    pub progress: Option<String>,
    /// Seconds, as the response says (`uptime`, `uptime_s`, `uptime_seconds`).
    pub uptime: Option<f64>,
    /// What the response says is down: names of checks or dependencies.
    pub names_down: Vec<String>,
}

/// What a series of sightings says of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classification {
    /// It is coming up: its responses change on the way to a right one.
    StartUpDelay,
    /// The same response every time.
    Persistent,
    /// It was right, and wrong, and right again; or it begins its start-up again and again.
    Intermittent,
}

impl Classification {
    pub fn name(self) -> &'static str {
        match self {
            Classification::StartUpDelay => "startup_delay",
            Classification::Persistent => "persistent",
            Classification::Intermittent => "intermittent",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        use Classification::{Intermittent, Persistent, StartUpDelay};
        [Persistent, StartUpDelay, Intermittent].into_iter().find(|one| one.name() == name)
    }

    pub fn words(self) -> &'static str {
        match self {
            Classification::StartUpDelay => "start-up delay",
            Classification::Persistent => "persistent failure",
            Classification::Intermittent => "intermittent failure",
        }
    }
}

impl Sighting {
    /// Reads what a health response says of itself, wherever it says it.
    pub fn read(at: Instant, reply: super::Reply, held: bool, body: Option<&Json>) -> Self {
        let object = body.and_then(Json::as_object);
        let text = |keys: &[&str]| {
            keys.iter().find_map(|key| object?.get(key)?.as_str()).map(|text| cut_within(text, 40, KEPT).to_lowercase())
        };
        let number = |keys: &[&str]| keys.iter().find_map(|key| object?.get(key)?.as_f64());
        let progress = ["startup", "start_up", "boot", "initialization"].iter().find_map(|key| {
            let startup = object?.get(key)?.as_object()?;
            let done = startup.get("completed").or_else(|| startup.get("done"))?.as_u64()?;
            let total = startup.get("total").and_then(Json::as_u64);
            Some(total.map_or_else(|| done.to_string(), |total| format!("{done}/{total}")))
        });
        Self {
            at,
            reply,
            held,
            says: text(&["status", "state", "health"]),
            progress,
            uptime: number(&["uptime_s", "uptime", "uptime_seconds", "uptimeSeconds"]),
            names_down: body.map(names_down).unwrap_or_default(),
        }
    }

    /// `503, starting, 2/7, up for 3.1 s`
    pub fn words(&self) -> String {
        let mut words = vec![match self.reply {
            super::Reply::Status(status) => status.to_string(),
            super::Reply::None(kind) => no_response_words(kind).to_owned(),
        }];
        words.extend(self.says.clone());
        words.extend(self.progress.as_ref().map(|progress| format!("start-up {progress}")));
        if !self.names_down.is_empty() {
            words.push(format!("{} down", self.names_down.join(" and ")));
        }
        words.extend(self.uptime.map(|uptime| format!("up for {:.1} s", uptime)));
        words.join(", ")
    }

    /// What must change for a response to be another one.
    fn signature(&self) -> (super::Reply, Option<&str>, Option<&str>) {
        (self.reply, self.says.as_deref(), self.progress.as_deref())
    }

    fn says_starting(&self) -> bool {
        self.says.as_deref().is_some_and(|says| {
            ["start", "boot", "initiali", "warming", "loading", "pending"].iter().any(|word| says.starts_with(word))
        })
    }
}

/// `it answered rightly after 3.1s`
pub(super) fn start_words(watch: &ServiceWatch) -> String {
    let first = watch.sightings.iter().position(|one| !one.held);
    let good = first.and_then(|first| watch.sightings[first..].iter().find(|one| one.held).map(|good| (first, good)));
    match good {
        Some((first, good)) => {
            let time = good.at.saturating_sub(watch.sightings[first].at);
            format!("it answered rightly {} after it was first asked", format_duration(time))
        }
        None => "it hasn't answered rightly yet".to_owned(),
    }
}

pub(super) fn no_response_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Timeout => "no response in time",
        FailureKind::Refused => "refused",
        FailureKind::Reset => "reset",
        FailureKind::Closed => "closed in the middle",
        FailureKind::Dns => "no such host",
        FailureKind::Tls => "no TLS",
        FailureKind::TooManyRedirects => "redirects without end",
        FailureKind::TooLarge => "too large",
        FailureKind::Protocol => "not HTTP",
        FailureKind::Invalid => "not sent",
        FailureKind::Handshake => "no WebSocket",
        FailureKind::Unreal(_) => "refused by `require real`",
    }
}

/// The keys under which a response says that something is down: `checks: { database: { status: "down" } }`, `{ "database": "unavailable" }`.
fn names_down(body: &Json) -> Vec<String> {
    const DEEPEST: usize = 4;
    fn is_down(value: &Json) -> bool {
        match value {
            Json::String(text) => {
                let text = text.to_lowercase();
                [
                    "down",
                    "unhealthy",
                    "unavailable",
                    "unreachable",
                    "error",
                    "failed",
                    "failing",
                    "critical",
                    "disconnected",
                    "offline",
                    "dead",
                ]
                .contains(&text.as_str())
            }
            Json::Object(object) => {
                ["status", "state", "health"].iter().any(|key| object.get(key).is_some_and(is_down))
            }
            _ => false,
        }
    }
    fn walk(value: &Json, depth: usize, found: &mut Vec<String>) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Json::Object(object) => {
                for (key, value) in object {
                    let own = ["status", "state", "health", "error", "message", "reason"].contains(&key);
                    if !own && is_down(value) && !found.iter().any(|known| known == key) {
                        found.push(cut_within(key, 60, KEPT));
                    }
                    walk(value, depth + 1, found);
                }
            }
            Json::Array(items) => {
                for item in items.iter().take(100) {
                    let name = item.get("name").or_else(|| item.get("service")).and_then(Json::as_str);
                    if let Some(name) = name.filter(|_| is_down(item)).map(|name| cut_within(name, 60, KEPT))
                        && !found.contains(&name)
                    {
                        found.push(name);
                    }
                    walk(item, depth + 1, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(body, 0, &mut found);
    found.truncate(10);
    found
}

/// Reports a failure that passes from one that stays. `None` where nothing failed, or too little was seen to report.
///
/// A start-up delay shows as answers that change towards a right one (refused, then 503, then 200; `2/7`, then `5/7`), or as a response that
/// says it is starting while the time it has been up grows. The same response every time is persistent; so is a process that is up, and stays
/// unhealthy: that its up-time grows proves only that it runs.
pub fn classify(sightings: &[Sighting]) -> Option<Classification> {
    let first_bad = sightings.iter().position(|one| !one.held)?;
    let came_back = sightings.iter().skip(first_bad).position(|one| one.held).map(|at| at + first_bad);
    let was_up = sightings.iter().take(first_bad).any(|one| one.held);
    let fell_again = came_back.is_some_and(|back| sightings.iter().skip(back).any(|one| !one.held));
    let bad: Vec<&Sighting> = sightings.iter().filter(|one| !one.held).collect();
    let restarts = bad
        .windows(2)
        .filter(|pair| pair[1].uptime.zip(pair[0].uptime).is_some_and(|(now, before)| now + 0.001 < before))
        .count();
    if fell_again || restarts > 1 {
        return Some(Classification::Intermittent);
    }
    if came_back.is_some() {
        let started = !was_up || restarts > 0 || bad.iter().any(|one| one.says_starting() || is_refused(one));
        return Some(if started { Classification::StartUpDelay } else { Classification::Intermittent });
    }
    if bad.len() < 2 {
        return None;
    }
    let (first, last) = (bad.first()?, bad.last()?);
    let progressed = first.signature() != last.signature() && is_nearer(first, last);
    let starting = last.says_starting() && first.uptime.zip(last.uptime).is_some_and(|(before, now)| now > before);
    Some(if progressed || starting { Classification::StartUpDelay } else { Classification::Persistent })
}

fn is_refused(one: &Sighting) -> bool {
    matches!(one.reply, super::Reply::None(FailureKind::Refused | FailureKind::Dns))
}

/// Whether the later response is on the way to a right one from the earlier: no response at all comes before any, and more of a start-up after less.
fn is_nearer(earlier: &Sighting, later: &Sighting) -> bool {
    let answers = |one: &Sighting| matches!(one.reply, super::Reply::Status(_));
    if answers(earlier) != answers(later) {
        // One that answers, and says that something it needs is down, isn't starting: it has started, and found that.
        return answers(later) && later.names_down.is_empty();
    }
    match (&earlier.progress, &later.progress) {
        (Some(before), Some(now)) => done(now) > done(before),
        _ => !earlier.says_starting() && later.says_starting(),
    }
}

fn done(progress: &str) -> u64 {
    progress.split('/').next().and_then(|done| done.parse().ok()).unwrap_or(0)
}
