//! Ingest's ledger: every record that a source message makes is in the log or in the rejects.

use super::verdict::Findings;
use super::{Check, Counts, Shape, Span, Spans};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Index of the whole message.
const WHOLE: i32 = -1;

/// Stands for a source message that makes nothing at all.
const NOTHING: i32 = i32::MIN;

/// A record of a source message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    topic: u16,
    partition: i32,
    offset: i64,
    index: i32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Does the source message make it?
    made: bool,
    /// Times that it is in log and rejects.
    times: u32,
}

#[derive(Debug, Default)]
pub(super) struct IngestBook {
    topics: Vec<String>,
    /// Position that ingest's group has committed, by topic and partition.
    ingested: FxHashMap<(u16, i32), i64>,
    places: FxHashMap<Place, Seen>,
}

impl IngestBook {
    pub(super) fn new(shape: &Shape, ingested: BTreeMap<(String, i32), i64>) -> Self {
        let mut book = Self { topics: shape.sources.clone(), ..Self::default() };
        let known = ingested.into_iter().filter_map(|((name, of), next)| Some(((book.topic(&name)?, of), next)));
        book.ingested = known.collect();
        book
    }

    fn topic(&self, name: &str) -> Option<u16> {
        self.topics.iter().position(|topic| topic == name).and_then(|at| u16::try_from(at).ok())
    }

    pub(super) fn source(&mut self, topic: &str, partition: i32, offset: i64, makes: &[i32]) {
        let Some(topic) = self.topic(topic) else { return };
        for index in if makes.is_empty() { &[NOTHING] } else { makes } {
            self.places.entry(Place { topic, partition, offset, index: *index }).or_default().made = true;
        }
    }

    /// It is in the log or in the rejects. A topic that is none of ours any more is not judged.
    pub(super) fn found(&mut self, topic: &str, partition: i32, offset: i64, index: i32) {
        let Some(topic) = self.topic(topic) else { return };
        self.places.entry(Place { topic, partition, offset, index }).or_default().times += 1;
    }

    pub(super) fn finish(
        &self,
        spans: &BTreeMap<String, Spans>,
        shape: &Shape,
        counts: &mut Counts,
        findings: &mut Findings,
    ) {
        let mut places: Vec<_> = self.places.iter().map(|(place, seen)| (*place, *seen)).collect();
        places.sort_unstable_by_key(|(place, _)| *place);
        for (place, seen) in places {
            let Some(name) = self.topics.get(usize::from(place.topic)) else { continue };
            let span = spans.get(name).and_then(|spans| spans.get(&place.partition)).copied().unwrap_or_default();
            let committed = self.ingested.get(&(place.topic, place.partition)).copied();
            let judged = Judged { book: self, name, span, due: shape.settled || committed > Some(place.offset) };
            judged.place(place, seen, counts, findings);
        }
    }

    fn is(&self, place: Place, index: i32) -> Seen {
        self.places.get(&Place { index, ..place }).copied().unwrap_or_default()
    }
}

/// One place with what is known around it.
struct Judged<'b> {
    book: &'b IngestBook,
    name: &'b str,
    span: Span,
    due: bool,
}

impl Judged<'_> {
    fn place(&self, place: Place, seen: Seen, counts: &mut Counts, findings: &mut Findings) {
        let sources = &mut counts.sources;
        let note = |findings: &mut Findings, check, detail: String| {
            findings.note(check, self.name, place.partition, Some(place.offset), detail);
        };
        if place.index == NOTHING {
            return;
        }
        if seen.made {
            sources.records += 1;
        }
        if seen.times > 0 {
            sources.found += 1;
            sources.repeated += u64::from(seen.times - 1);
        }
        match (seen.made, seen.times) {
            // A release that knew less may have rejected the message as a whole.
            (true, 0) if self.book.is(place, WHOLE).times > 0 => {}
            (true, 0) if self.due => {
                sources.lost += 1;
                note(findings, Check::SourceLost, format!("index {} is in neither log nor rejects", place.index));
            }
            (true, 0) => sources.not_due += 1,
            (false, 1..) if place.offset < self.span.low => sources.of_gone_messages += 1,
            (false, 1..) if place.offset < self.span.end && !self.message_is_there(place) => {
                note(findings, Check::SourceInvented, format!("index {}: no message stands there", place.index));
            }
            // Made of it by other settings or another release; or written since the source was read.
            (_, _) => {}
        }
    }

    fn message_is_there(&self, place: Place) -> bool {
        [0, WHOLE, NOTHING].iter().any(|index| self.book.is(place, *index).made)
    }
}
