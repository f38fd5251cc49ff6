//! For each fault, what is seen where it shows: one line of text.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::super::Fault;
use super::lab::{Got, Lab, User, go, types};

/// What is seen of a fault, what it should be, and what it is when the fault is active.
pub fn expected(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::DatabaseDown => ("200 200 complete", "503 503 failed"),
        Fault::SlowStart => ("soon", "late"),
        Fault::SlowAnswers | Fault::EventsLate => ("fast", "slow"),
        Fault::StartupIncomplete => ("200 200 running", "200 503 agents_unavailable"),
        Fault::Websocket1011 => ("agent_completed", "closed 1011"),
        Fault::EventsDropped => ("2 2", "2 0"),
        Fault::EventsDoubled => ("1", "2"),
        Fault::EventsReordered => ("tool_executing tool_completed", "tool_completed tool_executing"),
        Fault::EventsLeaked => ("0", "7"),
        Fault::TokensExpire => ("900 900", "0 900"),
        Fault::EventsMiscorrelated => ("true", "false"),
        Fault::MalformedEvent => ("well-formed", "malformed"),
        Fault::AnswerEmpty => ("answered", "empty"),
        Fault::CancelIgnored => ("cancelled", "running"),
        Fault::RetryMissing => ("agent_completed", "agent_failed"),
        Fault::ToolsMissing => ("5", "0"),
        Fault::ErrorSwallowed => ("error", ""),
        Fault::PongMissing => ("pong", ""),
        Fault::LifecycleMissing => ("thread_created thread_updated thread_archived thread_deleted", ""),
        Fault::ReplayMissing => ("all", "other"),
        Fault::FilterBroken => ("0", "7"),
        Fault::StreamBuffered => ("apart", "together"),
        Fault::StreamCut => ("done", "cut"),
        Fault::WrongContentType => ("application/json", "text/html"),
        Fault::ValidationOff => ("400 400", "201 404"),
        Fault::PaginationBroken => ("one two three four", "one two two three"),
        Fault::MessagesLost => ("201 1", "201 0"),
        Fault::DeleteIncomplete => ("204 404", "204 200"),
        Fault::IdempotencyBroken => ("same", "another"),
        Fault::EtagIgnored => ("304 412", "200 200"),
        Fault::DataLostOnRestart => ("200", "404"),
        Fault::InternalsShown => ("short", "trace"),
        Fault::AuthDown => ("200 200", "503 503"),
        Fault::RefreshBroken => ("200", "401"),
        Fault::RefreshReuseAccepted => ("401", "200"),
        Fault::PasswordUnchecked | Fault::RevokedTokenAccepted | Fault::ExpiredTokenAccepted => ("401", "200"),
        Fault::ScopeUnchecked => ("403", "201"),
        Fault::RolesUnchecked => ("403", "200"),
        Fault::IsolationBroken => ("404", "200"),
        Fault::CookieExposed => ("true", "false"),
        Fault::CorsMissing => ("204 app", "405 "),
        Fault::RateLimitOff => ("limited", "unlimited"),
        Fault::RequestIdLost => ("mine", "another"),
        Fault::SecurityHeadersMissing => ("DENY nosniff", " "),
        Fault::AssetsUncached => ("public, max-age=31536000, immutable", "no-store"),
        Fault::FrontendDependencyUnknown => ("up up", "unknown unknown"),
        Fault::CacheDown => ("200 healthy", "200 degraded"),
        Fault::HealthLies => ("consistent", "contradictory"),
        Fault::DiscoveryStale => ("200", "0"),
    }
}

