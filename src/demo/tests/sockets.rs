use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::super::Fault;
use super::lab::{Lab, connect, connect_with_response, go, refused, types};

#[tokio::test]
async fn a_bad_token_in_a_header_is_refused_at_the_handshake() {
    let lab = Lab::new().await;
    let ws = &lab.urls().ws;
    assert_eq!(refused(connect(ws, &[]).await), (401, "token_missing".into()));
    assert_eq!(refused(connect(ws, &[("Authorization", "Bearer x")]).await), (401, "token_invalid".into()));
    let plain = go(lab.client.get(format!("{}/ws", lab.urls().api))).await;
    assert_eq!((plain.status, plain.header("upgrade")), (426, "websocket"));
}

#[tokio::test]
async fn a_handshake_needs_a_key_of_sixteen_bytes() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let request = || user.api(Method::GET, "/ws").header("Connection", "Upgrade").header("Upgrade", "websocket");
    let request = || request().header("Sec-WebSocket-Version", "13");
    assert_eq!(go(request()).await.code(), "invalid_handshake");
    for (key, status) in [("x", 400), ("dG9vIHNob3J0", 400), ("dGhlIHNhbXBsZSBub25jZQ==", 101)] {
        assert_eq!(request().header("Sec-WebSocket-Key", key).send().await.unwrap().status(), status, "{key}");
    }
}

#[tokio::test]
async fn a_token_comes_by_subprotocol_too() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    for token in [user.token.clone(), URL_SAFE_NO_PAD.encode(&user.token)] {
        let protocols = format!("jwt-auth, jwt.{token}");
        let (mut socket, selected) =
            connect_with_response(&lab.urls().ws, &[("Sec-WebSocket-Protocol", &protocols)]).await.unwrap();
        assert_eq!(selected, "jwt-auth");
        assert_eq!(socket.event().await["payload"]["user"], json!(user.name));
    }
    let bearer = format!("Bearer {}", user.token);
    let headers = [("Authorization", bearer.as_str()), ("Sec-WebSocket-Protocol", "jwt-auth")];
    assert_eq!(connect_with_response(&lab.urls().ws, &headers).await.unwrap().1, "jwt-auth");
}

#[tokio::test]
async fn a_bad_token_by_subprotocol_is_closed_with_4401() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let closed = async |token: &str| {
        let protocols = format!("jwt-auth, jwt.{token}");
        connect(&lab.urls().ws, &[("Sec-WebSocket-Protocol", &protocols)]).await.unwrap().event().await
    };
    assert_eq!(closed("no.such.token").await, json!({ "type": "closed", "code": 4401, "reason": "token_invalid" }));
    go(lab.auth(Method::POST, "/logout").bearer_auth(&user.token)).await;
    assert_eq!(closed(&user.token).await["reason"], "token_revoked");
}

#[tokio::test]
async fn an_open_socket_is_closed_when_its_token_expires() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let body = json!({ "user": user.name, "password": "long-enough", "lifetime_s": 2 });
    let login = go(lab.auth(Method::POST, "/login").json(&body)).await.json;
    let bearer = format!("Bearer {}", login["access_token"].as_str().unwrap());
    let mut socket = connect(&lab.urls().ws, &[("Authorization", &bearer)]).await.unwrap();
    assert_eq!(socket.event().await["type"], "connected");
    assert_eq!(socket.event().await, json!({ "type": "closed", "code": 4401, "reason": "token_expired" }));
}

#[tokio::test]
async fn threads_of_others_cannot_be_followed() {
    let lab = Lab::new().await;
    let (user, stranger) = (lab.user().await, lab.user().await);
    let thread = user.thread("mine").await;
    let bearer = format!("Bearer {}", stranger.token);
    let follow = async |id: &str| {
        let url = format!("{}?thread={id}", lab.urls().ws);
        refused(connect(&url, &[("Authorization", &bearer)]).await)
    };
    assert_eq!(follow(&thread).await, (404, "thread_not_found".into()));
    assert_eq!(follow("x").await, (400, "invalid_id".into()));
}

