//! The process's HTTP side: metrics, probes and the page. Loopback unless the settings say otherwise.

use super::metrics::Metrics;
use crate::dashboard::{self, ReadModel};
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

/// Answers of the probes. `Err` says why not, in words without a patient or a case.
pub trait Probes: Send + Sync {
    /// Would a restart not help? Never lag, never whether a broker answers.
    ///
    /// # Errors
    /// The loop that no longer turns.
    fn live(&self) -> Result<(), String>;

    /// Owned, restored and fresh?
    ///
    /// # Errors
    /// What is not yet.
    fn ready(&self) -> Result<(), String>;
}

/// What the server answers from.
#[derive(Clone)]
pub struct Served {
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// The page's data.
    pub model: Arc<ReadModel>,
    /// The probes.
    pub probes: Arc<dyn Probes>,
    /// The clock.
    pub now: fn() -> Millis,
}

/// All routes.
pub fn router(served: Served) -> Router {
    let page = dashboard::router(Arc::clone(&served.model), served.now);
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(async |State(served): State<Served>| probe(served.probes.live())))
        .route("/readyz", get(async |State(served): State<Served>| probe(served.probes.ready())))
        .with_state(served)
        .merge(page)
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
    let ready = served.probes.ready().is_ok();
    let text = served.metrics.render((served.now)(), served.model.as_of(), ready);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text)
}

fn probe(answer: Result<(), String>) -> impl IntoResponse {
    let (status, text) = match answer {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    };
    (status, [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::Mode;
    use crate::profile::Profile;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    struct Half;
    impl Probes for Half {
        fn live(&self) -> Result<(), String> {
            Ok(())
        }
        fn ready(&self) -> Result<(), String> {
            Err("shard 3 is being restored".into())
        }
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn probes_metrics_and_page_answer_with_their_headers() {
        let profile = Profile::builtin();
        let served = Served {
            metrics: Arc::new(Metrics::new(profile, "0", Millis(0)).unwrap()),
            model: Arc::new(ReadModel::new(Mode::Demo, profile)),
            probes: Arc::new(Half),
            now: || Millis(5_000),
        };
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, served, async { stopped.await.unwrap_or_default() }));
        assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
        let ready = get(address, "/readyz").await;
        assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("shard 3 is being restored"), "{ready}");
        let metrics = get(address, "/metrics").await;
        assert!(metrics.contains("vigil_ready 0") && metrics.contains("vigil_data_age_seconds 5"), "{metrics}");
        for (path, content_type) in [
            ("/", "text/html"),
            ("/api/v1/recent", "application/json"),
            ("/page.js", "text/javascript"),
            ("/page.css", "text/css"),
        ] {
            let answer = get(address, path).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
            for header in
                [content_type, "content-security-policy: default-src 'none'", "nosniff", "no-referrer", "no-store"]
            {
                assert!(answer.contains(header), "{path}: {header}\n{answer}");
            }
        }
        let page = get(address, "/").await;
        assert!(
            page.contains("NO DATA YET") && page.contains("Simulated data") && page.contains("not a certified medical"),
            "{page}"
        );
        assert!(get(address, "/nothing").await.starts_with("HTTP/1.1 404"));
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
