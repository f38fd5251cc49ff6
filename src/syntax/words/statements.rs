use super::Context;
use super::methods::COMMON_METHODS;
use super::statement::{Statement, row};
use crate::syntax::grammar::Rule;

use Context::{
    Arrivals, Channel, Environment, File, Flow, Item, Load, Pattern, Phase, Plan, Request, Service, Stages, Suite,
    Test, Together,
};

/// Where steps are.
pub(super) const STEPS: &[Context] = &[Test, Flow];
/// What says how a response is obtained, and what it must be.
const EXCHANGE: &[Context] = &[Request, Channel];

/// All of them. What belongs to a place is in the order in which messages name it.
pub static STATEMENTS: &[Statement] = &[
    // Declarations
    row(
        &["import"],
        Rule::import,
        &[File],
        "brings in the names of another file or of the standard library",
        "import \"shared/login.e2e\" as login",
    )
    .involved()
    .values(),
    row(
        &["environment"],
        Rule::environment,
        &[File],
        "a system that specs are run against, with its values and services",
        "environment staging { … }",
    )
    .involved()
    .block(),
    row(&["suite"], Rule::suite, &[File], "tests that belong together", "suite \"Threads API\" { … }").block(),
    row(&["shape"], Rule::shape, &[File], "the fields that a value has, for `is`", "shape Thread { … }").block(),
    row(
        &["flow"],
        Rule::flow,
        &[File],
        "steps to be called by name, with at most one result",
        "flow as_user(name: string) -> secret { … }",
    )
    .involved()
    .block(),
    row(
        &["credential"],
        Rule::credential,
        &[File],
        "a token that tests share, and that is renewed in time",
        "credential api_token = login.token() refresh before 30s",
    )
    .involved()
    .values(),
    row(&["load"], Rule::load, &[File], "many users at once, and what must hold then", "load \"fifty users\" { … }")
        .block(),
    row(
        &["plan"],
        Rule::plan,
        &[File],
        "what is run in which order, and when it is good enough",
        "plan release on staging { … }",
    )
    .involved()
    .block(),
    // Environments
    row(&[], Rule::env_value, &[Environment], "a value, read as `env.NAME`", "api = \"https://api.example.com\"")
        .involved(),
    row(
        &["require real"],
        Rule::require_real,
        &[Environment],
        "refuses what is no system of its own on a public address",
        "require real",
    ),
    row(&["target"], Rule::target, &[Environment], "the embedded system that is started for it", "target demo"),
    row(
        &["service"],
        Rule::service,
        &[Environment],
        "a part of the system that tests may need",
        "service backend { … }",
    )
    .block(),
    row(
        &["probe"],
        Rule::probe,
        &[Service],
        "how to find out whether the service is there",
        "probe GET {{env.api}}/health expect status 200 within 10s",
    )
    .involved(),
    row(
        &["depends on"],
        Rule::depends_on,
        &[Service],
        "the services without which it is down too",
        "depends on database, auth",
    )
    .involved(),
    // Suites
    row(&["test"], Rule::test, &[Suite], "one test", "test \"a thread can be read\" { … }").involved().block(),
    row(
        &["before all", "before each", "after each", "after all"],
        Rule::hook,
        &[Suite],
        "steps before or after all tests of the suite, or each of them",
        "before each { … }",
    )
    .involved()
    .block(),
    // Steps
    row(&["let"], Rule::let_stmt, STEPS, "names a value", "let name = \"ada\"").involved().values(),
    row(
        &["capture", "collect"],
        Rule::capture,
        STEPS,
        "names a value; `collect` adds it to a list",
        "collect ids = id",
    )
    .values(),
    row(&["call"], Rule::call, STEPS, "carries out a flow", "call login.logout(token)").values(),
    row(COMMON_METHODS, Rule::request, STEPS, "sends a request", "GET {{env.api}}/threads { … }").involved().block(),
    row(
        &["request"],
        Rule::request,
        STEPS,
        "sends a request by any method, written or a value",
        "request PURGE {{env.api}}/cache",
    )
    .block(),
    row(&["expect"], Rule::expect, STEPS, "what must hold of a value", "expect count > 2"),
    row(
        &["expect on"],
        Rule::expect_on,
        STEPS,
        "what must arrive on a channel, or must not",
        "expect on chat in order within 10s { … }",
    )
    .involved(),
    row(
        &["expect within"],
        Rule::expect_together,
        STEPS,
        "what must arrive on several channels",
        "expect within 10s { … }",
    ),
    row(&["wait"], Rule::wait, STEPS, "waits for a fixed time", "wait 2s"),
    row(&["parallel"], Rule::parallel, STEPS, "steps that are carried out at once", "parallel { … }").block(),
    row(
        &["for each"],
        Rule::for_each_stmt,
        STEPS,
        "the same steps for each element of a list",
        "for each user in [\"ada\", \"bob\"] { … }",
    )
    .involved()
    .block(),
    row(&["repeat"], Rule::repeat, STEPS, "the same steps several times", "repeat 5 times { … }").involved().block(),
    row(
        &["eventually"],
        Rule::eventually,
        STEPS,
        "the same steps until they pass",
        "eventually within 30s every 1s { … }",
    )
    .involved()
    .block(),
    row(&["within"], Rule::within, STEPS, "steps that have to be done in a time", "within 10s { … }").block(),
    row(
        &["skip when"],
        Rule::skip_when,
        &[Test],
        "doesn't run the test where this holds",
        "skip when env.mode == \"ci\" because \"it needs a browser\"",
    )
    .involved()
    .parsed_in(&[Flow])
    .values(),
    row(&["mark"], Rule::mark, STEPS, "names this instant, for `since`", "mark before_order"),
    row(&["websocket"], Rule::websocket, STEPS, "opens a WebSocket", "websocket chat {{env.ws}} { … }")
        .involved()
        .block(),
    row(
        &["sse", "ndjson"],
        Rule::stream,
        STEPS,
        "opens a stream of events, or of lines of JSON",
        "sse answer GET {{env.api}}/stream { … }",
    )
    .involved()
    .block(),
    row(&["send"], Rule::send, STEPS, "sends a frame", "send chat json { type: \"hello\" }").involved().values(),
    row(&["close"], Rule::close, STEPS, "closes a channel", "close chat with 1000"),
    row(&["drop"], Rule::drop, STEPS, "cuts a channel off, without a close frame", "drop chat"),
    row(&["reconnect"], Rule::reconnect, STEPS, "opens a channel again, by the same request", "reconnect chat"),
    row(&["ping"], Rule::ping, STEPS, "sends a ping, and may expect its pong", "ping chat expect pong within 2s"),
    row(&["return"], Rule::return_stmt, &[Flow], "gives a flow's result", "return token expires in 300").values(),
    // Loads
    row(
        &["users"],
        Rule::users,
        &[Load],
        "so many users, each of whom goes on when a round is done",
        "users 50 ramp 10s hold 30s",
    )
    .involved(),
    row(&["stages"], Rule::stages, &[Load], "how many users there are, one stage after another", "stages { … }")
        .block(),
    row(
        &["rate"],
        Rule::rate,
        &[Load],
        "so many rounds in a time, however long one takes",
        "rate 200/s for 30s using at most 100 users",
    )
    .involved(),
    row(
        &["arrivals"],
        Rule::arrivals,
        &[Load],
        "how many rounds begin in a time, one stage after another",
        "arrivals using at most 100 users { … }",
    )
    .involved()
    .block(),
    row(&["scenario"], Rule::scenario, &[Load], "what a user does in a round", "scenario \"read\" weight 3 { … }")
        .block(),
    row(
        &["before each user", "after each user"],
        Rule::user_hook,
        &[Load],
        "steps of each user before its first round, or after its last",
        "before each user { … }",
    )
    .involved()
    .block(),
    row(
        &["data"],
        Rule::data,
        &[Load],
        "a row for each user, or for each round",
        "data file \"users.csv\" next as row",
    )
    .involved()
    .values(),
    row(&["think"], Rule::think, &[Load], "how long a user waits between two rounds", "think 1s to 3s").involved(),
    row(&["stop within"], Rule::stop_within, &[Load], "how long rounds may still take at the end", "stop within 10s"),
    row(
        &["threshold"],
        Rule::threshold,
        &[Load],
        "what must hold of the load as a whole",
        "threshold p95(time) < 800ms",
    )
    .involved()
    .values(),
    row(&["ramp to"], Rule::user_ramp, &[Stages], "goes evenly to so many users", "ramp to 50 users over 10s")
        .involved(),
    row(&["hold"], Rule::user_hold, &[Stages], "keeps as many users as there are", "hold 30s"),
    row(&["ramp to"], Rule::rate_ramp, &[Arrivals], "goes evenly to this rate", "ramp to 200/s over 2m").involved(),
    row(&[], Rule::rate_hold, &[Arrivals], "this rate for a time", "50/s for 1m").involved(),
    // What is said of suites, tests and loads
    row(&["priority"], Rule::priority, &[Suite, Test, Load], "how much it matters: `P0` to `P4`", "priority P1")
        .parsed_in(&[Flow]),
    row(&["tags"], Rule::tags, &[Suite, Test, Load], "words by which it is selected", "tags smoke, slow-start")
        .parsed_in(&[Flow]),
    row(&["owner"], Rule::owner, &[Suite, Test, Load], "who looks after it", "owner \"platform\"").parsed_in(&[Flow]),
    row(
        &["at risk"],
        Rule::at_risk,
        &[Suite, Test, Load],
        "what is lost where it doesn't work",
        "at risk $120K MRR \"what is at stake\"",
    )
    .involved()
    .parsed_in(&[Flow]),
    row(
        &["needs"],
        Rule::needs,
        &[Suite, Test, Load],
        "the services without which it isn't run",
        "needs backend, auth",
    )
    .parsed_in(&[Flow]),
    row(
        &["timeout"],
        Rule::timeout,
        &[Suite, Test, Flow, Load],
        "how long it, or a round of it, may take",
        "timeout 30s",
    ),
    row(&["retries"], Rule::retries, &[Suite, Test], "how often it is tried again", "retries 2")
        .parsed_in(&[Flow, Load]),
    row(&["runs on"], Rule::runs_on, &[Suite, Test, Load], "the environments that it is for", "runs on staging, demo")
        .parsed_in(&[Flow]),
    row(&["locks"], Rule::locks, &[Suite, Test], "what no other test may use meanwhile", "locks \"billing\"")
        .parsed_in(&[Flow, Load]),
    row(&["tests side by side"], Rule::side_by_side, &[Suite], "its tests need no order", "tests side by side")
        .parsed_in(&[Test, Flow, Load]),
    // Parts of requests
    row(&["header"], Rule::header, EXCHANGE, "a header that is sent", "header X-Test: \"1\"").involved().values(),
    row(&["query"], Rule::query, EXCHANGE, "a parameter of the URL", "query limit: 10").involved().values(),
    row(&["cookie"], Rule::cookie, EXCHANGE, "a cookie that is sent", "cookie sid: \"x\"").involved().values(),
    row(&["no cookies"], Rule::no_cookies, EXCHANGE, "sends no cookies", "no cookies"),
    row(&["bearer"], Rule::bearer, EXCHANGE, "a bearer token", "bearer token").values(),
    row(&["basic"], Rule::basic, EXCHANGE, "a user and a password, by Basic", "basic \"user\", env.password")
        .involved(),
    row(&["digest"], Rule::digest, EXCHANGE, "a user and a password, by Digest", "digest \"user\", env.password"),
    row(&["json"], Rule::json, EXCHANGE, "a body of JSON", "json { title: \"hello\", tags: [] }").values(),
    row(&["body"], Rule::body, EXCHANGE, "any body: a text, bytes, a file", "body file \"image.png\"").values(),
    row(&["form"], Rule::form, EXCHANGE, "the fields of a form", "form { user: \"ada\", age: 36 }").values(),
    row(
        &["multipart"],
        Rule::multipart,
        &[Request],
        "the parts of a form, files too",
        "multipart { doc: file \"a.pdf\" type \"application/pdf\" }",
    )
    .parsed_in(&[Channel])
    .values(),
    row(
        &["graphql"],
        Rule::graphql,
        EXCHANGE,
        "a query of GraphQL, as a text or in a file, with its variables",
        "graphql \"query($id: ID!) { thread(id: $id) { title } }\" with { id: 1 }",
    )
    .values(),
    row(&["timeout"], Rule::timeout, EXCHANGE, "how long the exchange may take", "timeout 5s"),
    row(
        &["retry"],
        Rule::retry,
        EXCHANGE,
        "sends it again after these statuses and failures",
        "retry 3 times every 2s on 502, timeout",
    )
    .involved(),
    row(
        &["follow redirects"],
        Rule::follow_redirects,
        EXCHANGE,
        "goes where redirects lead",
        "follow redirects up to 3",
    ),
    row(&["http"], Rule::http_version, EXCHANGE, "the version of HTTP", "http 2"),
    row(
        &["accept invalid certificate"],
        Rule::accept_invalid_certificate,
        EXCHANGE,
        "takes any certificate",
        "accept invalid certificate",
    ),
    row(&["compressed"], Rule::compressed, &[Request], "asks for a compressed response", "compressed")
        .parsed_in(&[Channel]),
    row(
        &["expect"],
        Rule::expect,
        &[Request, Channel, Item],
        "what must hold of the response, or of the frame",
        "expect status 200",
    )
    .involved(),
    row(
        &["expect failure is"],
        Rule::expect_failure,
        EXCHANGE,
        "that there is no response, and why",
        "expect failure is timeout",
    ),
    row(&["either"], Rule::either, EXCHANGE, "expectations of which those of one block hold", "either { … } or { … }")
        .block(),
    row(
        &["capture"],
        Rule::capture,
        &[Request, Channel, Item],
        "names a part of the response, or of the frame",
        "capture id = $.id",
    )
    .involved()
    .values(),
    row(
        &["collect"],
        Rule::capture,
        &[Request, Item],
        "adds a part of the response, or of the frame, to a list",
        "collect ids = $.id",
    )
    .parsed_in(&[Channel])
    .values(),
    row(
        &["subprotocol"],
        Rule::subprotocol,
        &[Channel],
        "the subprotocols that are offered",
        "subprotocol \"chat.v1\", \"chat.v2\"",
    ),
    row(&["events"], Rule::events, &[Channel], "where a frame says what event it is", "events by $.type").involved(),
    row(&["payload"], Rule::payload, &[Channel], "the part of a frame that is JSON", "payload by /^\\d+(.*)/"),
    row(&["connect"], Rule::connect_within, &[Channel], "how long opening may take", "connect within 5s"),
    row(
        &["reply to"],
        Rule::reply_to,
        &[Channel],
        "what is sent whenever such a frame arrives",
        "reply to frame text \"2\" with text \"3\"",
    )
    .involved()
    .block(),
    // Patterns
    row(
        &["event", "frame", "comment"],
        Rule::item,
        &[Pattern],
        "a frame that has to arrive",
        "event \"done\" once within 5s",
    )
    .involved()
    .block(),
    row(&["never"], Rule::never, &[Pattern], "a frame that must not arrive meanwhile", "never event \"error\"").block(),
    row(&["gap"], Rule::gap, &[Pattern], "the time between two frames", "gap < 10s"),
    row(&["in order", "in any order"], Rule::nested, &[Pattern], "items within these", "in any order within 5s { … }")
        .block(),
    row(&["either"], Rule::either, &[Pattern], "items of which those of one block come", "either { … } or { … }")
        .block(),
    row(&["repeat"], Rule::repeat_items, &[Pattern], "the same items several times", "repeat 1 to 20 times { … }")
        .involved()
        .block(),
    row(
        &["for each"],
        Rule::for_each_stmt,
        &[Pattern],
        "the same items for each element of a list",
        "for each name in [\"a\", \"b\"] { … }",
    )
    .involved()
    .block(),
    row(&["on"], Rule::view, &[Together], "what must arrive on one of the channels", "on chat in order { … }").block(),
    row(&[], Rule::condition, &[Item], "whether a frame is this event", "$.payload.id == id"),
    // Plans
    row(&["require env"], Rule::require_env, &[Plan], "values without which nothing is run", "require env bypass"),
    row(
        &["retry infrastructure"],
        Rule::retry_infrastructure,
        &[Plan],
        "tries again what failed for want of a service",
        "retry infrastructure 3 times every 2s",
    ),
    row(
        &["phase"],
        Rule::phase,
        &[Plan],
        "a part of the run, judged by gates of its own",
        "phase \"Business critical\" { … }",
    )
    .block(),
    row(&["abort when"], Rule::abort_when, &[Plan], "stops the run at once", "abort when service backend is down")
        .involved()
        .values(),
    row(&["gate"], Rule::gate, &[Plan], "what must hold of the run as a whole", "gate success > 90%")
        .involved()
        .values(),
    row(&["run"], Rule::run, &[Phase], "which tests and loads the phase runs", "run tags smoke, health")
        .involved()
        .values(),
    row(&["budget"], Rule::budget, &[Phase], "how long the phase may take", "budget 30m"),
    row(&["gate"], Rule::gate, &[Phase], "what must hold of the phase", "gate success > 90%").involved().values(),
    row(
        &["abort on any failure"],
        Rule::abort_on_failure,
        &[Phase],
        "stops the run when a test fails",
        "abort on any failure of P1",
    )
    .values(),
    row(
        &["renew credentials"],
        Rule::renew_credentials,
        &[Phase],
        "obtains each credential again when the phase next needs it",
        "renew credentials",
    ),
    row(&["pause"], Rule::pause, &[Phase], "waits before or after the phase", "pause 10s before").involved(),
];
