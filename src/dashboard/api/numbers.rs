//! Counts, burden, sites, rejects.

use super::alerts::subject;
use super::problem::Problem;
use super::query::Params;
use super::{Desk, Who};
use crate::alert::Subject;
use crate::dashboard::read_model::{self as model, Burden, Counts, Place, ReasonCount, RejectRow, SiteRow, page};
use crate::record::Millis;
use axum::extract::State;
use axum::http::Uri;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use xxhash_rust::xxh3::xxh3_128;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The window where nothing is asked for, milliseconds.
const WINDOW: i64 = 14 * DAY;

/// Most buckets.
const BUCKETS_MAX: i64 = 400;

/// The window of a request, and which subjects it counts.
fn window(params: &mut Params, now: Millis) -> ((Millis, Millis), Option<Vec<Subject>>) {
    let until = params.time("until").unwrap_or(Millis(now.0 + 1));
    let since = params.time("since").unwrap_or(Millis(until.0 - WINDOW));
    ((since, until), params.words("subject", subject, "is patient, case or both"))
}

fn check_window((since, until): (Millis, Millis), length: i64) -> Result<(), Problem> {
    if until <= since {
        Err(Problem::bad_field("until", "is after since"))
    } else if (until.0 - since.0) / length >= BUCKETS_MAX {
        Err(Problem::bad_field("bucket", "gives more than 400 buckets for this window"))
    } else {
        Ok(())
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/counts",
    params(
        ("subject" = Option<String>, Query),
        ("since" = Option<Millis>, Query),
        ("until" = Option<Millis>, Query),
        ("bucket" = Option<String>, Query, description = "hour or day"),
    ),
    responses((status = 200, body = Counts), (status = 400, body = Problem, content_type = "application/problem+json"))
)]
pub async fn counts(State(desk): State<Arc<Desk>>, Extension(who): Who, uri: Uri) -> Result<Json<Counts>, Problem> {
    let mut params = Params::of(&uri, &["subject", "since", "until", "bucket"])?;
    let now = desk.now();
    let (span, subjects) = window(&mut params, now);
    let of = |name: &str| match name {
        "hour" => Some(("hour", HOUR)),
        "day" => Some(("day", DAY)),
        _ => None,
    };
    let bucket = params.word("bucket", of, "is hour or day").unwrap_or(("day", DAY));
    params.check()?;
    check_window(span, bucket.1)?;
    desk.ready()?;
    let wanted = |subject| who.desks.shows(subject) && subjects.as_ref().is_none_or(|list| list.contains(&subject));
    Ok(Json(model::counts(&desk.model, span, bucket, wanted, (desk.as_of(), now))))
}

#[utoipa::path(
    get,
    path = "/api/v1/burden",
    params(
        ("subject" = Option<String>, Query),
        ("since" = Option<Millis>, Query),
        ("until" = Option<Millis>, Query),
    ),
    responses((status = 200, body = Burden), (status = 400, body = Problem, content_type = "application/problem+json"))
)]
pub async fn burden(State(desk): State<Arc<Desk>>, Extension(who): Who, uri: Uri) -> Result<Json<Burden>, Problem> {
    let mut params = Params::of(&uri, &["subject", "since", "until"])?;
    let now = desk.now();
    let (span, subjects) = window(&mut params, now);
    params.check()?;
    check_window(span, DAY)?;
    desk.ready()?;
    let wanted = |subject| who.desks.shows(subject) && subjects.as_ref().is_none_or(|list| list.contains(&subject));
    Ok(Json(model::burden(&desk.model, span, wanted, (desk.as_of(), now))))
}

/// The sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sites {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// By name.
    pub items: Vec<SiteRow>,
}

#[utoipa::path(get, path = "/api/v1/sites", responses((status = 200, body = Sites)))]
pub async fn sites(State(desk): State<Arc<Desk>>, Extension(who): Who, uri: Uri) -> Result<Json<Sites>, Problem> {
    Params::of(&uri, &[])?.check()?;
    desk.ready()?;
    let mut items = desk.model.sites(desk.now());
    if !who.desks.patient {
        items.iter_mut().for_each(|site| site.patients = 0);
    }
    Ok(Json(Sites { as_of: desk.as_of(), items }))
}

/// A page of rejects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectsPage {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// Rows of the whole list.
    pub total: usize,
    /// Newest first.
    pub items: Vec<RejectRow>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Reasons over all that was read.
    pub reasons: Vec<ReasonCount>,
}

fn place(row: &RejectRow) -> Place {
    let tells_apart = format!("{}/{}/{}", row.topic, row.reason, row.stage);
    let by = [row.source_time.0.saturating_neg(), i64::from(row.partition), row.offset, i64::from(row.index)];
    Place { by, id: xxh3_128(tells_apart.as_bytes()) }
}

#[utoipa::path(
    get,
    path = "/api/v1/rejects",
    params(
        ("reason" = Option<String>, Query),
        ("stage" = Option<String>, Query, description = "ingest or watch"),
        ("topic" = Option<String>, Query),
        ("since" = Option<Millis>, Query),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = RejectsPage), (status = 400, body = Problem, content_type = "application/problem+json"))
)]
pub async fn rejects(State(desk): State<Arc<Desk>>, _who: Who, uri: Uri) -> Result<Json<RejectsPage>, Problem> {
    let mut params = Params::of(&uri, &["reason", "stage", "topic", "since", "limit", "cursor"])?;
    let stage =
        params.word("stage", |text| ["ingest", "watch"].into_iter().find(|is| *is == text), "is ingest or watch");
    let since = params.time("since");
    let limit = params.limit();
    let list = format!("rejects|{}", params.filter());
    let after = params.cursor(&list);
    params.check()?;
    desk.ready()?;
    let rejects = desk.model.rejects();
    let is = |name: &str, of: &str| params.text(name).is_none_or(|wanted| wanted == of);
    let wanted = rejects.rows().filter(|row| {
        is("reason", &row.reason)
            && is("topic", &row.topic)
            && stage.is_none_or(|stage| stage == row.stage)
            && since.is_none_or(|since| since <= row.source_time)
    });
    let rows: Vec<(Place, RejectRow)> = wanted.map(|row| (place(row), row.clone())).collect();
    let reasons = rejects.reasons();
    drop(rejects);
    let total = rows.len();
    let (rows, more) = page(rows, after, limit);
    let next_cursor = rows.last().filter(|_| more).map(|(place, _)| place.cursor(&list));
    let items = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Json(RejectsPage { as_of: desk.as_of(), total, items, next_cursor, reasons }))
}
