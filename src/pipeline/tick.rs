//! Wall time as a record: written by the owner of a shard into its own partition, and read back like any other.

use super::calls::{self, Clock};
use super::fate::Fate;
use super::restore::StateFault;
use super::shard::Shard;
use super::timers::DUES_PER_TICK;
use super::{Effects, Judge};
use crate::record::{
    Body, Codec, Head, Millis, Pseudonym, Record, RejectReason, SourceFormat, Text, Tick, digest128, hex128,
};

/// A tick ready for the log, to be written into the partition that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickOut {
    /// Kafka key.
    pub key: String,
    /// Kafka value: Avro, single-object encoding.
    pub value: Vec<u8>,
    /// Kafka timestamp, milliseconds: the wall time.
    pub timestamp: i64,
}

/// The tick of a shard at this wall time. Its key is no one's pseudonym: key id 0, and the partition.
///
/// # Errors
/// [`StateFault::Unwritable`], a fault of ours.
pub fn tick_record(partition: i32, wall_time: Millis) -> Result<TickOut, StateFault> {
    let key = Pseudonym { key_id: 0, hash: u128::from(partition.unsigned_abs()) }.to_string();
    let id = digest128(&[b"tick", &partition.to_be_bytes(), &wall_time.0.to_be_bytes()]);
    let head = Head {
        record_id: hex128(id).into(),
        key: key.clone().into(),
        site: Text::borrowed("vigil"),
        source_format: SourceFormat::Vigil,
        event_time: Some(wall_time),
        recorded_at: wall_time,
        ..Head::default()
    };
    let record = Record { head, body: Body::Tick(Tick { wall_time, partition }) };
    let mut value = Vec::new();
    Codec::record().encode(&record, &mut value).map_err(|_| StateFault::Unwritable)?;
    Ok(TickOut { key, value, timestamp: wall_time.0 })
}

/// Moves the shard's time, and settles what became due: at most [`DUES_PER_TICK`] keys to look at again and as many calls,
/// the rest with the next ticks. A clock
/// that goes back, as of another owner, moves nothing.
pub(super) fn advance(judge: &Judge, shard: &mut Shard, topic: &str, tick: &Tick, effects: &mut Effects) -> Fate {
    if tick.partition != shard.partition {
        return Fate::Rejected(RejectReason::WrongPartition.at(format!("tick of partition {}", tick.partition)));
    }
    let before = shard.last_tick;
    let now = before.map_or(tick.wall_time, |last| last.max(tick.wall_time));
    shard.last_tick = Some(now);
    for _ in 0..DUES_PER_TICK {
        let Some(key) = shard.timers.take_due(now) else { break };
        shard.settle_due(judge, key, now, topic, effects);
    }
    for _ in 0..DUES_PER_TICK {
        let Some(key) = shard.calls.take_due(now) else { break };
        calls::settle(judge, shard, key, &Clock { topic, now, before }, effects);
    }
    Fate::Tick
}

#[cfg(test)]
mod tests {
    use super::super::determinism_tests::{Entry, Run};
    use super::*;

    fn tick(partition: i32, at: i64, offset: i64) -> Entry {
        let out = tick_record(partition, Millis(at)).unwrap();
        assert_eq!(out, tick_record(partition, Millis(at)).unwrap());
        Entry { offset, key: out.key, value: out.value }
    }

    #[test]
    fn a_tick_moves_time_forward_alone_and_is_counted_apart() {
        let mut run = Run::new();
        for (offset, at) in [(0, 2000), (1, 1000), (2, 3000)] {
            run.step(&tick(0, at, offset));
        }
        assert_eq!(run.fates, [Fate::Tick, Fate::Tick, Fate::Tick]);
        assert_eq!((run.shard.last_tick(), run.shard.ledger().count(7)), (Some(Millis(3000)), 3));
        run.commit();
        run.restart(true);
        assert_eq!((run.shard.last_tick(), run.shard.next_offset()), (Some(Millis(3000)), 3));
    }

    #[test]
    fn a_tick_of_another_shard_is_rejected() {
        let mut run = Run::new();
        run.step(&tick(3, 2000, 0));
        assert!(matches!(&run.fates[..], [Fate::Rejected(reject)] if reject.reason == RejectReason::WrongPartition));
        assert_eq!(run.shard.last_tick(), None);
    }
}
