//! Watched patients.

use super::problem::Problem;
use super::query::Params;
use super::{Desk, Page, Who, busy};
use crate::dashboard::log::Deed;
use crate::dashboard::patient::{Asked, PatientRow, PatientView};
use crate::dashboard::read_model::{PatientKept, Place, page, rank};
use crate::record::{Millis, Pseudonym};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::{Extension, Json};
use std::sync::Arc;

/// How patients are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Worst,
    Key,
}

impl Order {
    fn of(name: &str) -> Option<Self> {
        match name {
            "worst" => Some(Self::Worst),
            "key" => Some(Self::Key),
            _ => None,
        }
    }

    /// The place of a patient: by the worst alert that somebody has to look after; patients without one last.
    fn place(self, desk: &Desk, key: Pseudonym, now: Millis) -> Place {
        let mut by = [0, 0, i64::from(key.key_id), 0];
        if self == Self::Worst {
            let alerts = desk.model.alerts_of(&key.to_string(), now);
            let open = || alerts.iter().filter(|alert| alert.state.is_open());
            let priority = open().map(|alert| rank(alert.priority)).min().unwrap_or(i64::from(u8::MAX));
            let newest = open().filter(|alert| rank(alert.priority) == priority).map(|alert| alert.worsened_at.0).max();
            by = [priority, newest.unwrap_or(0).saturating_neg(), i64::from(key.key_id), 0];
        }
        Place { by, id: key.hash }
    }
}

/// The row of a patient at the time at which the shard stands.
pub fn row(desk: &Desk, key: Pseudonym, kept: &PatientKept, now: Millis) -> Option<PatientRow> {
    let opened = kept.open()?;
    let at = newest(desk, kept, &opened.course);
    let key = key.to_string();
    let alerts = desk.model.alerts_of(&key, now);
    Some(desk.ward.row(&Asked { key: &key, site: &kept.site, opened: &opened, alerts, at }))
}

/// The newest time known of a patient: of the course, or of the clock that the shard was told.
fn newest(desk: &Desk, kept: &PatientKept, course: &crate::patient::Course) -> Millis {
    let tick = desk.model.tick_of(kept.partition).unwrap_or(Millis(i64::MIN));
    course.heard().max(course.newest()).max(tick)
}

#[utoipa::path(
    get,
    path = "/api/v1/patients",
    params(
        ("site" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "worst or key"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query),
    ),
    responses(
        (status = 200, body = Page<PatientRow>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn patients(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    uri: Uri,
) -> Result<Json<Page<PatientRow>>, Problem> {
    let mut params = Params::of(&uri, &["site", "sort", "limit", "cursor"])?;
    let order = params.word("sort", Order::of, "is worst or key").unwrap_or_default();
    let limit = params.limit();
    let list = format!("patients|{}", params.filter());
    let after = params.cursor(&list);
    params.check()?;
    desk.ready()?;
    let site = params.text("site").map(str::to_owned);
    let (shown, with) = (who.desks.patient, Arc::clone(&desk));
    let made = busy(move || {
        let now = with.now();
        let mut keys = Vec::new();
        if shown {
            with.model.each_patient(|key, kept| {
                if site.as_deref().is_none_or(|site| *kept.site == *site) {
                    keys.push(key);
                }
            });
        }
        let total = keys.len();
        let places = keys.into_iter().map(|key| (order.place(&with, key, now), key)).collect();
        let (places, more) = page(places, after, limit);
        let next_cursor = places.last().filter(|_| more).map(|(place, _)| place.cursor(&list));
        let rows = places.iter().filter_map(|(_, key)| row(&with, *key, &with.model.patient(*key)?, now));
        (total, rows.collect::<Vec<PatientRow>>(), next_cursor)
    });
    let (total, items, next_cursor) = made.await?;
    let detail = Some(format!("patients {}", params.filter_names()));
    desk.audit(&who, Deed { act: "list", detail, count: Some(items.len()), result: "ok", ..Deed::default() }).await?;
    Ok(Json(Page { as_of: desk.as_of(), total, items, next_cursor }))
}

#[utoipa::path(
    get,
    path = "/api/v1/patients/{key}",
    params(
        ("key" = String, Path, description = "Pseudonym"),
        ("at" = Option<Millis>, Query, description = "Criteria are judged at this time; the newest known if not given"),
    ),
    responses(
        (status = 200, body = PatientView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn patient(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    key: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<PatientView>, Problem> {
    let mut params = Params::of(&uri, &["at"])?;
    let at = params.time("at");
    params.check()?;
    let Path(key) = key.map_err(|_| Problem::not_found())?;
    let pseudonym: Pseudonym = key.parse().map_err(|_| Problem::not_found())?;
    let now = desk.now();
    let kept = desk.model.patient(pseudonym).filter(|_| who.desks.patient);
    let Some(kept) = kept else { return Err(desk.ready().err().unwrap_or_else(Problem::not_found)) };
    desk.audit(&who, Deed { act: "view_patient", target: Some(&key), result: "ok", ..Deed::default() }).await?;
    let view = busy(move || {
        let opened = kept.open()?;
        let at = at.unwrap_or_else(|| newest(&desk, &kept, &opened.course));
        let alerts = desk.model.alerts_of(&key, now);
        let asked = Asked { key: &key, site: &kept.site, opened: &opened, alerts, at };
        Some(desk.ward.whole(&asked, desk.as_of()))
    });
    view.await?.map(Json).ok_or_else(Problem::internal)
}
