//! The broker as a test sees it: topics of its own, messages in, everything out.

use crate::broker::Broker;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for the broker to answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Largest message of a source topic of the tests, bytes.
pub const SOURCE_BYTES_MAX: usize = 60 * 1024 * 1024;

/// One message as it stands in a topic.
#[derive(Clone, Debug)]
pub struct Seen {
    pub partition: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: BTreeMap<String, String>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Sends messages of a test.
pub struct Sender(BaseProducer);

impl Sender {
    /// One message with the key given, to the partition given, whatever the key.
    pub fn send(&self, topic: &str, partition: i32, key: Option<&[u8]>, message: &[u8]) {
        loop {
            let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).payload(message);
            if let Some(key) = key {
                record = record.key(key);
            }
            match self.0.send(record) {
                Ok(()) => return,
                Err((KafkaError::MessageProduction(rdkafka::types::RDKafkaErrorCode::QueueFull), _)) => {
                    self.0.poll(Duration::from_millis(10));
                }
                Err((error, _)) => panic!("{error}"),
            }
        }
    }

    /// A message that deletes its key from a compacted topic.
    pub fn tombstone(&self, topic: &str, partition: i32, key: &[u8]) {
        self.0.send(BaseRecord::<[u8], [u8]>::to(topic).partition(partition).key(key)).map_err(|(e, _)| e).unwrap();
        self.flush();
    }

    /// Waits until the broker has all of it.
    pub fn flush(&self) {
        self.0.flush(ANSWER_MAX).unwrap();
        assert_eq!(self.0.in_flight_count(), 0);
    }
}

/// A corner of the broker that no other test touches: a prefix of topics and groups.
pub struct Corner {
    pub bootstrap: String,
    pub prefix: String,
}

impl Corner {
    pub fn of(broker: &Broker, test: &str) -> Self {
        Self::at(&broker.bootstrap, test)
    }

    /// The same at another broker.
    pub fn at(bootstrap: &str, test: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // A broker of the user's may hold topics of an earlier run.
        let prefix = format!("{test}-{}-{number}", std::process::id());
        Self { bootstrap: bootstrap.to_owned(), prefix }
    }

    /// The name of a topic or group in this corner.
    pub fn name(&self, what: &str) -> String {
        format!("{}.{what}", self.prefix)
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }

