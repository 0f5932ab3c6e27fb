//! Our topics: created or verified at start, never by accident.

use super::kafka::{ANSWER_MAX, Cluster, MESSAGE_BYTES_MIN, Quiet, message_bytes_max};
use crate::config::Settings;
use anyhow::Context as _;
use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::metadata::Metadata;
use rdkafka::types::RDKafkaErrorCode;
use std::fmt;

/// A topic of ours as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Its partitions, the same for all of ours: keys must fall on the same number everywhere.
    pub partitions: i32,
    /// Settings that it is created with.
    pub create_with: Vec<(&'static str, String)>,
    /// Settings that it must have.
    pub must_have: Vec<(&'static str, Must)>,
}

/// What a topic's setting must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Must {
    /// Exactly this.
    Be(&'static str),
    /// A number of at least this.
    Reach(i64),
}

impl Must {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Be(wanted) => value == *wanted,
            Self::Reach(least) => value.parse::<i64>().is_ok_and(|number| number >= *least),
        }
    }
}

impl fmt::Display for Must {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Be(wanted) => f.write_str(wanted),
            Self::Reach(least) => write!(f, "at least {least}"),
        }
    }
}

/// One thing that is wrong with a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("topic {topic}: {what} is {has}, must be {must}")]
pub struct TopicFault {
    /// Topic.
    pub topic: String,
    /// Which property of it.
    pub what: String,
    /// What it has.
    pub has: String,
    /// What it must have.
    pub must: String,
}

/// Everything that is wrong with the topics of a cluster.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct TopicFaults(pub Vec<TopicFault>);

/// One day, milliseconds.
const DAY_MS: u64 = 86_400_000;

/// Our topics by these settings.
#[must_use]
pub fn specs(settings: &Settings) -> Vec<TopicSpec> {
    let topics = &settings.topics;
    let spec = |name: &str, cleanup: &'static str, bytes: usize, more: &[(&'static str, String)]| {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut create_with = vec![
            ("cleanup.policy", cleanup.to_owned()),
            ("max.message.bytes", bytes.to_string()),
            ("min.insync.replicas", topics.min_insync.to_string()),
            ("unclean.leader.election.enable", "false".to_owned()),
            // A record carries the time at which its source message became known; a source whose clock is ahead must not
            // hold up the log.
            ("message.timestamp.type", "CreateTime".to_owned()),
            ("message.timestamp.after.max.ms", i64::MAX.to_string()),
        ];
        create_with.extend_from_slice(more);
        TopicSpec {
            name: name.to_owned(),
            partitions: topics.partitions,
            create_with,
            must_have: vec![("cleanup.policy", Must::Be(cleanup)), ("max.message.bytes", Must::Reach(bytes))],
        }
    };
    let forever = || [("retention.ms", "-1".to_owned()), ("retention.bytes", "-1".to_owned())];
    let mut records = spec(&topics.records, "delete", message_bytes_max(settings.limits.message_bytes_max), &forever());
    // Memory is rebuilt from the beginning of the log: what retention takes away would be forgotten.
    records.must_have.extend([("retention.ms", Must::Be("-1")), ("retention.bytes", Must::Be("-1"))]);
    vec![
        records,
        spec(&topics.alerts, "delete", MESSAGE_BYTES_MIN, &forever()),
        spec(
            &topics.state,
            "compact",
            MESSAGE_BYTES_MIN,
            &[
                ("min.compaction.lag.ms", (DAY_MS / 24).to_string()),
                ("delete.retention.ms", (7 * DAY_MS).to_string()),
                ("segment.ms", (DAY_MS / 24).to_string()),
            ],
        ),
        spec(
            &topics.rejects,
            "delete",
            MESSAGE_BYTES_MIN,
            &[("retention.ms", topics.rejects_retention.as_millis().to_string())],
        ),
        spec(&topics.audit, "delete", MESSAGE_BYTES_MIN, &forever()),
    ]
}

