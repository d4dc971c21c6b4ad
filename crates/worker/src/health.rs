//! `/livez`, `/readyz` and `/metrics`: what an orchestrator and a dashboard ask.

mod visitors;

use crate::crew::Crew;
use crate::outage::State;
use crate::telemetry;
use assay_contract::record::Posture;
use axum::extract::State as Extracted;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use visitors::Visitors;

/// What the pages are made from.
#[derive(Clone)]
struct Pages {
    crew: Arc<OnceLock<Crew>>,
    metrics: PrometheusHandle,
}

/// Serves the pages until the listener is dropped with its task. The crew is set when it is hired: until it works, nobody is ready.
pub async fn serve(listener: TcpListener, crew: Arc<OnceLock<Crew>>, metrics: PrometheusHandle) -> std::io::Result<()> {
    let pages = Pages { crew, metrics };
    let router = Router::new()
        // Whether the process lives; asks no dependency, so an outage elsewhere restarts nothing here.
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .with_state(pages);
    axum::serve(Visitors::of(listener), router).await
}

async fn ready(Extracted(pages): Extracted<Pages>) -> (StatusCode, Json<Value>) {
    let Some(crew) = pages.crew.get() else {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "taking_jobs": false, "draining": false })));
    };
    let rooms = crew.rooms();
    let (store, shelf, broker) = (rooms.store.ping().await.is_ok(), rooms.shelf.healthy().await.is_ok(), rooms.broker.healthy().is_ready());
    let draining = crew.is_draining();
    let taking = crew.has_begun() && crew.gate().state() == State::Open && !draining;
    let posture = rooms.sandbox.posture();
    let status = if store && shelf && broker && taking { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |well: bool| if well { "ok" } else { "down" };
    let sandbox = match posture {
        Posture::Full => "full",
        Posture::Degraded => "degraded",
        Posture::Unused => "unused",
    };
    let page = json!({
        "store": word(store), "shelf": word(shelf), "broker": word(broker), "taking_jobs": taking, "draining": draining,
        "sandbox": sandbox, "children": rooms.slots.decoding(),
    });
    (status, Json(page))
}

async fn scrape(Extracted(pages): Extracted<Pages>) -> String {
    if let Some(crew) = pages.crew.get() {
        telemetry::gauges(crew.rooms()).await;
    }
    pages.metrics.render()
}
