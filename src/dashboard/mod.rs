//! The page: what has been alerted lately and whether the data behind it are fresh. A bounded read model, never asked by
//! the hot loop, only told; the page never shows green on stale data.

mod html;
mod recent;

pub use recent::{ALERTS_MAX, Concerns, Freshness, Mode, QUIET_AFTER_SECONDS, ReadModel, Snapshot, State, Summary};

use axum::Router;
use axum::extract::State as Shared;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// Everything comes from this server, nothing runs inline, nobody frames the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// Asks the process how fresh its data are.
pub type AskFreshness = Arc<dyn Fn() -> Freshness + Send + Sync>;

/// What the page is made from.
#[derive(Clone)]
struct Page {
    model: Arc<ReadModel>,
    fresh: AskFreshness,
}

/// `/` and what it fetches.
pub fn router(model: Arc<ReadModel>, fresh: AskFreshness) -> Router {
    let page = Page { model, fresh };
    Router::new()
        .route("/", get(async |Shared(page): Shared<Page>| answer("text/html; charset=utf-8", page.html())))
        .route("/api/v1/recent", get(async |Shared(page): Shared<Page>| answer("application/json", page.json())))
        .route("/page.css", get(async || answer("text/css; charset=utf-8", include_str!("page/page.css"))))
        .route("/page.js", get(async || answer("text/javascript; charset=utf-8", include_str!("page/page.js"))))
        .with_state(page)
}

impl Page {
    fn html(&self) -> String {
        html::page(&self.model.snapshot((self.fresh)()))
    }

    fn json(&self) -> String {
        serde_json::to_string(&self.model.snapshot((self.fresh)())).unwrap_or_else(|_| "{}".to_owned())
    }
}

fn answer(content_type: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests;
