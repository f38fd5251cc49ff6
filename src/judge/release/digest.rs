use std::collections::HashMap;
use std::time::Duration;

use super::ServiceMap;
use crate::diag::{Diagnostic, codes};
use crate::event::{Exchange, FailureKind, Instant, Times};
use crate::judge::load::LoadResult;
use crate::judge::{ANY_PATH, Asked, Kind, Outcome, StepRecord, StepState, TestResult};

/// What of a test is looked at by gates, causes and the verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    pub id: String,
    pub suite: String,
    pub name: String,
    pub is_load: bool,
    pub priority: Option<String>,
    pub risk: Option<Risk>,
    pub outcome: Outcome,
    /// Why it didn't pass; for those that didn't.
    pub symptom: Option<Symptom>,
    pub samples: Vec<Sample>,
    /// What it asked beyond those.
    pub tallies: Vec<Tally>,
    pub openings: Vec<SocketOpening>,
    /// Events that came although the spec says `never`.
    pub forbidden: usize,
    /// Expectations that held on weak evidence.
    pub weak: usize,
}

/// `at risk $120K MRR`
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    pub amount: f64,
    pub currency: String,
    pub per: Option<String>,
}

/// One exchange, as gates see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub at: Instant,
    pub method: String,
    /// The path of its URL, without the query.
    pub path: String,
    pub service: Option<String>,
    pub reply: Reply,
    pub time: Duration,
    pub first_byte: Option<Duration>,
    /// It got a response, and what was expected of it held.
    pub held: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    Status(u16),
    None(FailureKind),
}

impl Reply {
    pub fn of(exchange: &Exchange) -> Self {
        match &exchange.outcome {
            Ok(response) => Reply::Status(response.status),
            Err(failure) => Reply::None(failure.kind),
        }
    }

    /// Where nothing was expected of it, as of an attempt that was tried again.
    pub fn works(self) -> bool {
        match self {
            Reply::Status(status) => status < 500,
            Reply::None(_) => false,
        }
    }

    /// Whether how long it took says how fast the system is: that of a response does, and that of a wait in vain, which was at least so long. A connection that is refused
    /// or breaks off at once is no fast response.
    pub fn is_timed(self) -> bool {
        matches!(self, Reply::Status(_) | Reply::None(FailureKind::Timeout))
    }
}

/// Exchanges that were counted and not kept, as gates see them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// When the first of them began.
    pub first: Instant,
    pub method: String,
    /// As of a [`Sample`]; absent where too many differ to be distinguished.
    pub path: Option<String>,
    pub service: Option<String>,
    pub reply: Reply,
    pub held: bool,
    pub times: Times,
    pub first_byte: Times,
}

impl Tally {
    fn of(kind: &Kind, services: &ServiceMap) -> Self {
        let Asked { method, url, reply, held } = &kind.asked;
        let (path, service) = place(url, services);
        Self {
            first: kind.first,
            method: method.clone(),
            path,
            service,
            reply: *reply,
            held: *held,
            times: kind.times.clone(),
            first_byte: kind.first_byte.clone(),
        }
    }
}

/// A channel that was to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketOpening {
    pub channel: String,
    pub protocol: String,
    pub time: Duration,
    /// As the spec wants it: an expected refusal is neither.
    pub opened: Option<bool>,
}

/// Why a test didn't pass, as a kind: tests with the same one have the same cause.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symptom {
    /// The service whose exchange it was.
    pub service: Option<String>,
    /// `127.0.0.1:8080`, of that exchange.
    pub host: Option<String>,
    pub kind: SymptomKind,
    /// The first diagnostic's sentence.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SymptomKind {
    NoResponse(FailureKind),
    /// An error status that the spec didn't expect.
    Status(u16),
    /// An expectation didn't hold: its diagnostic's code, and the expectation as written.
    Expectation {
        code: String,
        what: String,
    },
    /// Anything else, by its diagnostic's code.
    Other {
        code: String,
    },
}

impl Symptom {
    /// Whether it speaks of a service that doesn't work, and not of one that works wrongly.
    pub fn is_outage(&self) -> bool {
        match self.kind {
            SymptomKind::NoResponse(kind) => kind.is_outage(),
            SymptomKind::Status(status) => is_outage_status(status),
            SymptomKind::Expectation { .. } | SymptomKind::Other { .. } => false,
        }
    }
}

