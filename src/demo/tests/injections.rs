use reqwest::Method;
use serde_json::{Value, json};

use super::super::injection::Injection;
use super::lab::{Lab, go};

async fn inject(lab: &Lab, kind: &str, count: u64) {
    let ordered = go(lab.control(Method::POST, "/injections").json(&json!({ "kind": kind, "count": count }))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.text);
}

/// How many wait, and how many are done.
async fn counts(lab: &Lab, kind: &str) -> (u64, u64) {
    let listed = go(lab.control(Method::GET, "/injections")).await.json;
    let all = listed["injections"].as_array().unwrap().clone();
    let own = all.iter().find(|one| one["kind"] == kind).unwrap();
    let count = |name: &str| own[name].as_u64().unwrap();
    (count("waiting"), count("done"))
}

/// What a request gets over a connection of its own: a status, or 0 without a response.
async fn fresh(lab: &Lab, token: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    go(client.get(format!("{}/threads", lab.urls().api)).bearer_auth(token)).await.status
}

#[tokio::test]
async fn each_request_that_is_failed_is_counted() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    for (kind, status) in [("503", 503), ("reset", 0), ("cut", 0), ("malformed-http", 0)] {
        inject(&lab, kind, 2).await;
        assert_eq!(counts(&lab, kind).await, (2, 0));
        assert_eq!([fresh(&lab, &user.token).await, fresh(&lab, &user.token).await], [status; 2], "{kind}");
        assert_eq!(counts(&lab, kind).await, (0, 2));
        assert_eq!(fresh(&lab, &user.token).await, 200, "{kind}");
    }
}

#[tokio::test]
async fn what_breaks_a_connection_waits_for_a_new_one() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    assert_eq!(user.get("/threads").await.status, 200);
    inject(&lab, "reset", 1).await;
    let got = user.get("/threads").await;
    assert_eq!((got.status, got.header("connection")), (200, "close"));
    assert_eq!(counts(&lab, "reset").await, (1, 0));
    assert_eq!(user.get("/threads").await.status, 0);
    assert_eq!(counts(&lab, "reset").await, (0, 1));
}

#[tokio::test]
async fn each_message_that_is_failed_is_counted() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    for (kind, end) in [
        ("close-1011", json!({ "type": "closed", "code": 1011, "reason": "injected" })),
        ("malformed-frame", json!({ "type": "lost" })),
    ] {
        inject(&lab, kind, 1).await;
        let mut socket = user.socket("").await;
        socket.send(json!({ "type": "ping" })).await;
        assert_eq!(socket.event().await, end, "{kind}");
        assert_eq!(counts(&lab, kind).await, (0, 1));
    }
    let mut socket = user.socket("").await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.event().await["type"], "pong");
}

#[tokio::test]
async fn what_waits_can_be_cancelled() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    inject(&lab, "503", 3).await;
    assert_eq!(user.get("/threads").await.status, 503);
    assert_eq!(go(lab.control(Method::DELETE, "/injections")).await.status, 204);
    assert_eq!((user.get("/threads").await.status, counts(&lab, "503").await), (200, (0, 1)));
    inject(&lab, "503", 3).await;
    assert_eq!(go(lab.control(Method::POST, "/reset")).await.status, 204);
    assert_eq!(counts(&lab, "503").await, (0, 0));
    let unknown = go(lab.control(Method::POST, "/injections").json(&json!({ "kind": "nonsense" }))).await;
    assert_eq!((unknown.status, unknown.code()), (400, "validation_failed"));
    let fields: &Value = &unknown.json["error"]["fields"];
    assert_eq!(fields[0]["field"], "kind");
}

#[test]
fn the_documentation_lists_every_injection() {
    let text = include_str!("../../../docs/demo.md");
    for injection in Injection::ALL {
        let (name, what) = (format!("| `{}` |", injection.name()), format!("| {} |", injection.describe()));
        assert!(
            text.lines().any(|line| line.starts_with(&name) && line.ends_with(&what)),
            "docs/demo.md lacks {name} {what}"
        );
    }
}
