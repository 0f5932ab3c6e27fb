//! The API: `/api/v1`, described by its own OpenAPI document.

mod acts;
mod alerts;
mod audit;
mod csv;
mod detail;
mod live;
mod me;
mod numbers;
mod openapi;
mod patients;
pub mod problem;
mod query;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use acts::Pending;
pub use openapi::document;
pub use patients::row as patient_row;

use super::auth::{Gate, Identity, ROUTES, Refusal, Route, may};
use super::log::{Chain, Deed, Log};
use super::meter::{Meter, route_name};
use super::patient::Ward;
use super::read_model::{Desks, Picture, ReadModel, ServiceView};
use super::stream::Hub;
use super::{assets, log};
use crate::record::Millis;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use problem::Problem;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::ToSchema;

/// Longest body of a request, bytes.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// Longest time until an answer begins.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Requests answered at once; streams are counted apart.
const AT_ONCE_MAX: usize = 100;

/// Everything comes from this server, nothing runs inline, nobody frames the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 9] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-vigil-intended-use"), "surveillance and decision support; no order to treat"),
];

/// The service as each set of desks sees it, drawn anew every second.
#[derive(Clone, Debug)]
pub struct Views(Vec<(Desks, Arc<ServiceView>)>);

impl Views {
    /// Draws them.
    #[must_use]
    pub fn draw(mut of: impl FnMut(Desks) -> ServiceView) -> Self {
        let all = [(true, true), (true, false), (false, true)].map(|(patient, case)| Desks { patient, case });
        Self(all.into_iter().map(|desks| (desks, Arc::new(of(desks)))).collect())
    }

    /// None: nothing was drawn yet.
    #[must_use]
    pub const fn draw_nothing() -> Self {
        Self(Vec::new())
    }

    /// The service as these desks see it.
    #[must_use]
    pub fn of(&self, desks: Desks) -> Option<&Arc<ServiceView>> {
        self.0.iter().find(|(of, _)| *of == desks).map(|(_, view)| view)
    }
}

/// What the API answers from.
pub struct Desk {
    /// The read model.
    pub model: Arc<ReadModel>,
    /// Judges patients.
    pub ward: Ward,
    /// What the service's picture is drawn from.
    pub picture: Picture,
    /// The service, drawn every second.
    pub views: watch::Receiver<Views>,
    /// The live stream.
    pub hub: Arc<Hub>,
    /// Who may.
    pub gate: Arc<Gate>,
    /// Writes audit and acts.
    pub log: Arc<dyn Log>,
    /// Chains the audit.
    pub chain: Chain,
    /// Counts what is done.
    pub meter: Arc<dyn Meter>,
    /// Acts that watch has not answered yet.
    pub pending: Pending,
    /// The wall clock.
    pub clock: fn() -> Millis,
    /// Ends the streams.
    pub stop: CancellationToken,
    /// A word that is new in each process, for ids of acts.
    pub boot: String,
}

impl Desk {
    fn now(&self) -> Millis {
        (self.clock)()
    }

    fn as_of(&self) -> Option<Millis> {
        self.model.as_of(self.picture.partitions)
    }

    /// Lists are made of what was read; before that they would be wrong.
    fn ready(&self) -> Result<(), Problem> {
        if self.model.is_whole() { Ok(()) } else { Err(Problem::not_ready()) }
    }

