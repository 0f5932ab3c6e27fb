//! The list is what is exposed, and each thing counts where it should.

use super::*;
use std::collections::BTreeSet;

fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new(Profile::builtin(), "0123456789abcdef", Millis(0)).unwrap())
}

fn value(metrics: &Metrics, line_start: &str) -> String {
    let text = metrics.render(Millis(5_000), None, false);
    let line = text.lines().find(|line| line.starts_with(line_start));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("{line_start} in\n{text}")).to_owned()
}

fn judged(fate: Fate, kind: &'static str, suspect: Option<bool>) -> Judged {
    Judged::of(&Step { fate, kind, case: None, patient: None, suspect, concepts: 0, recorded_at: 0 })
}

#[test]
fn what_is_exposed_is_the_list_and_its_labels() {
    let metrics = metrics();
    metrics.lag(0, 1);
    metrics.restored(0, Duration::from_secs(1));
    everything_of_a_desk(&metrics.desk());
    let families = metrics.registry.gather();
    let exposed: BTreeSet<String> = families.iter().map(|family| family.name().to_owned()).collect();
    let listed: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(exposed, listed);
    for family in &families {
        let listed = METRICS.iter().find(|metric| metric.name == family.name()).unwrap();
        let labels: BTreeSet<&str> = family.get_metric()[0].get_label().iter().map(|label| label.name()).collect();
        assert_eq!(labels, listed.labels.iter().copied().collect(), "{}", listed.name);
        let suffix = listed.name.ends_with("_total");
        assert_eq!(suffix, listed.shape == Shape::Counter, "{}: counters end in _total", listed.name);
        assert!(!listed.name.ends_with("_seconds") || listed.unit == "seconds");
    }
    assert_eq!(metrics_table().lines().count(), METRICS.len() + 2);
}

fn everything_of_a_desk(desk: &DeskMetrics) {
    use crate::dashboard::meter::{ActFate, Meter as _, StreamTurn};
    use crate::dashboard::read_model::{ServiceState, Size, Source as Topic};
    let second = Duration::from_secs(1);
    desk.message(Topic::Alerts, Taken::Applied);
    desk.reading(Topic::Alerts, &ReadingSaid { behind: second, lag: Some(3), restored: Some(second) });
    desk.state(ServiceState::Stale);
    desk.size(&Size { of: "alerts", kept: 2, max: 5, let_go: 7 });
    desk.size(&Size { of: "alerts", kept: 1, max: 5, let_go: 9 });
    desk.streams(2);
    desk.stream(StreamTurn::Dropped);
    desk.answered("/api/v1/alerts/{id}", 404, second);
    desk.audited(false);
    desk.act(crate::record::AckAct::Snooze, ActFate::Void);
}

#[test]
fn what_the_dashboard_does_counts_where_it_should() {
    use crate::dashboard::read_model::{Source as Topic, Unread};
    let metrics = metrics();
    let desk = metrics.desk();
    everything_of_a_desk(&desk);
    desk.message(Topic::State, Taken::Unread(Unread::Newer));
    for (line, wanted) in [
        ("vigil_dashboard_messages_total{outcome=\"applied\",topic=\"alerts\"}", "1"),
        ("vigil_dashboard_messages_total{outcome=\"newer\",topic=\"state\"}", "1"),
        ("vigil_dashboard_messages_total{outcome=\"unreadable\",topic=\"rejects\"}", "0"),
        ("vigil_dashboard_lag_records{topic=\"alerts\"}", "3"),
        ("vigil_dashboard_state{state=\"stale\"}", "1"),
        ("vigil_dashboard_state{state=\"current\"}", "0"),
        ("vigil_dashboard_kept{of=\"alerts\"}", "1"),
        ("vigil_dashboard_let_go_total{of=\"alerts\"}", "9"),
        ("vigil_dashboard_streams", "2"),
        ("vigil_dashboard_stream_turns_total{turn=\"dropped\"}", "1"),
        ("vigil_dashboard_requests_total{route=\"/api/v1/alerts/{id}\",status=\"4xx\"}", "1"),
        ("vigil_dashboard_request_seconds_count{route=\"/api/v1/alerts/{id}\"}", "1"),
        ("vigil_dashboard_audit_writes_total{result=\"failed\"}", "1"),
        ("vigil_dashboard_acts_total{act=\"snooze\",fate=\"void\"}", "1"),
    ] {
        assert_eq!(value(&metrics, line), wanted, "{line}");
    }
    desk.reading(Topic::Alerts, &ReadingSaid { behind: Duration::ZERO, lag: None, restored: None });
    let text = metrics.render(Millis(0), None, true);
    assert!(!text.contains("vigil_dashboard_lag_records{"), "what is not known is not shown");
}

