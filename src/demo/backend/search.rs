//! Search, the one request that is limited in rate.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, Uri, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::answer::{Failure, Handled, json_with, with_header};
use super::super::caller::Caller;
use super::super::input::Pairs;
use super::super::world::{Service, lock};

const LIMIT: u32 = 5;
const WINDOW: Duration = Duration::from_secs(2);
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const MOST: HeaderName = HeaderName::from_static("x-ratelimit-limit");

/// How many requests each user sent since when.
#[derive(Debug, Default)]
pub(in crate::demo) struct Limiter {
    windows: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Limiter {
    pub fn reset(&self) {
        lock(&self.windows).clear();
    }

    /// How many requests the user has left, or how long to wait for the next.
    fn take(&self, user: &str) -> Result<u32, Duration> {
        let mut windows = lock(&self.windows);
        if windows.len() > 10_000 {
            windows.retain(|_, (since, _)| since.elapsed() < WINDOW);
        }
        let window = windows.entry(user.to_owned()).or_insert_with(|| (Instant::now(), 0));
        let elapsed = window.0.elapsed();
        if elapsed >= WINDOW {
            *window = (Instant::now(), 0);
        }
        if window.1 >= LIMIT {
            return Err(WINDOW.saturating_sub(elapsed));
        }
        window.1 += 1;
        Ok(LIMIT - window.1)
    }
}

pub(super) async fn search(State(service): State<Service>, caller: Caller, uri: Uri) -> Handled {
    caller.needs(&service.world, "threads:read")?;
    let query = Pairs::of_query(&uri);
    let Some(text) = query.get("q").map(str::trim).filter(|text| !text.is_empty()) else {
        return Err(Failure::fields("invalid_query", vec![("q".into(), "is missing".into())]));
    };
    let limited = service.behaviour().edge.rate_limited;
    let left = if limited { service.world.limiter.take(caller.owner()) } else { Ok(LIMIT) };
    let left = left.map_err(|wait| {
        // A client that waits this long is let through: the time is rounded up.
        let seconds = wait.as_secs() + 1;
        Failure::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many searches; try again later.")
            .header(header::RETRY_AFTER, &seconds.to_string())
            .header(MOST, &LIMIT.to_string())
            .header(REMAINING, "0")
    })?;
    let text = text.to_lowercase();
    let table = service.world.threads.lock();
    let found = table.of(caller.owner()).filter(|thread| thread.title.to_lowercase().contains(&text));
    let items: Vec<Value> = found.take(100).map(|thread| thread.shown()).collect();
    let response = json_with(StatusCode::OK, json!({ "items": items }));
    Ok(with_header(with_header(response, MOST, &LIMIT.to_string()), REMAINING, &left.to_string()))
}