    /// Writes what was done to the audit, and waits until it is there.
    async fn audit(&self, who: &Identity, deed: Deed<'_>) -> Result<(), Problem> {
        let written = match self.chain.message(who, &deed, self.now()) {
            Ok(message) => self.log.write(message).await,
            Err(error) => Err(error),
        };
        self.meter.audited(written.is_ok());
        written.map_err(|error: log::NotWritten| {
            tracing::warn!("the audit cannot be written; nothing is shown until it can");
            error.into()
        })
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// Rows of the whole list.
    pub total: usize,
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Does what takes long beside the streams, which must not wait for it.
async fn busy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
}

/// Who is asking, as the gate has found.
type Who = axum::Extension<Identity>;

/// The API, the page and what it fetches.
pub fn router(desk: Arc<Desk>) -> Router {
    let mut routes = Router::new();
    for row in ROUTES {
        let handler: MethodRouter<Arc<Desk>> = match row.route {
            Route::Me => get(me::me),
            Route::Service => get(me::service),
            Route::OpenApi => get(openapi::openapi),
            Route::Vocabulary => get(vocabulary::vocabulary),
            Route::Stream => get(live::stream),
            Route::Alerts => get(alerts::alerts),
            Route::AlertsCsv => get(csv::alerts_csv),
            Route::Alert => get(detail::alert),
            Route::Acts => post(acts::act),
            Route::Patients => get(patients::patients),
            Route::Patient => get(patients::patient),
            Route::Counts => get(numbers::counts),
            Route::Burden => get(numbers::burden),
            Route::Sites => get(numbers::sites),
            Route::Rejects => get(numbers::rejects),
            Route::Audit => get(audit::audit),
        };
        let entry = Entry { desk: Arc::clone(&desk), route: row.route };
        routes = routes.route(row.path, handler.route_layer(from_fn_with_state(entry, enter)));
    }
    let at_once = Arc::new(Semaphore::new(AT_ONCE_MAX));
    let meter = Arc::clone(&desk.meter);
    routes
        .route("/", get(async || assets::index()))
        .route("/assets/{*file}", get(async |Path(file): Path<String>| assets::asset(&format!("assets/{file}"))))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method())
        .with_state(Arc::clone(&desk))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, ANSWER_MAX))
        .layer(from_fn_with_state((desk, at_once), outermost))
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .layer(axum::middleware::map_response(dressed))
        .layer(from_fn_with_state(meter, counted))
}

/// A route on its way through the gate.
#[derive(Clone)]
struct Entry {
    desk: Arc<Desk>,
    route: Route,
}

/// Everybody's way to a route: who is it, and may they?
async fn enter(State(entry): State<Entry>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let peer = peer.unwrap_or(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
    let identity = match entry.desk.gate.identify(request.headers(), peer, Instant::now()) {
        Ok(identity) => identity,
        Err(refusal) => return Problem::from(refusal).into_response(),
    };
    if !may(identity.roles, entry.route) {
        return Problem::from(Refusal::NotAllowed).into_response();
    }
    request.extensions_mut().insert(identity);
    next.run(request).await
}

/// Before anything else: our own name, and no more at once than can be answered.
async fn outermost(
    State((desk, at_once)): State<(Arc<Desk>, Arc<Semaphore>)>,
    request: Request<Body>,
    next: Next,
) -> Response {
    if let Err(refusal) = desk.gate.check_host(request.headers()) {
        return Problem::from(refusal).into_response();
    }
    let Ok(_permit) = at_once.try_acquire() else { return Problem::too_many(1).into_response() };
    next.run(request).await
}

/// Counts an answer by the template of its path, never by the path.
async fn counted(State(meter): State<Arc<dyn Meter>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = route_name(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let response = next.run(request).await;
    meter.answered(route, response.status().as_u16(), began.elapsed());
    response
}

/// Every answer with its headers; one that no handler of ours made, as a problem.
async fn dressed(response: Response) -> Response {
    let status = response.status();
    let ours = response.headers().contains_key(CONTENT_TYPE) && !is_plain(&response);
    let mut response = if (status.is_client_error() || status.is_server_error()) && !ours {
        match status.as_u16() {
            413 => Problem::too_large(),
            405 => Problem::method(),
            404 => Problem::not_found(),
            500 => Problem::internal(),
            503 => Problem::not_ready(),
            _ => Problem::bad_request(Vec::new()),
        }
        .into_response()
    } else {
        response
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn is_plain(response: &Response) -> bool {
    let of = response.headers().get(CONTENT_TYPE);
    of.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"))
}
