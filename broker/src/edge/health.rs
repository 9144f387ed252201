//! The second listener, on loopback by default: whether the broker lives, whether it is ready, what
//! it counts. And, for conversations in which time passes, the hand on a manual clock.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use deskbell_protocol::ids::Eid;
use serde::{Deserialize, Serialize};

use super::Edge;
use crate::log::StreamId;
use crate::telemetry::{self, Metrics};
use crate::world::{Clock, ManualClock};

/// What it answers from.
#[derive(Clone)]
pub struct Health {
    /// The edge whose broker this is.
    pub edge: Arc<Edge>,
    /// What is counted.
    pub metrics: Metrics,
    /// Set in test builds that were started with `--clock manual`.
    pub manual: Option<Arc<ManualClock>>,
}

/// The routes.
pub fn router(health: Health) -> Router {
    let routes = Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    let routes = if health.manual.is_some() {
        routes.route("/clock/advance", post(advance))
    } else {
        routes
    };
    routes.with_state(health)
}

/// Ready means: not going down, the log answers, and what other nodes append is heard.
async fn ready(State(health): State<Health>) -> impl IntoResponse {
    if health.edge.draining.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n".to_owned());
    }
    let heads: Result<Vec<Option<(u64, Eid)>>, _> =
        health.edge.node.log.heads(vec![StreamId::Directory]).await;
    match heads.and_then(|_| health.edge.node.log.hears()) {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

async fn metrics(State(health): State<Health>) -> String {
    let chats = health.edge.node.registry.chats_len();
    #[expect(clippy::cast_precision_loss, reason = "a gauge of what fits memory")]
    metrics::gauge!(telemetry::ACTORS, "kind" => "chat").set(chats as f64);
    health.metrics.render()
}

#[derive(Deserialize)]
struct Advance {
    ms: u64,
}

#[derive(Serialize)]
struct Advanced {
    now: String,
}

async fn advance(State(health): State<Health>, Json(by): Json<Advance>) -> impl IntoResponse {
    let Some(clock) = health.manual else {
        return (StatusCode::NOT_FOUND, Json(Advanced { now: String::new() }));
    };
    clock.advance(Duration::from_millis(by.ms));
    (StatusCode::OK, Json(Advanced { now: clock.now().to_string() }))
}
