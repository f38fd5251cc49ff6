//! For each fault, what is seen where it shows: one line of text.

mod events;
mod services;

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::super::Fault;
use super::lab::{Lab, go, types};
use events::*;
use services::*;

/// What is seen of a fault, what it should be, and what it is when the fault is active.
pub fn expected(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::DatabaseDown => ("200 200 complete", "503 503 failed"),
        Fault::SlowStart => ("soon", "late"),
        Fault::SlowResponses | Fault::EventsLate => ("fast", "slow"),
        Fault::StartupIncomplete => ("200 200 running", "200 503 agents_unavailable"),
        Fault::Websocket1011 => ("agent_completed", "closed 1011"),
        Fault::EventsDropped => ("2 2", "2 0"),
        Fault::EventsDoubled => ("1", "2"),
        Fault::EventsReordered => ("tool_executing tool_completed", "tool_completed tool_executing"),
        Fault::EventsLeaked => ("0", "7"),
        Fault::TokensExpire => ("900 900", "0 900"),
        Fault::EventsMiscorrelated => ("true", "false"),
        Fault::MalformedEvent => ("well-formed", "malformed"),
        Fault::AnswerEmpty => ("answered", "empty"),
        Fault::CancelIgnored => ("cancelled", "running"),
        Fault::RetryMissing => ("agent_completed", "agent_failed"),
        Fault::ToolsMissing => ("5", "0"),
        Fault::ErrorSwallowed => ("error", ""),
        Fault::PongMissing => ("pong", ""),
        Fault::LifecycleMissing => ("thread_created thread_updated thread_archived thread_deleted", ""),
        Fault::ReplayMissing => ("all", "other"),
        Fault::FilterBroken => ("0", "7"),
        Fault::StreamBuffered => ("apart", "together"),
        Fault::StreamCut => ("done", "cut"),
        Fault::WrongContentType => ("application/json", "text/html"),
        Fault::ValidationOff => ("400 400", "201 404"),
        Fault::PaginationBroken => ("one two three four", "one two two three"),
        Fault::MessagesLost => ("201 1", "201 0"),
        Fault::DeleteIncomplete => ("204 404", "204 200"),
        Fault::IdempotencyBroken => ("same", "another"),
        Fault::EtagIgnored => ("304 412", "200 200"),
        Fault::DataLostOnRestart => ("200", "404"),
        Fault::InternalsShown => ("short", "trace"),
        Fault::AuthDown => ("200 200", "503 503"),
        Fault::RefreshBroken => ("200", "401"),
        Fault::RefreshReuseAccepted => ("401", "200"),
        Fault::PasswordUnchecked | Fault::RevokedTokenAccepted | Fault::ExpiredTokenAccepted => ("401", "200"),
        Fault::ScopeUnchecked => ("403", "201"),
        Fault::RolesUnchecked => ("403", "200"),
        Fault::IsolationBroken => ("404", "200"),
        Fault::CookieExposed => ("true", "false"),
        Fault::CorsMissing => ("204 app", "405 "),
        Fault::RateLimitOff => ("limited", "unlimited"),
        Fault::RequestIdLost => ("mine", "another"),
        Fault::SecurityHeadersMissing => ("DENY nosniff", " "),
        Fault::AssetsUncached => ("public, max-age=31536000, immutable", "no-store"),
        Fault::FrontendDependencyUnknown => ("up up", "unknown unknown"),
        Fault::CacheDown => ("200 healthy", "200 degraded"),
        Fault::HealthLies => ("consistent", "contradictory"),
        Fault::DiscoveryStale => ("200", "0"),
    }
}