/// Looks where the fault would show.
pub async fn observe(lab: &Lab, fault: Fault) -> String {
    match fault {
        Fault::DatabaseDown => database(lab).await,
        Fault::SlowStart => slow_start(lab).await,
        Fault::SlowAnswers => slow_answers(lab).await,
        Fault::StartupIncomplete => startup(lab).await,
        Fault::Websocket1011 => run_end(&lab.user().await, json!({})).await,
        Fault::EventsDropped => {
            let events = run(lab).await;
            format!("{} {}", of(&events, "tool_executing").len(), of(&events, "tool_completed").len())
        }
        Fault::EventsDoubled => of(&run(lab).await, "agent_started").len().to_string(),
        Fault::EventsReordered => {
            let events = run(lab).await;
            let tools =
                events.iter().filter(|event| event["type"].as_str().is_some_and(|kind| kind.starts_with("tool")));
            types(&tools.take(2).cloned().collect::<Vec<_>>())
        }
        Fault::EventsLate => events_late(lab).await,
        Fault::EventsLeaked => events_leaked(lab).await,
        Fault::TokensExpire => token_life(lab).await,
        Fault::EventsMiscorrelated => correlated(&run(lab).await).to_string(),
        Fault::MalformedEvent => {
            if of(&run(lab).await, "malformed").is_empty() { "well-formed" } else { "malformed" }.into()
        }
        Fault::AnswerEmpty => answer(&run(lab).await).to_owned(),
        Fault::CancelIgnored => cancel(lab).await,
        Fault::RetryMissing => run_end(&lab.user().await, json!({ "tools": ["flaky_source"] })).await,
        Fault::ToolsMissing => {
            lab.user().await.get("/mcp/tools").await.json["tools"].as_array().map_or(0, Vec::len).to_string()
        }
        Fault::ErrorSwallowed => reply(lab, Message::text("{")).await,
        Fault::PongMissing => reply(lab, Message::text(r#"{"type":"ping"}"#)).await,
        Fault::LifecycleMissing => lifecycle(lab).await,
        Fault::ReplayMissing => replay(lab).await,
        Fault::FilterBroken => filter(lab).await,
        Fault::StreamBuffered => buffered(lab).await,
        Fault::StreamCut => cut(lab).await,
        Fault::WrongContentType => lab.user().await.get("/threads").await.header("content-type").to_owned(),
        Fault::ValidationOff => validation(lab).await,
        Fault::PaginationBroken => pages(lab).await,
        Fault::MessagesLost => messages(lab).await,
        Fault::DeleteIncomplete => deleted(lab).await,
        Fault::IdempotencyBroken => idempotent(lab).await,
        Fault::EtagIgnored => conditional(lab).await,
        Fault::DataLostOnRestart => restarted(lab).await,
        Fault::InternalsShown => internals(lab).await,
        Fault::AuthDown => auth(lab).await,
        Fault::RefreshBroken => refresh(lab, &lab.user().await.refresh_token).await.status.to_string(),
        Fault::RefreshReuseAccepted => reuse(lab).await,
        Fault::PasswordUnchecked => lab.login("ada", "not-her-password").await.status.to_string(),
        Fault::ExpiredTokenAccepted => expired(lab).await,
        Fault::RevokedTokenAccepted => revoked(lab).await,
        Fault::ScopeUnchecked => scope(lab).await,
        Fault::RolesUnchecked => {
            go(lab.auth(Method::GET, "/users").bearer_auth(lab.user().await.token)).await.status.to_string()
        }
        Fault::IsolationBroken => isolation(lab).await,
        Fault::CookieExposed => cookie(lab).await,
        Fault::CorsMissing => cors(lab).await,
        Fault::RateLimitOff => rate(lab).await,
        Fault::RequestIdLost => request_id(lab).await,
        Fault::SecurityHeadersMissing => {
            let page = go(lab.app("/")).await;
            format!("{} {}", page.header("x-frame-options"), page.header("x-content-type-options"))
        }
        Fault::AssetsUncached => go(lab.app("/assets/app.js")).await.header("cache-control").to_owned(),
        Fault::FrontendDependencyUnknown => dependencies(lab).await,
        Fault::CacheDown => {
            let health = health(lab).await;
            format!("{} {}", health.status, health.json["status"].as_str().unwrap_or_default())
        }
        Fault::HealthLies => {
            let health = health(lab).await.json;
            let (status, database) = (&health["status"], &health["checks"]["database"]["status"]);
            if status != "unhealthy" && database == "down" { "contradictory" } else { "consistent" }.into()
        }
        Fault::DiscoveryStale => discovery(lab).await,
    }
}

async fn health(lab: &Lab) -> Got {
    go(lab.api(Method::GET, "/health")).await
}

async fn run(lab: &Lab) -> Vec<Value> {
    lab.user().await.run(json!({})).await
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

async fn run_end(user: &User<'_>, options: Value) -> String {
    let events = user.run(options).await;
    let last = events.last().unwrap();
    match last["code"].as_u64() {
        Some(code) => format!("closed {code}"),
        None => last["type"].as_str().unwrap().to_owned(),
    }
}

/// Whether every call of the run has both its events.
fn correlated(events: &[Value]) -> bool {
    let ids = |kind| of(events, kind).iter().map(|event| event["payload"]["call_id"].clone()).collect::<Vec<_>>();
    ids("tool_completed").iter().all(|id| ids("tool_executing").contains(id))
}

fn answer(events: &[Value]) -> &'static str {
    match of(events, "agent_completed").first().and_then(|event| event["payload"]["answer"].as_str()) {
        Some("") => "empty",
        Some(_) => "answered",
        None => "none",
    }
}

async fn database(lab: &Lab) -> String {
    let (health, auth) = (health(lab).await, go(lab.auth(Method::GET, "/health")).await);
    let third = health.json["startup"]["phases"][2]["state"].as_str().unwrap_or_default();
    format!("{} {} {third}", health.status, auth.status)
}

async fn slow_start(lab: &Lab) -> String {
    let begun = Instant::now();
    let url = go(lab.control(Method::POST, "/instances")).await.json["url"].as_str().unwrap().to_owned();
    healthy(lab, &url).await;
    if begun.elapsed() < Duration::from_millis(2900) { "soon" } else { "late" }.into()
}

/// Waits for an instance, not for ever.
async fn healthy(lab: &Lab, url: &str) {
    for _ in 0..500 {
        if go(lab.client.get(format!("{url}/health"))).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn slow_answers(lab: &Lab) -> String {
    let user = lab.user().await;
    let begun = Instant::now();
    user.get("/threads").await;
    if begun.elapsed() < Duration::from_millis(2900) { "fast" } else { "slow" }.into()
}

async fn startup(lab: &Lab) -> String {
    let user = lab.user().await;
    let thread = user.thread("startup").await;
    let run = user.post("/agents/runs", json!({ "thread_id": thread, "content": "x" })).await;
    let state = run.json["status"].as_str().unwrap_or(run.code());
    format!("{} {} {state}", health(lab).await.status, go(lab.api(Method::GET, "/health/ready")).await.status)
}

async fn events_late(lab: &Lab) -> String {
    let events = run(lab).await;
    let times = events.iter().filter_map(|event| event["timestamp"].as_str()?.parse::<jiff::Timestamp>().ok());
    let times: Vec<_> = times.collect();
    let late = times.windows(2).any(|pair| pair[1].duration_since(pair[0]).as_secs_f64() > 2.5);
    if late { "slow" } else { "fast" }.into()
}

async fn events_leaked(lab: &Lab) -> String {
    let (one, other) = (lab.user_of("shared").await, lab.user_of("shared").await);
    let mut socket = other.socket("").await;
    one.run(json!({})).await;
    let events = socket.until_pong().await;
    events.iter().filter(|event| event["payload"]["run_id"].is_string()).count().to_string()
}

async fn token_life(lab: &Lab) -> String {
    let login = lab.login("ada", &lab.env("ada_password")).await.json;
    let claims = super::auth::claims(login["access_token"].as_str().unwrap_or_default());
    let life = claims["exp"].as_u64().unwrap_or(0) - claims["iat"].as_u64().unwrap_or(0);
    format!("{life} {}", login["expires_in"])
}

async fn cancel(lab: &Lab) -> String {
    let user = lab.user().await;
    let body = json!({ "thread_id": user.thread("cancel").await, "content": "x", "options": { "step_ms": 2000 } });
    let run = user.post("/agents/runs", body).await.json;
    let path = format!("/agents/runs/{}", run["id"].as_str().unwrap_or_default());
    go(user.api(Method::POST, &format!("{path}/cancel"))).await;
    user.get(&path).await.json["status"].as_str().unwrap_or_default().to_owned()
}

async fn reply(lab: &Lab, message: Message) -> String {
    let user = lab.user().await;
    let mut socket = user.socket("").await;
    socket.send_raw(message).await;
    types(&socket.until_pong().await)
}

async fn lifecycle(lab: &Lab) -> String {
    let user = lab.user().await;
    let mut socket = user.socket("").await;
    let thread = user.thread("lifecycle").await;
    go(user.api(Method::PATCH, &format!("/threads/{thread}")).json(&json!({ "title": "changed" }))).await;
    go(user.api(Method::POST, &format!("/threads/{thread}/archive"))).await;
    go(user.api(Method::DELETE, &format!("/threads/{thread}"))).await;
    types(&socket.until_pong().await)
}

async fn replay(lab: &Lab) -> String {
    let user = lab.user().await;
    let thread = user.thread("replay").await;
    let mut socket = user.socket(&format!("?thread={thread}")).await;
    socket.send(json!({ "type": "user_message", "content": "x" })).await;
    let ids = |events: &[Value]| {
        let of_thread = events.iter().filter(|event| event["seq"].is_u64());
        of_thread.map(|event| event["id"].clone()).collect::<Vec<_>>()
    };
    let sent = socket.until_end().await;
    let first = sent.first().and_then(|event| event["seq"].as_u64()).unwrap_or_default();
    let mut again = user.socket(&format!("?thread={thread}&after={first}")).await;
    let missed = again.until_pong().await;
    let came = ids(&missed);
    let complete = sent.len() > 1 && ids(&sent).iter().skip(1).all(|id| came.contains(id));
    let complete = complete && missed.iter().all(|event| event["replayed"] == true);
    if complete { "all" } else { "other" }.into()
}

async fn filter(lab: &Lab) -> String {
    let user = lab.user().await;
    let thread = user.thread("quiet").await;
    let mut socket = user.socket(&format!("?thread={thread}")).await;
    user.run(json!({})).await;
    let events = socket.until_pong().await;
    events.iter().filter(|event| event["payload"]["run_id"].is_string()).count().to_string()
}

async fn buffered(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = "/stream/answer?prompt=one+two+three&chunks=3&interval_ms=300";
    let mut response = user.api(Method::GET, path).send().await.unwrap();
    let first = response.chunk().await.ok().flatten().unwrap_or_default();
    if String::from_utf8_lossy(&first).contains("event: done") { "together" } else { "apart" }.into()
}

async fn cut(lab: &Lab) -> String {
    let got = lab.user().await.get("/stream/answer?prompt=x&chunks=2&interval_ms=1").await;
    if got.text.contains("event: done") { "done" } else { "cut" }.into()
}

async fn validation(lab: &Lab) -> String {
    let user = lab.user().await;
    let made = user.post("/threads", json!({ "title": " " })).await.status;
    format!("{made} {}", user.get("/threads/no-uuid").await.status)
}

async fn pages(lab: &Lab) -> String {
    let user = lab.user().await;
    for title in ["one", "two", "three", "four"] {
        user.thread(title).await;
    }
    let first = user.get("/threads?limit=2").await.json;
    let second = user.get(&format!("/threads?limit=2&after={}", first["next"].as_str().unwrap_or_default())).await.json;
    let items = [&first, &second].into_iter().filter_map(|page| page["items"].as_array()).flatten();
    items.map(|item| item["title"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

async fn messages(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = format!("/threads/{}/messages", user.thread("messages").await);
    let made = user.post(&path, json!({ "content": "kept?" })).await.status;
    format!("{made} {}", user.get(&path).await.json["total"])
}

async fn deleted(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = format!("/threads/{}", user.thread("deleted").await);
    let status = go(user.api(Method::DELETE, &path)).await.status;
    format!("{status} {}", user.get(&path).await.status)
}

async fn idempotent(lab: &Lab) -> String {
    let user = lab.user().await;
    let make = async || {
        let request = user.api(Method::POST, "/threads").header("Idempotency-Key", "k1");
        go(request.json(&json!({ "title": "once" }))).await.json["id"].clone()
    };
    if make().await == make().await { "same" } else { "another" }.into()
}

async fn conditional(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = format!("/threads/{}", user.thread("etag").await);
    let tag = user.get(&path).await.header("etag").to_owned();
    let again = go(user.api(Method::GET, &path).header("If-None-Match", &tag)).await.status;
    let patch = user.api(Method::PATCH, &path).header("If-Match", "\"old\"").json(&json!({ "title": "x" }));
    format!("{again} {}", go(patch).await.status)
}

async fn restarted(lab: &Lab) -> String {
    let user = lab.user().await;
    let made = go(lab.control(Method::POST, "/instances")).await.json;
    let (id, url) = (made["id"].as_str().unwrap(), made["url"].as_str().unwrap());
    healthy(lab, url).await;
    let request = lab.client.post(format!("{url}/threads")).bearer_auth(&user.token);
    let thread = go(request.json(&json!({ "title": "survives" }))).await.json["id"].clone();
    go(lab.control(Method::POST, &format!("/instances/{id}/restart"))).await;
    healthy(lab, url).await;
    let path = format!("{url}/threads/{}", thread.as_str().unwrap_or_default());
    go(lab.client.get(path).bearer_auth(&user.token)).await.status.to_string()
}

async fn internals(lab: &Lab) -> String {
    let got = go(lab.api(Method::GET, "/nowhere")).await;
    let message = got.json["error"]["message"].as_str().unwrap_or_default();
    if message.contains(".rs:") { "trace" } else { "short" }.into()
}

async fn auth(lab: &Lab) -> String {
    let login = lab.login("ada", &lab.env("ada_password")).await.status;
    format!("{} {login}", go(lab.auth(Method::GET, "/health")).await.status)
}

async fn refresh(lab: &Lab, token: &str) -> Got {
    go(lab.auth(Method::POST, "/refresh").json(&json!({ "refresh_token": token }))).await
}

async fn reuse(lab: &Lab) -> String {
    let user = lab.user().await;
    refresh(lab, &user.refresh_token).await;
    refresh(lab, &user.refresh_token).await.status.to_string()
}

async fn expired(lab: &Lab) -> String {
    let user = lab.user().await;
    let body = json!({ "user": user.name, "password": "long-enough", "lifetime_s": 1 });
    let login = go(lab.auth(Method::POST, "/login").json(&body)).await.json;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let token = login["access_token"].as_str().unwrap_or_default();
    go(lab.auth(Method::GET, "/me").bearer_auth(token)).await.status.to_string()
}

async fn revoked(lab: &Lab) -> String {
    let user = lab.user().await;
    go(lab.auth(Method::POST, "/logout").bearer_auth(&user.token)).await;
    user.get("/threads").await.status.to_string()
}

async fn scope(lab: &Lab) -> String {
    let (id, secret) = (lab.env("client_id"), lab.env("client_secret"));
    let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let token = go(lab.auth(Method::POST, "/oauth/token").form(&form)).await.json;
    let token = token["access_token"].as_str().unwrap_or_default();
    let request = lab.api(Method::POST, "/threads").bearer_auth(token);
    go(request.json(&json!({ "title": "read only" }))).await.status.to_string()
}

async fn isolation(lab: &Lab) -> String {
    let (one, other) = (lab.user().await, lab.user().await);
    let thread = one.thread("mine").await;
    other.get(&format!("/threads/{thread}")).await.status.to_string()
}

async fn cookie(lab: &Lab) -> String {
    let url = format!("{}/session", lab.urls().app);
    let got = go(lab.client.post(url).bearer_auth(lab.user().await.token)).await;
    got.header("set-cookie").contains("HttpOnly").to_string()
}

async fn cors(lab: &Lab) -> String {
    let request = lab.api(Method::OPTIONS, "/threads").header("Origin", &lab.urls().app);
    let got = go(request.header("Access-Control-Request-Method", "POST")).await;
    let allowed = got.header("access-control-allow-origin");
    format!("{} {}", got.status, if allowed == lab.urls().app { "app" } else { allowed })
}

async fn rate(lab: &Lab) -> String {
    let user = lab.user().await;
    for _ in 0..30 {
        if user.get("/search?q=x").await.status == 429 {
            return "limited".into();
        }
    }
    "unlimited".into()
}

async fn request_id(lab: &Lab) -> String {
    let got = go(lab.api(Method::GET, "/health").header("X-Request-Id", "mine")).await;
    if got.header("x-request-id") == "mine" { "mine" } else { "another" }.into()
}

async fn dependencies(lab: &Lab) -> String {
    let health = go(lab.app("/health")).await.json;
    let of = |name: &str| health["dependencies"][name]["status"].as_str().unwrap_or_default().to_owned();
    format!("{} {}", of("backend"), of("auth"))
}

async fn discovery(lab: &Lab) -> String {
    let entry = go(lab.api(Method::GET, "/discovery/services/auth")).await.json;
    let url = entry["health_url"].as_str().unwrap_or("http://127.0.0.1:1");
    go(lab.client.get(url)).await.status.to_string()
}