/// Creates what is missing, if the settings say so, and verifies all of it. `sources` are checked to exist: they are
/// others' to create.
///
/// # Errors
/// [`TopicFaults`], or that the cluster does not answer.
pub async fn ensure(cluster: &Cluster, settings: &Settings, sources: bool) -> anyhow::Result<()> {
    if cluster.is_embedded() {
        // It knows topics, but not their settings; what made it made them.
        return Ok(());
    }
    let admin: AdminClient<Quiet> = cluster.client("admin").create_with_context(Quiet).context("Kafka client")?;
    let specs = specs(settings);
    if settings.topics.create {
        create_missing(&admin, cluster, settings, &specs).await?;
    }
    verify(&admin, cluster, settings, &specs, sources).await
}

/// `max.message.bytes` of a topic.
///
/// # Errors
/// When there is no such topic, or the cluster does not answer.
pub async fn message_bytes_of(cluster: &Cluster, topic: &str) -> anyhow::Result<usize> {
    let value = setting_of(cluster, topic, "max.message.bytes").await?;
    value.and_then(|value| value.parse().ok()).context("max.message.bytes is not known")
}

/// Does the broker give the messages of a topic its own time, in place of the sender's?
///
/// # Errors
/// When there is no such topic, or the cluster does not answer.
pub async fn stamps_its_own_time(cluster: &Cluster, topic: &str) -> anyhow::Result<bool> {
    Ok(setting_of(cluster, topic, "message.timestamp.type").await?.as_deref() == Some("LogAppendTime"))
}

async fn setting_of(cluster: &Cluster, topic: &str, name: &str) -> anyhow::Result<Option<String>> {
    let admin: AdminClient<Quiet> = cluster.client("admin").create_with_context(Quiet).context("Kafka client")?;
    if partitions_of(&metadata(&admin, cluster)?, topic).is_none() {
        anyhow::bail!("there is no topic {topic}: create it first");
    }
    let options = AdminOptions::new().request_timeout(Some(ANSWER_MAX));
    let described = admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &options).await?;
    let resource = described.into_iter().next().context("no answer about the topic")?;
    let resource = resource.map_err(|code| anyhow::anyhow!("settings of topic {topic} cannot be read: {code}"))?;
    Ok(resource.get(name).and_then(|entry| entry.value.clone()))
}

