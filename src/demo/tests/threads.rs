use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::lab::{Lab, go};

#[tokio::test]
async fn a_thread_is_created_read_changed_archived_and_deleted() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let made = user.post("/threads", json!({ "title": " hello ", "tags": ["a"], "metadata": { "k": 1 } })).await;
    assert_eq!(made.status, 201);
    let path = made.header("location").to_owned();
    assert_eq!(path, format!("/threads/{}", made.json["id"].as_str().unwrap()));
    let shown = user.get(&path).await;
    assert_eq!(shown.json, made.json);
    assert_eq!((&shown.json["title"], &shown.json["owner"]), (&json!("hello"), &json!(user.name)));
    assert_eq!(shown.header("cache-control"), "private, no-cache");
    let patch = user.api(Method::PATCH, &path).header("If-Match", shown.header("etag"));
    let changed = go(patch.json(&json!({ "title": "new", "tags": [] }))).await;
    assert_eq!(
        (changed.status, &changed.json["title"], &changed.json["metadata"]),
        (200, &json!("new"), &json!({ "k": 1 }))
    );
    assert_ne!(changed.header("etag"), shown.header("etag"));
    let archive = async || go(user.api(Method::POST, &format!("{path}/archive"))).await;
    assert_eq!(archive().await.json["state"], "archived");
    assert_eq!(archive().await.code(), "thread_archived");
    assert_eq!(user.post(&format!("{path}/messages"), json!({ "content": "late" })).await.code(), "thread_archived");
    assert_eq!(user.get("/threads?state=open").await.json["total"], 0);
    assert_eq!(go(user.api(Method::DELETE, &path)).await.status, 204);
    assert_eq!(user.get(&path).await.code(), "thread_not_found");
}

#[tokio::test]
async fn threads_of_others_are_like_threads_that_do_not_exist() {
    let lab = Lab::new().await;
    let (user, stranger) = (lab.user().await, lab.user().await);
    let path = format!("/threads/{}", user.thread("mine").await);
    let body = json!({ "title": "taken", "content": "taken" });
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/archive")),
        (Method::GET, format!("{path}/messages")),
        (Method::POST, format!("{path}/messages")),
        (Method::GET, "/threads/00000000-0000-4000-8000-000000000000".into()),
    ] {
        let got = go(stranger.api(method.clone(), &path).json(&body)).await;
        assert_eq!((got.status, got.code()), (404, "thread_not_found"), "{method} {path}");
    }
    assert_eq!(go(stranger.api(Method::DELETE, "/threads/mine")).await.json["deleted"], 0);
    assert_eq!(user.get(&path).await.json["title"], "mine");
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let cases: [(Value, &str); 6] = [
        (json!({}), "title"),
        (json!({ "title": 1 }), "title"),
        (json!({ "title": "x".repeat(201) }), "title"),
        (json!({ "title": "x", "tags": "a" }), "tags"),
        (json!({ "title": "x", "tags": [""] }), "tags"),
        (json!({ "title": "x", "metadata": [] }), "metadata"),
    ];
    for (body, field) in cases {
        let got = user.post("/threads", body.clone()).await;
        assert_eq!((got.status, &got.json["error"]["fields"][0]["field"]), (400, &json!(field)), "{body}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "after=x", "state=lost"] {
        let got = user.get(&format!("/threads?{query}")).await;
        assert_eq!((got.status, got.code()), (400, "invalid_query"), "{query}");
    }
    assert_eq!(user.get("/threads/no-uuid").await.code(), "invalid_id");
    for path in ["/threads/..%2F..%2Fetc%2Fpasswd", "/threads/%ff"] {
        assert_eq!(user.get(path).await.code(), "invalid_path", "{path}");
    }
    assert_eq!(go(lab.api(Method::GET, "/threads")).await.code(), "token_missing");
    let put = go(user.api(Method::PUT, "/threads")).await;
    assert_eq!((put.status, put.code()), (405, "method_not_allowed"));
    assert!(put.header("allow").contains("POST"), "{:?}", put.headers);
}

#[tokio::test]
async fn a_path_that_climbs_is_refused_as_it_was_sent() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let host = lab.urls().api.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!(
        "GET /threads/../../etc/passwd HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        user.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("invalid_path"), "{answer}");
}

#[tokio::test]
async fn lists_come_in_pages_that_add_up() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    for number in 0..5 {
        let tags = if number % 2 == 0 { json!(["even"]) } else { json!([]) };
        user.post("/threads", json!({ "title": format!("t{number}"), "tags": tags })).await;
    }
    let mut titles = Vec::new();
    let mut path = "/threads?limit=2".to_owned();
    loop {
        let page = user.get(&path).await.json;
        assert_eq!(page["total"], 5);
        titles.extend(page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/threads?limit=2&after={next}");
    }
    assert_eq!(titles, ["t0", "t1", "t2", "t3", "t4"]);
    assert_eq!(user.get("/threads?tag=even").await.json["total"], 3);
    assert_eq!(go(user.api(Method::DELETE, "/threads/mine")).await.json["deleted"], 5);
    assert_eq!(user.get("/threads").await.json, json!({ "items": [], "next": null, "total": 0 }));
}

#[tokio::test]
async fn a_repeated_post_is_answered_again() {
    let lab = Lab::new().await;
    let (user, other) = (lab.user().await, lab.user().await);
    let post = async |token: &str, title: &str| {
        let request = lab.api(Method::POST, "/threads").bearer_auth(token).header("Idempotency-Key", "k");
        go(request.json(&json!({ "title": title }))).await
    };
    let first = post(&user.token, "a").await;
    let again = post(&user.token, "a").await;
    assert_eq!((again.status, &again.json, again.header("idempotent-replayed")), (201, &first.json, "true"));
    assert_eq!(post(&user.token, "b").await.code(), "idempotency_key_reused");
    assert_ne!(post(&other.token, "a").await.json["id"], first.json["id"], "keys belong to a user");
    assert_eq!(user.get("/threads").await.json["total"], 1);
}

#[tokio::test]
async fn messages_are_kept_in_order() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let path = format!("/threads/{}/messages", user.thread("messages").await);
    for content in ["one", "two", "three"] {
        let made = user.post(&path, json!({ "content": content })).await;
        assert_eq!((made.status, &made.json["role"], &made.json["run_id"]), (201, &json!("user"), &Value::Null));
    }
    let page = user.get(&format!("{path}?limit=2")).await.json;
    let rest = user.get(&format!("{path}?limit=2&after={}", page["next"].as_str().unwrap())).await.json;
    assert_eq!(
        (&rest["items"][0]["content"], &rest["next"], &rest["total"]),
        (&json!("three"), &Value::Null, &json!(3))
    );
    assert_eq!(user.post(&path, json!({ "content": "x".repeat(4001) })).await.status, 400);
}
