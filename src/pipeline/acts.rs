//! An act of a person on an alert: it meets the alert at the shard of its key, in the order of the log.

use super::calls::{BedAgain, CaseHandled, bed_due, items_met, say_case};
use super::fate::Fate;
use super::shard::Shard;
use super::{Effects, Judge, LogMessage, ReadRecord};
use crate::alert::{
    ActFault, ActOutcome, Change, Revision, bed_alert_id, bed_calls, case_alert_id, case_calls, check_form,
    check_snooze, workflow,
};
use crate::detect::CourseView;
use crate::patient::{ActHeard, ActTaken, CallRules, Closed, Handling, Stand};
use crate::profile::{Concern, Priority};
use crate::record::{AckAct, Acknowledgement, Millis};

/// Earlier episodes of a concern that an act is told to be of.
const EARLIER_MAX: u32 = 64;

/// What becomes of an act: a silent revision of its alert, which says it, void or not; or a reject that says why not.
pub(super) fn judge_act(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'_>,
    read: &ReadRecord<'_>,
    act: &Acknowledgement<'_>,
    effects: &mut Effects,
) -> Fate {
    let coming = match check_form(act) {
        Ok(alert) => {
            let recorded_at = read.record.head.recorded_at;
            Coming { alert, id: super::bedside::record_id(&read.record.head), act, recorded_at, topic: message.topic }
        }
        Err(fault) => return Fate::Rejected(fault.reject()),
    };
    let key = read.key.hash;
    let heard = if shard.cases.contains_key(&key) {
        coming.of_case(judge, shard, read, effects)
    } else if shard.said.contains_key(&key) {
        coming.of_patient(judge, shard, read, effects)
    } else {
        Err(ActFault::UnknownAlert)
    };
    heard.unwrap_or_else(|fault| Fate::Rejected(fault.reject()))
}

/// An act, and what its record says of it.
struct Coming<'a> {
    alert: u128,
    id: u128,
    act: &'a Acknowledgement<'a>,
    recorded_at: Millis,
    topic: &'a str,
}

