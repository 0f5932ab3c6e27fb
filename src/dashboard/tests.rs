//! The page tells fresh from stale and lets no text become markup.

use super::*;
use crate::alert::{Alert, Change, DISCLAIMER, Subject};
use crate::profile::{Concern, Listedness, Priority, Profile};
use crate::record::{Millis, Text};

const XSS: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</td></tr><svg/onload=alert(1)>",
    "{{alerts}}&lt;b&gt;",
];

fn alert(id: &str, revision: i32, change: Change, text: &str) -> Alert<'static> {
    let owned = || Text::owned(text.to_owned());
    Alert {
        alert_id: Text::owned(id.to_owned()),
        revision,
        concern: Concern::VodSos,
        change,
        priority: Priority::High,
        notify: true,
        criteria: vec![],
        not_met: vec![],
        unknown: vec![],
        grade: None,
        severity: None,
        serious: Some(true),
        seriousness: vec![],
        listed_eu: Listedness::Listed,
        listed_us: Listedness::Review,
        listedness_reason: owned(),
        dme: true,
        explanation: owned(),
        evidence: vec![],
        evidence_omitted: 0,
        key: owned(),
        subject: Subject::Case,
        case_id: None,
        case_version: None,
        site: owned(),
        country: None,
        reactions: vec![],
        products: vec![],
        event_time: None,
        recorded_at: Millis(1_740_816_000_000),
        shard: 0,
        seq: 1,
        profile_version: owned(),
        profile_hash: owned(),
        dictionary: None,
        report: None,
        workflow: None,
        disclaimer: Text::borrowed(DISCLAIMER),
    }
}

fn model() -> ReadModel {
    ReadModel::new(Mode::Demo, Profile::builtin())
}

const FRESH: Freshness = Freshness { now: Millis(0), as_of: Some(Millis(0)), ready: true, records: 7 };

#[test]
fn the_page_is_never_current_on_stale_data() {
    let model = model();
    let start = Millis(1_740_816_000_000);
    let state = |after_seconds: i64, as_of: Option<Millis>, ready: bool| {
        let now = Millis(start.0 + after_seconds * 1000);
        model.snapshot(Freshness { now, as_of, ready, records: 0 })
    };
    assert_eq!(state(0, None, true).state, State::NoData);
    assert_eq!(state(60, Some(start), true).state, State::Current);
    assert_eq!(state(61, Some(start), true).state, State::Quiet);
    for as_of in [None, Some(start)] {
        assert_eq!(state(0, as_of, false).state, State::Stale, "not ready");
    }
    let page = html::page(&state(5, Some(start), false));
    assert!(
        page.contains("STALE: vigil is not ready; data as of 2025-03-01T08:00:00Z; alerts may be missing"),
        "{page}"
    );
    assert!(page.contains("id=\"freshness\" class=\"stale\""), "{page}");
}

#[test]
fn no_reported_text_becomes_markup() {
    for text in XSS {
        let model = model();
        model.alerted(&alert("a", 1, Change::Raised, text));
        let snapshot = model.snapshot(FRESH);
        assert_eq!(snapshot.alerts[0].explanation, text);
        let empty = html::page(&self::model().snapshot(FRESH));
        let page = html::page(&snapshot);
        let tags = |page: &str| page.matches('<').count();
        // One row: tr, six td and a small, opened and closed.
        assert_eq!(tags(&page), tags(&empty) + 16, "{text}");
        assert!(!page.contains(text), "{text}");
        for mark in ["onerror=alert(1)>", "<script>alert", "'alert(1)"] {
            assert!(!page.contains(mark), "{text}");
        }
    }
    let script = include_str!("page/page.js");
    for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "setAttribute"]
    {
        assert!(!script.contains(way), "{way}");
    }
}

#[test]
fn script_and_server_use_the_same_words() {
    let script = include_str!("page/page.js");
    for concern in Concern::ALL {
        assert!(script.contains(&format!("{}: \"{}\"", concern.name(), html::concern_words(*concern))), "{concern}");
    }
    for priority in Priority::ALL {
        assert!(
            script.contains(&format!("{}: \"{}\"", priority.name(), html::priority_words(*priority))),
            "{priority}"
        );
    }
}

#[test]
fn the_newest_revision_is_shown_first_and_counts_once() {
    let model = model();
    let open = |model: &ReadModel| model.snapshot(FRESH).concerns[0].open;
    for (id, revision, change) in [
        ("a", 1, Change::Raised),
        ("b", 1, Change::Raised),
        ("a", 1, Change::Raised),
        ("a", 2, Change::Upgraded),
        ("a", 1, Change::Raised),
    ] {
        model.alerted(&alert(id, revision, change, "text"));
    }
    assert_eq!(open(&model), 2);
    let shown: Vec<_> = model.snapshot(FRESH).alerts.iter().map(|a| (a.alert_id.clone(), a.revision)).collect();
    assert_eq!(shown, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    model.alerted(&alert("a", 3, Change::Withdrawn, "text"));
    assert_eq!(open(&model), 1);
}

#[test]
fn the_model_is_bounded() {
    let model = model();
    for number in 0..ALERTS_MAX + 50 {
        model.alerted(&alert(&format!("{number}"), 1, Change::Raised, "text"));
    }
    let alerts = model.snapshot(FRESH).alerts;
    assert_eq!(alerts.len(), ALERTS_MAX);
    assert_eq!((alerts[0].alert_id.as_str(), alerts[ALERTS_MAX - 1].alert_id.as_str()), ("249", "50"));
}
