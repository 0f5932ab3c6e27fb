//! The demonstration: simulated sites that send into the source topic, and a screen that shows what comes of it.

use super::clock::now_ms;
use super::embedded;
use super::kafka::{Cluster, TURN};
use super::metrics::Metrics;
use crate::alert::{Alert, DISCLAIMER};
use crate::config::Settings;
use crate::normalise::Pseudonymiser;
use crate::profile::{Priority, Profile};
use crate::record::Millis;
use crate::simulate::{Feed, ward};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Largest simulated message, bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// How often the summary is printed where there is no terminal to draw it on.
const SUMMARY_EVERY: Duration = Duration::from_secs(10);

/// Longest wait for the last messages to leave.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// Partitions of a source topic that the demo makes on a real cluster.
const SOURCE_PARTITIONS: i32 = 3;

/// What the wards sent longer ago is sent at once.
const WARDS_SLOW_FROM_MS: i64 = 36 * 3_600_000;

/// What is fed.
#[derive(Clone, Copy, Debug)]
pub struct FeedPlan {
    /// Messages a second.
    pub rate: f64,
    /// Seed: the same one gives the same reports.
    pub seed: u64,
}

/// A key for this run alone.
///
/// # Errors
/// Never in practice.
pub fn passing_key() -> anyhow::Result<Pseudonymiser> {
    // Good enough to tell one demonstration from another; simulated patients need no secrecy.
    let mut key = [0u8; 32];
    fastrand::fill(&mut key);
    Ok(Pseudonymiser::new(&key)?)
}

/// The terminal.
#[derive(Clone, Debug)]
pub struct Screen {
    plan: FeedPlan,
    line: Option<ProgressBar>,
    counts: Arc<Counts>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    alerts: AtomicU64,
    high: AtomicU64,
}

impl Screen {
    /// Prints the banner.
    #[must_use]
    pub fn start(
        plan: FeedPlan,
        cluster: &Cluster,
        addresses: (SocketAddr, SocketAddr),
        metrics: Arc<Metrics>,
    ) -> Self {
        let line = std::io::stdout().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        let screen = Self { plan, line, counts: Arc::default(), metrics };
        let (page, metrics_at) = addresses;
        let mut banner = format!(
            "\nvigil demo: SIMULATED DATA. No patient, site or report shown here exists.\n{DISCLAIMER}\n\n  page     http://{page}/\n  metrics  http://{metrics_at}/metrics\n"
        );
        if cluster.is_embedded() {
            banner.push_str("\n  Kafka    inside this process, for this demonstration only:\n");
            for limit in embedded::LIMITS {
                banner.push_str(&format!("           - {limit}\n"));
            }
            banner.push_str("           A cluster of your own: vigil demo --kafka HOST:PORT\n");
        } else {
            banner.push_str(&format!("\n  Kafka    {}\n", cluster.bootstrap()));
        }
        banner.push_str("\nEach alert as it is raised (Ctrl-C ends):\n");
        screen.print(&banner);
        screen
    }

    /// Starts the feed on a thread of its own.
    ///
    /// # Errors
    /// When there is no source topic and none can be made, or no client.
    pub async fn feed(
        &self,
        cluster: &Cluster,
        settings: &Settings,
        profile: &'static Profile,
        stop: &CancellationToken,
    ) -> anyhow::Result<JoinHandle<()>> {
        let topic = settings.topics.sources.first().context("topics.sources is empty")?.topic.clone();
        if !cluster.is_embedded() {
            make_topic(cluster, &topic, settings.topics.replication).await?;
        }
        let producer: ThreadedProducer<DefaultProducerContext> =
            cluster.producer("demo", MESSAGE_BYTES_MAX).create().context("Kafka client")?;
        let (screen, stop) = (self.clone(), stop.clone());
        Ok(std::thread::Builder::new().name("feed".to_owned()).spawn(move || {
            screen.send(&producer, &topic, profile, &stop);
            let _ = producer.flush(FLUSH_MAX);
        })?)
    }

