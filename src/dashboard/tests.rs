//! The page tells fresh from stale and lets no text become markup.

use super::*;
use crate::alert::{Alert, Change, DISCLAIMER, Subject};
use crate::profile::{Concern, Listedness, Priority, Profile};
use crate::record::Text;

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
        disclaimer: Text::borrowed(DISCLAIMER),
    }
}

fn model() -> ReadModel {
    ReadModel::new(Mode::Demo, Profile::builtin())
}

#[test]
fn the_page_is_never_current_on_stale_data() {
    let model = model();
    let start = Millis(1_740_816_000_000);
    let later = |seconds: i64| Millis(start.0 + seconds * 1000);
    assert_eq!(model.snapshot(start).state, State::NoData);
    model.judged(0, 10, start);
    model.judged(1, 10, later(20));
    assert_eq!(model.snapshot(later(30)).state, State::Current);
    assert_eq!(model.snapshot(later(31)).state, State::Stale, "the slowest shard decides");
    assert!(html::page(&model.snapshot(later(31))).contains("STALE: data as of 2025-03-01T08:00:00Z"));
    model.judged(0, 1, later(31));
    assert_eq!(model.snapshot(later(31)).state, State::Current);
    model.set_complete(false);
    assert_eq!(model.snapshot(later(31)).state, State::Stale, "a shard is being restored");
    model.set_complete(true);
    model.released(0);
    model.released(1);
    assert_eq!(model.snapshot(later(31)).state, State::NoData);
}

#[test]
fn no_reported_text_becomes_markup() {
    for text in XSS {
        let model = model();
        model.alerted(&alert("a", 1, Change::Raised, text));
        let snapshot = model.snapshot(Millis(0));
        assert_eq!(snapshot.alerts[0].explanation, text);
        let empty = html::page(&self::model().snapshot(Millis(0)));
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
    let open = |model: &ReadModel| model.snapshot(Millis(0)).concerns[0].open;
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
    let shown: Vec<_> = model.snapshot(Millis(0)).alerts.iter().map(|a| (a.alert_id.clone(), a.revision)).collect();
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
    let alerts = model.snapshot(Millis(0)).alerts;
    assert_eq!(alerts.len(), ALERTS_MAX);
    assert_eq!((alerts[0].alert_id.as_str(), alerts[ALERTS_MAX - 1].alert_id.as_str()), ("249", "50"));
}
