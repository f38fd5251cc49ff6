use reqwest::Method;
use serde_json::{Value, json};

use super::lab::{Lab, go, types};

const EVENTS: &str =
    "agent_started agent_thinking tool_executing tool_completed tool_executing tool_completed agent_completed";

#[tokio::test]
async fn a_run_has_its_events_in_order_and_correlated() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let events = user.run(json!({})).await;
    assert_eq!(types(&events), EVENTS);
    let run = &events[0]["payload"]["run_id"];
    assert!(run.is_string() && events.iter().all(|event| event["payload"]["run_id"] == *run));
    let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [2, 3, 4, 5, 6, 7, 8], "the thread's first event is its creation");
    for call in [2, 4] {
        let (before, after) = (&events[call]["payload"], &events[call + 1]["payload"]);
        assert_eq!((&before["call_id"], &before["tool"]), (&after["call_id"], &after["tool"]));
        assert_eq!((&before["attempt"], &after["ok"]), (&json!(1), &json!(true)));
    }
    assert_ne!(events[2]["payload"]["call_id"], events[4]["payload"]["call_id"]);
    assert_eq!(events[6]["payload"]["tools_used"], json!(["search_documents", "calculate_totals"]));
    assert!(events[6]["payload"]["answer"].as_str().unwrap().contains("Summarise Q3"));
}

#[tokio::test]
async fn question_and_answer_are_stored() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let events = user.run(json!({})).await;
    let end = &events[6]["payload"];
    let thread = end["thread_id"].as_str().unwrap();
    let messages = user.get(&format!("/threads/{thread}/messages")).await.json;
    let items = messages["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["role"].as_str().unwrap()).collect::<Vec<_>>(), ["user", "assistant"]);
    assert_eq!((&items[0]["content"], &items[1]["content"]), (&json!("Summarise Q3"), &end["answer"]));
    assert_eq!((&items[0]["id"], &items[1]["id"]), (&events[0]["payload"]["message_id"], &end["message_id"]));
    let run = user.get(&format!("/agents/runs/{}", end["run_id"].as_str().unwrap())).await.json;
    assert_eq!((&run["status"], &run["answer"]), (&json!("completed"), &end["answer"]));
    assert!(run["plan"].as_array().unwrap().iter().all(|step| step["state"] == "done"));
    assert_eq!(run["usage"], end["usage"]);
    let usage = user.get("/metrics/usage").await.json;
    assert_eq!((&usage["runs"], &usage["messages"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn a_failed_attempt_is_tried_again_and_a_broken_tool_ends_the_run() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let events = user.run(json!({ "tools": ["flaky_source"], "step_ms": 1 })).await;
    let calls: Vec<_> = events.iter().filter(|event| event["type"] == "tool_completed").collect();
    assert_eq!(calls.iter().map(|call| &call["payload"]["ok"]).collect::<Vec<_>>(), [&json!(false), &json!(true)]);
    assert_eq!(types(&events[events.len() - 1..]), "agent_completed");
    let events = user.run(json!({ "tools": ["broken_tool"], "step_ms": 0 })).await;
    assert_eq!(events.last().unwrap()["payload"]["code"], "tool_failed");
    let run = events[0]["payload"]["run_id"].as_str().unwrap();
    let run = user.get(&format!("/agents/runs/{run}")).await.json;
    assert_eq!((&run["status"], &run["plan"][0]["state"]), (&json!("failed"), &json!("failed")));
}

#[tokio::test]
async fn a_cancelled_run_sends_nothing_more() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let thread = user.thread("long").await;
    let mut socket = user.socket("").await;
    let message = json!({ "type": "user_message", "thread_id": thread, "content": "x", "options": { "step_ms": 100 } });
    socket.send(message).await;
    let run = socket.event().await["payload"]["run_id"].clone();
    let agents = user.get("/agents").await.json;
    assert_eq!(agents["items"][0]["status"], "busy");
    let again = user.post("/agents/runs", json!({ "thread_id": thread, "content": "y" })).await;
    assert_eq!((again.status, again.code()), (409, "run_in_progress"));
    socket.send(json!({ "type": "cancel_run", "run_id": run })).await;
    let events = socket.until_end().await;
    assert_eq!(types(&events[events.len() - 1..]), "agent_cancelled");
    socket.send(json!({ "type": "cancel_run", "run_id": run })).await;
    assert_eq!(socket.event().await["payload"]["code"], "run_finished");
    let shown = user.get(&format!("/agents/runs?thread={thread}")).await.json;
    assert_eq!(shown["items"][0]["status"], "cancelled");
}

#[tokio::test]
async fn a_run_over_http_ends_like_any() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let thread = user.thread("http").await;
    let mut socket = user.socket(&format!("?thread={thread}")).await;
    let made = user.post("/agents/runs", json!({ "thread_id": thread, "content": "Count" })).await;
    assert_eq!((made.status, &made.json["status"]), (202, &json!("running")));
    let run = made.json["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/agents/runs/{run}"));
    assert_eq!(types(&socket.until_end().await), EVENTS);
    let stranger = lab.user().await;
    assert_eq!(stranger.get(&format!("/agents/runs/{run}")).await.code(), "run_not_found");
    let cancel = go(user.api(Method::POST, &format!("/agents/runs/{run}/cancel"))).await;
    assert_eq!((cancel.status, cancel.code()), (409, "run_finished"));
}

#[tokio::test]
async fn wrong_requests_for_runs_are_refused() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let thread = user.thread("wrong").await;
    let cases: [(Value, &str); 5] = [
        (json!({ "thread_id": thread }), "content"),
        (json!({ "thread_id": "x", "content": "c" }), "thread_id"),
        (json!({ "thread_id": thread, "content": "c", "options": 1 }), "options"),
        (json!({ "thread_id": thread, "content": "c", "options": { "step_ms": 2001 } }), "options.step_ms"),
        (json!({ "thread_id": thread, "content": "c", "options": { "tools": ["rm"] } }), "options.tools"),
    ];
    for (body, field) in cases {
        let got = user.post("/agents/runs", body).await;
        assert_eq!((got.status, &got.json["error"]["fields"][0]["field"]), (400, &json!(field)));
    }
}