impl Coming<'_> {
    fn of_patient(
        &self,
        judge: &Judge,
        shard: &mut Shard,
        read: &ReadRecord<'_>,
        effects: &mut Effects,
    ) -> Result<Fate, ActFault> {
        let (key, profile) = (read.key, judge.profile);
        let said = shard.said.get(&key.hash).ok_or(ActFault::UnknownAlert)?;
        let of = |concern: Concern, n: u32| bed_alert_id(key, concern, n) == self.alert;
        let Some(mut episode) = said.episodes.iter().find(|held| of(held.concern, held.n)).copied() else {
            let before = |n: u32| n.saturating_sub(EARLIER_MAX).max(1)..n;
            let earlier = said.episodes.iter().any(|held| before(held.n).any(|n| of(held.concern, n)));
            return Err(if earlier { ActFault::Over } else { ActFault::UnknownAlert });
        };
        let held = said.handled.iter().find(|held| held.concern == episode.concern && held.n == episode.n);
        if held.is_some_and(|held| held.has(self.id)) {
            return Ok(Fate::Repeated);
        }
        self.check(judge, held, episode.concern, episode.revision, episode.closed != Closed::Open)?;
        let Some(patient) = shard.patients.get_mut(&key.hash) else { return Err(ActFault::UnknownAlert) };
        let course = &patient.of;
        let now = course.heard().max(course.newest()).max(self.recorded_at);
        let zone = profile.zone(shard.sites.name(said.site));
        let view = CourseView { profile, sites: &judge.critical_sites, zone, course, now };
        let items =
            if self.act.act == AckAct::Dismiss { items_met(profile, &view, episode.concern) } else { Vec::new() };
        patient.of.touch_facts();
        let Some(mut said) = shard.said.remove(&key.hash) else { return Err(ActFault::UnknownAlert) };
        let due = bed_due(profile, &said);
        let mut handling = said.take_handling(&episode, episode.revision);
        let rules = bed_calls(profile, episode.concern);
        let (revision, flow) =
            self.hear(&mut handling, (episode.revision, episode.priority), items, &rules, shard.last_tick);
        episode.revision += 1;
        said.put(episode);
        said.put_handling(handling);
        let again = BedAgain { episode: &episode, revision, recorded_at: self.recorded_at, topic: self.topic };
        again.say(judge, shard, (key.hash, said.site), flow, effects);
        shard.calls.put(key.hash, due, bed_due(profile, &said));
        shard.said.insert(key.hash, said);
        shard.seal(key.hash);
        Ok(Fate::Alerted)
    }

    fn of_case(
        &self,
        judge: &Judge,
        shard: &mut Shard,
        read: &ReadRecord<'_>,
        effects: &mut Effects,
    ) -> Result<Fate, ActFault> {
        let key = read.key;
        let case = shard.cases.get(&key.hash).ok_or(ActFault::UnknownAlert)?;
        let of = |concern: Concern, n: u32| case_alert_id(key, concern, n) == self.alert;
        let episode = case.of.episodes.iter().find(|episode| of(episode.concern, episode.n)).copied();
        let episode = episode.ok_or(ActFault::UnknownAlert)?;
        let held = shard.handled.get(&key.hash).map(Vec::as_slice).unwrap_or_default();
        let at = held.iter().position(|of| of.handling.concern == episode.concern && of.handling.n == episode.n);
        let handling = at.and_then(|at| held.get(at)).map(|held| &held.handling);
        if handling.is_some_and(|handling| handling.has(self.id)) {
            return Ok(Fate::Repeated);
        }
        self.check(judge, handling, episode.concern, episode.revision, episode.withdrawn)?;
        if episode.withdrawn && at.is_none() {
            // An earlier release kept nothing of its words, which a comment would have to repeat.
            return Err(ActFault::Over);
        }
        let due = shard.call_due(judge, key.hash);
        let mut all = shard.handled.remove(&key.hash).unwrap_or_default();
        let mut held = match at {
            Some(at) => all.remove(at),
            // Of the state of an earlier release, which kept nothing of it.
            None => CaseHandled {
                handling: Handling::known_from(episode.concern, episode.n, episode.revision),
                content: Box::default(),
            },
        };
        let rules = case_calls(judge.profile);
        let (revision, flow) =
            self.hear(&mut held.handling, (episode.revision, episode.priority), Vec::new(), &rules, shard.last_tick);
        say_case(judge, shard, (key, self.recorded_at), &held, revision, flow, effects);
        all.push(held);
        shard.handled.insert(key.hash, all);
        let after = shard.call_due(judge, key.hash);
        shard.calls.put(key.hash, due, after);
        if let Some(case) = shard.cases.get_mut(&key.hash) {
            case.change(key.hash, &mut shard.changed);
        }
        Ok(Fate::Alerted)
    }

    fn check(
        &self,
        judge: &Judge,
        handling: Option<&Handling>,
        concern: Concern,
        revision: i32,
        over: bool,
    ) -> Result<(), ActFault> {
        // What is over can be spoken of, and nothing else.
        if over && self.act.act != AckAct::Comment {
            return Err(ActFault::Over);
        }
        if self.act.revision > revision {
            return Err(ActFault::FutureRevision);
        }
        if handling.is_some_and(|handling| handling.is_forgotten(self.act.revision)) {
            return Err(ActFault::Stale);
        }
        check_snooze(judge.profile, concern, self.act, self.recorded_at)
    }

    /// Takes the act in: what is said of it.
    fn hear(
        &self,
        handling: &mut Handling,
        (last, priority): (i32, Priority),
        items: Vec<Box<str>>,
        rules: &CallRules,
        last_tick: Option<Millis>,
    ) -> (Revision, Option<Box<crate::alert::Workflow<'static>>>) {
        let act = self.act;
        let before = handling.standing().cloned();
        let heard = ActHeard {
            id: self.id,
            seen: act.revision,
            act: act.act,
            actor: &act.actor,
            to: act.reason.as_deref().map(str::trim).filter(|to| act.act == AckAct::Assign && !to.is_empty()),
            until: act.until,
            at: self.recorded_at,
        };
        let taken = handling.hear(&heard, last, items);
        let (void, undoes) = match taken {
            ActTaken::Accepted(undoes) => (None, undoes),
            ActTaken::Void(why) => (Some(why), None),
        };
        if handling.stand() != Stand::Open {
            handling.told = None;
        } else if before.as_ref().is_some_and(|before| before.stand != Stand::Open) && priority == Priority::High {
            // An answer was taken back: the call waits again.
            handling.call(rules, self.recorded_at, last_tick);
        }
        let change =
            if act.act == AckAct::Acknowledge && void.is_none() { Change::Acknowledged } else { Change::Handled };
        let outcome = ActOutcome { id: self.id, act, at: self.recorded_at, before: before.as_ref(), void, undoes };
        (Revision { change, notify: false }, workflow(handling, Some(&outcome)))
    }
}
