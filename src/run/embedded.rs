//! The broker inside the process, for the demo alone: librdkafka's mock cluster.

use super::kafka::Cluster;
use crate::config::Settings;
use anyhow::{Context as _, anyhow};
use rdkafka::mocking::MockCluster;
use std::sync::mpsc;
use std::thread::JoinHandle;

/// What it cannot do, for the demo's banner.
pub const LIMITS: [&str; 3] = [
    "it keeps at most 5 MiB a partition, and drops the oldest records beyond that",
    "it keeps nothing: when the process ends, everything is gone",
    "an aborted transaction does not take back what it wrote",
];

/// Partitions of each source topic.
const SOURCE_PARTITIONS: i32 = 3;

/// A broker that lives as long as this value.
#[derive(Debug)]
pub struct Embedded {
    cluster: Cluster,
    // The cluster belongs to the thread that made it; closing the channel ends both.
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Starts it on loopback and makes the topics of the settings.
    ///
    /// # Errors
    /// When it cannot listen, or refuses a topic.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let topics = &settings.topics;
        let ours = [&topics.records, &topics.alerts, &topics.state, &topics.rejects, &topics.audit];
        let mut wanted: Vec<(String, i32)> = ours.map(|name| (name.clone(), topics.partitions)).to_vec();
        wanted.extend(topics.sources.iter().map(|source| (source.topic.clone(), SOURCE_PARTITIONS)));
        let (started, starting) = mpsc::channel::<anyhow::Result<String>>();
        let (end, ending) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("embedded-kafka".to_owned()).spawn(move || {
            let cluster = match make(&wanted) {
                Ok(cluster) => cluster,
                Err(error) => {
                    let _ = started.send(Err(error));
                    return;
                }
            };
            let _ = started.send(Ok(cluster.bootstrap_servers()));
            // Ends when the other side is dropped.
            let _ = ending.recv();
        })?;
        let bootstrap = starting.recv().map_err(|_| anyhow!("the embedded broker's thread ended"))??;
        Ok(Self { cluster: Cluster::embedded(bootstrap), end: Some(end), thread: Some(thread) })
    }

    /// How to reach it.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

fn make(topics: &[(String, i32)]) -> anyhow::Result<MockCluster<'static, rdkafka::producer::DefaultProducerContext>> {
    let cluster = MockCluster::new(1).context("embedded broker")?;
    for (name, partitions) in topics {
        cluster.create_topic(name, *partitions, 1).with_context(|| format!("embedded broker, topic {name}"))?;
    }
    Ok(cluster)
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
