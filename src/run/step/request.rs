use std::sync::Arc;
use std::time::Duration;

use super::super::evidence::record;
use super::super::judging;
use super::super::prepare;
use super::{Executor, Halt, LastResponse, Stepped};
use crate::eval::Host as _;
use crate::event::{Exchange, FailureKind, Occurrence, Part, Response};
use crate::judge::ChannelOpening;
use crate::plan::{Request, Retry, Step, StepKind};
use crate::source::Span;
use crate::value::{SHORTEST_SECRET, SecretSink, http_date};
use crate::world::{Late, Outgoing};

impl Executor {
    pub(super) async fn request(&mut self, span: Span, request: &Request) -> Stepped {
        let outgoing = self.outgoing(request).await?;
        // The last response may be large, and nothing looks at it any more.
        self.last = None;
        let started = self.now();
        let title = format!("{} {}", outgoing.method, outgoing.url);
        let exchange = Arc::new(self.exchange(request, outgoing).await?);
        self.judge(span, request, exchange, (started, title), None).await
    }

    /// Takes a step whose request has been sent already, and judges what came. `is_cut`: it had less time than its own limit.
    pub(in crate::run) async fn received(&mut self, step: &Step, mut exchange: Exchange, is_cut: bool) -> Stepped {
        let StepKind::Request(request) = &step.kind else { return Ok(()) };
        let outer = self.enter(Part::Step(step.head.clone(), step.ordinal));
        self.moment().await;
        let (started, title) = (exchange.started, format!("{} {}", exchange.method, exchange.url));
        if let Err(failure) = &mut exchange.outcome
            && failure.kind == FailureKind::Timeout
            && is_cut
        {
            failure.message.push_str(&format!(" ({} was reached)", self.deadline.words()));
        }
        self.attempt.shared.observer.exchange(&exchange);
        let judged = match self.learn(exchange).await {
            Ok(exchange) => self.judge(step.span, request, Arc::new(exchange), (started, title), None).await,
            Err(late) => Err(self.judged_late(request.url.span, late)),
        };
        self.moment().await;
        self.leave_for(outer);
        judged
    }

    /// The request with every value put in.
    pub(super) async fn outgoing(&self, request: &Request) -> Result<Outgoing, Halt> {
        let secrets = self.attempt.shared.options.secrets.clone();
        self.weighed(request, move |request, context| prepare::outgoing(request, context, &*secrets)).await
    }

    /// Says which sending of which step a request is.
    pub(in crate::run) fn address(&self, outgoing: &mut Outgoing, occurrence: Occurrence) {
        outgoing.seed = self.host.at(&occurrence).random();
        outgoing.occurrence = occurrence;
    }

    /// Sends a request, again where its `retry` says so.
    async fn exchange(&mut self, request: &Request, mut outgoing: Outgoing) -> Result<Exchange, Halt> {
        let retries = match &request.retry {
            Some(retry) => Some(self.retries(retry).await?),
            None => None,
        };
        let own_limit = outgoing.limit;
        let jar = (!request.no_cookies).then(|| self.attempt.jar.clone());
        let mut attempts = 0;
        loop {
            attempts += 1;
            let place = self.place.then(Part::Sent(attempts));
            self.moment_at(&place, 0).await;
            let left = self.deadline.left(self.now());
            outgoing.limit = own_limit.min(left);
            self.address(&mut outgoing, place.clone());
            let mut exchange = self.attempt.shared.world.send(&outgoing, jar.as_deref()).await;
            exchange.attempts = attempts;
            let learned = self.learn(exchange).await;
            let mut exchange = learned.map_err(|late| self.judged_late(request.url.span, late))?;
            self.moment_at(&place, 1).await;
            self.attempt.shared.observer.exchange(&exchange);
            let pause = retries
                .as_ref()
                .and_then(|retries| retries.pause(attempts, &exchange, self.attempt.shared.world.wall_at(self.now())));
            if let Some(pause) = pause
                && self.now().saturating_add(pause) < self.deadline.at
            {
                self.evidence.exchange(Arc::new(exchange), None);
                self.attempt.shared.world.sleep(pause).await;
                continue;
            }
            if let Err(failure) = &mut exchange.outcome
                && failure.kind == FailureKind::Timeout
                && left < own_limit
            {
                failure.message.push_str(&format!(" ({} was reached)", self.deadline.words()));
            }
            return Ok(exchange);
        }
    }