#[test]
fn a_record_counts_once_under_its_kind_and_fate() {
    let metrics = metrics();
    metrics.judged(&judged(Fate::Alerted, "report", Some(true)));
    metrics.judged(&judged(Fate::Quiet, "report", Some(false)));
    metrics.judged(&judged(Fate::Rejected(RejectReason::WrongPartition.at("partition 3")), "unknown", None));
    metrics.rejected(Stage::Ingest, RejectReason::TooLarge);
    assert_eq!(value(&metrics, "vigil_records_total{fate=\"alerted\",kind=\"report\"}"), "1");
    assert_eq!(value(&metrics, "vigil_records_total{fate=\"rejected\",kind=\"unknown\"}"), "1");
    assert_eq!(value(&metrics, "vigil_reports_total{suspect=\"yes\"}"), "1");
    assert_eq!(value(&metrics, "vigil_reports_total{suspect=\"no\"}"), "1");
    assert_eq!(value(&metrics, "vigil_rejects_total{reason=\"wrong_partition\",stage=\"watch\"}"), "1");
    assert_eq!(value(&metrics, "vigil_rejects_total{reason=\"too_large\",stage=\"ingest\"}"), "1");
    assert_eq!(value(&metrics, "vigil_data_age_seconds"), "5");
}

#[test]
fn due_cases_are_counted_on_the_day_on_which_they_are_asked_for() {
    use crate::normalise::Pseudonymiser;
    use crate::pipeline::{Effects, Intake, Judge, LogMessage, Shard, Source, SourceMessage, intake, step};
    const REPORT: &str = r#"{"body":{"Report":{"sender":"S","sender_case_id":"C1","most_recent":"2025-03-14",
        "reporter_qualification":"physician","patient":{"sex":"female"},"seriousness":{"serious":true},
        "drugs":[{"role":"suspect","name":"Besponsa"}],"reactions":[{"term":"Venoocclusive liver disease"}]}}}"#;
    let taking_in = Intake {
        pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
        limits: crate::decode::Limits { message_bytes: 1 << 20, container_records: 10, list_items: 10 },
        internal_kinds: false,
    };
    let source = Source { own_receipt: true, ..Source::default() };
    let payload = REPORT.as_bytes();
    let message = SourceMessage { topic: "t", partition: 0, offset: 0, timestamp: 1, payload, format: None };
    let judge = Judge::new(Profile::builtin()).unwrap();
    let mut shard = Shard::new(0, 1, 10);
    intake(&taking_in, &source, &message, &mut |_, record| {
        let record = record.unwrap();
        let key = Some(record.key.as_bytes());
        let message = LogMessage { topic: "t", partition: 0, offset: 0, key, value: record.value };
        step(&judge, &mut shard, &message, &mut Vec::new(), &mut Effects::default()).unwrap();
    });
    let metrics = metrics();
    let mut gauges = metrics.shard(0);
    gauges.publish(&shard);
    let due = |region: &str, bucket: &str, on: &str| {
        let days = on.parse::<PartialDate>().unwrap().days().unwrap();
        let text = metrics.render(Millis(days * 86_400_000), None, true);
        let start = format!("vigil_cases_due{{due=\"{bucket}\",region=\"{region}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&start).map(str::to_owned)).unwrap()
    };
    assert_eq!(due("EU", "within_15_days", "2025-03-14"), "1");
    assert_eq!(due("EU", "within_3_days", "2025-03-29"), "1");
    assert_eq!(due("EU", "overdue", "2025-03-30"), "1");
    assert_eq!(due("US", "within_15_days", "2025-03-14"), "0", "listed in the US");
    drop(gauges);
    assert_eq!(due("EU", "overdue", "2025-03-30"), "0");
}

#[test]
fn a_dropped_shard_takes_its_gauges_back() {
    let metrics = metrics();
    let mut one = metrics.shard(0);
    let mut two = metrics.shard(1);
    one.set(CaseTally::default(), 7, 0);
    two.set(CaseTally::default(), 5, 1);
    assert_eq!(value(&metrics, "vigil_cases_remembered"), "12");
    assert_eq!(value(&metrics, "vigil_shards"), "2");
    drop(two);
    assert_eq!(value(&metrics, "vigil_cases_remembered"), "7");
    assert_eq!(value(&metrics, "vigil_ledger_imbalance"), "0");
    assert_eq!(value(&metrics, "vigil_shards"), "1");
}
