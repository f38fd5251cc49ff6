use std::time::Duration;

use super::{Expr, Meta, Slot, SlotNames, Statistic, Step};
use crate::event::FailureKind;
use crate::plan::schedule::{Arrivals, Users};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// Many users at once: what they do, how many there are, and what must hold of it all.
#[derive(Clone, Debug)]
pub struct Load {
    /// `specs/threads.e2e::load::fifty users can read threads`. Unique among loads and tests.
    pub id: String,
    pub name: String,
    /// Of its name.
    pub span: Span,
    pub full_span: Span,
    /// The file as its source is named.
    pub file: String,
    pub doc: Option<String>,
    /// Its timeout is the limit of one iteration.
    pub meta: Meta,
    /// Limits it to these environments; empty for all.
    pub runs_on: Vec<String>,
    pub pace: Pace,
    /// From the shortest to the longest pause between two iterations of a user.
    pub think: Option<(Duration, Duration)>,
    /// How long iterations that are under way at the end may still take.
    pub stop_within: Duration,
    pub rows: Vec<Rows>,
    pub before_user: Vec<Step>,
    pub after_user: Vec<Step>,
    /// Of the hooks.
    pub frame: SlotNames,
    /// How many slots rows and `before each user` bind: they come first, and are copied into every iteration.
    pub shared_slots: u32,
    pub scenarios: Vec<Scenario>,
    pub thresholds: Vec<Threshold>,
}

/// How much comes.
#[derive(Clone, Debug, PartialEq)]
pub enum Pace {
    /// The closed model: each user begins its next iteration when its last one has ended.
    Users(Users),
    /// The open model: iterations begin when they are due, each made by a user that is free.
    Arrivals {
        arrivals: Arrivals,
        /// One that is due while so many are busy is dropped.
        most_users: Option<u32>,
    },
}

impl Pace {
    /// From its beginning until no iteration begins any more.
    pub fn duration(&self) -> Duration {
        match self {
            Pace::Users(users) => users.duration(),
            Pace::Arrivals { arrivals, .. } => arrivals.duration(),
        }
    }
}

/// `data LIST next as me`
#[derive(Clone, Debug)]
pub struct Rows {
    pub slot: Slot,
    /// Each evaluated when it is taken.
    pub rows: Vec<Expr>,
    /// Each iteration takes the next one, and after the last one comes the first. Otherwise each user takes the next one and keeps it.
    pub shared: bool,
}

/// What a user does in one iteration.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Absent where there is only one.
    pub name: Option<String>,
    pub tags: Vec<String>,
    /// How often it is taken, beside the others'.
    pub weight: u32,
    pub frame: SlotNames,
    pub body: Vec<Step>,
}

/// `threshold p95(time) < 800ms over last 10s abort after 30s`
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As written, without the word `threshold`.
    pub text: String,
    pub span: Span,
    pub measure: LoadMeasure,
    pub op: BinaryOp,
    /// In the measure's unit: a share from 0 to 1, seconds, so many a second, a count.
    pub limit: f64,
    /// It must hold of the last so long, each time.
    pub over_last: Option<Duration>,
    /// The load ends when it doesn't hold, but not before it has lasted so long.
    pub abort_after: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LoadMeasure {
    Statistic(Statistic, Timed),
    /// The share of what failed among requests, and failures that belong to no request.
    ErrorRate(Option<Target>),
    /// How much failed; in this way, if one is given.
    Errors(Option<ErrorKind>),
    /// Requests a second; of a scenario or tag its iterations.
    Throughput(Option<Target>),
    /// How many have ended.
    Iterations,
    DroppedArrivals,
    /// The share of iterations that passed; of a request, of its exchanges that did.
    Success(Option<Target>),
    /// The share of channels of this name that opened.
    Connected(String),
    /// How many events came that a `never` forbids.
    ForbiddenEvents,
}