    /// Cookies that a response sets are credentials, and so is what its body names as one: a body is shown beside a failure even when the test
    /// didn't get as far as to capture it as secret.
    ///
    /// # Errors
    /// The deadline came before all of it was looked through: no one gets to see it.
    pub async fn learn(&self, exchange: Exchange) -> Result<Exchange, Late> {
        let secrets = self.attempt.shared.options.secrets.clone();
        let size = exchange.outcome.as_ref().map_or(0, |response| response.body.len());
        if size <= LEARNED_AT_ONCE {
            learn(&exchange, &*secrets);
            return Ok(exchange);
        }
        // Before it is learned, no one gets to see the exchange.
        self.apart(move |_| {
            learn(&exchange, &*secrets);
            exchange
        })
        .await
    }

    /// Judges an exchange, and keeps what it proves.
    pub(super) async fn judge(
        &mut self,
        span: Span,
        request: &Request,
        exchange: Arc<Exchange>,
        step: (crate::event::Instant, String),
        opening: Option<ChannelOpening>,
    ) -> Stepped {
        self.judge_broken(span, request, exchange, None, step, opening).await
    }

    /// The same of an exchange that failed after its response had come: what is expected of the response is judged beside the failure.
    pub(super) async fn judge_broken(
        &mut self,
        span: Span,
        request: &Request,
        exchange: Arc<Exchange>,
        answered: Option<Arc<Exchange>>,
        (started, title): (crate::event::Instant, String),
        opening: Option<ChannelOpening>,
    ) -> Stepped {
        let shared = self.attempt.shared.clone();
        let host = self.host.clone();
        let until = self.deadline.at;
        let parsed = judging::unread(&shared.world);
        let judged = async {
            let (mut judged, scope) = judging::judged(
                &shared.plan,
                request,
                (&exchange, &parsed),
                self.scope.branch(),
                &host,
                (&self.place, until),
            )
            .await?;
            let Some(answered) = answered else { return Ok((judged, scope)) };
            let of_response = (&answered, &judging::unread(&shared.world));
            let (of_response, scope) =
                judging::judged(&shared.plan, request, of_response, scope, &host, (&self.place, until)).await?;
            judged.expectations.extend(of_response.expectations);
            judged.diagnostics.extend(of_response.diagnostics);
            Ok((judged, scope))
        };
        let (judged, scope) = match judged.await {
            Ok(judged) => judged,
            Err(late) => {
                let mut step = record(self.place.clone(), title, span, started, self.now(), false, Vec::new());
                step.opening = opening;
                self.evidence.exchange(exchange, Some(step));
                return Err(self.judged_late(span, late));
            }
        };
        self.scope.merge(&scope);
        self.tell_secrets(request, &scope);
        self.last = if self.keeps_last { LastResponse::of(&exchange, parsed) } else { None };
        let held = judged.holds();
        if !held && is_outage(&exchange) {
            self.meets_outage(&exchange);
        }
        let place = self.place.clone();
        let mut step = record(place, title, span, started, self.now(), held, judged.expectations);
        step.opening = opening;
        self.evidence.exchange(exchange, Some(step));
        if let Some(kind) = judged.failure {
            self.evidence.no_response(kind);
        }
        for diagnostic in judged.diagnostics {
            self.evidence.fail(diagnostic);
        }
        if held { Ok(()) } else { Err(Halt::Failed) }
    }

    /// A service that should have worked doesn't: it is asked how it is.
    pub(super) fn meets_outage(&self, exchange: &Exchange) {
        self.evidence.lock().facts.outage = true;
        let shared = &self.attempt.shared;
        if let Some(service) = shared.services.of(&exchange.url) {
            if self.evidence.is_measured() {
                shared.monitor.doubt_again(service);
            } else {
                shared.monitor.doubt(service);
            }
        }
    }

    fn tell_secrets(&self, request: &Request, scope: &crate::eval::Scope) {
        fn walk(checks: &[crate::plan::Check], report: &mut dyn FnMut(crate::plan::Slot)) {
            for check in checks {
                match check {
                    crate::plan::Check::Capture(capture) if capture.secret => report(capture.slot),
                    crate::plan::Check::Either { branches, .. } => {
                        branches.iter().for_each(|branch| walk(branch, report))
                    }
                    _ => {}
                }
            }
        }
        walk(&request.checks, &mut |slot| {
            if let Some(value) = scope.get(slot) {
                self.attempt.shared.options.secrets.add(&value.to_text());
            }
        });
    }

