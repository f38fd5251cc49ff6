//! The fault switches: one table, in which each changes exactly one thing that can be seen from outside.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::agent::Distortion;
use super::behaviour::{Behaviour, Boot, Refresh, Stream};
use super::world::{read, write};

macro_rules! faults {
    ($($variant:ident $name:literal $sentence:literal |$b:ident| $change:expr;)*) => {
        /// A way in which the demo system can be broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault { $(#[doc = $sentence] $variant,)* }

        impl Fault {
            /// Every fault, in the order in which lists show them.
            pub const ALL: &'static [Fault] = &[$(Fault::$variant,)*];

            /// Its name in the command line and in URLs, as `database-down`.
            pub fn name(self) -> &'static str {
                match self { $(Fault::$variant => $name,)* }
            }

            /// One sentence that says what is seen from outside.
            pub fn describe(self) -> &'static str {
                match self { $(Fault::$variant => $sentence,)* }
            }

            fn apply(self, behaviour: &mut Behaviour) {
                match self { $(Fault::$variant => { let $b = behaviour; $change; })* }
            }
        }
    };
}

faults! {
    // The incident.
    DatabaseDown "database-down" "The database is down: every service answers 503 and start-up is incomplete from its third phase on."
        |b| b.database_up = false;
    SlowStart "slow-start" "An instance that starts refuses connections for 1 s and answers 503 for 2 s more."
        |b| b.boot = Boot { refused: Duration::from_secs(1), starting: Duration::from_secs(2) };
    SlowResponses "slow-responses" "Every response below `/threads` takes 3 s longer."
        |b| b.threads.latency = Duration::from_secs(3);
    StartupIncomplete "startup-incomplete" "`/health` says healthy although start-up stopped after its fifth phase, and no agent runs."
        |b| b.health.phases_completing = 5;
    Websocket1011 "websocket-1011" "The server closes the WebSocket with 1011 in the middle of a run."
        |b| b.agents.distortions.push(Distortion::CloseAfter("agent_thinking", 1011));
    EventsDropped "events-dropped" "`tool_completed` events are never sent."
        |b| b.agents.distortions.push(Distortion::Drop("tool_completed"));
    EventsDoubled "events-doubled" "`agent_started` is sent twice."
        |b| b.agents.distortions.push(Distortion::Double("agent_started"));
    EventsReordered "events-reordered" "The first `tool_completed` of a run is sent before its `tool_executing`."
        |b| b.agents.distortions.push(Distortion::Swap("tool_executing", "tool_completed"));
    EventsLate "events-late" "`agent_completed` comes 3 s late."
        |b| b.agents.distortions.push(Distortion::Delay("agent_completed", Duration::from_secs(3)));
    EventsLeaked "events-leaked" "A user's events also reach the sockets of the other users of the team."
        |b| b.socket.leaks_to_team = true;
    TokensExpire "tokens-expire" "Access tokens expire at once, although the response promises 15 minutes."
        |b| b.auth.longest_token_life = Some(0);

    // Events and agents.
    EventsMiscorrelated "events-miscorrelated" "`tool_completed` carries another `call_id` than its `tool_executing`."
        |b| b.agents.distortions.push(Distortion::Miscorrelate("tool_completed"));
    MalformedEvent "malformed-event" "`agent_thinking` is sent as text that isn't JSON."
        |b| b.agents.distortions.push(Distortion::Garble("agent_thinking"));
    AnswerEmpty "answer-empty" "A run completes with an empty answer."
        |b| b.agents.distortions.push(Distortion::Blank("agent_completed", "answer"));
    CancelIgnored "cancel-ignored" "A run that is cancelled goes on to its end."
        |b| b.agents.ignore_cancellation = true;
    RetryMissing "retry-missing" "A tool whose first attempt fails isn't tried again, and the run fails."
        |b| b.agents.give_up_on_retries = true;
    ToolsMissing "tools-missing" "`/mcp/tools` lists no tools."
        |b| b.agents.lack_tools = true;

    // WebSocket.
    ErrorSwallowed "error-swallowed" "A malformed WebSocket message gets no `error` event."
        |b| b.socket.reports_errors = false;
    PongMissing "pong-missing" "`ping` messages get no `pong`."
        |b| b.socket.answers_pings = false;
    LifecycleMissing "lifecycle-missing" "Sockets get no event when a thread is created, changed, archived or deleted."
        |b| b.socket.thread_events = false;
    ReplayMissing "replay-missing" "A socket that comes back with `after=` isn't sent what it missed."
        |b| b.socket.replays = false;
    FilterBroken "filter-broken" "A socket with `?thread=` also gets the events of the user's other threads."
        |b| b.socket.filters_by_thread = false;

    // Streams.
    StreamBuffered "stream-buffered" "Streams hold all their chunks back and send them together at the end."
        |b| b.stream = Stream::Buffered;
    StreamCut "stream-cut" "Streams lose their connection before the last chunk."
        |b| b.stream = Stream::Cut;

    // Threads.
    WrongContentType "wrong-content-type" "`GET /threads` sends its JSON as `text/html`."
        |b| b.threads.list_content_type = "text/html";
    ValidationOff "validation-off" "Bodies, ids and paths aren't validated: an empty title is accepted, a bad id is merely unknown."
        |b| b.threads.validated = false;
    PaginationBroken "pagination-broken" "Each page of a list begins with the last item of the page before it."
        |b| b.threads.page_overlap = 1;
    MessagesLost "messages-lost" "Messages that users send are accepted but not stored."
        |b| b.threads.keeps_messages = false;
    DeleteIncomplete "delete-incomplete" "A deleted thread can still be read."
        |b| b.threads.deletes = false;
    IdempotencyBroken "idempotency-broken" "A POST that is repeated with its `Idempotency-Key` creates a second thread."
        |b| b.threads.idempotent = false;
    EtagIgnored "etag-ignored" "`If-None-Match` and `If-Match` are ignored."
        |b| b.threads.conditional = false;
    DataLostOnRestart "data-lost-on-restart" "Threads that were created through an instance are gone after it restarts."
        |b| b.threads.survive_restarts = false;
    InternalsShown "internals-shown" "Error messages show a stack trace."
        |b| b.threads.errors_show_internals = true;

    // Access.
    AuthDown "auth-down" "The auth service answers 503."
        |b| b.auth.available = false;
    RefreshBroken "refresh-broken" "`/refresh` refuses every token."
        |b| b.auth.refresh = Refresh::Refused;
    RefreshReuseAccepted "refresh-reuse-accepted" "A refresh token can be used more than once."
        |b| b.auth.refresh = Refresh::AllowsReuse;
    PasswordUnchecked "password-unchecked" "Any password logs in."
        |b| b.auth.checks_passwords = false;
    ExpiredTokenAccepted "expired-token-accepted" "Expired access tokens are accepted."
        |b| b.auth.checks_expiry = false;
    RevokedTokenAccepted "revoked-token-accepted" "Revoked access tokens are accepted."
        |b| b.auth.checks_revocation = false;
    ScopeUnchecked "scope-unchecked" "A token without the scope that a request needs is accepted."
        |b| b.auth.checks_scopes = false;
    RolesUnchecked "roles-unchecked" "Every user may list all users."
        |b| b.auth.checks_roles = false;
    IsolationBroken "isolation-broken" "Users can read each other's threads."
        |b| b.threads.isolated = false;
    CookieExposed "cookie-exposed" "The session cookie isn't `HttpOnly`."
        |b| b.auth.cookies_http_only = false;

    // Edge and coordination.
    CorsMissing "cors-missing" "No response has CORS headers."
        |b| b.edge.cors = false;
    RateLimitOff "rate-limit-off" "`/search` has no rate limit."
        |b| b.edge.rate_limited = false;
    RequestIdLost "request-id-lost" "Responses have a new `X-Request-Id` instead of the request's."
        |b| b.edge.keeps_request_ids = false;
    SecurityHeadersMissing "security-headers-missing" "The frontend sends no security headers."
        |b| b.frontend.security_headers = false;
    AssetsUncached "assets-uncached" "The frontend's assets can't be cached."
        |b| b.frontend.caches_assets = false;
    FrontendDependencyUnknown "frontend-dependency-unknown" "The frontend's health says `unknown` of its dependencies."
        |b| b.frontend.knows_dependencies = false;
    CacheDown "cache-down" "The backend's cache is down: `/health` says degraded, everything else works."
        |b| b.cache_up = false;
    HealthLies "health-lies" "`/health` says healthy although its own check says that the database is down."
        |b| b.health.contradicts_itself = true;
    DiscoveryStale "discovery-stale" "Service discovery gives an address of `auth` at which nothing listens any more."
        |b| b.health.discovery_is_current = false;
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text isn't the name of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no fault of this name")
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|fault| fault.name() == text).ok_or(UnknownFault)
    }
}

/// The faults that are active, and the behaviour that they add up to.
#[derive(Debug, Default)]
pub(super) struct Switches {
    state: RwLock<(BTreeSet<Fault>, Arc<Behaviour>)>,
}

impl Switches {
    pub fn behaviour(&self) -> Arc<Behaviour> {
        Arc::clone(&read(&self.state).1)
    }

    pub fn is_active(&self, fault: Fault) -> bool {
        read(&self.state).0.contains(&fault)
    }

    /// Replaces the active faults.
    pub fn set(&self, faults: impl IntoIterator<Item = Fault>) {
        self.change(|active| *active = faults.into_iter().collect());
    }

    /// Switches one fault, and leaves the others as they are.
    pub fn switch(&self, fault: Fault, on: bool) {
        self.change(|active| {
            let _ = if on { active.insert(fault) } else { active.remove(&fault) };
        });
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<Fault>)) {
        let mut state = write(&self.state);
        change(&mut state.0);
        let mut behaviour = Behaviour::default();
        state.0.iter().for_each(|fault| fault.apply(&mut behaviour));
        state.1 = Arc::new(behaviour);
    }
}
