use reqwest::Method;
use serde_json::{Value, json};

use super::super::Fault;
use super::lab::{Lab, go};

#[tokio::test]
async fn server_sent_events_come_one_by_one() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let path = "/stream/answer?prompt=one%20two&chunks=3&interval_ms=30";
    let mut response = user.api(Method::GET, path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut parts = Vec::new();
    while let Some(part) = response.chunk().await.unwrap() {
        parts.push(String::from_utf8(part.to_vec()).unwrap());
    }
    assert!(parts.len() >= 3, "{parts:?}");
    let text = parts.concat();
    assert!(text.starts_with(": stream of demo\nretry: 1000\n\nevent: start\ndata: {\"stream_id\":"), "{text}");
    let chunks = "event: chunk\nid: 1\ndata: {\"index\":1,\"text\":\"one \"}\n\n\
                  event: chunk\nid: 2\ndata: {\"index\":2,\"text\":\"two \"}\n\n\
                  event: chunk\nid: 3\ndata: {\"index\":3,\"text\":\"one \"}\n\n\
                  event: done\ndata: {\"chunks\":3,\"text\":\"one two one \"}\n\n";
    assert!(text.ends_with(chunks), "{text}");
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let request = user.api(Method::GET, "/stream/answer?prompt=x&chunks=3&interval_ms=0").header("Last-Event-ID", "2");
    let text = go(request).await.text;
    assert!(!text.contains("id: 2\n") && text.contains("id: 3\n") && text.contains("event: done"), "{text}");
}

#[tokio::test]
async fn lines_of_json_say_the_same() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let got = user.post("/stream/answer", json!({ "prompt": "a b", "chunks": 2, "interval_ms": 1 })).await;
    assert_eq!(got.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = got.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[0]["chunks"]), (&json!("start"), &json!(2)));
    assert_eq!(
        lines[1..3],
        [json!({ "type": "chunk", "index": 1, "text": "a " }), json!({ "type": "chunk", "index": 2, "text": "b " }),]
    );
    assert_eq!(lines[3], json!({ "type": "done", "chunks": 2, "text": "a b " }));
}

#[tokio::test]
async fn a_cut_stream_loses_its_connection() {
    let lab = Lab::broken(Fault::StreamCut).await;
    let user = lab.user().await;
    let mut response = user.api(Method::GET, "/stream/answer?prompt=x&chunks=2&interval_ms=1").send().await.unwrap();
    let mut text = String::new();
    let failed = loop {
        match response.chunk().await {
            Ok(Some(part)) => text.push_str(std::str::from_utf8(&part).unwrap()),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(failed && text.contains("id: 1\n") && !text.contains("id: 2\n"), "{text}");
}

#[tokio::test]
async fn wrong_streams_are_refused() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    for query in ["", "prompt=x&chunks=0", "prompt=x&chunks=51", "prompt=x&interval_ms=1001"] {
        assert_eq!(user.get(&format!("/stream/answer?{query}")).await.code(), "invalid_query", "{query}");
    }
    for (length, status) in [(4000, 200), (4001, 400)] {
        let query = [("prompt", "é".repeat(length)), ("chunks", "1".into())];
        assert_eq!(
            go(user.api(Method::GET, "/stream/answer").query(&query)).await.status,
            status,
            "{length} characters"
        );
    }
    assert_eq!(user.post("/stream/answer", json!({ "chunks": 2 })).await.code(), "validation_failed");
    assert_eq!(go(lab.api(Method::GET, "/stream/answer?prompt=x")).await.code(), "token_missing");
}