    async fn retries(&self, retry: &Retry) -> Result<Retries, Halt> {
        let times = self.weighed(&retry.times, prepare::whole).await?;
        let every = match &retry.every {
            Some(every) => self.weighed(every, prepare::duration).await?,
            None => Duration::from_secs(1),
        };
        let most = match &retry.doubling_up_to {
            Some(most) => Some(self.weighed(most, prepare::duration).await?),
            None => None,
        };
        let mut statuses = Vec::new();
        for status in &retry.statuses {
            let value = self.weighed(status, crate::eval::evaluate).await?;
            let items = value.as_json().map(|json| match json.as_array() {
                Some(items) => items.to_vec(),
                None => vec![json.clone()],
            });
            statuses.extend(items.into_iter().flatten().filter_map(|status| status.as_u64()));
        }
        Ok(Retries { times, every, most, statuses, failures: retry.failures.clone() })
    }
}

/// The largest body, in bytes, that is looked through at once.
const LEARNED_AT_ONCE: usize = 64 << 10;

fn learn(exchange: &Exchange, secrets: &dyn SecretSink) {
    let Ok(response) = &exchange.outcome else { return };
    response.headers("set-cookie").filter_map(secret_cookie).for_each(|value| secrets.add(value));
    let text = response.text().unwrap_or_default();
    let body = if text.is_empty() { &response.body[..] } else { text.as_bytes() };
    credentials(body).for_each(|value| secrets.add(&value));
}

/// Whether an exchange speaks of a service that doesn't work, and not of one that works wrongly.
pub(super) fn is_outage(exchange: &Exchange) -> bool {
    match &exchange.outcome {
        Ok(response) => (502..=504).contains(&response.status),
        Err(failure) => failure.kind.is_outage(),
    }
}

/// When a request is sent again, and how long before.
struct Retries {
    /// Beyond the first attempt.
    times: u32,
    every: Duration,
    most: Option<Duration>,
    statuses: Vec<u64>,
    failures: Vec<FailureKind>,
}

impl Retries {
    /// The pause before the next attempt; `None` when there is to be none. `Retry-After` is honoured (RFC 9110, section 10.2.3); `now` is the
    /// wall clock.
    fn pause(&self, attempts: u32, exchange: &Exchange, now: jiff::Timestamp) -> Option<Duration> {
        if attempts > self.times {
            return None;
        }
        let asked = match &exchange.outcome {
            Ok(response) if self.statuses.contains(&u64::from(response.status)) => retry_after(response, now),
            Err(failure) if self.failures.contains(&failure.kind) => None,
            _ => return None,
        };
        let own = match self.most {
            Some(most) => self.every.saturating_mul(1u32.checked_shl(attempts - 1).unwrap_or(u32::MAX)).min(most),
            None => self.every,
        };
        Some(asked.map_or(own, |asked| asked.max(own)))
    }
}

/// How long a server asks to wait: so many seconds, or until a date by its own clock, if it says what that shows; a date that is past is now.
fn retry_after(response: &Response, now: jiff::Timestamp) -> Option<Duration> {
    let asked = response.header("retry-after")?.trim();
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return asked.parse().ok().map(Duration::from_secs);
    }
    let now = response.header("date").and_then(|date| http_date(date, now)).unwrap_or(now);
    let until = http_date(asked, now)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// A cookie that is as long is taken for one that proves who asks, in characters.
const SHORTEST_COOKIE: usize = 16;

/// The value of a cookie that a server sets, if it is a secret: no script may read it (`HttpOnly`), or it is long. Others hold ordinary words, which
/// would be masked everywhere.
fn secret_cookie(header: &str) -> Option<&str> {
    let mut parts = header.split(';');
    let value = parts.next()?.split_once('=')?.1.trim().trim_matches('"');
    let http_only = parts.any(|part| part.trim().eq_ignore_ascii_case("httponly"));
    let long_enough = if http_only { SHORTEST_SECRET } else { SHORTEST_COOKIE };
    (value.chars().count() >= long_enough).then_some(value)
}

/// How much of a body is looked through, in bytes.
const LOOKED_THROUGH: usize = 64 << 20;

/// Those of RFC 6749, section 5.1, and their relatives. In any case.
const NAMED: [&str; 8] =
    ["access_token", "refresh_token", "id_token", "client_secret", "password", "api_key", "secret", "token"];

/// The values of a JSON text's fields that are named like credentials.
pub(in crate::run) fn credentials(body: &[u8]) -> impl Iterator<Item = String> {
    let body = &body[..body.len().min(LOOKED_THROUGH)];
    memchr::memchr_iter(b':', body).filter_map(move |colon| {
        let name = body[..colon].trim_ascii_end().strip_suffix(b"\"")?;
        // Most names are none of them by their last letter alone.
        let is_named = matches!(name.last()?, b'n' | b'N' | b't' | b'T' | b'd' | b'D' | b'y' | b'Y')
            && NAMED.iter().any(|named| {
                let (before, own) = name.split_at(name.len().saturating_sub(named.len()));
                before.ends_with(b"\"") && own.eq_ignore_ascii_case(named.as_bytes())
            });
        let value = if is_named { string(body[colon + 1..].trim_ascii_start())? } else { return None };
        Some(value).filter(|value| value.chars().count() >= SHORTEST_SECRET)
    })
}

