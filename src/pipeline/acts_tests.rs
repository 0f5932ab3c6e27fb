//! Acts of people on alerts, through the shard: what is refused, repeated, void; batches, restarts and repeats anywhere.

use super::course_tests::BASE;
use super::determinism_tests::{Entry, JUDGE, Run, STRIDE, but_progress, entry};
use super::*;
use crate::alert::{
    ActFault, ActRequest, Alert, AlertCodec, Change, WorkflowState, act_record, bed_alert_id, case_alert_id,
};
use crate::profile::Concern;
use crate::record::Pseudonym;
use crate::record::state::tests::v1_of;
use crate::record::{AckAct, Acknowledgement, Head, Millis, hex128};
use rstest::rstest;
use serde_json::json;

pub(super) const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A log that grows; every record comes when it happens.
pub(super) struct Story {
    pub entries: Vec<Entry>,
    pub now: i64,
}

impl Story {
    /// Few neutrophils after a dose.
    fn new() -> Self {
        let mut story = Self { entries: Vec::new(), now: BASE };
        story.tick();
        story
            .say("Administration", &json!({"product": "Besponsa", "start": text(BASE), "dose_mg_m2": 0.8, "cycle": 1}));
        story.value("anc", 0.3, "10*9/L");
        story
    }

    pub(super) fn feverish() -> Self {
        let mut story = Self::new();
        story.value("temperature", 39.0, "Cel");
        story
    }

    fn offset(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap() * STRIDE
    }

    fn say(&mut self, kind: &str, body: &serde_json::Value) {
        let identity = json!({"authority": "h1", "identifier": "MRN-1"});
        let head =
            json!({"identity": identity, "source_id": format!("R{}", self.offset()), "event_time": text(self.now)});
        let json = json!({"head": head, "body": {kind: body}}).to_string();
        self.entries.push(entry(self.offset(), self.now, &json));
    }

    pub(super) fn value(&mut self, analyte: &str, value: f64, unit: &str) {
        self.say("Observation", &json!({"analyte": analyte, "quantity": {"value": value, "unit": unit}}));
    }

    pub(super) fn tick(&mut self) {
        let out = tick_record(0, Millis(self.now)).unwrap();
        self.entries.push(Entry { offset: self.offset(), key: out.key, value: out.value });
    }

    fn pass(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.now += MINUTE;
            self.tick();
        }
    }

    fn key(&self) -> Pseudonym {
        // The first is a tick.
        self.entries[1].key.parse().unwrap()
    }

    fn request<'a>(&self, alert_id: &'a str, act: AckAct, seen: i32) -> ActRequest<'a> {
        let concern = Concern::FebrileNeutropenia;
        let reason = matches!(act, AckAct::Dismiss | AckAct::Comment).then_some("typed words");
        let until = (act == AckAct::Snooze).then_some(Millis(self.now + 60 * MINUTE));
        let (key, now) = (self.key(), Millis(self.now));
        ActRequest { alert_id, revision: seen, key, concern, act, actor: "NURSE", reason, until, now, unique: "" }
    }

    pub(super) fn act(&mut self, act: AckAct, seen: i32) {
        let unique = self.offset().to_string();
        let alert = hex128(bed_alert_id(self.key(), Concern::FebrileNeutropenia, 1));
        let request = ActRequest { unique: &unique, ..self.request(&alert, act, seen) };
        let out = act_record(JUDGE.profile(), &request).unwrap();
        self.entries.push(Entry { offset: self.offset(), key: out.key, value: out.value });
    }

    fn run(&self) -> Run {
        Run::straight(&self.entries)
    }
}

fn text(millis: i64) -> String {
    serde_json::to_value(Millis(millis)).unwrap().as_str().unwrap().to_owned()
}

pub(super) fn alerts(run: &Run) -> Vec<Alert<'_>> {
    // Written with the current schema, an alert borrows from its bytes alone.
    let of = run.alerts.iter().map(|bytes| AlertCodec::decode(bytes, Box::leak(Box::default())).unwrap());
    of.filter(|alert| alert.concern == Concern::FebrileNeutropenia).collect()
}

fn said(run: &Run) -> Vec<(Change, i32, bool)> {
    alerts(run).iter().map(|alert| (alert.change, alert.revision, alert.notify)).collect()
}

