//! Where reading starts when a partition becomes ours. The answer is always an explicit offset: a consumer that resets its
//! own position would skip what is gone without a word.

use super::kafka::ANSWER_MAX;
use crate::config::Start;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaRespErr;

/// One partition that becomes ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquired {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The group's committed position, if it has one.
    pub committed: Option<i64>,
    /// Oldest offset that the broker still has.
    pub low: i64,
    /// Offset behind the last message that is there now.
    pub high: i64,
}

/// Why a partition cannot be read from where it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// Messages that were never processed have been deleted.
    #[error(
        "{topic}/{partition}: the group stands at offset {committed}, the topic now begins at {low}: {} messages were deleted before \
         they were read. Set the group's offset to {low} to go on without them", low - committed
    )]
    Unread {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// Committed position.
        committed: i64,
        /// Beginning of the topic.
        low: i64,
    },
    /// The group's position lies behind the end: the topic is another one than it was.
    #[error(
        "{topic}/{partition}: the group stands at offset {committed}, the topic ends at {high}: it was deleted and made anew. \
         Delete the group's offsets to read it from its beginning"
    )]
    Shorter {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// Committed position.
        committed: i64,
        /// End of the topic.
        high: i64,
    },
}

impl Acquired {
    /// Asks the broker about one partition after the other.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn ask<C: ConsumerContext>(
        consumer: &BaseConsumer<C>,
        partitions: &TopicPartitionList,
    ) -> KafkaResult<Vec<Self>> {
        let committed = consumer.committed_offsets(partitions.clone(), ANSWER_MAX)?;
        let of_committed = committed.elements();
        of_committed
            .iter()
            .map(|element| {
                let (topic, partition) = (element.topic(), element.partition());
                let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER_MAX)?;
                let committed = match element.offset() {
                    Offset::Offset(offset) => Some(offset),
                    Offset::Beginning | Offset::End | Offset::Stored | Offset::Invalid | Offset::OffsetTail(_) => None,
                };
                Ok(Self { topic: topic.to_owned(), partition, committed, low, high })
            })
            .collect()
    }

    /// First offset to read where the group's position is what counts.
    ///
    /// # Errors
    /// [`Gone`] where what should be read next is not there any more.
    pub fn resume(&self, otherwise: Start) -> Result<i64, Gone> {
        let (topic, partition) = (self.topic.clone(), self.partition);
        match self.committed {
            Some(committed) if committed < self.low => Err(Gone::Unread { topic, partition, committed, low: self.low }),
            Some(committed) if committed > self.high => {
                Err(Gone::Shorter { topic, partition, committed, high: self.high })
            }
            Some(committed) => Ok(committed),
            None if otherwise == Start::Latest => Ok(self.high),
            None => Ok(self.low),
        }
    }
}

/// Begins to read each partition at its offset, in the manner of the group's protocol.
///
/// # Errors
/// librdkafka's.
pub fn read_from<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    starts: impl IntoIterator<Item = (String, i32, i64)>,
) -> KafkaResult<()> {
    let mut list = TopicPartitionList::new();
    for (topic, partition, offset) in starts {
        list.add_partition_offset(&topic, partition, Offset::Offset(offset))?;
    }
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(&list),
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.assign(&list),
    }
}

/// Stops reading these partitions.
///
/// # Errors
/// librdkafka's.
pub fn let_go<C: ConsumerContext>(consumer: &BaseConsumer<C>, partitions: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
    }
}

/// Commits positions (the offset to read next).
///
/// # Errors
/// librdkafka's.
pub fn commit<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    positions: impl IntoIterator<Item = (String, i32, i64)>,
    mode: CommitMode,
) -> KafkaResult<()> {
    let mut list = TopicPartitionList::new();
    for (topic, partition, next) in positions {
        list.add_partition_offset(&topic, partition, Offset::Offset(next))?;
    }
    if list.count() == 0 { Ok(()) } else { consumer.commit(&list, mode) }
}

/// What a group event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// Partitions become ours.
    Assign,
    /// Partitions are taken away.
    Revoke,
    /// The group is in trouble.
    Trouble,
}

impl GroupEvent {
    /// The event behind librdkafka's code.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other code is trouble")]
    pub const fn of(code: RDKafkaRespErr) -> Self {
        match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Self::Assign,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => Self::Revoke,
            _ => Self::Trouble,
        }
    }
}

/// Does this error of a poll end the session? The others are reports on the way (a broker went away and is looked for).
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not known to pass ends the session, which starts anew")]
pub fn ends_session(error: &KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    match error {
        KafkaError::PartitionEOF(_) => false,
        KafkaError::MessageConsumption(code) => !matches!(
            code,
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::NetworkException
                | Code::RequestTimedOut
                | Code::CoordinatorLoadInProgress
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
        ),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acquired(committed: Option<i64>, low: i64, high: i64) -> Acquired {
        Acquired { topic: "t".into(), partition: 1, committed, low, high }
    }

    #[test]
    fn a_group_without_a_position_starts_where_the_settings_say() {
        assert_eq!(acquired(None, 3, 9).resume(Start::Earliest), Ok(3));
        assert_eq!(acquired(None, 3, 9).resume(Start::Latest), Ok(9));
        assert_eq!(acquired(Some(9), 3, 9).resume(Start::Latest), Ok(9));
    }

    #[test]
    fn what_was_deleted_unread_is_never_skipped_in_silence() {
        assert!(matches!(acquired(Some(2), 3, 9).resume(Start::Latest), Err(Gone::Unread { .. })));
        assert!(matches!(acquired(Some(10), 3, 9).resume(Start::Latest), Err(Gone::Shorter { .. })));
    }
}
