//! An alert that borrows from a message as one that owns what it says.

use super::message::{Alert, Clock, DuplicateLink, Evidence, ReportReview, SituationFound};
use crate::record::Text;

fn own(text: &Text<'_>) -> Text<'static> {
    Text::owned(text.as_str().to_owned())
}

fn each(texts: &[Text<'_>]) -> Vec<Text<'static>> {
    texts.iter().map(own).collect()
}

impl Alert<'_> {
    /// The same alert, without its workflow: that is told anew with every revision.
    #[must_use]
    pub fn owned_content(&self) -> Alert<'static> {
        Alert {
            alert_id: own(&self.alert_id),
            revision: self.revision,
            concern: self.concern,
            change: self.change,
            priority: self.priority,
            notify: self.notify,
            criteria: each(&self.criteria),
            not_met: each(&self.not_met),
            unknown: each(&self.unknown),
            grade: self.grade,
            severity: self.severity.as_ref().map(own),
            serious: self.serious,
            seriousness: each(&self.seriousness),
            listed_eu: self.listed_eu,
            listed_us: self.listed_us,
            listedness_reason: own(&self.listedness_reason),
            dme: self.dme,
            explanation: own(&self.explanation),
            evidence: self.evidence.iter().map(evidence).collect(),
            evidence_omitted: self.evidence_omitted,
            key: own(&self.key),
            subject: self.subject,
            case_id: self.case_id.as_ref().map(own),
            case_version: self.case_version.as_ref().map(own),
            site: own(&self.site),
            country: self.country.as_ref().map(own),
            reactions: each(&self.reactions),
            products: each(&self.products),
            event_time: self.event_time.as_ref().map(own),
            recorded_at: self.recorded_at,
            shard: self.shard,
            seq: self.seq,
            profile_version: own(&self.profile_version),
            profile_hash: own(&self.profile_hash),
            dictionary: self.dictionary.as_ref().map(own),
            report: self.report.as_deref().map(|review| Box::new(report(review))),
            workflow: None,
            disclaimer: own(&self.disclaimer),
        }
    }
}

fn evidence(of: &Evidence<'_>) -> Evidence<'static> {
    Evidence {
        item: own(&of.item),
        value: of.value.as_ref().map(own),
        unit: of.unit.as_ref().map(own),
        time: of.time.as_ref().map(own),
        basis: own(&of.basis),
        verified: of.verified,
        topic: own(&of.topic),
        partition: of.partition,
        offset: of.offset,
        index: of.index,
        record_id: own(&of.record_id),
    }
}

fn report(of: &ReportReview<'_>) -> ReportReview<'static> {
    let clock = |clock: &Clock<'_>| Clock {
        rule: own(&clock.rule),
        day_zero: own(&clock.day_zero),
        due: own(&clock.due),
        follow_up: clock.follow_up,
    };
    let situation = |found: &SituationFound<'_>| SituationFound {
        situation: own(&found.situation),
        answer: own(&found.answer),
        reason: own(&found.reason),
    };
    let link = |link: &DuplicateLink<'_>| DuplicateLink {
        key: own(&link.key),
        case_id: own(&link.case_id),
        nullified: link.nullified,
        score_percent: link.score_percent,
        parts: each(&link.parts),
    };
    ReportReview {
        valid: of.valid,
        missing_elements: each(&of.missing_elements),
        follow_up_questions: each(&of.follow_up_questions),
        clocks: of.clocks.iter().map(clock).collect(),
        clock_notes: each(&of.clock_notes),
        special_situations: of.special_situations.iter().map(situation).collect(),
        causality: each(&of.causality),
        onset_days_from_first_dose: of.onset_days_from_first_dose,
        onset_days_from_last_dose: of.onset_days_from_last_dose,
        onset_basis: of.onset_basis.as_ref().map(own),
        onset_in_window: of.onset_in_window,
        dechallenge: of.dechallenge.as_ref().map(own),
        rechallenge: of.rechallenge.as_ref().map(own),
        suspected_duplicates: of.suspected_duplicates.iter().map(link).collect(),
        other_case_ids: each(&of.other_case_ids),
        linked_reports: each(&of.linked_reports),
        meddra_version: of.meddra_version.as_ref().map(own),
    }
}
