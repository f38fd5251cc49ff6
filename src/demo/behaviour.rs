//! What the demo system does, as data that its handlers consult. The default is a system that works; a fault changes a field.

use std::time::Duration;

use super::agent::Distortion;

/// How the whole system behaves at this moment.
#[derive(Clone, Debug)]
pub(super) struct Behaviour {
    pub database_up: bool,
    pub cache_up: bool,
    /// How an instance that is deployed or restarted comes up.
    pub boot: Boot,
    pub health: Health,
    pub auth: Auth,
    pub threads: Threads,
    pub agents: Agents,
    pub socket: Socket,
    pub edge: Edge,
    pub stream: Stream,
    pub frontend: Frontend,
}

/// The two stretches of a boot: first its port refuses, then it answers 503.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boot {
    pub refused: Duration,
    pub starting: Duration,
}

#[derive(Clone, Debug)]
pub(super) struct Health {
    /// How many of the start-up phases ever complete.
    pub phases_completing: usize,
    /// Says that the database is down without drawing the consequence.
    pub contradicts_itself: bool,
    pub discovery_is_current: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Auth {
    pub available: bool,
    /// The longest life of an access token; what the response promises isn't shortened with it.
    pub longest_token_life: Option<u64>,
    pub refresh: Refresh,
    pub checks_passwords: bool,
    pub checks_expiry: bool,
    pub checks_revocation: bool,
    pub checks_scopes: bool,
    pub checks_roles: bool,
    pub cookies_http_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    Rotates,
    /// Every refresh token is refused.
    Refused,
    /// A used refresh token may be used again.
    AllowsReuse,
}

#[derive(Clone, Debug)]
pub(super) struct Threads {
    pub latency: Duration,
    pub list_content_type: &'static str,
    pub isolated: bool,
    pub validated: bool,
    /// How many of a page's items the next page shows once more.
    pub page_overlap: usize,
    pub keeps_messages: bool,
    pub deletes: bool,
    pub idempotent: bool,
    pub conditional: bool,
    pub survive_restarts: bool,
    pub errors_show_internals: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Agents {
    /// What happens to the events of every run, in order.
    pub distortions: Vec<Distortion>,
    pub ignore_cancellation: bool,
    pub lack_tools: bool,
    pub give_up_on_retries: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub answers_pings: bool,
    pub reports_errors: bool,
    pub leaks_to_team: bool,
    pub thread_events: bool,
    pub replays: bool,
    pub filters_by_thread: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub cors: bool,
    pub rate_limited: bool,
    pub keeps_request_ids: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Live,
    /// All chunks are held back to the end.
    Buffered,
    /// The connection is lost in the middle.
    Cut,
}

#[derive(Clone, Debug)]
pub(super) struct Frontend {
    pub security_headers: bool,
    pub caches_assets: bool,
    pub knows_dependencies: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            database_up: true,
            cache_up: true,
            boot: Boot { refused: Duration::from_millis(150), starting: Duration::from_millis(350) },
            health: Health { phases_completing: 7, contradicts_itself: false, discovery_is_current: true },
            auth: Auth {
                available: true,
                longest_token_life: None,
                refresh: Refresh::Rotates,
                checks_passwords: true,
                checks_expiry: true,
                checks_revocation: true,
                checks_scopes: true,
                checks_roles: true,
                cookies_http_only: true,
            },
            threads: Threads {
                latency: Duration::ZERO,
                list_content_type: "application/json",
                isolated: true,
                validated: true,
                page_overlap: 0,
                keeps_messages: true,
                deletes: true,
                idempotent: true,
                conditional: true,
                survive_restarts: true,
                errors_show_internals: false,
            },
            agents: Agents::default(),
            socket: Socket {
                answers_pings: true,
                reports_errors: true,
                leaks_to_team: false,
                thread_events: true,
                replays: true,
                filters_by_thread: true,
            },
            edge: Edge { cors: true, rate_limited: true, keeps_request_ids: true },
            stream: Stream::Live,
            frontend: Frontend { security_headers: true, caches_assets: true, knows_dependencies: true },
        }
    }
}
