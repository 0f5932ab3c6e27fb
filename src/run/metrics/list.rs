//! The closed list: every metric by name, kind, unit, labels and meaning. The README's table is made from it.

use std::fmt::Write as _;

/// Kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution.
    Histogram,
}

impl Shape {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric of the list.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name.
    pub name: &'static str,
    /// Kind.
    pub shape: Shape,
    /// Unit.
    pub unit: &'static str,
    /// Labels.
    pub labels: &'static [&'static str],
    /// Meaning.
    pub doc: &'static str,
}

const fn metric(
    name: &'static str,
    shape: Shape,
    unit: &'static str,
    labels: &'static [&'static str],
    doc: &'static str,
) -> Metric {
    Metric { name, shape, unit, labels, doc }
}

macro_rules! metrics {
    ($($constant:ident = $name:literal, $shape:ident, $unit:literal, [$($label:literal),*], $doc:literal;)*) => {
        $(pub(super) const $constant: Metric = metric($name, Shape::$shape, $unit, &[$($label),*], $doc);)*
        /// All metrics.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    SOURCE_MESSAGES = "vigil_source_messages_total", Counter, "messages", [], "Messages read from source topics";
    INGESTED = "vigil_ingested_total", Counter, "records", ["kind"], "Records that ingest wrote to the log";
    RECORDS = "vigil_records_total", Counter, "records", ["kind", "fate"], "Records of the log that were judged and committed, each with its one fate";
    REPORTS = "vigil_reports_total", Counter, "reports", ["suspect"], "Reports judged, by whether the product is suspect";
    REJECTS = "vigil_rejects_total", Counter, "records", ["stage", "reason"], "Messages and records that could not be used";
    ALERTS = "vigil_alerts_total", Counter, "revisions", ["concern", "priority", "change"], "Revisions of alerts that were written";
    CASES = "vigil_cases", Gauge, "cases", ["suspect", "concept"], "Cases that hold now, by label reaction reported (`any`: all of them); goes down when a case is nullified or a follow-up no longer says so";
    CASES_DUE = "vigil_cases_due", Gauge, "cases", ["region", "due"], "Cases of own receipt with a running reporting clock, by region and by how soon its last day is; what was submitted is not known to vigil, so that a case stays `overdue` until it is nullified";
    CASES_REMEMBERED = "vigil_cases_remembered", Gauge, "cases", [], "Cases in memory, nullified ones among them; see `limits.cases_max`";
    PATIENTS = "vigil_patients", Gauge, "patients", ["exposed"], "Patients whose course is in memory, by whether they had the product; who never had it is forgotten after a time of silence";
    LEDGER_IMBALANCE = "vigil_ledger_imbalance", Gauge, "records", [], "Records read without a fate, or fates without a record. Anything but 0 is a fault of vigil";
    END_TO_END = "vigil_end_to_end_seconds", Histogram, "seconds", [], "From a report's arrival in Kafka to the commit of its alert";
    BATCH_RECORDS = "vigil_batch_records", Histogram, "records", [], "Records in a transaction of watch";
    BATCH_SECONDS = "vigil_batch_seconds", Histogram, "seconds", [], "From the first record of a transaction to its commit";
    INPUT_LAG = "vigil_input_lag_records", Gauge, "records", ["partition"], "Records of the log that are not judged yet";
    DATA_AGE = "vigil_data_age_seconds", Gauge, "seconds", [], "Age of the newest record judged by the shard whose newest is oldest; since the start where there is none yet. Grows while nobody reports";
    SHARDS = "vigil_shards", Gauge, "shards", [], "Shards that this process watches";
    RESTORE_SECONDS = "vigil_restore_seconds", Gauge, "seconds", ["partition"], "How long the last restore of a shard's memory took";
    SHARD_FAILURES = "vigil_shard_failures_total", Counter, "failures", [], "Times that a shard's memory was dropped after an error, to be restored";
    FORWARDS = "vigil_forwards_total", Counter, "records", [], "Facts that cases sent on to their patients, and their withdrawals";
    STATE_RECORDS = "vigil_state_records_total", Counter, "records", [], "Records written to the changelog, progress among them";
    STATE_BYTES = "vigil_state_bytes_total", Counter, "bytes", [], "Bytes of values written to the changelog";
    DESK_MESSAGES = "vigil_dashboard_messages_total", Counter, "messages", ["topic", "outcome"], "Messages of vigil's topics that the dashboard read: `applied`; `known`, it or a later one was; `unreadable`, broken or nobody's, and passed over; `newer`, of a newer release, and not shown";
    DESK_LAG = "vigil_dashboard_lag_records", Gauge, "messages", ["topic"], "Messages of the topic that the dashboard has not read yet, where that is known; marks of transactions may be among them";
    DESK_BEHIND = "vigil_dashboard_behind_seconds", Gauge, "seconds", ["topic"], "Since the dashboard's reading of the topic last stood at its end; near 0 while it follows";
    DESK_RESTORE_SECONDS = "vigil_dashboard_restore_seconds", Gauge, "seconds", ["topic"], "How long the topic was read until its end was reached first";
    DESK_STATE = "vigil_dashboard_state", Gauge, "boolean", ["state"], "1 for what the page says of itself: `current`, `quiet`, `stale` or `no_data`";
    DESK_KEPT = "vigil_dashboard_kept", Gauge, "items", ["of"], "What the dashboard keeps in memory";
    DESK_KEPT_MAX = "vigil_dashboard_kept_max", Gauge, "items", ["of"], "How much of it can be kept; open alerts are kept beyond that";
    DESK_LET_GO = "vigil_dashboard_let_go_total", Counter, "items", ["of"], "What was let go to keep the bound";
    DESK_STREAMS = "vigil_dashboard_streams", Gauge, "streams", [], "Live streams that are open; see `dashboard.streams_max`";
    DESK_STREAM_TURNS = "vigil_dashboard_stream_turns_total", Counter, "turns", ["turn"], "What happened to live streams: `opened`, `refused` for want of a seat, `resumed`, `reset` (the client asks for everything anew), `closed`, `dropped` for reading too slowly, `signed_out`, `stopped`";
    DESK_REQUESTS = "vigil_dashboard_requests_total", Counter, "requests", ["route", "status"], "Answers by the template of the path and the class of the status";
    DESK_REQUEST_SECONDS = "vigil_dashboard_request_seconds", Histogram, "seconds", ["route"], "From a request to the beginning of its answer, the write of its audit among it";
    DESK_AUDIT_WRITES = "vigil_dashboard_audit_writes_total", Counter, "records", ["result"], "Records of the audit that were `written`, or `failed`: then nothing is shown and nothing done";
    DESK_ACTS = "vigil_dashboard_acts_total", Counter, "acts", ["act", "fate"], "Acts that people asked for: `accepted` into the log, `void`, `refused`, `not_written`";
    READY = "vigil_ready", Gauge, "boolean", [], "1 while /readyz says yes";
    BUILD_INFO = "vigil_build_info", Gauge, "one", ["version"], "Always 1; version of the program";
    PROFILE_INFO = "vigil_profile_info", Gauge, "one", ["version", "hash"], "Always 1; version of the safety profile and the first 16 digits of its hash";
    SETTINGS_INFO = "vigil_settings_info", Gauge, "one", ["hash"], "Always 1; hash of the effective settings without secrets";
}

/// The README's table of metrics, in Markdown.
#[must_use]
pub fn metrics_table() -> String {
    let mut text = String::from("| metric | kind | unit | labels | meaning |\n|---|---|---|---|---|\n");
    for Metric { name, shape, unit, labels, doc } in METRICS {
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
        let _ = writeln!(text, "| `{name}` | {} | {unit} | {labels} | {doc}. |", shape.name());
    }
    text
}
