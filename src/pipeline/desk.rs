//! What a shard remembers of the product's own cases beyond their versions: clocks and what they look like.

use crate::classify::{ClockMemory, DueBucket, Review, advance, report_day, significant_content};
use crate::normalise::NO_TERM;
use crate::patient::{Candidate, DuplicateIndex, SuspectedDuplicate};
use crate::profile::{Profile, Region};
use crate::record::{Head, Millis, PartialDate};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Fact with the share of agreement from which two cases are called suspected duplicates.
const DUPLICATE_FACT: &str = "rule.duplicate.score_percent_min";

/// Memory of a shard for the safety desk. Quiet cases are not in it.
#[derive(Debug, Default)]
pub struct SafetyDesk {
    clocks: FxHashMap<u128, ClockMemory>,
    calendar: DueCalendar,
    duplicates: DuplicateIndex,
}

/// Cases by the last day of each clock that runs. Holds counts alone, and costs as many steps as there are days in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueCalendar {
    /// EU, US.
    by_day: BTreeMap<i64, [u32; 2]>,
    /// Counts the changes, so that a copy is made only when there is something new.
    revision: u64,
}

impl DueCalendar {
    /// Number of changes so far.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Cases with a running clock by region and by how soon they are due, seen on `today` (days since 1970).
    #[must_use]
    pub fn due(&self, today: i64) -> [[u64; 5]; 2] {
        let mut buckets = [[0u64; 5]; 2];
        for (day, counts) in &self.by_day {
            let bucket = DueBucket::of(*day, today) as usize;
            for (region, count) in buckets.iter_mut().zip(counts) {
                if let Some(slot) = region.get_mut(bucket) {
                    *slot += u64::from(*count);
                }
            }
        }
        buckets
    }

    fn count(&mut self, clocks: Option<&ClockMemory>, add: bool) {
        // Of the clocks of a region the last one counts: a follow-up's own, where there is one.
        for (at, region) in Region::ALL.iter().enumerate() {
            let last = clocks.and_then(|clocks| clocks.due.iter().rfind(|due| due.rule.region() == *region));
            let Some(day) = last.and_then(|due| due.due.days()) else { continue };
            let counts = self.by_day.entry(day).or_default();
            if let Some(count) = counts.get_mut(at) {
                *count = if add { *count + 1 } else { count.saturating_sub(1) };
            }
            if *counts == [0, 0] {
                self.by_day.remove(&day);
            }
            self.revision += 1;
        }
    }
}

/// What the desk says of a case that holds now.
#[derive(Debug, Default)]
pub struct DeskEntry {
    /// Its clocks.
    pub clocks: ClockMemory,
    /// Cases that look like it.
    pub duplicates: Vec<SuspectedDuplicate>,
    /// The case that is no longer compared, to make room.
    pub forgotten: Option<u128>,
}

impl SafetyDesk {
    /// Takes in a version that holds and in which the product is suspect; `at` is its place in the log.
    pub(super) fn take_in(
        &mut self,
        profile: &Profile,
        (key, at): (u128, i64),
        head: &Head<'_>,
        review: &Review<'_, '_>,
    ) -> DeskEntry {
        let report = review.given.report;
        let became_known = (head.recorded_at != Millis::default()).then(|| head.recorded_at.date()).flatten();
        let received = report_day(report, became_known);
        let before = self.clocks.remove(&key);
        self.calendar.count(before.as_ref(), false);
        let clocks =
            advance(profile, before.as_ref(), report, &review.clock_facts, received, significant_content(report));
        self.calendar.count(Some(&clocks), true);
        self.clocks.insert(key, clocks.clone());
        let start = review.given.first_dose().and_then(PartialDate::from_days);
        let candidate = Candidate::new((key, at), report, reactions(review), start);
        let score_min = profile.fact(DUPLICATE_FACT).and_then(|fact| fact.value).unwrap_or(100.0);
        let (duplicates, forgotten) = self.duplicates.find_and_remember(candidate, score_min);
        DeskEntry { clocks, duplicates, forgotten }
    }

    /// Puts back what the changelog holds of a case.
    pub(super) fn put_back(&mut self, key: u128, clocks: Option<ClockMemory>, candidate: Option<Candidate>) {
        self.calendar.count(clocks.as_ref(), true);
        if let Some(clocks) = clocks {
            self.clocks.insert(key, clocks);
        }
        if let Some(candidate) = candidate {
            self.duplicates.remember(candidate);
        }
    }

    /// Clocks of a case, where it has any.
    pub(super) fn clocks(&self, key: u128) -> Option<&ClockMemory> {
        self.clocks.get(&key)
    }

    /// What of a case is compared, where it is.
    pub(super) fn candidate(&self, key: u128) -> Option<&Candidate> {
        self.duplicates.get(key)
    }

    /// The case was nullified, or no longer names the product as suspect: its clocks stop.
    pub(super) fn let_go(&mut self, key: u128, nullified: bool) {
        let before = self.clocks.remove(&key);
        self.calendar.count(before.as_ref(), false);
        if nullified {
            self.duplicates.nullified(key);
        }
    }

    /// Cases by the last day of their clocks.
    #[must_use]
    pub const fn calendar(&self) -> &DueCalendar {
        &self.calendar
    }

    /// Cases remembered for finding duplicates.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.duplicates.len()
    }
}

/// Identities of the reactions of a report: what they mean where the profile knows it, else their words.
fn reactions(review: &Review<'_, '_>) -> impl Iterator<Item = u64> {
    review.given.assessment.reactions.iter().filter(|found| !review.is_no_event(found.at)).filter_map(|found| {
        let reaction = review.given.report.reactions.get(usize::from(found.at))?;
        Some(match (found.term, reaction.term.as_deref(), reaction.code) {
            (Some(term), _, _) if term.term != NO_TERM => u64::from(term.reaction) << 16 | u64::from(term.term),
            (_, Some(words), _) => xxhash_rust::xxh3::xxh3_64(&crate::normalise::fold(words)),
            (_, None, code) => u64::from(code?.unsigned_abs()) << 32,
        })
    })
}