/// Looks where the fault would show.
pub async fn observe(lab: &Lab, fault: Fault) -> String {
    match fault {
        Fault::DatabaseDown => database(lab).await,
        Fault::SlowStart => slow_start(lab).await,
        Fault::SlowResponses => slow_responses(lab).await,
        Fault::StartupIncomplete => startup(lab).await,
        Fault::Websocket1011 => run_end(&lab.user().await, json!({})).await,
        Fault::EventsDropped => {
            let events = run(lab).await;
            format!("{} {}", of(&events, "tool_executing").len(), of(&events, "tool_completed").len())
        }
        Fault::EventsDoubled => of(&run(lab).await, "agent_started").len().to_string(),
        Fault::EventsReordered => {
            let events = run(lab).await;
            let tools =
                events.iter().filter(|event| event["type"].as_str().is_some_and(|kind| kind.starts_with("tool")));
            types(&tools.take(2).cloned().collect::<Vec<_>>())
        }
        Fault::EventsLate => events_late(lab).await,
        Fault::EventsLeaked => events_leaked(lab).await,
        Fault::TokensExpire => token_life(lab).await,
        Fault::EventsMiscorrelated => correlated(&run(lab).await).to_string(),
        Fault::MalformedEvent => {
            if of(&run(lab).await, "malformed").is_empty() { "well-formed" } else { "malformed" }.into()
        }
        Fault::AnswerEmpty => answer(&run(lab).await).to_owned(),
        Fault::CancelIgnored => cancel(lab).await,
        Fault::RetryMissing => run_end(&lab.user().await, json!({ "tools": ["flaky_source"] })).await,
        Fault::ToolsMissing => {
            lab.user().await.get("/mcp/tools").await.json["tools"].as_array().map_or(0, Vec::len).to_string()
        }
        Fault::ErrorSwallowed => reply(lab, Message::text("{")).await,
        Fault::PongMissing => reply(lab, Message::text(r#"{"type":"ping"}"#)).await,
        Fault::LifecycleMissing => lifecycle(lab).await,
        Fault::ReplayMissing => replay(lab).await,
        Fault::FilterBroken => filter(lab).await,
        Fault::StreamBuffered => buffered(lab).await,
        Fault::StreamCut => cut(lab).await,
        Fault::WrongContentType => lab.user().await.get("/threads").await.header("content-type").to_owned(),
        Fault::ValidationOff => validation(lab).await,
        Fault::PaginationBroken => pages(lab).await,
        Fault::MessagesLost => messages(lab).await,
        Fault::DeleteIncomplete => deleted(lab).await,
        Fault::IdempotencyBroken => idempotent(lab).await,
        Fault::EtagIgnored => conditional(lab).await,
        Fault::DataLostOnRestart => restarted(lab).await,
        Fault::InternalsShown => internals(lab).await,
        Fault::AuthDown => auth(lab).await,
        Fault::RefreshBroken => refresh(lab, &lab.user().await.refresh_token).await.status.to_string(),
        Fault::RefreshReuseAccepted => reuse(lab).await,
        Fault::PasswordUnchecked => lab.login("ada", "not-her-password").await.status.to_string(),
        Fault::ExpiredTokenAccepted => expired(lab).await,
        Fault::RevokedTokenAccepted => revoked(lab).await,
        Fault::ScopeUnchecked => scope(lab).await,
        Fault::RolesUnchecked => {
            go(lab.auth(Method::GET, "/users").bearer_auth(lab.user().await.token)).await.status.to_string()
        }
        Fault::IsolationBroken => isolation(lab).await,
        Fault::CookieExposed => cookie(lab).await,
        Fault::CorsMissing => cors(lab).await,
        Fault::RateLimitOff => rate(lab).await,
        Fault::RequestIdLost => request_id(lab).await,
        Fault::SecurityHeadersMissing => {
            let page = go(lab.app("/")).await;
            format!("{} {}", page.header("x-frame-options"), page.header("x-content-type-options"))
        }
        Fault::AssetsUncached => go(lab.app("/assets/app.js")).await.header("cache-control").to_owned(),
        Fault::FrontendDependencyUnknown => dependencies(lab).await,
        Fault::CacheDown => {
            let health = health(lab).await;
            format!("{} {}", health.status, health.json["status"].as_str().unwrap_or_default())
        }
        Fault::HealthLies => {
            let health = health(lab).await.json;
            let (status, database) = (&health["status"], &health["checks"]["database"]["status"]);
            if status != "unhealthy" && database == "down" { "contradictory" } else { "consistent" }.into()
        }
        Fault::DiscoveryStale => discovery(lab).await,
    }
}