/// Bad gateway, unavailable, gateway timeout (RFC 9110, sections 15.6.3 to 15.6.5): something behind the response doesn't work.
pub(super) fn is_outage_status(status: u16) -> bool {
    (502..=504).contains(&status)
}

impl Digest {
    /// Whether it didn't prove what it was to prove, by a failure of its own or of its suite's hook.
    pub fn fell_short(&self) -> bool {
        self.outcome.is_bad() || matches!(self.outcome, Outcome::NotRun { .. }) && self.symptom.is_some()
    }

    pub fn of(test: &TestResult, services: &ServiceMap) -> Self {
        let failed_step = test.steps.iter().find(|step| step.state == StepState::Failed);
        let steps = test.steps.iter().map(|step| (step.exchange, step.state != StepState::Failed));
        let held = held(steps, test.exchanges.len());
        let mut places = Places { services, known: HashMap::new() };
        let samples = test.exchanges.iter().zip(held).map(|(exchange, held)| sample(exchange, held, &mut places));
        let samples = samples.collect();
        let openings = test.steps.iter().filter_map(|step| {
            let (opening, exchange) = (step.opening.as_ref()?, test.exchanges.get(step.exchange?)?);
            Some(SocketOpening {
                channel: opening.channel.to_string(),
                protocol: opening.protocol.to_owned(),
                time: micros(exchange.timings.total),
                opened: opening.opened,
            })
        });
        let openings = openings.collect();
        // A test that a hook of its suite kept from running fell short by what the hook reports.
        let kept_from = matches!(test.outcome, Outcome::NotRun { .. }) && !test.diagnostics.is_empty();
        let symptom = (test.outcome.is_bad() || kept_from).then(|| {
            let unheld = failed_step.and_then(|step| step.expectations.iter().find(|one| !one.held));
            let about = failed_step.map_or_else(|| test.exchanges.last(), |step| test.exchanges.get(step.exchange?));
            if let Some(load) = &test.load {
                let service = |url: &str| services.of(url).map(str::to_owned);
                return symptom_of_load(load, &test.outcome, test.diagnostics.first(), &service);
            }
            symptom(
                test,
                unheld,
                about.map(|exchange| &**exchange),
                failed_step.and_then(|step| url_of(step, test)),
                services,
            )
        });
        Self {
            id: test.info.id.clone(),
            suite: test.info.suite.clone(),
            name: test.info.name.clone(),
            is_load: test.load.is_some() || test.info.is_load(),
            priority: test.info.priority.clone(),
            risk: test.info.at_risk.as_ref().map(|risk| Risk {
                amount: risk.money.amount,
                currency: risk.money.currency.to_owned(),
                per: risk.per.clone(),
            }),
            outcome: test.outcome.clone(),
            symptom,
            samples,
            tallies: test.left_out.kinds().iter().map(|kind| Tally::of(kind, services)).collect(),
            openings,
            forbidden: test.diagnostics.iter().filter(|one| *one.code == codes::FORBIDDEN_EVENT).count(),
            weak: test.left_out.weak
                + test.steps.iter().flat_map(|step| &step.expectations).filter(|one| one.weak.is_some()).count(),
        }
    }
}

/// Of each exchange, whether the first step that is about it held; of one that no step is about, nothing. Steps come as the index of what they are
/// about and whether they held, and each is looked at once.
pub(super) fn held(steps: impl Iterator<Item = (Option<usize>, bool)>, exchanges: usize) -> Vec<Option<bool>> {
    let mut all = vec![None; exchanges];
    for (about, holds) in steps {
        if let Some(held) = about.and_then(|index| all.get_mut(index)) {
            held.get_or_insert(holds);
        }
    }
    all
}

/// What is known of URLs: the requests of a test mostly go to a few.
struct Places<'t> {
    services: &'t ServiceMap,
    known: HashMap<&'t str, (String, Option<&'t str>)>,
}

impl<'t> Places<'t> {
    /// Its path, and its service.
    fn of(&mut self, url: &'t str) -> (String, Option<String>) {
        let services = self.services;
        let (path, service) = self.known.entry(url).or_insert_with(|| match url::Url::parse(url) {
            Ok(url) => (url.path().to_owned(), services.of_parsed(&url)),
            Err(_) => (String::new(), None),
        });
        (path.clone(), service.map(str::to_owned))
    }
}

