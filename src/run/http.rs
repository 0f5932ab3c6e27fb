//! The process's HTTP side beside the page: metrics and probes, without a patient's data. Loopback unless the settings say
//! otherwise.

use super::clock::now_ms;
use super::health::Health;
use super::metrics::Metrics;
use crate::record::Millis;
use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What the server answers from.
#[derive(Clone)]
pub struct Served {
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// What the loops say of themselves.
    pub health: Arc<Health>,
}

/// All routes.
pub fn router(served: Served) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(async |State(served): State<Served>| probe(served.health.live())))
        .route("/readyz", get(async |State(served): State<Served>| probe(served.health.ready())))
        .with_state(served)
}

/// Takes the address. Done before anything else starts, so that a port in use is known at once.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("http.bind: {address} cannot be had"))
}

/// Serves until `stop` is done.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    served: Served,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    axum::serve(listener, router(served)).with_graceful_shutdown(stop).await.context("the HTTP server ended")
}

async fn metrics(State(served): State<Served>) -> impl IntoResponse {
    let ready = served.health.ready().is_ok();
    let text = served.metrics.render(Millis(now_ms()), served.health.as_of(), ready);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text)
}

fn probe(answer: Result<(), Vec<String>>) -> impl IntoResponse {
    let (status, text) = match answer {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", why.join("\n"))),
    };
    (status, [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text)
}

#[cfg(test)]
mod tests {
    use super::super::health::{Phase, Role};
    use super::*;
    use crate::profile::Profile;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn probes_and_metrics_answer() {
        let profile = Profile::builtin();
        let served = Served {
            metrics: Arc::new(Metrics::new(profile, "0", Millis(0)).unwrap()),
            health: Arc::new(Health::default()),
        };
        served.health.enter(Role::Watch, Phase::Restoring(3));
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, served, async { stopped.await.unwrap_or_default() }));
        assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
        let ready = get(address, "/readyz").await;
        assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("memory of 3 shards"), "{ready}");
        let metrics = get(address, "/metrics").await;
        assert!(metrics.contains("vigil_ready 0") && metrics.contains("vigil_data_age_seconds "), "{metrics}");
        assert!(get(address, "/nothing").await.starts_with("HTTP/1.1 404"));
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
