//! The page's first picture, drawn on the server; the script draws the later ones from the same data.

use super::recent::{Snapshot, State, Summary};
use crate::profile::{Concern, Priority};
use std::fmt::Write as _;

/// Text as it may stand between tags or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The whole page. What is put in is escaped and never looked at for placeholders again.
pub fn page(snapshot: &Snapshot) -> String {
    let template = include_str!("page/index.html");
    let mut page = String::with_capacity(template.len() + 1024 * snapshot.alerts.len());
    for (number, part) in template.split("{{").enumerate() {
        match part.split_once("}}") {
            Some((name, rest)) if number > 0 => {
                page.push_str(&field(snapshot, name));
                page.push_str(rest);
            }
            Some(_) | None => page.push_str(part),
        }
    }
    page
}

fn field(snapshot: &Snapshot, name: &str) -> String {
    match name {
        "product" => escape(&snapshot.product),
        "mode" => escape(snapshot.mode),
        "simulated" => {
            if snapshot.simulated { "Simulated data: none of these patients exists." } else { "" }.to_owned()
        }
        "intended_use" => escape(snapshot.intended_use),
        "version" => escape(&snapshot.version),
        "state" => state_name(snapshot.state).to_owned(),
        "freshness" => escape(&freshness(snapshot)),
        "records" => snapshot.records.to_string(),
        "concerns" => concerns(snapshot),
        "alerts" => snapshot.alerts.iter().map(row).collect(),
        _ => String::new(),
    }
}

const fn state_name(state: State) -> &'static str {
    match state {
        State::Current => "current",
        State::Quiet => "quiet",
        State::Stale => "stale",
        State::NoData => "no_data",
    }
}

fn freshness(snapshot: &Snapshot) -> String {
    let as_of = snapshot.as_of.as_deref().unwrap_or("an unknown time");
    match snapshot.state {
        State::Current => format!("Data as of {as_of}"),
        State::Quiet => format!("NOTHING NEW since {as_of}: nobody reports, or the feed is cut off"),
        State::Stale => format!("STALE: vigil is not ready; data as of {as_of}; alerts may be missing"),
        State::NoData => "NO DATA YET: nothing has been judged".to_owned(),
    }
}

fn concerns(snapshot: &Snapshot) -> String {
    snapshot.concerns.iter().fold(String::new(), |mut html, count| {
        let _ = write!(html, "<div><dt>{}</dt><dd>{}</dd></div>", concern_words(count.concern), count.open);
        html
    })
}

/// A concern's name for people; the script has the same list.
pub const fn concern_words(concern: Concern) -> &'static str {
    match concern {
        Concern::VodSos => "VOD/SOS",
        Concern::FebrileNeutropenia => "Febrile neutropenia",
        Concern::Haemorrhage => "Haemorrhage",
        Concern::HepaticHold => "Hepatic hold",
        Concern::HaematologicalHold => "Haematological hold",
        Concern::HysLaw => "Hy’s law",
        Concern::Dosing => "Dosing",
        Concern::ContraindicatedUse => "Contraindicated use",
        Concern::Monitoring => "Monitoring",
        Concern::Reaction => "Other reaction",
    }
}

/// A priority's shape and word, so that colour is never the only sign.
pub const fn priority_words(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "▲ High",
        Priority::Medium => "◆ Medium",
        Priority::Low => "▼ Low",
        Priority::Information => "● Information",
    }
}

fn row(alert: &Summary) -> String {
    let serious = match alert.serious {
        Some(true) => "serious",
        Some(false) => "not serious",
        None => "seriousness not stated",
    };
    let cells = [
        format!("<td class=\"{}\">{}</td>", alert.priority.name(), priority_words(alert.priority)),
        format!("<td>{}</td>", concern_words(alert.concern)),
        format!("<td>{} (rev {})</td>", alert.change, alert.revision),
        format!("<td>{}</td>", escape(&alert.recorded_at)),
        format!("<td>{}</td>", escape(&alert.site)),
        format!(
            "<td>{}<small>{serious} · EU {} · US {} · {}</small></td>",
            escape(&alert.explanation),
            alert.listed_eu.replace('_', " "),
            alert.listed_us.replace('_', " "),
            escape(&alert.key)
        ),
    ];
    format!("<tr>{}</tr>", cells.concat())
}
