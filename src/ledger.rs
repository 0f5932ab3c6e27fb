//! Which offsets may be committed.
//!
//! A source message becomes any number of writes, and the broker acknowledges them in any order. An offset is settled when
//! everything made of its message, and of every message before it in the partition, was acknowledged; only then may the
//! group's position move past it. What is never acknowledged holds the line for ever: nothing here can skip.

use std::collections::{BTreeMap, VecDeque};

/// One stay of one source partition with us. A partition that goes and comes back is another line, so that an
/// acknowledgement from before cannot settle anything after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(u32);

/// One message on a line; given back with each acknowledgement of a write made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    line: LineId,
    place: u64,
}

/// An offset came out of order: the same or an earlier one than was opened before on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset} comes after {last} on one line")]
pub struct OutOfOrder {
    /// The offset that came.
    pub offset: i64,
    /// The last one opened before it.
    pub last: i64,
}

/// The offsets in flight of all partitions that we read.
#[derive(Debug, Default)]
pub struct OffsetLedger {
    lines: BTreeMap<LineId, Line>,
    next_line: u32,
    unsettled: usize,
}

#[derive(Debug)]
struct Line {
    topic: String,
    partition: i32,
    /// Messages that are not settled, or stand behind one that is not; the front one's place is `first_place`.
    open: VecDeque<Message>,
    first_place: u64,
    last_opened: Option<i64>,
    /// Offset after the last settled message.
    next: Option<i64>,
    /// What was last given out by [`OffsetLedger::take_committable`].
    taken: Option<i64>,
}

#[derive(Debug)]
struct Message {
    offset: i64,
    writes: u32,
    sealed: bool,
}

/// The group's next position in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Source topic.
    pub topic: String,
    /// Source partition.
    pub partition: i32,
    /// The offset to read next, as Kafka commits it: one past the last settled message.
    pub next: i64,
}

impl OffsetLedger {
    /// Begins a line for a partition.
    pub fn begin(&mut self, topic: &str, partition: i32) -> LineId {
        let id = LineId(self.next_line);
        self.next_line = self.next_line.wrapping_add(1);
        let line = Line {
            topic: topic.to_owned(),
            partition,
            open: VecDeque::new(),
            first_place: 0,
            last_opened: None,
            next: None,
            taken: None,
        };
        self.lines.insert(id, line);
        id
    }

    /// The line of a partition, if we read it.
    #[must_use]
    pub fn line(&self, topic: &str, partition: i32) -> Option<LineId> {
        self.lines.iter().find(|(_, line)| line.partition == partition && line.topic == topic).map(|(id, _)| *id)
    }

    /// Forgets a line: the partition is not ours any more. Tickets of it are ignored from now on.
    pub fn end(&mut self, id: LineId) {
        if let Some(line) = self.lines.remove(&id) {
            self.unsettled = self.unsettled.saturating_sub(line.open.len());
        }
    }

    /// A message was read. Until it is [sealed](Self::seal) it cannot be settled. `None` for a line that has ended.
    ///
    /// # Errors
    /// When the offset is not above the one before it.
    pub fn open(&mut self, id: LineId, offset: i64) -> Result<Option<Ticket>, OutOfOrder> {
        let Some(line) = self.lines.get_mut(&id) else { return Ok(None) };
        if let Some(last) = line.last_opened.filter(|last| *last >= offset) {
            return Err(OutOfOrder { offset, last });
        }
        line.last_opened = Some(offset);
        let place = line.first_place + line.open.len() as u64;
        line.open.push_back(Message { offset, writes: 0, sealed: false });
        self.unsettled += 1;
        Ok(Some(Ticket { line: id, place }))
    }

    /// One write made of the message was handed to the producer.
    pub fn wrote(&mut self, ticket: Ticket) {
        if let Some(message) = self.message(ticket) {
            message.writes += 1;
        }
    }

    /// Everything made of the message was handed to the producer; there may have been nothing.
    pub fn seal(&mut self, ticket: Ticket) {
        if let Some(message) = self.message(ticket) {
            message.sealed = true;
        }
        self.settle(ticket.line);
    }

    /// One write of the message was acknowledged by the broker.
    pub fn acknowledge(&mut self, ticket: Ticket) {
        if let Some(message) = self.message(ticket) {
            message.writes = message.writes.saturating_sub(1);
        }
        self.settle(ticket.line);
    }

    /// Messages read and not settled, over all lines.
    #[must_use]
    pub const fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Positions that moved since they were last taken.
    pub fn take_committable(&mut self) -> Vec<Position> {
        let mut positions = Vec::new();
        for line in self.lines.values_mut().filter(|line| line.next != line.taken) {
            line.taken = line.next;
            if let Some(next) = line.next {
                positions.push(Position { topic: line.topic.clone(), partition: line.partition, next });
            }
        }
        positions
    }