async fn create_missing(
    admin: &AdminClient<Quiet>,
    cluster: &Cluster,
    settings: &Settings,
    specs: &[TopicSpec],
) -> anyhow::Result<()> {
    let metadata = metadata(admin, cluster)?;
    let missing: Vec<NewTopic<'_>> = specs
        .iter()
        .filter(|spec| partitions_of(&metadata, &spec.name).is_none())
        .map(|spec| {
            let replication = TopicReplication::Fixed(settings.topics.replication);
            spec.create_with
                .iter()
                .fold(NewTopic::new(&spec.name, spec.partitions, replication), |topic, (name, value)| {
                    topic.set(name, value)
                })
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let options = AdminOptions::new().operation_timeout(Some(ANSWER_MAX)).request_timeout(Some(ANSWER_MAX));
    for result in admin.create_topics(&missing, &options).await.context("creating topics")? {
        match result {
            Ok(name) => tracing::info!(topic = name, "created topic"),
            // Another process of ours was quicker.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => anyhow::bail!("topic {name} cannot be created: {code}"),
        }
    }
    wait_until_known(admin, cluster, specs).await
}

/// A new topic is not known to every broker at once, nor led at once.
async fn wait_until_known(admin: &AdminClient<Quiet>, cluster: &Cluster, specs: &[TopicSpec]) -> anyhow::Result<()> {
    let until = std::time::Instant::now() + ANSWER_MAX;
    loop {
        let metadata = metadata(admin, cluster)?;
        let led = |spec: &&TopicSpec| {
            let partitions = partitions_of(&metadata, &spec.name).unwrap_or(0);
            let answers = |partition| admin.inner().fetch_watermarks(&spec.name, partition, ANSWER_MAX).is_ok();
            partitions > 0 && (0..partitions).all(answers)
        };
        let Some(unknown) = specs.iter().find(|spec| !led(spec)) else { return Ok(()) };
        anyhow::ensure!(std::time::Instant::now() < until, "topic {} was created and is not led", unknown.name);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn verify(
    admin: &AdminClient<Quiet>,
    cluster: &Cluster,
    settings: &Settings,
    specs: &[TopicSpec],
    sources: bool,
) -> anyhow::Result<()> {
    let metadata = metadata(admin, cluster)?;
    let mut faults = Vec::new();
    let missing = |topic: &str, must: String| TopicFault {
        topic: topic.to_owned(),
        what: "the topic".to_owned(),
        has: "missing".to_owned(),
        must,
    };
    for source in settings.topics.sources.iter().filter(|_| sources) {
        if partitions_of(&metadata, &source.topic).is_none() {
            faults.push(missing(&source.topic, "created by whoever writes to it (topics.sources)".to_owned()));
        }
    }
    let mut present = Vec::new();
    for spec in specs {
        match partitions_of(&metadata, &spec.name) {
            None => faults.push(missing(&spec.name, format!("created with {} partitions", spec.partitions))),
            Some(partitions) => {
                if partitions != spec.partitions {
                    faults.push(TopicFault {
                        topic: spec.name.clone(),
                        what: "the number of partitions".to_owned(),
                        has: partitions.to_string(),
                        must: format!("{} (topics.partitions)", spec.partitions),
                    });
                }
                present.push(spec);
            }
        }
    }
    let resources: Vec<_> = present.iter().map(|spec| ResourceSpecifier::Topic(&spec.name)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER_MAX));
    // The client refuses to ask about nothing.
    let described = match resources.is_empty() {
        true => Vec::new(),
        false => admin.describe_configs(&resources, &options).await.context("reading the topics' settings")?,
    };
    for (spec, resource) in present.iter().zip(described) {
        match resource {
            Ok(resource) => faults.extend(setting_faults(spec, &resource)),
            Err(code) => anyhow::bail!("settings of topic {} cannot be read: {code}", spec.name),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(TopicFaults(faults).into()) }
}

fn setting_faults(spec: &TopicSpec, resource: &ConfigResource) -> Vec<TopicFault> {
    let fault = |(name, must): &(&str, Must)| {
        let has = resource.get(name).and_then(|entry| entry.value.clone()).unwrap_or_else(|| "not known".to_owned());
        (!must.holds(&has)).then(|| TopicFault {
            topic: spec.name.clone(),
            what: (*name).to_owned(),
            has,
            must: must.to_string(),
        })
    };
    spec.must_have.iter().filter_map(fault).collect()
}

fn metadata(admin: &AdminClient<Quiet>, cluster: &Cluster) -> anyhow::Result<Metadata> {
    admin
        .inner()
        .fetch_metadata(None, ANSWER_MAX)
        .with_context(|| format!("no Kafka broker answers at {}", cluster.bootstrap()))
}

/// Partitions of a topic; `None` if there is no such topic.
fn partitions_of(metadata: &Metadata, name: &str) -> Option<i32> {
    let topic = metadata.topics().iter().find(|topic| topic.name() == name)?;
    if topic.error().is_some() || topic.partitions().is_empty() {
        return None;
    }
    i32::try_from(topic.partitions().len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_and_the_alerts_are_kept_for_ever_and_the_state_is_compacted() {
        let specs = specs(&Settings::default());
        let cleanup: Vec<_> = specs
            .iter()
            .map(|spec| spec.create_with.iter().find(|(n, _)| *n == "cleanup.policy").unwrap().1.as_str())
            .collect();
        assert_eq!(cleanup, ["delete", "delete", "compact", "delete", "delete"]);
        assert!(specs[0].must_have.contains(&("retention.ms", Must::Be("-1"))));
        assert!(specs.iter().all(|spec| spec.partitions == 6));
        // A source message of the greatest size must fit once it is a record.
        assert!(specs[0].must_have.iter().any(|(name, must)| *name == "max.message.bytes" && must.holds("1114112")));
    }

    #[test]
    fn a_fault_names_topic_what_it_has_and_what_it_must_have() {
        let fault = TopicFault {
            topic: "vigil.alerts".into(),
            what: "the number of partitions".into(),
            has: "3".into(),
            must: "6 (topics.partitions)".into(),
        };
        assert_eq!(
            fault.to_string(),
            "topic vigil.alerts: the number of partitions is 3, must be 6 (topics.partitions)"
        );
    }
}