impl LoadMeasure {
    /// The request that it is about, if it is about one.
    pub fn route(&self) -> Option<&Route> {
        let target = match self {
            LoadMeasure::Statistic(_, Timed::Time(of) | Timed::FirstByte(of))
            | LoadMeasure::ErrorRate(of)
            | LoadMeasure::Throughput(of)
            | LoadMeasure::Success(of) => of.as_ref()?,
            _ => return None,
        };
        match target {
            Target::Request(route) => Some(route),
            Target::Scenarios(_) => None,
        }
    }
}

/// What a duration is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Timed {
    Time(Option<Target>),
    FirstByte(Option<Target>),
    /// From the request to the opening of a channel of this name.
    Connect(String),
    /// From the opening of its channel, or the last frame sent on it, to an event of this name that a scenario expects.
    ToEvent(String),
    /// Between two events of this name that follow each other on one channel.
    Gap(String),
}

/// What `of "…"` names.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// By name, or those with a tag: their places.
    Scenarios(Vec<usize>),
    Request(Route),
}

/// `GET /threads/*`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: String,
    /// The segments of the path; `None` stands for any one.
    pub path: Vec<Option<String>>,
}

impl Route {
    /// A method and a path, in which `*` and `{{…}}` stand for one segment. `None` without a method.
    pub fn read(written: &str) -> Option<Self> {
        let (method, path) = written.split_once(' ')?;
        let any = |part: &str| part == "*" || part.starts_with("{{") && part.ends_with("}}");
        let path = segments(path.trim()).map(|part| (!any(part)).then(|| part.to_owned())).collect();
        Some(Self { method: method.to_owned(), path })
    }

    /// Whether a request with this method and path is one of these.
    pub fn fits(&self, method: &str, path: &str) -> bool {
        let mut found = segments(path);
        method.eq_ignore_ascii_case(&self.method)
            && self
                .path
                .iter()
                .all(|wanted| found.next().is_some_and(|found| wanted.as_deref().is_none_or(|wanted| wanted == found)))
            && found.next().is_none()
    }
}

/// A slash at the end makes no difference.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_end_matches('/').split('/')
}

/// How something failed, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// No response came, or not all of it; a channel ended in this way; or time was over.
    NoResponse(FailureKind),
    /// A response whose status wasn't expected: 4 and 5 for those from 400 and from 500.
    Status(u8),
    /// Anything else that was expected.
    Expectation,
}

impl ErrorKind {
    /// The word of `errors of`.
    pub fn word(self) -> &'static str {
        match self {
            ErrorKind::NoResponse(kind) => kind.word(),
            ErrorKind::Status(4) => "4xx",
            ErrorKind::Status(_) => "5xx",
            ErrorKind::Expectation => "expectation",
        }
    }

    /// Whether the system failed; a request that was never sent is the spec's fault, or the environment's.
    pub fn is_of_system(self) -> bool {
        !matches!(self, ErrorKind::NoResponse(kind) if !kind.is_of_system())
    }

    /// Each kind that is counted.
    pub fn all() -> impl Iterator<Item = Self> {
        let no_response = FailureKind::ALL.into_iter().map(ErrorKind::NoResponse);
        no_response.chain([ErrorKind::Status(4), ErrorKind::Status(5), ErrorKind::Expectation])
    }

    /// The one that `errors of` writes so.
    pub fn named(word: &str) -> Option<Self> {
        Self::all().find(|kind| kind.is_of_system() && kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::syntax::ast::ERROR_KINDS;

    #[test]
    fn what_a_load_counts_can_be_written_unless_nothing_was_sent() {
        let written: BTreeSet<&str> = ERROR_KINDS.into_iter().collect();
        let counted: BTreeSet<&str> =
            ErrorKind::all().filter(|kind| kind.is_of_system()).map(ErrorKind::word).collect();
        assert_eq!(written, counted);
        let others: BTreeSet<&str> =
            ErrorKind::all().map(ErrorKind::word).filter(|word| !written.contains(word)).collect();
        // The address or a header came out wrong, or `require real` refuses it: no server has failed, and there is no number of it that is right.
        assert_eq!(others, BTreeSet::from(["invalid", "plain text", "private peer", "unverified certificate"]));
        for word in ERROR_KINDS {
            assert_eq!(ErrorKind::named(word).map(ErrorKind::word), Some(word));
        }
    }
}
