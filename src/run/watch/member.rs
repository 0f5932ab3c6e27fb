//! Membership of the group: which shards are ours, and what may be committed for them.

use super::super::assign::{self, Acquired, GroupEvent};
use super::super::kafka;
use super::super::metrics::Metrics;
use super::super::roles::Trouble;
use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the loop and the group's events share. The events run on the loop's thread, within its polls.
#[derive(Debug, Default)]
pub struct Membership(Mutex<Member>);

/// See [`Membership`].
#[derive(Debug, Default)]
pub struct Member {
    /// Shards that came and went since the loop last looked, in order.
    changes: Vec<Change>,
    /// Position of each shard of ours up to which everything was carried out.
    pub settled: BTreeMap<i32, i64>,
    /// What was last committed of it.
    committed: BTreeMap<i32, i64>,
    /// What ends the session.
    trouble: Option<Trouble>,
    joined: bool,
}

/// A shard that came or went.
#[derive(Debug)]
pub enum Change {
    /// It is ours, from the beginning of the log.
    Acquired(Acquired),
    /// It is another's.
    Released(i32),
}

impl Membership {
    /// The state; never held across a call to Kafka.
    pub fn lock(&self) -> MutexGuard<'_, Member> {
        // No code of ours panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the group, or the settings, said which shards are ours?
    pub fn joined(&self) -> bool {
        self.lock().joined
    }

    /// Shards that came and went since the last call.
    pub fn take_changes(&self) -> Result<Vec<Change>, Trouble> {
        let mut member = self.lock();
        match member.trouble.take() {
            Some(trouble) => Err(trouble),
            None => Ok(std::mem::take(&mut member.changes)),
        }
    }

    /// Positions that are settled and not committed; taken as committed.
    pub fn to_commit(&self, topic: &str) -> Vec<(String, i32, i64)> {
        let mut member = self.lock();
        let member = &mut *member;
        let news = member.settled.iter().filter(|(partition, next)| member.committed.get(partition) != Some(next));
        let news: Vec<(i32, i64)> = news.map(|(partition, next)| (*partition, *next)).collect();
        member.committed.extend(news.iter().copied());
        news.into_iter().map(|(partition, next)| (topic.to_owned(), partition, next)).collect()
    }
}

/// The consumer's context.
pub struct Reader {
    /// Shared with the loop.
    pub membership: Arc<Membership>,
    /// Where lag goes.
    pub metrics: Arc<Metrics>,
    /// Topic of the log.
    pub records: String,
}

impl ClientContext for Reader {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("watch", &error, reason);
    }
    fn stats(&self, statistics: Statistics) {
        let Some(log) = statistics.topics.get(&self.records) else { return };
        // -1 stands for partitions that are not read, and for "not known yet".
        for (partition, stand) in log.partitions.iter().filter(|(partition, _)| **partition >= 0) {
            if stand.fetch_state == "active" && stand.ls_offset >= 0 && stand.app_offset >= 0 {
                self.metrics.lag(*partition, (stand.ls_offset - stand.app_offset).max(0));
            }
        }
    }
}

impl ConsumerContext for Reader {
    // Replaced whole, since the positions are set here: assigning twice leads to stray resets.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let done = match GroupEvent::of(code) {
            GroupEvent::Assign => self.acquire(consumer, partitions),
            GroupEvent::Revoke => self.release(consumer, partitions),
            GroupEvent::Trouble => Err(Trouble::Passing(anyhow::anyhow!("group event {code:?}"))),
        };
        if let Err(trouble) = done {
            self.membership.lock().trouble.get_or_insert(trouble);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(role = "watch", %error, "offsets not committed, will be tried again");
            self.membership.lock().committed.clear();
        }
    }
}

impl Reader {
    /// Begins to read these partitions of the log from their beginning.
    pub fn acquire(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> Result<(), Trouble> {
        let acquired = Acquired::ask(consumer, partitions).context("asking for positions")?;
        for one in &acquired {
            one.whole().map_err(|gone| Trouble::Lasting(gone.into()))?;
        }
        assign::read_from(consumer, acquired.iter().map(|one| (one.topic.clone(), one.partition, 0)))?;
        let mut member = self.membership.lock();
        member.joined = true;
        member.changes.extend(acquired.into_iter().map(Change::Acquired));
        Ok(())
    }

    fn release(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> Result<(), Trouble> {
        if !consumer.assignment_lost() {
            let positions = self.membership.to_commit(&self.records);
            if let Err(error) = assign::commit(consumer, positions, CommitMode::Sync) {
                tracing::warn!(role = "watch", %error, "offsets not committed; the next owner repeats some alerts");
            }
        }
        let mut member = self.membership.lock();
        for element in partitions.elements() {
            member.settled.remove(&element.partition());
            member.committed.remove(&element.partition());
            member.changes.push(Change::Released(element.partition()));
        }
        drop(member);
        Ok(assign::let_go(consumer, partitions)?)
    }
}
