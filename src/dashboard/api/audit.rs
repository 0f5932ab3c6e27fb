//! The audit, for those who may read it.

use super::problem::Problem;
use super::query::Params;
use super::{Desk, Page, Who};
use crate::dashboard::log::Deed;
use crate::dashboard::read_model::{AuditRow, Place, page};
use axum::extract::State;
use axum::http::Uri;
use axum::{Extension, Json};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

fn place(row: &AuditRow) -> Place {
    Place { by: [row.time.0.saturating_neg(), row.seq.saturating_neg(), 0, 0], id: xxh3_128(row.instance.as_bytes()) }
}

#[utoipa::path(
    get,
    path = "/api/v1/audit",
    params(("limit" = Option<u16>, Query, minimum = 1, maximum = 500), ("cursor" = Option<String>, Query)),
    responses(
        (status = 200, body = Page<AuditRow>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn audit(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    uri: Uri,
) -> Result<Json<Page<AuditRow>>, Problem> {
    let mut params = Params::of(&uri, &["limit", "cursor"])?;
    let limit = params.limit();
    let after = params.cursor("audit");
    params.check()?;
    let rows: Vec<(Place, AuditRow)> = desk.model.audits().rows().map(|row| (place(row), row.clone())).collect();
    let total = rows.len();
    let (rows, more) = page(rows, after, limit);
    let next_cursor = rows.last().filter(|_| more).map(|(place, _)| place.cursor("audit"));
    let items: Vec<AuditRow> = rows.into_iter().map(|(_, row)| row).collect();
    let detail = Some("audit".to_owned());
    desk.audit(&who, Deed { act: "list", detail, count: Some(items.len()), result: "ok", ..Deed::default() }).await?;
    Ok(Json(Page { as_of: desk.as_of(), total, items, next_cursor }))
}
