use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use super::lab::{Lab, go};

/// What a JWT says, unverified.
pub fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap_or_default();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
async fn every_user_of_the_environment_logs_in() {
    let lab = Lab::new().await;
    for user in ["ada", "grace", "linus", "admin"] {
        let login = lab.login(user, &lab.env(&format!("{user}_password"))).await;
        assert_eq!((login.status, &login.json["user"]["name"]), (200, &json!(user)));
        assert_eq!(login.header("cache-control"), "no-store");
        let claims = claims(login.json["access_token"].as_str().unwrap());
        assert_eq!((&claims["sub"], &claims["name"]), (&login.json["user"]["id"], &json!(user)));
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 900);
        let me = go(lab.auth(Method::GET, "/me").bearer_auth(login.json["access_token"].as_str().unwrap())).await;
        assert_eq!((&me.json["name"], &me.json["scope"]), (&json!(user), &login.json["scope"]));
    }
}

#[tokio::test]
async fn wrong_logins_are_refused() {
    let lab = Lab::new().await;
    for (user, password, status, code) in [
        ("ada", "wrong", 401, "invalid_credentials"),
        ("no one", "wrong", 401, "invalid_credentials"),
        ("mallory", "mallory-is-disabled", 403, "account_disabled"),
        ("", "x", 400, "validation_failed"),
    ] {
        let got = lab.login(user, password).await;
        assert_eq!((got.status, got.code()), (status, code), "{user}");
    }
    let login = || lab.auth(Method::POST, "/login");
    let cases = [
        (login().header("Content-Type", "application/json").body("{"), 400, "malformed_json"),
        (login().header("Content-Type", "application/json").body("[]"), 400, "validation_failed"),
        (login().header("Content-Type", "text/plain").body("{}"), 415, "unsupported_media_type"),
        (login().json(&json!({ "user": "x".repeat(70_000) })), 413, "body_too_large"),
        (login().json(&json!({ "user": "a", "password": "b", "lifetime_s": 901 })), 400, "validation_failed"),
        (lab.auth(Method::GET, "/login"), 405, "method_not_allowed"),
    ];
    for (request, status, code) in cases {
        let got = go(request).await;
        assert_eq!((got.status, got.code()), (status, code));
        assert_eq!(got.json["error"]["request_id"], got.header("x-request-id"));
    }
}

#[tokio::test]
async fn users_register_once() {
    let lab = Lab::new().await;
    let register = async |user: &str, password: &str| {
        go(lab.auth(Method::POST, "/register").json(&json!({ "user": user, "password": password }))).await
    };
    let made = register("new-user", "long-enough").await;
    assert_eq!((made.status, &made.json["user"]["team"]), (201, &json!("new-user")));
    assert_eq!(register("new-user", "long-enough").await.code(), "user_exists");
    assert_eq!(register("Upper", "long-enough").await.json["error"]["fields"][0]["field"], "user");
    assert_eq!(register("other", "short").await.json["error"]["fields"][0]["field"], "password");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_family() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let refresh =
        async |token: &str| go(lab.auth(Method::POST, "/refresh").json(&json!({ "refresh_token": token }))).await;
    let second = refresh(&user.refresh_token).await;
    let newer = second.json["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(newer, user.refresh_token);
    assert_eq!(refresh(&user.refresh_token).await.code(), "refresh_token_reused");
    assert_eq!(refresh(&newer).await.code(), "invalid_refresh_token");
    assert_eq!(refresh("unknown").await.code(), "invalid_refresh_token");
}

#[tokio::test]
async fn bad_tokens_are_distinguished() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let me = async |token: &str| go(lab.auth(Method::GET, "/me").bearer_auth(token)).await;
    let missing = go(lab.auth(Method::GET, "/me")).await;
    assert_eq!((missing.status, missing.code()), (401, "token_missing"));
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"demo\"");
    let (body, _) = user.token.rsplit_once('.').unwrap();
    for token in ["x", "a.b.c", &format!("{body}.AAAA"), "eyJhbGciOiJub25lIn0.e30."] {
        let got = me(token).await;
        assert_eq!((got.status, got.code()), (401, "token_invalid"), "{token}");
        assert!(got.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    assert_eq!(go(lab.auth(Method::POST, "/logout").bearer_auth(&user.token)).await.status, 204);
    assert_eq!(me(&user.token).await.code(), "token_revoked");
    let refresh = lab.auth(Method::POST, "/refresh").json(&json!({ "refresh_token": user.refresh_token }));
    assert_eq!(go(refresh).await.code(), "invalid_refresh_token");
}

#[tokio::test]
async fn only_admins_list_users() {
    let lab = Lab::new().await;
    let login = lab.login("admin", &lab.env("admin_password")).await.json;
    let users = go(lab.auth(Method::GET, "/users").bearer_auth(login["access_token"].as_str().unwrap())).await;
    assert_eq!((users.status, users.json["items"].as_array().unwrap().len()), (200, 5));
    assert!(!users.text.contains("password"));
}

#[tokio::test]
async fn the_client_gets_revokes_and_introspects_tokens() {
    let lab = Lab::new().await;
    let (id, secret) = (lab.env("client_id"), lab.env("client_secret"));
    let post = async |path: &str, form: &[(&str, &str)]| {
        go(lab.auth(Method::POST, path).basic_auth(&id, Some(&secret)).form(form)).await
    };
    let token =
        post("/oauth/token", &[("grant_type", "client_credentials"), ("scope", "threads:read agents:run")]).await;
    assert_eq!((token.status, &token.json["scope"]), (200, &json!("threads:read agents:run")));
    let access = token.json["access_token"].as_str().unwrap();
    let seen = post("/introspect", &[("token", access)]).await.json;
    assert_eq!((&seen["active"], &seen["sub"]), (&json!(true), &json!("client:demo-service")));
    assert_eq!(post("/revoke", &[("token", access)]).await.status, 200);
    assert_eq!(post("/introspect", &[("token", access)]).await.json, json!({ "active": false }));
    for (form, status, error) in [
        (vec![("grant_type", "password")], 400, "unsupported_grant_type"),
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "client_credentials"), ("scope", "root")], 400, "invalid_scope"),
    ] {
        let got = post("/oauth/token", &form).await;
        assert_eq!((got.status, &got.json["error"]), (status, &json!(error)));
    }
    let form = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")];
    let got = go(lab.auth(Method::POST, "/oauth/token").form(&form)).await;
    assert_eq!((got.status, &got.json["error"]), (401, &json!("invalid_client")));
    assert_eq!(got.header("www-authenticate"), "Basic realm=\"demo\"");
}

#[tokio::test]
async fn a_session_lives_in_its_cookie() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let url = format!("{}/session", lab.urls().app);
    let opened = go(lab.client.post(&url).bearer_auth(&user.token)).await;
    let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
    let seen = async || go(lab.client.get(&url).header("Cookie", format!("a=b; {cookie}"))).await;
    assert_eq!(seen().await.json, json!({ "user": user.name }));
    let ended = go(lab.client.delete(&url).header("Cookie", &cookie)).await;
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(seen().await.code(), "session_missing");
}
