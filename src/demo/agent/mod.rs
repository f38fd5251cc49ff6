//! Agent runs: what they do is written as a script, which faults distort and the player carries out.

mod http;
mod run;
mod script;
mod tools;

use axum::Router;
use axum::routing::{get, post};

pub(super) use run::{Options, Runs, cancel, start};
pub(super) use script::Distortion;
pub(super) use tools::{TOOLS, Tool, find};

use super::world::Service;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/agents", get(http::agents))
        .route("/agents/runs", get(http::list).post(http::create))
        .route("/agents/runs/{id}", get(http::show))
        .route("/agents/runs/{id}/cancel", post(http::cancel))
        .route("/metrics/usage", get(http::usage))
}