    fn send(
        &self,
        producer: &ThreadedProducer<DefaultProducerContext>,
        topic: &str,
        profile: &Profile,
        stop: &CancellationToken,
    ) {
        let now = now_ms();
        let mut feed = Feed::new(profile, self.plan.seed, Millis(now));
        let mut wards = ward::until(self.plan.seed, Millis(now)).into_iter();
        let pause = Duration::from_secs_f64(1.0 / self.plan.rate);
        let (mut due, mut said) = (Instant::now(), Instant::now());
        while !stop.is_cancelled() {
            let message = feed.next_message();
            self.send_one(producer, topic, message.site, &message.payload, stop);
            // What is long past comes quickly, the last days beside the reports.
            for (site, message) in wards.by_ref() {
                self.send_one(producer, topic, site, &message.payload, stop);
                if stop.is_cancelled() || now - message.known.0 < WARDS_SLOW_FROM_MS {
                    break;
                }
            }
            due += pause;
            loop {
                self.summarise(&mut said);
                let left = due.saturating_duration_since(Instant::now());
                if left.is_zero() || stop.is_cancelled() {
                    break;
                }
                std::thread::sleep(left.min(TURN));
            }
        }
    }

    /// Sends one message; waits while the client's queue is full.
    fn send_one(
        &self,
        producer: &ThreadedProducer<DefaultProducerContext>,
        topic: &str,
        site: &str,
        payload: &[u8],
        stop: &CancellationToken,
    ) {
        // By site, so that what one site sends stays in order.
        let mut record = BaseRecord::to(topic).key(site).payload(payload);
        while let Err((error, unsent)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) || stop.is_cancelled() {
                tracing::warn!(%error, "a simulated message was not sent");
                break;
            }
            record = unsent;
            std::thread::sleep(TURN);
        }
        self.counts.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Shows an alert.
    pub fn alerted(&self, alert: &Alert<'_>) {
        self.counts.alerts.fetch_add(1, Ordering::Relaxed);
        let shape = match alert.priority {
            Priority::High => {
                self.counts.high.fetch_add(1, Ordering::Relaxed);
                "▲ HIGH  "
            }
            Priority::Medium => "◆ medium",
            Priority::Low => "▼ low   ",
            Priority::Information => "● info  ",
        };
        self.print(&format!(
            "{shape} {:<19} {:<10} {:<14} {}",
            alert.concern.name(),
            alert.change.name(),
            alert.site.as_str(),
            alert.explanation.as_str()
        ));
    }

    /// Last words.
    pub fn finish(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
        say(&format!("\n{}", self.summary()));
    }

    fn summarise(&self, said: &mut Instant) {
        match &self.line {
            Some(line) => {
                line.set_message(self.summary());
                line.tick();
            }
            None if said.elapsed() >= SUMMARY_EVERY => {
                *said = Instant::now();
                say(&self.summary());
            }
            None => {}
        }
    }

    fn summary(&self) -> String {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        format!(
            "simulated messages sent {}, records judged {}, alerts {} ({} high)",
            count(&self.counts.sent),
            self.metrics.records_judged(),
            count(&self.counts.alerts),
            count(&self.counts.high)
        )
    }

    fn print(&self, text: &str) {
        match &self.line {
            Some(line) => line.println(text),
            None => say(text),
        }
    }
}

/// Prints a line; a reader that has gone away, as `head` does, is no reason to stop watching.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

async fn make_topic(cluster: &Cluster, topic: &str, replication: i32) -> anyhow::Result<()> {
    let admin: AdminClient<_> = cluster.client("demo").create().context("Kafka client")?;
    let new = NewTopic::new(topic, SOURCE_PARTITIONS, TopicReplication::Fixed(replication));
    let made = admin.create_topics([&new], &AdminOptions::new()).await.context("the cluster does not answer")?;
    for result in made {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, error)) => anyhow::bail!("topic {topic} cannot be made: {error}"),
        }
    }
    Ok(())
}
