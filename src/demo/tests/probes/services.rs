//! What is seen over HTTP.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::super::auth::claims;
use super::super::lab::{Got, Lab, go};

pub(super) async fn health(lab: &Lab) -> Got {
    go(lab.api(Method::GET, "/health")).await
}

pub(super) async fn database(lab: &Lab) -> String {
    let (health, auth) = (health(lab).await, go(lab.auth(Method::GET, "/health")).await);
    let third = health.json["startup"]["phases"][2]["state"].as_str().unwrap_or_default();
    format!("{} {} {third}", health.status, auth.status)
}

pub(super) async fn slow_start(lab: &Lab) -> String {
    let begun = Instant::now();
    let url = go(lab.control(Method::POST, "/instances")).await.json["url"].as_str().unwrap().to_owned();
    healthy(lab, &url).await;
    if begun.elapsed() < Duration::from_millis(2900) { "soon" } else { "late" }.into()
}

/// Waits for an instance, not for ever.
pub(super) async fn healthy(lab: &Lab, url: &str) {
    for _ in 0..500 {
        if go(lab.client.get(format!("{url}/health"))).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(super) async fn slow_responses(lab: &Lab) -> String {
    let user = lab.user().await;
    let begun = Instant::now();
    user.get("/threads").await;
    if begun.elapsed() < Duration::from_millis(2900) { "fast" } else { "slow" }.into()
}

pub(super) async fn startup(lab: &Lab) -> String {
    let user = lab.user().await;
    let thread = user.thread("startup").await;
    let run = user.post("/agents/runs", json!({ "thread_id": thread, "content": "x" })).await;
    let state = run.json["status"].as_str().unwrap_or(run.code());
    format!("{} {} {state}", health(lab).await.status, go(lab.api(Method::GET, "/health/ready")).await.status)
}

pub(super) async fn token_life(lab: &Lab) -> String {
    let login = lab.login("ada", &lab.env("ada_password")).await.json;
    let claims = claims(login["access_token"].as_str().unwrap_or_default());
    let life = claims["exp"].as_u64().unwrap_or(0) - claims["iat"].as_u64().unwrap_or(0);
    format!("{life} {}", login["expires_in"])
}

pub(super) async fn buffered(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = "/stream/answer?prompt=one+two+three&chunks=3&interval_ms=300";
    let mut response = user.api(Method::GET, path).send().await.unwrap();
    let first = response.chunk().await.ok().flatten().unwrap_or_default();
    if String::from_utf8_lossy(&first).contains("event: done") { "together" } else { "apart" }.into()
}

pub(super) async fn cut(lab: &Lab) -> String {
    let got = lab.user().await.get("/stream/answer?prompt=x&chunks=2&interval_ms=1").await;
    if got.text.contains("event: done") { "done" } else { "cut" }.into()
}

pub(super) async fn validation(lab: &Lab) -> String {
    let user = lab.user().await;
    let made = user.post("/threads", json!({ "title": " " })).await.status;
    format!("{made} {}", user.get("/threads/no-uuid").await.status)
}

pub(super) async fn pages(lab: &Lab) -> String {
    let user = lab.user().await;
    for title in ["one", "two", "three", "four"] {
        user.thread(title).await;
    }
    let first = user.get("/threads?limit=2").await.json;
    let second = user.get(&format!("/threads?limit=2&after={}", first["next"].as_str().unwrap_or_default())).await.json;
    let items = [&first, &second].into_iter().filter_map(|page| page["items"].as_array()).flatten();
    items.map(|item| item["title"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

pub(super) async fn messages(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = format!("/threads/{}/messages", user.thread("messages").await);
    let made = user.post(&path, json!({ "content": "kept?" })).await.status;
    format!("{made} {}", user.get(&path).await.json["total"])
}

pub(super) async fn deleted(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = format!("/threads/{}", user.thread("deleted").await);
    let status = go(user.api(Method::DELETE, &path)).await.status;
    format!("{status} {}", user.get(&path).await.status)
}

pub(super) async fn idempotent(lab: &Lab) -> String {
    let user = lab.user().await;
    let make = async || {
        let request = user.api(Method::POST, "/threads").header("Idempotency-Key", "k1");
        go(request.json(&json!({ "title": "once" }))).await.json["id"].clone()
    };
    if make().await == make().await { "same" } else { "another" }.into()
}

pub(super) async fn conditional(lab: &Lab) -> String {
    let user = lab.user().await;
    let path = format!("/threads/{}", user.thread("etag").await);
    let tag = user.get(&path).await.header("etag").to_owned();
    let again = go(user.api(Method::GET, &path).header("If-None-Match", &tag)).await.status;
    let patch = user.api(Method::PATCH, &path).header("If-Match", "\"old\"").json(&json!({ "title": "x" }));
    format!("{again} {}", go(patch).await.status)
}

pub(super) async fn restarted(lab: &Lab) -> String {
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

pub(super) async fn internals(lab: &Lab) -> String {
    let got = go(lab.api(Method::GET, "/nowhere")).await;
    let message = got.json["error"]["message"].as_str().unwrap_or_default();
    if message.contains(".rs:") { "trace" } else { "short" }.into()
}

pub(super) async fn auth(lab: &Lab) -> String {
    let login = lab.login("ada", &lab.env("ada_password")).await.status;
    format!("{} {login}", go(lab.auth(Method::GET, "/health")).await.status)
}

pub(super) async fn refresh(lab: &Lab, token: &str) -> Got {
    go(lab.auth(Method::POST, "/refresh").json(&json!({ "refresh_token": token }))).await
}

pub(super) async fn reuse(lab: &Lab) -> String {
    let user = lab.user().await;
    refresh(lab, &user.refresh_token).await;
    refresh(lab, &user.refresh_token).await.status.to_string()
}

pub(super) async fn expired(lab: &Lab) -> String {
    let user = lab.user().await;
    let body = json!({ "user": user.name, "password": "long-enough", "lifetime_s": 1 });
    let login = go(lab.auth(Method::POST, "/login").json(&body)).await.json;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let token = login["access_token"].as_str().unwrap_or_default();
    go(lab.auth(Method::GET, "/me").bearer_auth(token)).await.status.to_string()
}

pub(super) async fn revoked(lab: &Lab) -> String {
    let user = lab.user().await;
    go(lab.auth(Method::POST, "/logout").bearer_auth(&user.token)).await;
    user.get("/threads").await.status.to_string()
}

pub(super) async fn scope(lab: &Lab) -> String {
    let (id, secret) = (lab.env("client_id"), lab.env("client_secret"));
    let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let token = go(lab.auth(Method::POST, "/oauth/token").form(&form)).await.json;
    let token = token["access_token"].as_str().unwrap_or_default();
    let request = lab.api(Method::POST, "/threads").bearer_auth(token);
    go(request.json(&json!({ "title": "read only" }))).await.status.to_string()
}

pub(super) async fn isolation(lab: &Lab) -> String {
    let (one, other) = (lab.user().await, lab.user().await);
    let thread = one.thread("mine").await;
    other.get(&format!("/threads/{thread}")).await.status.to_string()
}

pub(super) async fn cookie(lab: &Lab) -> String {
    let url = format!("{}/session", lab.urls().app);
    let got = go(lab.client.post(url).bearer_auth(lab.user().await.token)).await;
    got.header("set-cookie").contains("HttpOnly").to_string()
}

pub(super) async fn cors(lab: &Lab) -> String {
    let request = lab.api(Method::OPTIONS, "/threads").header("Origin", &lab.urls().app);
    let got = go(request.header("Access-Control-Request-Method", "POST")).await;
    let allowed = got.header("access-control-allow-origin");
    format!("{} {}", got.status, if allowed == lab.urls().app { "app" } else { allowed })
}

pub(super) async fn rate(lab: &Lab) -> String {
    let user = lab.user().await;
    for _ in 0..30 {
        if user.get("/search?q=x").await.status == 429 {
            return "limited".into();
        }
    }
    "unlimited".into()
}

pub(super) async fn request_id(lab: &Lab) -> String {
    let got = go(lab.api(Method::GET, "/health").header("X-Request-Id", "mine")).await;
    if got.header("x-request-id") == "mine" { "mine" } else { "another" }.into()
}

pub(super) async fn dependencies(lab: &Lab) -> String {
    let health = go(lab.app("/health")).await.json;
    let of = |name: &str| health["dependencies"][name]["status"].as_str().unwrap_or_default().to_owned();
    format!("{} {}", of("backend"), of("auth"))
}

pub(super) async fn discovery(lab: &Lab) -> String {
    let entry = go(lab.api(Method::GET, "/discovery/services/auth")).await.json;
    let url = entry["health_url"].as_str().unwrap_or("http://127.0.0.1:1");
    go(lab.client.get(url)).await.status.to_string()
}
