use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::{DemoOptions, Fault};
use super::lab::{Lab, connect, go};

const PHASES: [&str; 7] = ["init", "dependencies", "database", "cache", "services", "websocket", "finalize"];

#[tokio::test]
async fn all_services_are_healthy() {
    let lab = Lab::new().await;
    let health = go(lab.api(Method::GET, "/health")).await;
    assert_eq!((health.status, &health.json["status"], &health.json["ready"]), (200, &json!("healthy"), &json!(true)));
    assert_eq!(
        (&health.json["instance"], &health.json["checks"]["agents"]["status"]),
        (&json!("primary"), &json!("up"))
    );
    let phases = health.json["startup"]["phases"].as_array().unwrap();
    assert_eq!(phases.iter().map(|phase| phase["name"].as_str().unwrap()).collect::<Vec<_>>(), PHASES);
    assert!(phases.iter().all(|phase| phase["state"] == "complete"));
    for request in [lab.auth(Method::GET, "/health"), lab.app("/health"), lab.control(Method::GET, "/health")] {
        assert_eq!(go(request).await.json["status"], "healthy");
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    let later = go(lab.api(Method::GET, "/health")).await.json;
    assert!(later["uptime_s"].as_f64().unwrap() > health.json["uptime_s"].as_f64().unwrap());
}

#[tokio::test]
async fn a_database_that_is_down_takes_everything_with_it_but_life() {
    let lab = Lab::broken(Fault::DatabaseDown).await;
    let health = go(lab.api(Method::GET, "/health")).await;
    assert_eq!((health.status, &health.json["status"]), (503, &json!("unhealthy")));
    assert_eq!((&health.json["startup"]["completed"], &health.json["startup"]["complete"]), (&json!(2), &json!(false)));
    assert_eq!(go(lab.api(Method::GET, "/health/startup")).await.status, 503);
    let ready = go(lab.api(Method::GET, "/health/ready")).await;
    assert_eq!((ready.status, &ready.json["reason"]), (503, &json!("database_unavailable")));
    assert_eq!(go(lab.api(Method::GET, "/health/live")).await.status, 200);
    for path in ["/threads", "/ws", "/discovery/services", "/mcp/config", "/stream/answer?prompt=x"] {
        let got = go(lab.api(Method::GET, path)).await;
        assert_eq!((got.status, got.code()), (503, "database_unavailable"), "{path}");
    }
    assert_eq!(lab.login("ada", &lab.env("ada_password")).await.code(), "database_unavailable");
    let app = go(lab.app("/health")).await;
    assert_eq!((app.status, &app.json["dependencies"]["auth"]["http_status"]), (503, &json!(503)));
}

#[tokio::test]
async fn the_frontend_notices_an_auth_service_that_is_down() {
    let lab = Lab::broken(Fault::AuthDown).await;
    let health = go(lab.app("/health")).await;
    let dependencies = &health.json["dependencies"];
    assert_eq!((health.status, &dependencies["auth"]["status"]), (503, &json!("down")));
    assert_eq!(dependencies["backend"]["status"], "up");
}

/// The statuses that an instance goes through until it is healthy, 0 for refused, each once.
async fn boot(lab: &Lab, url: &str) -> (Vec<u16>, Vec<Value>) {
    let (mut statuses, mut bodies) = (Vec::new(), Vec::new());
    while statuses.last() != Some(&200) {
        let got = go(lab.client.get(format!("{url}/health"))).await;
        if statuses.last() != Some(&got.status) {
            statuses.push(got.status);
        }
        bodies.push(got.json);
    }
    (statuses, bodies)
}

#[tokio::test]
async fn an_instance_boots_phase_by_phase_and_outlives_a_restart() {
    let lab = Lab::new().await;
    let user = lab.user().await;
    let made = go(lab.control(Method::POST, "/instances")).await;
    assert_eq!(made.status, 202);
    let text = |field: &str| made.json[field].as_str().unwrap().to_owned();
    let (id, url, ws) = (text("id"), text("url"), text("ws"));
    let (statuses, bodies) = boot(&lab, &url).await;
    assert_eq!(statuses, [0, 503, 200]);
    let completed: Vec<_> = bodies.iter().filter_map(|body| body["startup"]["completed"].as_u64()).collect();
    assert!(completed.is_sorted() && completed.contains(&7), "{completed:?}");
    let starting = bodies.iter().find(|body| body["status"] == "starting").unwrap();
    assert_eq!((&starting["instance"], &starting["ready"]), (&json!(id), &json!(false)));

    let thread = user.thread("made elsewhere").await;
    let shown = async || go(lab.client.get(format!("{url}/threads/{thread}")).bearer_auth(&user.token)).await;
    assert_eq!(shown().await.status, 200, "instances share their data");
    let bearer = format!("Bearer {}", user.token);
    let mut socket = connect(&ws, &[("Authorization", &bearer)]).await.unwrap();
    let mut elsewhere = user.socket("").await;
    assert_eq!(socket.event().await["type"], "connected");

    assert_eq!(go(lab.control(Method::POST, &format!("/instances/{id}/restart"))).await.status, 202);
    assert_eq!(shown().await.status, 0, "refused");
    assert_eq!(socket.event().await["type"], "lost");
    assert_eq!(elsewhere.until_pong().await, Vec::<Value>::new(), "other instances notice nothing");
    assert_eq!(boot(&lab, &url).await.0, [0, 503, 200]);
    assert_eq!(shown().await.status, 200);

    assert_eq!(go(lab.control(Method::DELETE, &format!("/instances/{id}"))).await.status, 204);
    assert_eq!(shown().await.status, 0);
    assert_eq!(go(lab.control(Method::GET, "/instances")).await.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(go(lab.control(Method::DELETE, "/instances/primary")).await.code(), "instance_is_primary");
    assert_eq!(go(lab.control(Method::POST, "/instances/x/restart")).await.code(), "instance_not_found");
}

#[tokio::test]
async fn a_starting_instance_takes_nothing_but_questions_of_its_health() {
    let lab = Lab::broken(Fault::SlowStart).await;
    let url = go(lab.control(Method::POST, "/instances")).await.json["url"].as_str().unwrap().to_owned();
    let mut got = go(lab.client.get(format!("{url}/threads"))).await;
    while got.status == 0 {
        got = go(lab.client.get(format!("{url}/threads"))).await;
    }
    assert_eq!((got.status, got.code(), got.header("retry-after")), (503, "starting", "1"));
    assert_eq!(go(lab.client.get(format!("{url}/health/live"))).await.status, 200);
    assert_eq!(go(lab.client.get(format!("{url}/health/ready"))).await.status, 503);
}

#[tokio::test]
async fn a_cold_demo_goes_through_its_start() {
    let lab = Lab::with(DemoOptions { cold: true, ..DemoOptions::default() }).await;
    assert_eq!(boot(&lab, &lab.urls().api).await.0, [0, 503, 200]);
}