    /// The positions taken were not committed after all: all of them are given out again.
    pub fn untake(&mut self) {
        for line in self.lines.values_mut() {
            line.taken = None;
        }
    }

    fn message(&mut self, ticket: Ticket) -> Option<&mut Message> {
        let line = self.lines.get_mut(&ticket.line)?;
        let index = ticket.place.checked_sub(line.first_place)?;
        line.open.get_mut(usize::try_from(index).ok()?)
    }

    fn settle(&mut self, id: LineId) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        while let Some(front) = line.open.front().filter(|message| message.sealed && message.writes == 0) {
            line.next = Some(front.offset + 1);
            line.open.pop_front();
            line.first_place += 1;
            self.unsettled = self.unsettled.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next_of(ledger: &mut OffsetLedger) -> Option<i64> {
        ledger.take_committable().first().map(|position| position.next)
    }

    #[test]
    fn a_failed_write_holds_the_line() {
        let mut ledger = OffsetLedger::default();
        let line = ledger.begin("adverse-events", 0);
        let tickets: Vec<_> = [5, 6, 9].map(|offset| ledger.open(line, offset).unwrap().unwrap()).to_vec();
        for ticket in &tickets {
            ledger.wrote(*ticket);
            ledger.seal(*ticket);
        }
        ledger.acknowledge(tickets[0]);
        ledger.acknowledge(tickets[2]);
        assert_eq!(next_of(&mut ledger), Some(6), "6 was never acknowledged");
        assert_eq!(next_of(&mut ledger), None, "the same position is not given out twice");
        ledger.acknowledge(tickets[1]);
        assert_eq!(next_of(&mut ledger), Some(10));
        assert_eq!(ledger.unsettled(), 0);
    }

    #[test]
    fn an_acknowledgement_of_an_earlier_stay_settles_nothing() {
        let mut ledger = OffsetLedger::default();
        let before = ledger.begin("adverse-events", 0);
        let old = ledger.open(before, 5).unwrap().unwrap();
        ledger.wrote(old);
        ledger.end(before);
        let after = ledger.begin("adverse-events", 0);
        let new = ledger.open(after, 5).unwrap().unwrap();
        ledger.wrote(new);
        ledger.seal(new);
        ledger.acknowledge(old);
        assert_eq!(next_of(&mut ledger), None);
        assert_eq!(ledger.open(before, 7), Ok(None));
        ledger.acknowledge(new);
        assert_eq!(next_of(&mut ledger), Some(6));
    }

    #[test]
    fn a_message_read_twice_on_one_line_is_noticed() {
        let mut ledger = OffsetLedger::default();
        let line = ledger.begin("adverse-events", 0);
        ledger.open(line, 5).unwrap();
        assert_eq!(ledger.open(line, 5), Err(OutOfOrder { offset: 5, last: 5 }));
    }

    /// One thing that can happen to one of the messages.
    #[derive(Clone, Debug)]
    enum Event {
        Write(usize),
        Seal(usize),
        Acknowledge(usize),
    }

    proptest! {
        /// Against the definition: after any course of events, the position is one past the longest run of messages from
        /// the start that are sealed and have every write acknowledged.
        #[test]
        fn the_position_is_the_end_of_the_settled_run(
            gaps in proptest::collection::vec(1i64..4, 1..12),
            events in proptest::collection::vec((0usize..12, 0u8..3), 0..120),
        ) {
            let offsets: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let mut ledger = OffsetLedger::default();
            let line = ledger.begin("t", 3);
            let tickets: Vec<_> = offsets.iter().map(|o| ledger.open(line, *o).unwrap().unwrap()).collect();
            let mut model = vec![(0i32, false); offsets.len()];
            let mut position = None;
            for (which, what) in events {
                let which = which % offsets.len();
                let event = match what { 0 => Event::Write(which), 1 => Event::Seal(which), _ => Event::Acknowledge(which) };
                match event {
                    // A sealed message is not written to any more, and only what was written is acknowledged.
                    Event::Write(i) if !model[i].1 => { ledger.wrote(tickets[i]); model[i].0 += 1; }
                    Event::Seal(i) => { ledger.seal(tickets[i]); model[i].1 = true; }
                    Event::Acknowledge(i) if model[i].0 > 0 => { ledger.acknowledge(tickets[i]); model[i].0 -= 1; }
                    Event::Write(_) | Event::Acknowledge(_) => {}
                }
                let settled = model.iter().take_while(|(writes, sealed)| *sealed && *writes == 0).count();
                // A message that was settled stays so: `model` never writes to a sealed one.
                let expected = settled.checked_sub(1).map(|last| offsets[last] + 1);
                position = next_of(&mut ledger).or(position);
                prop_assert_eq!(position, expected);
                prop_assert_eq!(ledger.unsettled(), offsets.len() - settled);
            }
        }
    }
}