fn sample<'t>(exchange: &'t Exchange, held: Option<bool>, places: &mut Places<'t>) -> Sample {
    let reply = Reply::of(exchange);
    let (path, service) = places.of(&exchange.url);
    Sample {
        at: micros(exchange.started),
        method: exchange.method.clone(),
        path,
        service,
        reply,
        time: micros(exchange.timings.total),
        first_byte: exchange.timings.first_byte.map(micros),
        held: held.unwrap_or_else(|| reply.works()),
    }
}

/// The URL that a step is about: its exchange's, or that of the channel which it names.
fn url_of<'t>(step: &StepRecord, test: &'t TestResult) -> Option<&'t str> {
    if let Some(exchange) = step.exchange {
        return Some(&test.exchanges.get(exchange)?.url);
    }
    let (_, after) = step.title.split_once(" on ")?;
    let name: &str = after.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let channel = test.channels.iter().rev().find(|channel| channel.log.name == name)?;
    Some(&channel.log.url)
}

/// Times are judged as finely as reports report them, so that a report that is judged again says the same.
pub fn micros(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from((time.as_nanos() + 500) / 1000).unwrap_or(u64::MAX))
}

/// The path of a URL that stands for several, if it can be known, and its service.
pub fn place(url: &str, services: &ServiceMap) -> (Option<String>, Option<String>) {
    ((!url.ends_with(ANY_PATH)).then(|| path(url)), services.of(url).map(str::to_owned))
}

/// The path of a URL, as requests are distinguished by it.
fn path(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| String::new(), |url| url.path().to_owned())
}

fn symptom(
    test: &TestResult,
    unheld: Option<&crate::judge::ExpectationRecord>,
    exchange: Option<&Exchange>,
    url: Option<&str>,
    services: &ServiceMap,
) -> Symptom {
    let first = test.diagnostics.first();
    let message = first.map_or_else(|| format!("the test {}", test.outcome.words()), |first| first.message.clone());
    let code = first.map_or("", |first| first.code.name);
    let kind = match exchange.map(Reply::of) {
        Some(Reply::None(kind)) if code.starts_with("e2e::net::") => SymptomKind::NoResponse(kind),
        // An error status that isn't expected is the same trouble whatever was expected instead.
        Some(Reply::Status(status)) if status >= 400 && code == codes::STATUS.name => SymptomKind::Status(status),
        Some(Reply::Status(status)) if is_outage_status(status) && code.starts_with("e2e::expect::") => {
            SymptomKind::Status(status)
        }
        _ => match unheld {
            Some(unheld) => SymptomKind::Expectation { code: code.to_owned(), what: unheld.text.to_string() },
            None => SymptomKind::Other { code: code.to_owned() },
        },
    };
    let url = url.or(exchange.map(|exchange| exchange.url.as_str()));
    Symptom {
        service: url.and_then(|url| services.of(url)).map(str::to_owned),
        host: url.and_then(super::services::authority),
        kind,
        message,
    }
}

/// Why a load fell short: by what failed most, where failures are why; else by its first threshold that doesn't hold.
pub fn symptom_of_load(
    load: &LoadResult,
    outcome: &Outcome,
    first: Option<&Diagnostic>,
    service: &dyn Fn(&str) -> Option<String>,
) -> Symptom {
    let message = first.map_or_else(|| format!("the load {}", outcome.words()), |first| first.message.clone());
    let requests = || load.ended.total.requests.values();
    let unheld =
        requests().flat_map(|one| one.replies.iter().filter(|replies| !replies.held).map(move |own| (one, own)));
    let worst = unheld.max_by_key(|(_, replies)| replies.times.count).filter(|_| load.is_by_failures());
    let most = requests().max_by_key(|one| one.count());
    let url = worst.map(|(requests, _)| requests).or(most).map(|requests| &*requests.url);
    let kind = match worst.map(|(_, replies)| replies.reply) {
        Some(Reply::None(kind)) => SymptomKind::NoResponse(kind),
        Some(Reply::Status(status)) if status >= 400 => SymptomKind::Status(status),
        _ => {
            let broken = load.ended.thresholds.iter().find(|threshold| !threshold.held);
            let code = first.map_or(codes::THRESHOLD.name, |first| first.code.name).to_owned();
            match broken {
                Some(broken) => SymptomKind::Expectation { code, what: broken.text.clone() },
                None => SymptomKind::Other { code },
            }
        }
    };
    Symptom { service: url.and_then(service), host: url.and_then(super::services::authority), kind, message }
}
