//! Watch's half for reports: a version is folded into its case, judged, and says what changed.

use super::calls;
use super::desk::DeskEntry;
use super::fate::Fate;
use super::forward::Teller;
use super::shard::{Remembered, Shard, ShardFull};
use super::{Effects, Judge, LogMessage, ReadRecord, Step};
use crate::alert::{Decision, LogPosition, judge_case};
use crate::classify::{Review, report_day};
use crate::patient::{Case, Folded};
use crate::record::{Millis, Record, RejectReason, Report};
use std::collections::hash_map::Entry;

pub(super) fn judge_report<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    read: &ReadRecord<'m>,
    report: &Report<'m>,
    step: &mut Step<'m>,
    effects: &mut Effects,
) -> Result<(), ShardFull> {
    let ReadRecord { key, record: Record { head, .. }, content } = read;
    let (key, content) = (*key, *content);
    let mut assessment = judge.classifier.assess(report);
    let told = judge.classifier.told(judge.profile, report, &mut assessment);
    step.case = report.worldwide_case_id.as_ref().or(report.sender_case_id.as_ref()).cloned();
    step.patient = report.patient.pseudonym.as_deref().and_then(|p| p.parse().ok());
    step.suspect = Some(assessment.suspect.is_some());
    step.concepts = assessment.concepts;
    let cases = shard.cases.len() + shard.patients.len();
    let (remembered, folded) = match shard.cases.entry(key.hash) {
        Entry::Occupied(known) => {
            let remembered = known.into_mut();
            let case = &mut remembered.of;
            let before = (!case.is_nullified()).then(|| case.clone_counted());
            let folded = case.fold(report, content, head.recorded_at);
            if let Some(before) = before.filter(|_| folded.holds() || folded == Folded::Nullified) {
                shard.tally.count(&before, false);
            }
            (remembered, folded)
        }
        // One key has one value in the changelog: a case there would overwrite the patient.
        Entry::Vacant(_) if shard.patients.contains_key(&key.hash) => {
            step.fate = Fate::Rejected(RejectReason::KeyNotPseudonym.at("a report under the key of a patient"));
            return Ok(());
        }
        Entry::Vacant(_) if cases >= shard.cases_max => return Err(ShardFull { cases_max: shard.cases_max }),
        Entry::Vacant(new) => {
            let (case, folded) = Case::first(report, content, head.recorded_at);
            (new.insert(Remembered::new(case, key)), folded)
        }
    };
    if folded.holds() || folded == Folded::Nullified {
        remembered.change(key.hash, &mut shard.changed);
    }
    let case = &mut remembered.of;
    if folded.holds() {
        case.suspect = assessment.suspect.is_some();
        case.concepts = assessment.concepts;
        shard.tally.count(case, true);
    }
    step.fate = match folded {
        Folded::First | Folded::FollowUp => Fate::Quiet,
        Folded::Correction | Folded::Nullified => Fate::Corrected,
        Folded::Repeated | Folded::Superseded => Fate::Repeated,
    };
    if folded.holds() || folded == Folded::Nullified {
        let at = LogPosition { topic: message.topic, partition: message.partition, offset: message.offset };
        let holds = folded.holds();
        let suspect = holds && assessment.suspect.is_some();
        // The full half, for the product's own reports alone.
        let became_known = (head.recorded_at != Millis::default()).then(|| head.recorded_at.date()).flatten();
        let on = report_day(report, became_known);
        let report = told.as_ref();
        let review = suspect.then(|| Review::new(judge.profile, &judge.classifier, report, &assessment, on));
        let entry = match &review {
            Some(review) => shard.desk.take_in(judge.profile, (key.hash, message.offset), head, review),
            None => {
                shard.desk.let_go(key.hash, folded == Folded::Nullified);
                DeskEntry::default()
            }
        };
        let decision = Decision {
            profile: judge.profile,
            key,
            head,
            report,
            assessment: &assessment,
            holds,
            at,
            review: review.as_ref(),
            due: &entry.clocks.due,
            duplicates: &entry.duplicates,
            dictionary: judge.dictionary(),
        };
        let before = effects.alerts.len();
        let own = decision.report.own_receipt;
        judge_case(&decision, case, &mut shard.seq, &mut effects.alerts);
        let told = effects.alerts.get_mut(before..).unwrap_or_default();
        calls::case_said(judge, shard, key, own, head.recorded_at, told);
        if let Some((forgotten, hash)) = entry.forgotten.and_then(|hash| Some((shard.cases.get_mut(&hash)?, hash))) {
            forgotten.change(hash, &mut shard.changed);
        }
        let wanted = match step.patient {
            Some(_) if suspect => judge.classifier.concerning(judge.profile, report, &assessment),
            Some(_) | None => Vec::new(),
        };
        let forwarded = effects.forwards.len();
        if !wanted.is_empty() || shard.told.contains_key(&key.hash) {
            let teller = Teller { key, head };
            let told = teller.tell(shard.told.remove(&key.hash), step.patient, &wanted, effects);
            shard.told.extend(told.map(|told| (key.hash, told)));
        }
        if effects.alerts.len() > before {
            step.fate = Fate::Alerted;
        } else if effects.forwards.len() > forwarded {
            step.fate = Fate::Forwarded;
        }
    }
    Ok(())
}