#[test]
fn an_act_is_a_silent_revision_that_says_who_when_why_before_and_after() {
    let mut story = Story::feverish();
    story.act(AckAct::Dismiss, 1);
    let run = story.run();
    assert_eq!(said(&run), [(Change::Raised, 1, true), (Change::Handled, 2, false)]);
    let all = alerts(&run);
    let flow = all[1].workflow.as_deref().unwrap();
    let act = flow.act.as_ref().unwrap();
    assert_eq!((flow.state, flow.state_revision, flow.void_before), (WorkflowState::Dismissed, Some(2), 1));
    assert_eq!((flow.by.as_deref(), flow.at), (Some("NURSE"), Some(Millis(BASE))));
    assert_eq!((act.act, act.seen_revision, act.before_state), (AckAct::Dismiss, 1, WorkflowState::Open));
    assert_eq!((act.reason.as_deref(), act.void.as_ref()), (Some("typed words"), None));
    assert!(!all[1].explanation.contains("typed words"), "free text stands in its own field alone");
    assert_eq!((&all[1].criteria, all[1].priority), (&all[0].criteria, all[0].priority), "it says what it said");
    assert!(all[0].workflow.is_none());
    let state: Vec<u8> = run.changelog.values().flatten().copied().collect();
    assert!(!state.windows(11).any(|part| part == b"typed words"), "free text is not kept in the state");
    assert_eq!(run.fates.last(), Some(&Fate::Alerted));
}

#[test]
fn the_same_act_again_is_a_repeat_after_a_restart_too() {
    let mut story = Story::feverish();
    story.act(AckAct::Acknowledge, 1);
    let again = story.entries.last().unwrap().clone();
    let mut run = story.run();
    run.restart(true);
    for offset in [again.offset + 1, again.offset + 2] {
        run.step(&Entry { offset, ..again.clone() });
        assert_eq!(run.fates.last(), Some(&Fate::Repeated));
    }
    run.commit();
    assert_eq!(said(&run).len(), 2);
}

/// An act as a record, whatever is wrong with it.
fn raw(story: &Story, recorded_at: i64, act: &Acknowledgement<'_>) -> Entry {
    let key = story.key().to_string();
    let head = Head {
        record_id: "00000000000000000000000000000009".into(),
        key: key.as_str().into(),
        recorded_at: Millis(recorded_at),
        ..Head::default()
    };
    let mut value = Vec::new();
    Codec::record().encode(&Record { head, body: Body::Acknowledgement(act.clone()) }, &mut value).unwrap();
    Entry { offset: story.offset(), key, value }
}

type Act = Acknowledgement<'static>;
type Spoil = fn(&mut Act);

#[rstest]
#[case::id(ActFault::AlertId, |act: &mut Act| act.alert_id = "12".into())]
#[case::unknown(ActFault::UnknownAlert, |act: &mut Act| act.alert_id = "00000000000000000000000000000001".into())]
#[case::revision(ActFault::Revision, |act: &mut Act| act.revision = 0)]
#[case::future(ActFault::FutureRevision, |act: &mut Act| act.revision = 2)]
#[case::actor(ActFault::Actor, |act: &mut Act| act.actor = "Jo Smith".into())]
#[case::nobody(ActFault::Actor, |act: &mut Act| act.actor = "".into())]
#[case::no_reason(ActFault::ReasonMissing, |act: &mut Act| { act.act = AckAct::Dismiss; act.reason = None; })]
#[case::blank_reason(ActFault::ReasonMissing, |act: &mut Act| { act.act = AckAct::Dismiss; act.reason = Some("  ".into()); })]
#[case::no_words(ActFault::ReasonMissing, |act: &mut Act| act.act = AckAct::Comment)]
#[case::long(ActFault::ReasonLong, |act: &mut Act| { act.act = AckAct::Comment; act.reason = Some("x".repeat(501).into()); })]
#[case::assignee(ActFault::Assignee, |act: &mut Act| { act.act = AckAct::Assign; act.reason = Some("Jo Smith".into()); })]
#[case::no_end(ActFault::Until, |act: &mut Act| act.act = AckAct::Snooze)]
#[case::an_end(ActFault::Until, |act: &mut Act| act.until = Some(Millis(BASE + MINUTE)))]
#[case::past(ActFault::SnoozePast, |act: &mut Act| { act.act = AckAct::Snooze; act.until = Some(Millis(BASE)); })]
#[case::too_long(ActFault::SnoozeLong, |act: &mut Act| { act.act = AckAct::Snooze; act.until = Some(Millis(BASE + 240 * MINUTE + 1)); })]
fn what_cannot_be_used_is_rejected_and_changes_nothing(#[case] fault: ActFault, #[case] spoil: Spoil) {
    let story = Story::feverish();
    let mut act = Acknowledgement {
        alert_id: hex128(bed_alert_id(story.key(), Concern::FebrileNeutropenia, 1)).into(),
        revision: 1,
        act: AckAct::Acknowledge,
        actor: "NURSE".into(),
        reason: None,
        until: None,
    };
    spoil(&mut act);
    let before = story.run();
    let mut run = story.run();
    run.step(&raw(&story, BASE, &act));
    run.commit();
    assert_eq!(run.fates.last(), Some(&Fate::Rejected(fault.reject())));
    assert_eq!((but_progress(&run.changelog), &run.alerts), (but_progress(&before.changelog), &before.alerts));
    assert_eq!(run.shard.ledger().imbalance(), 0);
    // The same check stands before the log, as far as it can be known there.
    let known_there = !matches!(fault, ActFault::UnknownAlert | ActFault::FutureRevision);
    let request = ActRequest {
        alert_id: &act.alert_id,
        revision: act.revision,
        key: story.key(),
        concern: Concern::FebrileNeutropenia,
        act: act.act,
        actor: &act.actor,
        reason: act.reason.as_deref(),
        until: act.until,
        now: Millis(BASE),
        unique: "1",
    };
    assert_eq!(act_record(JUDGE.profile(), &request).err(), known_there.then_some(fault));
}

