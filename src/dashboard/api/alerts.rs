//! Lists of alerts.

use super::problem::Problem;
use super::query::Params;
use super::{Desk, Page, Who, busy};
use crate::alert::Subject;
use crate::dashboard::log::Deed;
use crate::dashboard::read_model::{AlertRow, Desks, Known, Place, Sort, Stand, page};
use crate::profile::{Concern, Listedness, Priority};
use crate::record::Millis;
use axum::extract::State;
use axum::http::Uri;
use axum::{Extension, Json};
use std::sync::Arc;

/// What alerts are asked for, and in which order.
#[derive(Debug)]
pub struct Asked {
    subjects: Option<Vec<Subject>>,
    concerns: Option<Vec<Concern>>,
    priorities: Option<Vec<Priority>>,
    states: Option<Vec<Stand>>,
    sites: Option<Vec<String>>,
    listedness: Option<Listedness>,
    serious: Option<bool>,
    dme: Option<bool>,
    key: Option<String>,
    since: Option<Millis>,
    until: Option<Millis>,
    /// The order.
    pub sort: Sort,
    desks: Desks,
}

/// The word of a closed list.
pub fn of_list<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|word| name(*word) == text)
}

/// A subject by its name.
pub fn subject(text: &str) -> Option<Subject> {
    match text {
        "patient" => Some(Subject::Patient),
        "case" => Some(Subject::Case),
        _ => None,
    }
}

/// Parameters of the filter.
pub const FILTER: [&str; 12] = [
    "subject",
    "concern",
    "priority",
    "state",
    "site",
    "listedness",
    "serious",
    "dme",
    "key",
    "since",
    "until",
    "sort",
];

impl Asked {
    /// Reads the filter.
    pub fn read(params: &mut Params, desks: Desks) -> Self {
        let states = match params.text("state") {
            None => Some(vec![Stand::Open, Stand::Acknowledged, Stand::Snoozed]),
            Some("any") => None,
            Some(_) => params.words("state", |text| of_list(Stand::ALL, Stand::name, text), "is a state, or any"),
        };
        let site = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            subjects: params.words("subject", subject, "is patient, case or both"),
            concerns: params.words("concern", |text| of_list(Concern::ALL, Concern::name, text), "is a concern"),
            priorities: params.words("priority", |text| of_list(Priority::ALL, Priority::name, text), "is a priority"),
            states,
            sites: params.words("site", site, "is a site, or at most 16"),
            listedness: params.word(
                "listedness",
                |text| of_list(Listedness::ALL, Listedness::name, text),
                "is listed, unlisted, review or not_applicable",
            ),
            serious: params.flag("serious"),
            dme: params.flag("dme"),
            key: params.text("key").map(str::to_owned),
            since: params.time("since"),
            until: params.time("until"),
            sort: params.word("sort", Sort::of, "is worst, newest or due").unwrap_or_default(),
            desks,
        }
    }

    /// Is this alert of a desk asked for, as it stands at a time?
    pub fn wants(&self, known: &Known, of: Subject, stand: Stand) -> bool {
        let row = &known.row;
        fn among<T: PartialEq>(list: &Option<Vec<T>>, of: &T) -> bool {
            list.as_ref().is_none_or(|list| list.contains(of))
        }
        self.desks.shows(of)
            && among(&self.subjects, &of)
            && among(&self.concerns, &row.concern)
            && among(&self.priorities, &row.priority)
            && among(&self.states, &stand)
            && among(&self.sites, &row.site)
            && self.listedness.is_none_or(|is| row.listed_eu == is || row.listed_us == is)
            && self.serious.is_none_or(|is| row.serious == Some(is))
            && self.dme.is_none_or(|is| row.dme == is)
            && self.key.as_ref().is_none_or(|is| row.key == *is)
            && self.since.is_none_or(|since| since <= row.recorded_at)
            && self.until.is_none_or(|until| row.recorded_at < until)
    }

    /// Places of all that are asked for.
    pub fn places(&self, desk: &Desk, now: Millis) -> Vec<(Place, ())> {
        let mut places = Vec::new();
        desk.model.each_alert(|id, known| {
            let stand = known.handled.at(now);
            if self.wants(known, desk.model.desk_of(&known.row), stand) {
                places.push((Place::of(self.sort, id, &known.row, stand), ()));
            }
        });
        places
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    params(
        ("subject" = Option<String>, Query, description = "Desk: patient (of a ward), case (reports, and patients of whom reports alone tell), or both with a comma between"),
        ("concern" = Option<String>, Query, description = "Concerns with commas between"),
        ("priority" = Option<String>, Query, description = "Priorities with commas between"),
        ("state" = Option<String>, Query, description = "States with commas between, or any; open,acknowledged,snoozed if not given"),
        ("site" = Option<String>, Query, description = "Sites with commas between"),
        ("listedness" = Option<Listedness>, Query, description = "In the EU or the US"),
        ("serious" = Option<bool>, Query),
        ("dme" = Option<bool>, Query, description = "Designated medical event"),
        ("key" = Option<String>, Query, description = "Pseudonym of case or patient"),
        ("since" = Option<Millis>, Query, description = "Recorded at or after"),
        ("until" = Option<Millis>, Query, description = "Recorded before"),
        ("sort" = Option<String>, Query, description = "worst, newest or due"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 500),
        ("cursor" = Option<String>, Query),
    ),
    responses(
        (status = 200, body = Page<AlertRow>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn alerts(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    uri: Uri,
) -> Result<Json<Page<AlertRow>>, Problem> {
    let known: Vec<&str> = FILTER.into_iter().chain(["limit", "cursor"]).collect();
    let mut params = Params::of(&uri, &known)?;
    let asked = Asked::read(&mut params, who.desks);
    let limit = params.limit();
    let list = format!("{}|{:?}", params.filter(), who.desks);
    let after = params.cursor(&list);
    params.check()?;
    desk.ready()?;
    let with = Arc::clone(&desk);
    let made = busy(move || {
        let now = with.now();
        let places = asked.places(&with, now);
        let total = places.len();
        let (places, more) = page(places, after, limit);
        let next_cursor = places.last().filter(|_| more).map(|(place, ())| place.cursor(&list));
        let rows = places.iter().filter_map(|(place, ())| with.model.row(place.id, now));
        (total, rows.collect::<Vec<AlertRow>>(), next_cursor)
    });
    let (total, items, next_cursor) = made.await?;
    let detail = Some(params.filter_names());
    desk.audit(&who, Deed { act: "list", detail, count: Some(items.len()), result: "ok", ..Deed::default() }).await?;
    Ok(Json(Page { as_of: desk.as_of(), total, items, next_cursor }))
}