/// The JSON string that a text begins with.
fn string(text: &[u8]) -> Option<String> {
    let inside = text.strip_prefix(b"\"")?;
    let mut is_escaped = false;
    let end = inside.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    })?;
    crate::value::Json::read(text.get(..end + 2)?).ok()?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Header;

    #[test]
    fn what_a_cookie_holds_is_a_secret_where_it_is_hidden_or_long() {
        assert_eq!(secret_cookie("theme=solarized-dark; Path=/"), None);
        assert_eq!(secret_cookie("sid=abcdef; Path=/; HTTPOnly"), Some("abcdef"));
        assert_eq!(secret_cookie("sid=abc; HttpOnly"), None, "it can't be masked");
        assert_eq!(secret_cookie("sid=0123456789abcdef"), Some("0123456789abcdef"));
        assert_eq!(secret_cookie("sid"), None);
    }

    #[test]
    fn a_server_says_when_in_seconds_or_as_a_date() {
        let now: jiff::Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        let asked = |headers: &[(&str, &str)]| {
            let header = |(name, value): &(&str, &str)| Header { name: (*name).into(), value: (*value).into() };
            let response = Response {
                status: 503,
                version: "HTTP/1.1",
                url: "http://h/".into(),
                headers: headers.iter().map(header).collect(),
                body: Default::default(),
                wire_size: 0,
            };
            retry_after(&response, now).map(|pause| pause.as_secs())
        };
        assert_eq!(asked(&[("Retry-After", " 120 ")]), Some(120));
        assert_eq!(asked(&[("Retry-After", "Sat, 28 Nov 2026 12:00:05 GMT")]), Some(5));
        assert_eq!(asked(&[("Retry-After", "Saturday, 28-Nov-26 12:00:05 GMT")]), Some(5));
        assert_eq!(asked(&[("Retry-After", "Sat Nov 28 12:00:05 2026")]), Some(5));
        assert_eq!(asked(&[("Retry-After", "Sat, 28 Nov 2026 11:59:00 GMT")]), Some(0));
        // The server's clock is an hour ahead.
        let date = ("Date", "Sat, 28 Nov 2026 13:00:00 GMT");
        assert_eq!(asked(&[date, ("Retry-After", "Sat, 28 Nov 2026 13:00:05 GMT")]), Some(5));
        for odd in ["soon", "", "-1", "1.5", "2026-11-28T12:00:05Z"] {
            assert_eq!(asked(&[("Retry-After", odd)]), None, "{odd}");
        }
    }

    #[test]
    fn what_a_body_names_as_a_credential_is_found() {
        let body = br#"{"access_token": "abc.def.ghi", "n": 1, "user": {"password":"with \"quotes\""}, "token":"words", "tokens": "not one at all"}"#;
        assert_eq!(credentials(body).collect::<Vec<_>>(), ["abc.def.ghi", "with \"quotes\""]);
        assert_eq!(credentials(b"\xff\"password\":\"abcdefgh").count(), 0);
    }

    proptest::proptest! {
        /// As one regex finds them.
        #[test]
        fn credentials_are_found_as_by_a_regex(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "\"token\"", "\"Api_Key\"", "\"id_token\"", "\"tokens\"", "\"xtoken\"", ":", " ", "\n", ",", "{", "}", "\\", "\"",
                "\"abcdef\"", "\"long \\\"value\\\"\"", "\"short\"", "\"a\\u0062cdefg\"", "1",
            ]), 0..24),
        ) {
            let named = regex::bytes::Regex::new(
                r#""(?i:access_token|refresh_token|id_token|client_secret|password|api_key|secret|token)"\s*:\s*("(?:[^"\\]|\\.)*")"#,
            ).unwrap();
            let body = pieces.concat();
            let found: Vec<String> = credentials(body.as_bytes()).collect();
            for one in named.captures_iter(body.as_bytes()) {
                let value = crate::value::Json::read(&one[1]).ok().and_then(|json| json.as_str().map(str::to_owned));
                let value = value.filter(|value| value.chars().count() >= SHORTEST_SECRET);
                proptest::prop_assert!(value.iter().all(|value| found.contains(value)), "{:?} in {}: {:?}", value, body, found);
            }
        }
    }
}