#[test]
fn a_request_sent_again_is_the_same_record_and_any_other_is_another() {
    let story = Story::feverish();
    let alert = hex128(7);
    let request = ActRequest { unique: "u", ..story.request(&alert, AckAct::Acknowledge, 1) };
    let out = |request: &ActRequest<'_>| act_record(JUDGE.profile(), request).unwrap();
    let first = out(&request);
    assert_eq!(first.record_id, out(&ActRequest { now: Millis(request.now.0 + 5), ..request }).record_id);
    for other in [
        ActRequest { unique: "v", ..request },
        ActRequest { actor: "OTHER", ..request },
        ActRequest { reason: Some("note"), ..request },
        ActRequest { act: AckAct::Undo, ..request },
        ActRequest { revision: 2, ..request },
    ] {
        assert_ne!(first.record_id, out(&other).record_id);
    }
    let mut scratch = Vec::new();
    let record: Record<'_> = Codec::record().decode(&first.value, &mut scratch).unwrap();
    assert_eq!(
        (record.head.record_id.as_str(), record.head.key.as_str()),
        (first.record_id.as_str(), first.key.as_str())
    );
    assert_eq!((record.head.recorded_at, first.timestamp), (request.now, request.now.0));
}

#[test]
fn an_act_on_an_alert_that_is_over_is_refused() {
    let mut story = Story::feverish();
    story.act(AckAct::Acknowledge, 1);
    // Neutrophils recover, no fever for two days.
    story.now += 60 * MINUTE;
    story.value("anc", 3.0, "10*9/L");
    story.value("temperature", 36.8, "Cel");
    story.now += 3 * DAY;
    story.value("anc", 3.0, "10*9/L");
    story.value("temperature", 36.8, "Cel");
    story.tick();
    let run = story.run();
    assert_eq!(said(&run).last().map(|(change, ..)| *change), Some(Change::Resolved), "{:?}", said(&run));
    let resolved = alerts(&run).last().unwrap().workflow.as_deref().unwrap().state;
    assert_eq!(resolved, WorkflowState::Acknowledged, "the last revision says how it stood");
    let last = said(&run).last().unwrap().1;
    for act in [AckAct::Acknowledge, AckAct::Assign, AckAct::Dismiss, AckAct::Snooze, AckAct::Undo] {
        let mut story = Story { entries: story.entries.clone(), now: story.now };
        story.act(act, last);
        assert_eq!(story.run().fates.last(), Some(&Fate::Rejected(ActFault::Over.reject())), "{act:?}");
    }
    // A comment is taken, says itself, and opens nothing.
    story.act(AckAct::Comment, last);
    let run = story.run();
    assert_eq!(run.fates.last(), Some(&Fate::Alerted));
    assert_eq!(said(&run).last(), Some(&(Change::Handled, last + 1, false)));
    let all = alerts(&run);
    let flow = all.last().unwrap().workflow.as_deref().unwrap();
    assert_eq!(
        flow.act.as_ref().map(|act| (act.act, act.reason.as_deref())),
        Some((AckAct::Comment, Some("typed words")))
    );
    story.now += DAY;
    story.tick();
    assert_eq!(said(&story.run()).last(), Some(&(Change::Handled, last + 1, false)), "nothing waits for an answer");
    // The next episode is another alert, and the one before takes no more.
    story.value("anc", 0.2, "10*9/L");
    story.value("temperature", 39.2, "Cel");
    assert_eq!(said(&story.run()).last(), Some(&(Change::Raised, 1, true)));
    story.act(AckAct::Comment, last + 1);
    assert_eq!(story.run().fates.last(), Some(&Fate::Rejected(ActFault::Over.reject())));
}