    /// Creates a topic.
    pub fn create(&self, what: &str, partitions: i32, settings: &[(&str, &str)]) -> String {
        let name = self.name(what);
        let admin: AdminClient<DefaultClientContext> = self.client().create().unwrap();
        let topic = settings
            .iter()
            .fold(NewTopic::new(&name, partitions, TopicReplication::Fixed(1)), |topic, (k, v)| topic.set(k, v));
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_MAX));
        let made = crate::block_on(admin.create_topics([&topic], &options)).unwrap();
        made.into_iter().for_each(|result| drop(result.unwrap()));
        let until = Instant::now() + ANSWER_MAX;
        while admin.inner().fetch_metadata(Some(&name), ANSWER_MAX).unwrap().topics()[0].partitions().is_empty() {
            assert!(Instant::now() < until, "{name} was created and is not seen");
            std::thread::sleep(Duration::from_millis(20));
        }
        name
    }

    /// Changes settings of a topic; those not named go back to their defaults.
    pub fn alter(&self, topic: &str, settings: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().unwrap();
        let change = settings
            .iter()
            .fold(AlterConfig::new(ResourceSpecifier::Topic(topic)), |change, (name, value)| change.set(name, value));
        let done = crate::block_on(admin.alter_configs([&change], &AdminOptions::new())).unwrap();
        done.into_iter().for_each(|result| drop(result.unwrap()));
    }

    /// The source topic, for messages of up to 60 MiB.
    pub fn create_source(&self, partitions: i32) -> String {
        let bytes = SOURCE_BYTES_MAX.to_string();
        self.create("source", partitions, &[("max.message.bytes", &bytes)])
    }

    /// A producer that says where each message goes.
    pub fn sender(&self) -> Sender {
        let mut config = self.client();
        config.set("message.max.bytes", SOURCE_BYTES_MAX.to_string()).set("enable.idempotence", "true");
        Sender(config.set("linger.ms", "1").create().unwrap())
    }

    /// Sends messages to one partition, in order.
    pub fn send<'m>(&self, topic: &str, partition: i32, messages: impl IntoIterator<Item = &'m [u8]>) {
        let sender = self.sender();
        messages.into_iter().for_each(|message| sender.send(topic, partition, None, message));
        sender.flush();
    }

    /// Everything in a topic now that was committed, by partition and offset.
    pub fn read(&self, topic: &str) -> Vec<Seen> {
        self.read_as(topic, "read_committed")
    }

    /// Everything in a topic now, at this isolation level.
    pub fn read_as(&self, topic: &str, isolation: &str) -> Vec<Seen> {
        let consumer: BaseConsumer = self.client().create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).unwrap();
        let whole = |partition| (partition, Offset::Beginning);
        let all: Vec<_> = metadata.topics()[0].partitions().iter().map(|p| whole(p.id())).collect();
        self.read_from(topic, &all, isolation)
    }

    /// What stands in a topic behind these places, at this isolation level.
    pub fn read_from(&self, topic: &str, places: &[(i32, Offset)], isolation: &str) -> Vec<Seen> {
        let mut config = self.client();
        config
            .set("group.id", "test-reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", isolation)
            .set("fetch.wait.max.ms", "10");
        let consumer: BaseConsumer = config.create().unwrap();
        let partitions: Vec<i32> = places.iter().map(|(partition, _)| *partition).collect();
        let mut list = TopicPartitionList::new();
        for (partition, offset) in places {
            list.add_partition_offset(topic, *partition, *offset).unwrap();
        }
        consumer.assign(&list).unwrap();
        let mut open: BTreeSet<i32> = partitions.into_iter().collect();
        let mut seen = Vec::new();
        let until = Instant::now() + Duration::from_secs(60);
        while !open.is_empty() {
            assert!(Instant::now() < until, "{topic} was not read to its end");
            match consumer.poll(Duration::from_millis(200)) {
                None => {}
                Some(Ok(message)) => seen.push(Seen {
                    partition: message.partition(),
                    offset: message.offset(),
                    timestamp: message.timestamp().to_millis().unwrap_or(-1),
                    key: message.key().map(<[u8]>::to_vec),
                    value: message.payload().unwrap_or_default().to_vec(),
                    headers: message
                        .headers()
                        .into_iter()
                        .flat_map(|headers| headers.iter())
                        .map(|h| (h.key.to_owned(), String::from_utf8_lossy(h.value.unwrap_or_default()).into_owned()))
                        .collect(),
                }),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) => panic!("{topic}: {error}"),
            }
        }
        seen.sort_by_key(|seen| (seen.partition, seen.offset));
        seen
    }

    /// Oldest offset and end of a partition. A broker that has just made the topic may not lead it yet.
    fn watermarks(consumer: &BaseConsumer, topic: &str, partition: i32) -> (i64, i64) {
        patiently(|| consumer.fetch_watermarks(topic, partition, ANSWER_MAX))
    }

    /// Deletes the records of a partition below an offset.
    pub fn delete_below(&self, topic: &str, partition: i32, offset: i64) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
        crate::block_on(admin.delete_records(&list, &AdminOptions::new())).unwrap();
    }

    /// Adds partitions to a topic until it has so many.
    pub fn grow(&self, topic: &str, partitions: usize) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().unwrap();
        let more = NewPartitions::new(topic, partitions);
        let done = crate::block_on(admin.create_partitions([&more], &AdminOptions::new())).unwrap();
        done.into_iter().for_each(|result| drop(result.unwrap()));
    }

    /// Deletes a topic, and waits until it is gone.
    pub fn delete(&self, topic: &str) {
        let admin: AdminClient<DefaultClientContext> = self.client().create().unwrap();
        let done = crate::block_on(admin.delete_topics(&[topic], &AdminOptions::new())).unwrap();
        done.into_iter().for_each(|result| drop(result.unwrap()));
        wait_until("the topic is gone", ANSWER_MAX, || !self.exists(topic));
    }

    /// Oldest offset and end of a partition.
    pub fn ends(&self, topic: &str, partition: i32) -> (i64, i64) {
        let consumer: BaseConsumer = self.client().create().unwrap();
        Self::watermarks(&consumer, topic, partition)
    }

    /// Is there such a topic?
    pub fn exists(&self, topic: &str) -> bool {
        let consumer: BaseConsumer = self.client().create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).unwrap();
        !metadata.topics()[0].partitions().is_empty()
    }

    /// Messages in a topic, by its offsets.
    pub fn count(&self, topic: &str) -> i64 {
        let consumer: BaseConsumer = self.client().create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).unwrap();
        let partitions = metadata.topics()[0].partitions();
        partitions
            .iter()
            .map(|partition| {
                let (low, high) = Self::watermarks(&consumer, topic, partition.id());
                high - low
            })
            .sum()
    }

    /// Has the group committed a position behind every record of the log? Its ticks and the marks of transactions apart,
    /// so that no end of a partition can be compared with.
    pub fn is_judged(&self, group: &str, records: &str) -> bool {
        let consumer: BaseConsumer = self.client().set("group.id", group).create().unwrap();
        let metadata = consumer.fetch_metadata(Some(records), ANSWER_MAX).unwrap();
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition(records, partition.id());
        }
        let log = self.read(records);
        let committed = patiently(|| consumer.committed_offsets(list.clone(), ANSWER_MAX));
        let next = |partition| match committed.find_partition(records, partition).unwrap().offset() {
            Offset::Offset(next) => next,
            _ => 0,
        };
        log.iter().filter(|seen| !is_tick(seen)).all(|seen| seen.offset < next(seen.partition))
    }

    /// Messages of a topic that a group has not committed.
    pub fn lag(&self, group: &str, topic: &str) -> i64 {
        let consumer: BaseConsumer = self.client().set("group.id", group).create().unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).unwrap();
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition(topic, partition.id());
        }
        let committed = patiently(|| consumer.committed_offsets(list.clone(), ANSWER_MAX));
        let behind = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let (low, high) = Self::watermarks(&consumer, topic, element.partition());
            match element.offset() {
                Offset::Offset(committed) => high - committed,
                _ => high - low,
            }
        };
        committed.elements().iter().map(behind).sum()
    }
}

/// Is it a tick's key? Ticks never cease.
pub fn is_tick(seen: &Seen) -> bool {
    seen.key.as_deref().is_some_and(|key| key.starts_with(b"00000000:"))
}

/// The answer, which may take a few attempts while leaders and coordinators settle.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, KafkaError>) -> T {
    let until = Instant::now() + ANSWER_MAX;
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until `what` holds.
pub fn wait_until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + within;
    while !holds() {
        assert!(Instant::now() < until, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
