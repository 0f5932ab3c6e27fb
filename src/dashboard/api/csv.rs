//! Alerts as a table for other programs; no cell is a formula.

use super::alerts::{Asked, FILTER};
use super::problem::Problem;
use super::query::Params;
use super::{Desk, Who, busy};
use crate::alert::DISCLAIMER;
use crate::dashboard::log::Deed;
use crate::dashboard::read_model::{AlertRow, page};
use crate::record::Millis;
use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

/// Most rows.
const ROWS_MAX: usize = 50_000;

const HEADER: [&str; 27] = [
    "alert_id",
    "revision",
    "state",
    "concern",
    "change",
    "priority",
    "subject",
    "key",
    "case_id",
    "site",
    "country",
    "serious",
    "listed_eu",
    "listed_us",
    "dme",
    "grade",
    "severity",
    "criteria",
    "reactions",
    "products",
    "event_time",
    "recorded_at",
    "raised_at",
    "owner",
    "summary",
    "as_of",
    "intended_use",
];

/// A cell that no spreadsheet takes for a formula.
fn safe(cell: String) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        Some(_) | None => cell,
    }
}

fn cells(row: &AlertRow, as_of: Option<Millis>) -> [String; 27] {
    let time = |time: Option<Millis>| time.map(|time| time.to_string()).unwrap_or_default();
    // Where a table's cells end at a semicolon, each entry is a cell.
    let list = |list: &[String]| list.iter().cloned().map(safe).collect::<Vec<_>>().join("; ");
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.alert_id.clone(),
        row.revision.to_string(),
        row.state.name().to_owned(),
        row.concern.name().to_owned(),
        row.change.name().to_owned(),
        row.priority.name().to_owned(),
        if row.subject == crate::alert::Subject::Patient { "patient" } else { "case" }.to_owned(),
        row.key.clone(),
        text(&row.case_id),
        row.site.clone(),
        text(&row.country),
        row.serious.map(|serious| serious.to_string()).unwrap_or_default(),
        row.listed_eu.name().to_owned(),
        row.listed_us.name().to_owned(),
        row.dme.to_string(),
        row.grade.map(|grade| grade.to_string()).unwrap_or_default(),
        text(&row.severity),
        list(&row.criteria),
        list(&row.reactions),
        list(&row.products),
        text(&row.event_time),
        row.recorded_at.to_string(),
        row.raised_at.to_string(),
        text(&row.owner),
        row.summary.clone(),
        time(as_of),
        DISCLAIMER.to_owned(),
    ]
    .map(safe)
}

fn table(rows: &[AlertRow], as_of: Option<Millis>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows {
        writer.write_record(cells(row, as_of))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[utoipa::path(
    get,
    path = "/api/v1/alerts.csv",
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = Problem, content_type = "application/problem+json"))
)]
pub async fn alerts_csv(State(desk): State<Arc<Desk>>, Extension(who): Who, uri: Uri) -> Result<Response, Problem> {
    let mut params = Params::of(&uri, &FILTER)?;
    let asked = Asked::read(&mut params, who.desks);
    params.check()?;
    desk.ready()?;
    let with = Arc::clone(&desk);
    let made = busy(move || {
        let now = with.now();
        let (places, _) = page(asked.places(&with, now), None, ROWS_MAX);
        let rows: Vec<AlertRow> = places.iter().filter_map(|(place, ())| with.model.row(place.id, now)).collect();
        (rows.len(), table(&rows, with.as_of()))
    });
    let (count, table) = made.await?;
    let detail = Some(params.filter_names());
    desk.audit(&who, Deed { act: "export", detail, count: Some(count), result: "ok", ..Deed::default() }).await?;
    let table = table.map_err(|_| Problem::internal())?;
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"vigil-alerts.csv\"")];
    Ok((headers, table).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: [&str; 11] = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A1"];

    /// Whatever comes into a text of a row, of however a row is made, no cell and no entry of a list begins a formula.
    #[test]
    fn no_text_of_a_row_becomes_a_formula() {
        let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        for evil in EVIL {
            let text = || evil.to_owned();
            let mut row = crate::dashboard::read_model::tests::row();
            (row.alert_id, row.key, row.site, row.summary) = (text(), text(), text(), text());
            row.case_id = Some(text());
            (row.country, row.severity, row.event_time, row.owner) =
                (Some(text()), Some(text()), Some(text()), Some(text()));
            let list = || vec!["good".to_owned(), text()];
            (row.criteria, row.reactions, row.products) = (list(), list(), list());
            let bytes = table(&[row], None).unwrap();
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            let mut spoilt = 0;
            for (cell, name) in record.iter().zip(HEADER) {
                assert!(!begins(cell), "{name}: {cell:?}");
                assert!(cell.split("; ").all(|entry| !begins(entry)), "{name}: {cell:?}");
                spoilt += usize::from(cell.contains(&format!("'{evil}")));
            }
            assert_eq!(spoilt, 12, "{evil:?} stands in every column of text");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for evil in EVIL {
            assert_eq!(safe(evil.to_owned()), format!("'{evil}"));
        }
        for good in ["", "a=1", "2025-01-01", "'quoted", "1.5"] {
            assert_eq!(safe(good.to_owned()), good);
        }
        let mut row = crate::dashboard::read_model::tests::row();
        row.summary = "=HYPERLINK(\"http://evil\")\r\n\"quoted\", with comma".to_owned();
        row.reactions = vec!["@a".to_owned(), "b".to_owned()];
        let bytes = table(&[row], None).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        assert_eq!(header.iter().collect::<Vec<_>>(), HEADER);
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        assert!(records[0].iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{records:?}");
        assert_eq!(&records[0][24], "'=HYPERLINK(\"http://evil\")\r\n\"quoted\", with comma");
        assert_eq!(&records[0][18], "'@a; b");
    }
}
