//! Suspected duplicates: cases of the product that look like one another. They are linked and said, never merged.
//!
//! Only cases in which the product is suspect are remembered, and only among those of one shard are they compared: two
//! reports of one event under different case ids fall on the same shard by chance alone. A report that names the other's
//! identifier says so itself, whatever the shard.

use super::likeness::{Block, Candidate, Part};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Most candidates remembered by a shard; beyond, the one seen longest ago is forgotten.
pub const CANDIDATES_MAX: usize = 50_000;

/// Most candidates that share a block and are compared with a new one: those seen last.
pub const BLOCK_MAX: usize = 32;

/// Most suspected duplicates named for one case, the likeliest first.
pub const LINKS_MAX: usize = 5;

/// A case that may be the same.
#[derive(Clone, Debug, PartialEq)]
pub struct SuspectedDuplicate {
    /// Key of the other case.
    pub key: u128,
    /// Its identifier.
    pub case_id: Box<str>,
    /// Was it nullified? Then this one may be it, sent again under a new identifier.
    pub nullified: bool,
    /// Share of the comparable points that agree, percent.
    pub score_percent: f64,
    /// What each field adds.
    pub parts: Vec<Part>,
}

/// Candidates of a shard, found by block. Everything in it follows from the candidates alone, so that one built from the
/// changelog gives the same answers.
#[derive(Debug, Default)]
pub struct DuplicateIndex {
    candidates: FxHashMap<u128, Candidate>,
    /// The candidates of each block, in the order in which they were last seen.
    blocks: BTreeMap<(Block, i64), u128>,
    /// Keys in the order in which they were last seen.
    order: BTreeMap<i64, u128>,
}

impl DuplicateIndex {
    /// Cases like this one, the likeliest first, from a score of `score_percent_min`; then remembers it in place of what
    /// was known of its case. Beside them the case that was forgotten to make room.
    pub fn find_and_remember(
        &mut self,
        candidate: Candidate,
        score_percent_min: f64,
    ) -> (Vec<SuspectedDuplicate>, Option<u128>) {
        let found = self.find(&candidate, score_percent_min);
        (found, self.remember(candidate))
    }

    fn find(&self, candidate: &Candidate, score_percent_min: f64) -> Vec<SuspectedDuplicate> {
        let mut seen: SmallVec<[u128; 32]> = SmallVec::new();
        let mut found: Vec<SuspectedDuplicate> = Vec::new();
        for block in candidate.probes() {
            let members = self.blocks.range((block, i64::MIN)..=(block, i64::MAX)).rev().map(|(_, key)| *key);
            for key in members.filter(|key| *key != candidate.key).take(BLOCK_MAX) {
                if seen.contains(&key) {
                    continue;
                }
                seen.push(key);
                let Some(other) = self.candidates.get(&key) else { continue };
                if let Some((score_percent, parts)) =
                    candidate.likeness(other).filter(|(score, _)| *score >= score_percent_min)
                {
                    found.push(SuspectedDuplicate {
                        key,
                        case_id: other.case_id.clone(),
                        nullified: other.nullified,
                        score_percent,
                        parts,
                    });
                }
            }
        }
        found.sort_by(|one, two| two.score_percent.total_cmp(&one.score_percent).then(one.key.cmp(&two.key)));
        found.truncate(LINKS_MAX);
        found
    }

    /// Remembers a candidate in place of what was known of its case; gives the case that was forgotten to make room.
    pub fn remember(&mut self, candidate: Candidate) -> Option<u128> {
        let key = candidate.key;
        self.forget(key);
        for block in candidate.blocks() {
            self.blocks.insert((block, candidate.remembered), key);
        }
        self.order.insert(candidate.remembered, key);
        self.candidates.insert(key, candidate);
        if self.candidates.len() <= CANDIDATES_MAX {
            return None;
        }
        let (_, oldest) = self.order.first_key_value()?;
        let oldest = *oldest;
        self.forget(oldest);
        Some(oldest)
    }