#[test]
fn so_many_acts_that_repeats_are_forgotten_refuse_what_saw_less() {
    let mut story = Story::feverish();
    story.act(AckAct::Comment, 1);
    let first = story.entries.last().unwrap().clone();
    for seen in 2..=34 {
        story.act(AckAct::Comment, seen);
    }
    let mut run = story.run();
    assert_eq!(said(&run).len(), 35);
    run.step(&Entry { offset: story.offset(), ..first });
    assert_eq!(run.fates.last(), Some(&Fate::Rejected(ActFault::Stale.reject())));
}

#[test]
fn a_backlog_calls_nobody_and_an_outage_calls_once_it_is_over() {
    // Years later, with no clock between.
    let mut story = Story::feverish();
    story.entries.remove(0);
    story.entries.iter_mut().for_each(|entry| entry.offset += 1);
    story.now += 900 * DAY;
    story.tick();
    story.pass(40);
    assert!(!said_raw(&story.entries).contains(&Change::Escalated));
    // Judged years after it became known, by a clock that runs.
    let mut story = Story::feverish();
    let late = story.entries.split_off(1);
    story.now += 900 * DAY;
    story.tick();
    for entry in late {
        let offset = story.offset();
        story.entries.push(Entry { offset, ..entry });
    }
    story.pass(40);
    assert!(!said_raw(&story.entries).contains(&Change::Escalated));
    // Five hours without a clock, the fever within them: people hear of it now, and have their fifteen minutes.
    let mut story = Story::new();
    story.now += 120 * MINUTE;
    story.value("temperature", 39.0, "Cel");
    story.now += 180 * MINUTE;
    story.tick();
    story.pass(14);
    assert!(!said_raw(&story.entries).contains(&Change::Escalated));
    story.pass(1);
    assert!(said_raw(&story.entries).contains(&Change::Escalated));
}

fn said_raw(entries: &[Entry]) -> Vec<Change> {
    let run = Run::straight(entries);
    said(&run).into_iter().map(|(change, ..)| change).collect()
}

#[test]
fn a_state_of_the_release_before_restores_and_takes_acts() {
    let story = Story::feverish();
    let mut run = story.run();
    run.of_release(v1_of);
    let mut story = story;
    story.act(AckAct::Acknowledge, 1);
    story.pass(20);
    for entry in &story.entries[story.entries.len() - 21..] {
        run.step(entry);
    }
    run.commit();
    assert_eq!(said(&run), [(Change::Raised, 1, true), (Change::Acknowledged, 2, false)]);
}

#[test]
fn a_case_of_the_release_before_takes_acts_without_its_words() {
    let report = json!({"sender": "clinic", "sender_case_id": "C1", "version": 1, "seriousness": {"death": true},
        "drugs": [{"role": "suspect", "name": "Besponsa"}], "reactions": [{"term": "Epistaxis"}]});
    let first = entry(0, BASE, &json!({"body": {"Report": report}}).to_string());
    let mut run = Run::straight(std::slice::from_ref(&first));
    run.of_release(v1_of);
    let key: Pseudonym = first.key.parse().unwrap();
    let alert_id = hex128(case_alert_id(key, Concern::Haemorrhage, 1));
    let (concern, actor, now) = (Concern::Haemorrhage, "OFFICER", Millis(BASE));
    let request = ActRequest {
        alert_id: &alert_id,
        revision: 1,
        key,
        concern,
        act: AckAct::Acknowledge,
        actor,
        reason: None,
        until: None,
        now,
        unique: "1",
    };
    let out = act_record(JUDGE.profile(), &request).unwrap();
    let act = Entry { offset: 1, key: out.key, value: out.value };
    let full = Run::straight(&[first, act.clone()]);
    run.restart(true);
    run.step(&act);
    run.commit();
    let of = |run: &Run| {
        let mut scratch = Vec::new();
        AlertCodec::decode(run.alerts.last().unwrap(), &mut scratch).unwrap().owned_content()
    };
    let (bare, whole) = (of(&run), of(&full));
    assert_eq!((bare.change, bare.revision, bare.priority), (whole.change, whole.revision, whole.priority));
    assert!(bare.explanation.contains("Acknowledged by OFFICER."), "{}", bare.explanation.as_str());
    assert!(bare.reactions.is_empty() && whole.reactions.len() == 1);
}

