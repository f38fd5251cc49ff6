use reqwest::Method;
use serde_json::json;

use super::super::Fault;
use super::lab::{Lab, go};

#[tokio::test]
async fn discovery_knows_where_the_services_are() {
    let lab = Lab::new().await;
    let found = go(lab.api(Method::GET, "/discovery/services")).await.json;
    let urls = lab.urls();
    for (index, (name, url)) in
        [("auth", &urls.auth), ("backend", &urls.api), ("frontend", &urls.app)].iter().enumerate()
    {
        let entry = &found["services"][index];
        assert_eq!((&entry["name"], &entry["url"]), (&json!(name), &json!(url)));
        assert_eq!(go(lab.client.get(entry["health_url"].as_str().unwrap())).await.status, 200);
        assert_eq!(go(lab.api(Method::GET, &format!("/discovery/services/{name}"))).await.json["url"], json!(url));
    }
    assert_eq!(go(lab.api(Method::GET, "/discovery/services/x")).await.code(), "service_not_found");
    let config = go(lab.app("/config.json")).await.json;
    assert_eq!((&config["api_url"], &config["ws_url"]), (&json!(urls.api), &json!(urls.ws)));
}

#[tokio::test]
async fn mcp_is_configured_and_answers() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let config = go(lab.api(Method::GET, "/mcp/config")).await.json;
    assert_eq!(config["mcpServers"]["demo"]["url"], format!("{}/mcp", lab.urls().api));
    let call = async |method: &str, params| {
        user.post("/mcp", json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await.json
    };
    assert_eq!(call("initialize", json!({})).await["result"]["serverInfo"]["name"], "demo");
    let listed = call("tools/list", json!({})).await;
    assert_eq!(listed["result"], user.get("/mcp/tools").await.json);
    let params = json!({ "name": "search_documents", "arguments": { "query": "Q3" } });
    let result = call("tools/call", params).await["result"].clone();
    assert_eq!(
        result,
        json!({ "content": [{ "type": "text", "text": "Three documents were found. (Q3)" }], "isError": false })
    );
    assert_eq!(call("tools/call", json!({ "name": "x" })).await["error"]["code"], -32602);
    assert_eq!(call("nonsense", json!({})).await["error"]["code"], -32601);
    assert_eq!(user.post("/mcp", json!({})).await.json["error"]["code"], -32600);
    assert_eq!(user.post("/mcp", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await.status, 202);
    assert_eq!(user.post("/mcp", json!("x".repeat(70_000))).await.code(), "body_too_large");
    assert_eq!(go(lab.api(Method::POST, "/mcp").json(&json!({}))).await.code(), "token_missing");
}

#[tokio::test]
async fn only_the_frontends_origin_is_allowed() {
    let lab = Lab::new().await;
    let preflight = async |origin: &str| {
        let request = lab.api(Method::OPTIONS, "/threads").header("Origin", origin);
        go(request.header("Access-Control-Request-Method", "POST")).await
    };
    let allowed = preflight(&lab.urls().app).await;
    assert_eq!((allowed.status, allowed.header("access-control-allow-credentials")), (204, "true"));
    assert!(allowed.header("access-control-allow-headers").contains("Authorization"));
    let other = preflight("https://evil.example").await;
    assert_eq!((other.status, other.code()), (403, "origin_not_allowed"));
    assert_eq!((other.header("access-control-allow-origin"), other.header("vary")), ("", "Origin"));
    let plain = go(lab.api(Method::GET, "/threads").header("Origin", &lab.urls().app)).await;
    assert_eq!((plain.status, plain.header("access-control-allow-origin")), (401, lab.urls().app.as_str()));
    let plain = go(lab.api(Method::GET, "/health").header("Origin", "null")).await;
    assert_eq!((plain.status, plain.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test]
async fn search_finds_and_limits() {
    let lab = Lab::new().await;
    let (user, other) = (lab.user().await, lab.user().await);
    user.thread("Quarterly report").await;
    let first = user.get("/search?q=REPORT").await;
    assert_eq!(first.json["items"][0]["title"], "Quarterly report");
    assert_eq!((first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")), ("5", "4"));
    for _ in 0..4 {
        assert_eq!(user.get("/search?q=report").await.status, 200);
    }
    let limited = user.get("/search?q=report").await;
    assert_eq!((limited.status, limited.code(), limited.header("x-ratelimit-remaining")), (429, "rate_limited", "0"));
    assert!((1..=2).contains(&limited.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(other.get("/search?q=report").await.json["items"], json!([]), "limits and threads are each user's own");
    assert_eq!(other.get("/search").await.code(), "invalid_query");
}

#[tokio::test]
async fn the_frontend_serves_pages_assets_and_redirects() {
    let lab = Lab::new().await;
    let page = go(lab.app("/")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("<title>Demo Chat</title>") && page.text.matches("<a href=").count() == 3);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert!(go(lab.app("/settings")).await.text.contains("<h1>Settings</h1>"));
    let asset = go(lab.app("/assets/app.js")).await;
    let again = go(lab.app("/assets/app.js").header("If-None-Match", asset.header("etag"))).await;
    assert_eq!((asset.header("content-type"), again.status), ("text/javascript", 304));
    for (path, to) in [("/home", "/"), ("/redirect/3", "/redirect/2"), ("/redirect/1", "/")] {
        let hop = go(lab.app(path)).await;
        assert_eq!((hop.status, hop.header("location")), (302, to));
    }
    for path in ["/redirect/0", "/redirect/21", "/nowhere"] {
        assert_eq!(go(lab.app(path)).await.code(), "not_found");
    }
}

#[tokio::test]
async fn request_ids_are_kept_if_they_are_harmless() {
    let lab = Lab::new().await;
    let id = async |given: &str| go(lab.app("/").header("X-Request-Id", given)).await.header("x-request-id").to_owned();
    assert_eq!(id("run-7.a_B").await, "run-7.a_B");
    assert_ne!(id("no spaces").await, "no spaces");
    assert_ne!(id(&"x".repeat(65)).await, "x".repeat(65));
}

#[tokio::test]
async fn a_fault_of_one_demo_is_none_of_another() {
    let (broken, well) = (Lab::broken(Fault::DatabaseDown).await, Lab::new().await);
    assert_eq!(go(broken.api(Method::GET, "/health")).await.status, 503);
    assert_eq!(go(well.api(Method::GET, "/health")).await.status, 200);
    let user = well.user().await;
    assert_eq!(go(broken.control(Method::DELETE, "/faults")).await.status, 204);
    let token = go(broken.auth(Method::GET, "/me").bearer_auth(&user.token)).await;
    assert_eq!(token.code(), "token_invalid", "nor are its tokens");
}
