//! What must hold of the topics at the end of any test, whatever happened on the way.

use crate::cluster::{Corner, Seen};
use besponsa_vigil::alert::{AlertCodec, AlertOut};
use besponsa_vigil::pipeline::{Effects, Judge, LogMessage, Shard, step};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::{Body, Codec, Record};
use std::collections::{BTreeMap, BTreeSet};

/// `alert_id` and `revision`.
type AlertIdentity = (String, String);

/// Case and version.
pub type Version = (String, i32);

/// What was found.
pub struct Found {
    /// Alerts, each counted once.
    pub alerts: usize,
    /// For the test to print.
    pub summary: String,
}

/// Every version sent is in the log; every alert that the log gives was said, once, in the bytes that the log gives, and no
/// other was.
pub fn nothing_lost_nothing_twice(corner: &Corner, partitions: i32, sent: &[Version]) -> Found {
    let topic = corner.name("records");
    let records = corner.read(&topic);
    let reports: Vec<Version> = records.iter().filter_map(version_of).collect();
    let in_log: BTreeSet<Version> = reports.iter().cloned().collect();
    let expected: BTreeSet<Version> = sent.iter().cloned().collect();
    let lost: Vec<_> = expected.difference(&in_log).collect();
    assert!(lost.is_empty(), "lost between source and log: {lost:?}");
    assert_eq!(in_log.len(), expected.len());
    assert_eq!(corner.count(&corner.name("rejects")), 0);

    let alerts = corner.read(&corner.name("alerts"));
    let mut said: BTreeMap<AlertIdentity, Vec<u8>> = BTreeMap::new();
    for seen in &alerts {
        let identity = (seen.header("alert_id").to_owned(), seen.header("revision").to_owned());
        assert!(!said.contains_key(&identity), "{identity:?} was said twice");
        said.insert(identity, seen.value.clone());
    }
    let of_log = alerts_of_log(&records, &topic, partitions);
    let unsaid: Vec<_> = of_log.keys().filter(|identity| !said.contains_key(*identity)).collect();
    assert!(unsaid.is_empty(), "alerts lost: {unsaid:?}");
    assert!(said == of_log, "what was said is not what the log gives");
    let (distinct, repeated) = (said.len(), reports.len() - in_log.len());
    let uncommitted = corner.read_as(&corner.name("alerts"), "read_uncommitted").len() - alerts.len();
    let summary = format!(
        "{} reports sent, {} in the log ({repeated} repeated by ingest), {distinct} alerts, each once ({uncommitted} more were \
         taken back by transactions that did not commit)",
        sent.len(),
        reports.len()
    );
    Found { alerts: distinct, summary }
}

/// Every alert that the log, folded from its beginning, gives.
fn alerts_of_log(records: &[Seen], topic: &str, partitions: i32) -> BTreeMap<AlertIdentity, Vec<u8>> {
    let judge = Judge::new(Profile::builtin()).unwrap();
    let mut shards: BTreeMap<i32, Shard> =
        (0..partitions).map(|partition| (partition, Shard::new(partition, partitions, 1_000_000))).collect();
    let mut effects = Effects::default();
    let mut scratch = Vec::new();
    for seen in records {
        let key = seen.key.as_deref();
        let message = LogMessage { topic, partition: seen.partition, offset: seen.offset, key, value: &seen.value };
        let _ = step(&judge, shards.get_mut(&seen.partition).unwrap(), &message, &mut scratch, &mut effects).unwrap();
    }
    let identity = |out: &AlertOut| {
        ((out.alert.alert_id.to_string(), out.alert.revision.to_string()), AlertCodec::Avro.encode(&out.alert).unwrap())
    };
    effects.alerts.iter().map(identity).collect()
}

/// Case and version of a report; `None` of what the system itself writes.
fn version_of(seen: &Seen) -> Option<Version> {
    let mut scratch = Vec::new();
    let record: Record<'_> = Codec::record().decode(&seen.value, &mut scratch).unwrap();
    match record.body {
        Body::Report(report) => Some((report.worldwide_case_id.unwrap().to_string(), report.version.unwrap())),
        Body::Tick(_) | Body::Forwarded(_) => None,
        other => panic!("{}", other.kind()),
    }
}
