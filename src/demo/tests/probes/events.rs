//! What is seen of runs, and of all that comes over a WebSocket.

use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::super::lab::{Lab, User, go, types};

pub(super) async fn run(lab: &Lab) -> Vec<Value> {
    lab.user().await.run(json!({})).await
}

pub(super) fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

pub(super) async fn run_end(user: &User<'_>, options: Value) -> String {
    let events = user.run(options).await;
    let last = events.last().unwrap();
    match last["code"].as_u64() {
        Some(code) => format!("closed {code}"),
        None => last["type"].as_str().unwrap().to_owned(),
    }
}

/// Whether every call of the run has both its events.
pub(super) fn correlated(events: &[Value]) -> bool {
    let ids = |kind| of(events, kind).iter().map(|event| event["payload"]["call_id"].clone()).collect::<Vec<_>>();
    ids("tool_completed").iter().all(|id| ids("tool_executing").contains(id))
}

pub(super) fn answer(events: &[Value]) -> &'static str {
    match of(events, "agent_completed").first().and_then(|event| event["payload"]["answer"].as_str()) {
        Some("") => "empty",
        Some(_) => "answered",
        None => "none",
    }
}

pub(super) async fn events_late(lab: &Lab) -> String {
    let events = run(lab).await;
    let times = events.iter().filter_map(|event| event["timestamp"].as_str()?.parse::<jiff::Timestamp>().ok());
    let times: Vec<_> = times.collect();
    let late = times.windows(2).any(|pair| pair[1].duration_since(pair[0]).as_secs_f64() > 2.5);
    if late { "slow" } else { "fast" }.into()
}

pub(super) async fn events_leaked(lab: &Lab) -> String {
    let (one, other) = (lab.user_of("shared").await, lab.user_of("shared").await);
    let mut socket = other.socket("").await;
    one.run(json!({})).await;
    let events = socket.until_pong().await;
    events.iter().filter(|event| event["payload"]["run_id"].is_string()).count().to_string()
}

pub(super) async fn cancel(lab: &Lab) -> String {
    let user = lab.user().await;
    let body = json!({ "thread_id": user.thread("cancel").await, "content": "x", "options": { "step_ms": 2000 } });
    let run = user.post("/agents/runs", body).await.json;
    let path = format!("/agents/runs/{}", run["id"].as_str().unwrap_or_default());
    go(user.api(Method::POST, &format!("{path}/cancel"))).await;
    user.get(&path).await.json["status"].as_str().unwrap_or_default().to_owned()
}

pub(super) async fn reply(lab: &Lab, message: Message) -> String {
    let user = lab.user().await;
    let mut socket = user.socket("").await;
    socket.send_raw(message).await;
    types(&socket.until_pong().await)
}

pub(super) async fn lifecycle(lab: &Lab) -> String {
    let user = lab.user().await;
    let mut socket = user.socket("").await;
    let thread = user.thread("lifecycle").await;
    go(user.api(Method::PATCH, &format!("/threads/{thread}")).json(&json!({ "title": "changed" }))).await;
    go(user.api(Method::POST, &format!("/threads/{thread}/archive"))).await;
    go(user.api(Method::DELETE, &format!("/threads/{thread}"))).await;
    types(&socket.until_pong().await)
}

pub(super) async fn replay(lab: &Lab) -> String {
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

pub(super) async fn filter(lab: &Lab) -> String {
    let user = lab.user().await;
    let thread = user.thread("quiet").await;
    let mut socket = user.socket(&format!("?thread={thread}")).await;
    user.run(json!({})).await;
    let events = socket.until_pong().await;
    events.iter().filter(|event| event["payload"]["run_id"].is_string()).count().to_string()
}