#[test]
fn a_case_that_is_looked_after_survives_a_restart_behind_every_record() {
    let mut story = Story { entries: Vec::new(), now: BASE };
    let report = |version: i32, terms: &[&str]| {
        let reactions: Vec<_> = terms.iter().map(|term| json!({"term": term})).collect();
        let drugs = [json!({"role": "suspect", "name": "Besponsa"})];
        let report = json!({"sender": "clinic", "sender_case_id": "C1", "version": version, "drugs": drugs,
            "seriousness": {"hospitalisation": true}, "reactions": reactions});
        json!({"body": {"Report": report}}).to_string()
    };
    story.tick();
    story.entries.push(entry(story.offset(), BASE, &report(1, &["Epistaxis"])));
    let alert_id = hex128(case_alert_id(story.key(), Concern::Haemorrhage, 1));
    let act = |story: &mut Story, act: AckAct, seen: i32| {
        story.now += MINUTE;
        story.tick();
        let unique = story.offset().to_string();
        let request =
            ActRequest { concern: Concern::Haemorrhage, unique: &unique, ..story.request(&alert_id, act, seen) };
        let out = act_record(JUDGE.profile(), &request).unwrap();
        story.entries.push(Entry { offset: story.offset(), key: out.key, value: out.value });
    };
    act(&mut story, AckAct::Acknowledge, 1);
    act(&mut story, AckAct::Snooze, 2);
    act(&mut story, AckAct::Undo, 3);
    act(&mut story, AckAct::Snooze, 4);
    // The snooze is over after an hour, and then nobody answers for a day.
    for minutes in [59, 1, 24 * 60 - 1, 1, 5] {
        story.now += minutes * MINUTE;
        story.tick();
    }
    act(&mut story, AckAct::Dismiss, 7);
    for (version, terms) in [(2, &["Epistaxis"][..]), (3, &["Epistaxis", "Pulmonary haemorrhage"][..])] {
        story.entries.push(entry(story.offset(), story.now, &report(version, terms)));
    }
    let straight = story.run();
    let of = |run: &Run| -> Vec<(Change, bool)> {
        let all = run.alerts.iter().map(|bytes| AlertCodec::decode(bytes, Box::leak(Box::default())).unwrap());
        all.filter(|alert| alert.concern == Concern::Haemorrhage).map(|alert| (alert.change, alert.notify)).collect()
    };
    let (handled, silent) = (Change::Handled, false);
    let expected = [
        (Change::Raised, true),
        (Change::Acknowledged, silent),
        (handled, silent),
        (handled, silent),
        (handled, silent),
        (Change::Expired, true),
        (Change::Escalated, true),
        (handled, silent),
        (Change::Revised, silent),
        (Change::Upgraded, true),
    ];
    assert_eq!(of(&straight), expected);
    let mut run = Run::new();
    for (at, entry) in story.entries.iter().enumerate() {
        run.step(entry);
        run.commit();
        run.restart(at % 2 == 0);
    }
    assert_eq!((&run.alerts, &run.changelog), (&straight.alerts, &straight.changelog));
    assert_eq!(run.shard.calls(), straight.shard.calls());

    // Snoozed, then nullified: nothing is due, a comment says the case's words again, and nothing else is taken.
    let last = expected.len() as i32;
    act(&mut story, AckAct::Snooze, last);
    let nullified = json!({"sender": "clinic", "sender_case_id": "C1", "version": 4, "status": "nullification"});
    story.entries.push(entry(story.offset(), story.now, &json!({"body": {"Report": nullified}}).to_string()));
    story.now += DAY;
    story.tick();
    act(&mut story, AckAct::Acknowledge, last + 2);
    assert_eq!(story.run().fates.last(), Some(&Fate::Rejected(ActFault::Over.reject())));
    act(&mut story, AckAct::Comment, last + 2);
    let run = story.run();
    assert_eq!(of(&run)[expected.len()..], [(handled, silent), (Change::Withdrawn, silent), (handled, silent)]);
    let mut scratch = Vec::new();
    let said = AlertCodec::decode(run.alerts.last().unwrap(), &mut scratch).unwrap();
    assert_eq!((said.revision, said.case_id.is_some()), (last + 3, true));
    assert!(said.explanation.starts_with("Comment by NURSE."), "{}", said.explanation.as_str());
    let mut again = story.run();
    again.restart(true);
    assert_eq!(again.shard.calls(), run.shard.calls());
}
