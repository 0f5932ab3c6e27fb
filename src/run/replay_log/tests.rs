//! The comparison without Kafka: what is equal, and each way of not being so.

use super::compare::*;
use crate::alert::{Alert, AlertCodec};
use crate::pipeline::{Effects, Judge, LogMessage, LogRecord, Shard, Source, SourceMessage, intake, step};
use crate::profile::Profile;
use crate::record::{Body, Codec, Head, Merge, Record, SourceFormat, hex128};
use serde_json::json;

/// Alerts of three reports of VOD and a nullification of the first.
fn alerts() -> Vec<Alert<'static>> {
    let judge = Judge::new(Profile::builtin()).unwrap();
    let (mut shard, mut effects) = (Shard::new(0, 1, 10), Effects::default());
    let by = crate::pipeline::Intake {
        pseudonymiser: crate::normalise::Pseudonymiser::new(&[7; 32]).unwrap(),
        limits: crate::config::Settings::default().limits.decode(),
        internal_kinds: false,
    };
    let reports = [("A", 1, "current"), ("B", 1, "current"), ("A", 2, "nullification")];
    for (offset, (case, version, kind)) in (0..).zip(reports) {
        let report = json!({"body": {"Report": {
            "worldwide_case_id": case, "sender": "s", "version": version, "status": kind,
            "seriousness": {"serious": true}, "drugs": [{"role": "suspect", "name": "BESPONSA"}],
            "reactions": [{"term": "Veno-occlusive liver disease"}],
        }}});
        let payload = serde_json::to_vec(&report).unwrap();
        let message = SourceMessage { topic: "s", partition: 0, offset, timestamp: 5, payload: &payload, format: None };
        intake(&by, &Source::default(), &message, &mut |_, made| {
            let LogRecord { key, value, .. } = made.unwrap();
            let log = LogMessage { topic: "log", partition: 0, offset, key: Some(key.as_bytes()), value };
            let _ = step(&judge, &mut shard, &log, &mut Vec::new(), &mut effects).unwrap();
        });
    }
    effects.alerts.into_iter().map(|out| out.alert).collect()
}

fn said(alerts: &[Alert<'_>], codec: AlertCodec) -> SaidAlerts {
    let mut said = SaidAlerts::default();
    for (offset, alert) in (0..).zip(alerts) {
        said.take((0, offset, alert.recorded_at.0), &codec.encode(alert).unwrap());
    }
    said
}

#[test]
fn equal_alerts_are_equal_in_either_encoding() {
    let alerts = alerts();
    assert_eq!(alerts.len(), 3);
    for codec in [AlertCodec::Avro, AlertCodec::Json] {
        let (mut said, mut differences) = (said(&alerts, codec), Differences::default());
        alerts.iter().for_each(|alert| said.recomputed(alert, true, &mut differences).unwrap());
        said.unexplained(&|_, _, _| true, &mut differences);
        assert_eq!((said.equal, differences.count, said.has_other()), (3, 0, false));
    }
}

#[test]
fn each_difference_is_named_with_its_fields_and_without_its_words() {
    let alerts = alerts();
    let mut other = alerts.clone();
    other[1].explanation = "Jane Doe".into();
    other[1].notify = false;
    other.remove(2);
    let (mut said, mut differences) = (said(&other, AlertCodec::Json), Differences::default());
    // The first is not recomputed, the third was never said, the second was said otherwise.
    alerts[1..].iter().for_each(|alert| said.recomputed(alert, true, &mut differences).unwrap());
    said.unexplained(&|_, seq, _| seq == 1, &mut differences);
    let again = AlertCodec::Json.encode(&other[1]).unwrap();
    said.look_again(0, 1, &again, &mut differences);
    let text: Vec<String> = differences.kept.iter().map(ToString::to_string).collect();
    let of = |alert: &Alert<'_>| format!("alert {} revision {}", alert.alert_id.as_str(), alert.revision);
    assert_eq!(
        text,
        [
            format!("{}: recomputed, not said", of(&alerts[2])),
            format!("{}: said at 0/0, not recomputed", of(&alerts[0])),
            format!("{}: differs in explanation, notify", of(&alerts[1])),
        ]
    );
    assert_eq!(differences.count, 3);
}

#[test]
fn what_is_beside_the_range_is_not_compared() {
    let alerts = alerts();
    let mut other = alerts.clone();
    other[0].notify = !other[0].notify;
    let (mut said, mut differences) = (said(&other[..2], AlertCodec::Avro), Differences::default());
    for alert in &alerts {
        said.recomputed(alert, alert.seq == 2, &mut differences).unwrap();
    }
    said.unexplained(&|_, seq, _| seq == 2, &mut differences);
    assert_eq!((said.equal, differences.count, said.has_other()), (1, 0, false));
}

fn sent_on(id: u128, survivor: &'static str) -> Vec<u8> {
    let head = Head { record_id: hex128(id).into(), source_format: SourceFormat::Vigil, ..Head::default() };
    let body = Body::Merge(Merge { survivor: survivor.into(), merged: "m".into(), undone: false });
    let mut value = Vec::new();
    Codec::record().encode(&Record { head, body }, &mut value).unwrap();
    value
}

#[test]
fn records_sent_on_are_compared_by_id_and_bytes() {
    let (mut forwards, mut differences) = (Forwards::default(), Differences::default());
    for (id, survivor) in [(1, "a"), (2, "a"), (3, "a")] {
        forwards.held(&sent_on(id, survivor));
    }
    forwards.recomputed(&sent_on(1, "a"), &mut differences);
    forwards.recomputed(&sent_on(2, "b"), &mut differences);
    forwards.recomputed(&sent_on(4, "a"), &mut differences);
    forwards.unexplained(&mut differences);
    assert_eq!(forwards.equal, 1);
    let (missing, unexplained) = (Difference::ForwardMissing, Difference::ForwardUnexplained);
    assert_eq!(differences.kept, [missing(2), missing(4), unexplained(2), unexplained(3)]);
}

#[test]
fn state_is_that_of_the_last_progress_and_not_of_a_transaction_that_is_cut() {
    let held = || {
        let mut held = HeldState::default();
        held.take(b"a", Some(b"1"), None);
        held.take(b"b", Some(b"1"), None);
        held.take(b"progress", Some(b"p1"), Some(5));
        held.take(b"b", None, None);
        held.take(b"a", Some(b"2"), None);
        held.take(b"progress", Some(b"p2"), Some(9));
        held.take(b"a", Some(b"3"), None);
        held
    };
    assert_eq!(held().next_offset, Some(9));
    let compare = |changes: &[(&'static str, Option<&'static str>)]| {
        let mut differences = Differences::default();
        let changes = changes.iter().map(|(k, v)| (k.as_bytes(), v.map(str::as_bytes), *k == "progress"));
        (held().compare(0, changes, &mut differences), differences.kept)
    };
    assert_eq!(compare(&[("a", Some("2")), ("b", None), ("progress", Some("p2"))]), (3, vec![]));
    assert_eq!(compare(&[("progress", Some("p2"))]), (1, vec![Difference::State(0, 1)]), "a key too many");
    assert_eq!(compare(&[("a", Some("3")), ("progress", Some("p2"))]), (1, vec![Difference::State(0, 1)]));
    assert_eq!(compare(&[("a", Some("2")), ("progress", Some("p1"))]), (1, vec![Difference::Progress(0)]));
    let with_new = compare(&[("a", Some("2")), ("c", Some("1")), ("progress", Some("p2"))]);
    assert_eq!(with_new, (2, vec![Difference::State(0, 1)]), "a key too few");
}