#[tokio::test]
async fn wrong_messages_get_an_error_and_the_socket_stays() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let thread = user.thread("wrong").await;
    let archived = user.thread("archived").await;
    go(user.api(Method::POST, &format!("/threads/{archived}/archive"))).await;
    let mut socket = user.socket(&format!("?thread={thread}")).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    for (message, code) in [
        ("{".to_owned(), "malformed_json"),
        ("[]".to_owned(), "validation_failed"),
        ("{}".to_owned(), "validation_failed"),
        (json!({ "type": "dance" }).to_string(), "unknown_type"),
        (json!({ "type": "user_message" }).to_string(), "validation_failed"),
        (json!({ "type": "user_message", "content": "x", "thread_id": unknown }).to_string(), "thread_not_found"),
        (json!({ "type": "user_message", "content": "x", "thread_id": archived }).to_string(), "thread_archived"),
        (json!({ "type": "cancel_run", "run_id": unknown }).to_string(), "run_not_found"),
    ] {
        socket.send_raw(Message::text(message.clone())).await;
        let event = socket.event().await;
        assert_eq!((&event["type"], &event["payload"]["code"]), (&json!("error"), &json!(code)), "{message}");
    }
    socket.send(json!({ "type": "ping", "payload": { "nonce": 7 } })).await;
    let pong = socket.event().await;
    assert_eq!((&pong["type"], &pong["payload"]), (&json!("pong"), &json!({ "nonce": 7 })));
}

#[tokio::test]
async fn binary_frames_come_back_and_large_ones_close_the_socket() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let mut socket = user.socket("").await;
    socket.send_raw(Message::binary(vec![0, 255])).await;
    assert_eq!(socket.frame().await, Some(Message::binary(vec![0, 255])));
    socket.send_raw(Message::binary(vec![0; 65 * 1024])).await;
    assert_eq!(socket.event().await["code"], 1009);
}

#[tokio::test]
async fn a_clients_close_is_answered() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let mut socket = user.socket("").await;
    let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 1000.into(), reason: "".into() };
    socket.send_raw(Message::Close(Some(frame))).await;
    let answer = socket.event().await;
    assert_eq!((&answer["type"], &answer["code"]), (&json!("closed"), &json!(1000)));
}

#[tokio::test]
async fn every_socket_of_a_user_is_notified_and_no_other() {
    let lab = Lab::new().await;
    let (user, mate) = (lab.user_of("one-team").await, lab.user_of("one-team").await);
    let thread = user.thread("shared with myself").await;
    let (mut one, mut two) = (user.socket("").await, user.socket(&format!("?thread={thread}")).await);
    let mut other = mate.socket("").await;
    one.send(json!({ "type": "typing", "thread_id": thread, "on": true })).await;
    assert_eq!(two.event().await["payload"], json!({ "thread_id": thread, "user": user.name, "on": true }));
    one.send(json!({ "type": "user_message", "thread_id": thread, "content": "x" })).await;
    let (first, second) = (one.until_end().await, two.until_end().await);
    assert_eq!(first, second, "the one who types isn't notified, and both get the run");
    assert_eq!(first.len(), 7);
    assert_eq!(types(&other.until_pong().await), "");
}

#[tokio::test]
async fn runs_of_many_threads_do_not_mix() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let runs = futures_util::future::join_all((0..20).map(|_| user.run(json!({ "step_ms": 1 })))).await;
    let ids: std::collections::BTreeSet<_> = runs.iter().map(|run| run[0]["payload"]["run_id"].to_string()).collect();
    assert_eq!(ids.len(), 20);
    for run in &runs {
        let same = |field: &str| run.iter().all(|event: &Value| event["payload"][field] == run[0]["payload"][field]);
        assert!(run.len() == 7 && same("run_id") && same("thread_id"));
    }
}

#[tokio::test]
async fn a_run_that_is_broken_off_closes_only_the_sockets_that_are_about_it() {
    let lab = Lab::broken(Fault::Websocket1011).await;
    let user = lab.user().await;
    let thread = user.thread("closed").await;
    let (mut asker, mut follower) = (user.socket("").await, user.socket(&format!("?thread={thread}")).await);
    let mut bystander = user.socket("").await;
    asker.send(json!({ "type": "user_message", "thread_id": thread, "content": "x" })).await;
    for socket in [&mut asker, &mut follower] {
        assert_eq!(types(&socket.until_end().await), "agent_started agent_thinking closed");
    }
    assert_eq!(types(&bystander.until_pong().await), "agent_started agent_thinking");
}
