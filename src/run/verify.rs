//! `vigil verify`: the topics of a cluster, read to their ends, before the witness.

use super::kafka::Cluster;
use super::scan::{Isolation, Scanner, plain};
use crate::config::{Settings, SourceTopic};
use crate::decode;
use crate::verify::{Ours, Shape, Spans, Verdict, Verifier};
use rdkafka::message::Message as _;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// Reads everything and judges it. `settled`: all input must be consumed.
///
/// # Errors
/// When the cluster does not answer, or the reading is stopped.
pub fn verify(
    cluster: &Cluster,
    settings: &Settings,
    settled: bool,
    stop: &CancellationToken,
) -> anyhow::Result<Verdict> {
    let topics = &settings.topics;
    let scanner = Scanner { cluster, stop };
    let shape = Shape {
        sources: topics.sources.iter().map(|source| source.topic.clone()).collect(),
        records: topics.records.clone(),
        alerts: topics.alerts.clone(),
        state: topics.state.clone(),
        rejects: topics.rejects.clone(),
        partitions: topics.partitions,
        settled,
    };
    let mut ingested = BTreeMap::new();
    for source in &topics.sources {
        if let Some(spans) = scanner.spans(&source.topic)? {
            ingested.append(&mut scanner.committed(&settings.ingest.group, &source.topic, &spans)?);
        }
    }
    let mut witness = Verifier::new(shape, ingested);
    let mut again = Vec::new();
    let told = |topic: &str, witness: &mut Verifier| -> anyhow::Result<Spans> {
        let spans = scanner.spans(topic)?;
        witness.spans(topic, spans.clone());
        Ok(spans.unwrap_or_default())
    };
    let ours = [(&topics.state, Ours::State), (&topics.rejects, Ours::Rejects)];
    for (topic, which) in ours {
        let spans = told(topic, &mut witness)?;
        scanner.read(topic, &spans, Isolation::Committed, &mut |message| {
            match which {
                Ours::State => witness.state(&plain(message)),
                Ours::Rejects | Ours::Alerts | Ours::Records => witness.reject(&plain(message)),
            }
            Ok(())
        })?;
        again.push((topic, which, spans));
    }
    for source in &topics.sources {
        let spans = told(&source.topic, &mut witness)?;
        let mut makes = Makes { source, limits: settings.limits.decode(), indices: Vec::new() };
        scanner.read(&source.topic, &spans, Isolation::Committed, &mut |message| {
            let indices = makes.of(message.payload().unwrap_or_default());
            witness.source(&source.topic, message.partition(), message.offset(), indices);
            Ok(())
        })?;
    }
    let ours = [(&topics.alerts, Ours::Alerts), (&topics.records, Ours::Records)];
    for (topic, which) in ours {
        let spans = told(topic, &mut witness)?;
        scanner.read(topic, &spans, Isolation::Committed, &mut |message| {
            match which {
                Ours::Alerts => witness.alert(&plain(message)),
                Ours::Rejects | Ours::State | Ours::Records => witness.record(&plain(message)),
            }
            Ok(())
        })?;
        again.push((topic, which, spans));
    }
    for (topic, which, spans) in again {
        scanner.read(topic, &spans, Isolation::Uncommitted, &mut |message| {
            witness.uncommitted(which, &plain(message));
            Ok(())
        })?;
    }
    Ok(witness.finish())
}

/// Counts what a source message makes. The decoder says so by the present settings: what ingest made of the message by
/// other ones is taken as it is.
struct Makes<'s> {
    source: &'s SourceTopic,
    limits: decode::Limits,
    indices: Vec<i32>,
}

impl Makes<'_> {
    fn of(&mut self, payload: &[u8]) -> &[i32] {
        let Self { source, limits, indices } = self;
        indices.clear();
        decode::decode(source.format, payload, limits, &mut |index, _| indices.push(index));
        &self.indices
    }
}