    fn forget(&mut self, key: u128) {
        let Some(before) = self.candidates.remove(&key) else { return };
        self.order.remove(&before.remembered);
        for block in before.blocks() {
            self.blocks.remove(&(block, before.remembered));
        }
    }

    /// What is remembered of a case.
    #[must_use]
    pub fn get(&self, key: u128) -> Option<&Candidate> {
        self.candidates.get(&key)
    }

    /// The case was nullified: it is still found, and said to be so.
    pub fn nullified(&mut self, key: u128) {
        if let Some(candidate) = self.candidates.get_mut(&key) {
            candidate.nullified = true;
        }
    }

    /// Candidates remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Is no candidate remembered?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Report;
    use rstest::rstest;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    /// Each candidate of the tests is seen after the ones before it.
    static SEEN: AtomicI64 = AtomicI64::new(0);

    const VOD: u64 = 1;
    const FN: u64 = 2;

    fn report(json: &str) -> Report<'_> {
        serde_json::from_str(json).unwrap()
    }

    fn candidate(key: u128, json: &str, reactions: &[u64], start: &str) -> Candidate {
        Candidate::new((key, SEEN.fetch_add(1, Relaxed)), &report(json), reactions.iter().copied(), start.parse().ok())
    }

    const BASE: &str = r#"{"sender":"A","sender_case_id":"A1","country":"DE","patient":{"sex":"female","age_years":45.0},
        "reactions":[{"onset":"2025-03-10"}]}"#;

    fn against_base(json: &str, reactions: &[u64], start: &str) -> Option<f64> {
        let mut index = DuplicateIndex::default();
        assert_eq!(index.find_and_remember(candidate(1, BASE, &[VOD], "2025-02-01"), 75.0), (vec![], None));
        let (found, _) = index.find_and_remember(candidate(2, json, reactions, start), 75.0);
        found.first().map(|link| link.score_percent.round())
    }

    #[rstest]
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"female","age_years":45.0},"reactions":[{"onset":"2025-03-10"}]}"#, &[VOD], "2025-02-01", Some(100.0))]
    // One year older, the onset three days later: 11.5 of 13 points.
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"female","age_years":46.0},"reactions":[{"onset":"2025-03-13"}]}"#, &[VOD], "2025-02-01", Some(88.0))]
    // Four days: the onset no longer agrees, but the start of the drug does: 10 of 13.
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"female","age_years":46.0},"reactions":[{"onset":"2025-03-14"}]}"#, &[VOD], "2025-02-01", Some(77.0))]
    // And half of the reactions besides: 8.5 of 13.
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"female","age_years":46.0},"reactions":[{"onset":"2025-03-14"}]}"#, &[VOD, FN], "2025-02-01", None)]
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"female","age_years":46.01},"reactions":[{"onset":"2025-03-10"}]}"#, &[VOD], "2025-02-01", None)]
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"male","age_years":45.0},"reactions":[{"onset":"2025-03-10"}]}"#, &[VOD], "2025-02-01", None)]
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"FR","patient":{"sex":"female","age_years":45.0},"reactions":[{"onset":"2025-03-10"}]}"#, &[VOD], "2025-02-01", None)]
    // Country unknown here: 12 of 12.
    #[case(r#"{"sender":"B","sender_case_id":"B1","patient":{"sex":"female","age_years":45.0},"reactions":[{"onset":"2025-03-10"}]}"#, &[VOD], "2025-02-01", None)]
    // No date at all: too little to say.
    #[case(r#"{"sender":"B","sender_case_id":"B1","country":"DE","patient":{"sex":"female","age_years":45.0}}"#, &[VOD], "", None)]
    // Named as another identifier of the same case.
    #[case(r#"{"sender":"B","sender_case_id":"B1","other_case_ids":["a1 "],"country":"FR"}"#, &[FN], "", Some(100.0))]
    #[case(r#"{"sender":"B","sender_case_id":"B1","linked_reports":["A1"]}"#, &[], "", Some(100.0))]
    fn likeness(#[case] json: &str, #[case] reactions: &[u64], #[case] start: &str, #[case] expected: Option<f64>) {
        assert_eq!(against_base(json, reactions, start), expected);
    }

    #[test]
    fn a_case_is_not_its_own_duplicate_and_a_later_version_replaces_the_earlier() {
        let mut index = DuplicateIndex::default();
        for _ in 0..3 {
            assert_eq!(index.find_and_remember(candidate(1, BASE, &[VOD], "2025-02-01"), 75.0).0, []);
        }
        assert_eq!((index.len(), index.order.len()), (1, 1));
        // The follow-up moved all dates: the old blocks are left.
        let moved = BASE.replace("2025-03-10", "2024-03-10");
        index.find_and_remember(candidate(1, &moved, &[VOD], "2024-02-01"), 75.0);
        assert_eq!(index.find_and_remember(candidate(2, &BASE.replace("A1", "B1"), &[VOD], "2025-02-01"), 75.0).0, []);
    }

    #[test]
    fn a_nullified_case_is_found_and_said_to_be_so() {
        let mut index = DuplicateIndex::default();
        index.find_and_remember(candidate(1, BASE, &[VOD], "2025-02-01"), 75.0);
        index.nullified(1);
        let again = r#"{"sender":"A","sender_case_id":"A2","other_case_ids":["A1"]}"#;
        let (found, _) = index.find_and_remember(candidate(2, again, &[VOD], ""), 75.0);
        assert_eq!(
            found.iter().map(|link| (link.key, &*link.case_id, link.nullified)).collect::<Vec<_>>(),
            [(1, "A1", true)]
        );
    }

    #[test]
    fn memory_and_work_are_bounded() {
        let mut index = DuplicateIndex::default();
        for key in 0..(CANDIDATES_MAX as u128 + 10) {
            let mut one = candidate(key, BASE, &[VOD], "2025-02-01");
            one.own_ids = SmallVec::from_slice(&[u64::try_from(key).unwrap()]);
            // Only the newest of a block are compared: one that agreed more, seen long ago, is not among them.
            let (found, forgotten) = index.find_and_remember(one, 75.0);
            assert!(found.len() <= LINKS_MAX);
            assert!(found.iter().all(|link| key - link.key <= BLOCK_MAX as u128));
            assert_eq!(forgotten, key.checked_sub(CANDIDATES_MAX as u128), "the oldest goes first");
        }
        assert_eq!((index.len(), index.order.len()), (CANDIDATES_MAX, CANDIDATES_MAX));
        assert_eq!(index.blocks.len(), 3 * CANDIDATES_MAX, "onset, start, identifier");
    }

    #[test]
    fn an_index_built_again_from_the_changelog_in_any_order_gives_the_same_answers() {
        let mut index = DuplicateIndex::default();
        let json =
            |n: u128| BASE.replace("A1", &format!("A{n}")).replace("2025-03-10", &format!("2025-03-{:02}", 10 + n % 3));
        for n in (0..90).chain([3, 50, 7]) {
            index.find_and_remember(candidate(n, &json(n), &[VOD, u64::try_from(n % 5).unwrap()], "2025-02-01"), 75.0);
        }
        index.nullified(50);
        let mut again = DuplicateIndex::default();
        for n in (0..90).rev() {
            let state = index.get(n).unwrap().to_state();
            again.remember(Candidate::of_state(n, &state).unwrap());
        }
        assert_eq!((&again.candidates, &again.blocks, &again.order), (&index.candidates, &index.blocks, &index.order));
        for n in 0..90 {
            let probe = candidate(1000, &json(n), &[VOD], "2025-02-02");
            assert_eq!(index.find(&probe, 10.0), again.find(&probe, 10.0));
        }
    }
}
