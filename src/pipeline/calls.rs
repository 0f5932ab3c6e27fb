//! Alerts and the people who look after them: what a revision changes of that, and what a tick says when a snooze is over
//! or nobody answers.

use super::shard::Shard;
use super::{Effects, Judge};
use crate::alert::{
    AlertCodec, AlertOut, BedAlert, CaseAgain, Change, Revision, bed_again, bed_calls, case_calls, workflow,
};
use crate::detect::{CourseView, explain, reported_to};
use crate::patient::{BedEpisode, Closed, Episode, Handling, Spoken, Stand, Ticked};
use crate::profile::{Answer, Concern, Priority, Profile};
use crate::record::state::{Bytes, CaseHandlingState, StateUnread};
use crate::record::{Millis, Pseudonym};

/// An alert of a case, open or withdrawn.
#[derive(Clone, Debug)]
pub(super) struct CaseHandled {
    /// What people did about it.
    pub handling: Handling,
    /// The revision that last told what the report says, as Avro: a report is not remembered, and what is said again
    /// without one must still say it.
    pub content: Box<[u8]>,
}

impl CaseHandled {
    /// For the changelog.
    pub(super) fn to_state(&self) -> CaseHandlingState<'_> {
        let content = Bytes(self.content.as_ref().into());
        CaseHandlingState { handling: self.handling.to_state(), content }
    }

    /// Of the changelog.
    pub(super) fn of_state(state: &CaseHandlingState<'_>) -> Result<Self, StateUnread> {
        Ok(Self { handling: Handling::of_state(&state.handling)?, content: state.content.0.as_ref().into() })
    }
}

/// When a tick has to look at a patient's alerts.
pub(super) fn bed_due(profile: &Profile, said: &Spoken) -> Option<Millis> {
    said.handlings().filter_map(|(handling, _)| handling.due(&bed_calls(profile, handling.concern))).min()
}

impl Shard {
    /// When a tick has to look at the alerts of a key.
    pub(super) fn call_due(&self, judge: &Judge, key: u128) -> Option<Millis> {
        if let Some(said) = self.said.get(&key) {
            return bed_due(judge.profile, said);
        }
        let rules = case_calls(judge.profile);
        self.handled.get(&key)?.iter().filter_map(|held| held.handling.due(&rules)).min()
    }
}

/// Names of the items that are met, where the concern is judged from items.
pub(super) fn items_met(profile: &Profile, view: &CourseView<'_>, concern: Concern) -> Vec<Box<str>> {
    let met = |item: &&crate::profile::CriteriaItem| explain(profile, view, item).answer == Answer::Met;
    let items = profile.criteria_items.iter().filter(|_| concern == Concern::VodSos);
    items.filter(met).map(|item| item.id.as_str().into()).collect()
}

/// Is an item met that is not among these?
pub(super) fn new_item(profile: &Profile, view: &CourseView<'_>, concern: Concern, known: &[Box<str>]) -> bool {
    items_met(profile, view, concern).iter().any(|item| !known.contains(item))
}

/// What a revision of a patient's episode makes of what people did about it. `at` is recorded-at of what caused it, and the
/// latest tick.
pub(super) fn follow(
    profile: &Profile,
    said: &mut Spoken,
    before: Option<&BedEpisode>,
    episode: &BedEpisode,
    revision: Revision,
    (recorded_at, last_tick): (Millis, Option<Millis>),
) -> Handling {
    if revision.change == Change::Raised {
        let mut handling = Handling::raised(episode.concern, episode.n);
        if revision.notify && episode.priority == Priority::High {
            handling.call(&bed_calls(profile, episode.concern), recorded_at, last_tick);
        }
        return handling;
    }
    let mut handling = said.take_handling(episode, episode.revision - 1);
    let new = before.is_none_or(|before| episode.ever & !before.ever != 0);
    if revision.change == Change::Upgraded {
        handling.worsened(episode.revision);
    } else if new {
        handling.news = episode.revision;
    }
    if episode.priority < Priority::High || episode.closed != Closed::Open {
        handling.told = None;
    } else if revision.notify {
        handling.call(&bed_calls(profile, episode.concern), recorded_at, last_tick);
    }
    handling
}

/// What the revisions that a report caused make of what people did about the case's alerts.
pub(super) fn case_said(
    judge: &Judge,
    shard: &mut Shard,
    key: Pseudonym,
    own_receipt: bool,
    recorded_at: Millis,
    alerts: &mut [AlertOut],
) {
    if alerts.is_empty() {
        return;
    }
    let due = shard.call_due(judge, key.hash);
    let rules = case_calls(judge.profile);
    let mut held = shard.handled.remove(&key.hash).unwrap_or_default();
    for alert in alerts.iter_mut().map(|out| &mut out.alert) {
        let episodes = shard.cases.get(&key.hash).map(|case| case.of.episodes.as_slice()).unwrap_or_default();
        let Some(n) = episodes.iter().rfind(|episode| episode.concern == alert.concern).map(|episode| episode.n) else {
            continue;
        };
        let at = held.iter().position(|of| of.handling.concern == alert.concern && of.handling.n == n);
        let was = at.map(|at| held.remove(at));
        let mut handling = match &was {
            Some(was) => was.handling.clone(),
            None => Handling::known_from(alert.concern, n, (alert.revision - 1).max(1)),
        };
        if alert.change == Change::Withdrawn {
            let content = AlertCodec::Avro.encode(alert).unwrap_or_default().into_boxed_slice();
            alert.set_workflow(workflow(&handling, None));
            // Nothing of it is due any more; it is kept for comments.
            handling.reopen();
            handling.told = None;
            held.push(CaseHandled { handling, content });
            continue;
        }
        let new = was.as_ref().is_some_and(|was| tells_more(&was.content, alert));
        if new && handling.stand() == Stand::Dismissed && alert.change != Change::Upgraded {
            // What was dismissed speaks again on whatever is new.
            alert.notify = alert.priority > Priority::Information;
            if alert.change == Change::Revised {
                alert.change = Change::Upgraded;
            }
            handling.worsened(alert.revision);
        } else if alert.change == Change::Upgraded {
            handling.worsened(alert.revision);
        } else if new {
            handling.news = alert.revision;
        }
        if alert.priority < Priority::High {
            handling.told = None;
        } else if alert.notify && own_receipt {
            handling.call(&rules, recorded_at, shard.last_tick);
        }
        let content = AlertCodec::Avro.encode(alert).unwrap_or_default().into_boxed_slice();
        alert.set_workflow(workflow(&handling, None));
        held.push(CaseHandled { handling, content });
    }
    if !held.is_empty() {
        shard.handled.insert(key.hash, held);
    }
    let after = shard.call_due(judge, key.hash);
    shard.calls.put(key.hash, due, after);
}

/// Does an alert name a reaction or a situation that the revision before it did not? What the reporter says of seriousness
/// is none.
fn tells_more(before: &[u8], alert: &crate::alert::Alert<'_>) -> bool {
    let mut scratch = Vec::new();
    let Ok(before) = AlertCodec::decode(before, &mut scratch) else { return true };
    let named = |held: &[crate::record::Text<'_>], text: &str| {
        held.iter().any(|held| held.as_str().eq_ignore_ascii_case(text)) || text.starts_with("reported_")
    };
    alert.reactions.iter().any(|reaction| !named(&before.reactions, reaction))
        || alert.criteria.iter().any(|criterion| !named(&before.criteria, criterion))
}

/// What was said first of an alert that a merge lets speak again.
const MERGED: &str =
    "Records of two patients were merged, or parted again, so that what was answered before no longer stands.";

/// Records of another patient came to this one, or left it. Who answered an alert before did not know what is known now:
/// every answer ends, the alert speaks again, and acts that name an earlier revision are void. Who looked after it still
/// does, and what was done stands in the revisions before. Alerts of the patient that was merged stay as they are under
/// their own key: what stays silent there speaks anew here.
pub(super) fn speak_again_after_merge(
    judge: &Judge,
    shard: &mut Shard,
    key: u128,
    (recorded_at, topic): (Millis, &str),
    effects: &mut Effects,
) {
    let Some(mut said) = shard.said.remove(&key) else { return };
    let due = bed_due(judge.profile, &said);
    let answered = said.handlings().filter(|(handling, _)| handling.stand() != Stand::Open);
    let answered: Vec<BedEpisode> = answered.map(|(_, episode)| *episode).collect();
    for mut episode in answered {
        let mut handling = said.take_handling(&episode, episode.revision);
        episode.revision += 1;
        handling.worsened(episode.revision);
        if episode.priority == Priority::High {
            handling.call(&bed_calls(judge.profile, episode.concern), recorded_at, shard.last_tick);
        }
        let revision = Revision { change: Change::Upgraded, notify: episode.priority > Priority::Information };
        let before = effects.alerts.len();
        let again = BedAgain { episode: &episode, revision, recorded_at, topic };
        again.say(judge, shard, (key, said.site), workflow(&handling, None), effects);
        for out in effects.alerts.iter_mut().skip(before) {
            out.alert.explanation = format!("{MERGED} {}", out.alert.explanation.as_str()).into();
        }
        said.put(episode);
        said.put_handling(handling);
    }
    shard.calls.put(key, due, bed_due(judge.profile, &said));
    shard.said.insert(key, said);
    if let Some(patient) = shard.patients.get_mut(&key) {
        patient.of.touch_facts();
    }
}

/// A tick on its way through the calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock<'a> {
    /// Topic of the log.
    pub topic: &'a str,
    /// Its time.
    pub now: Millis,
    /// Time of the tick before.
    pub before: Option<Millis>,
}

/// A key's call is due.
pub(super) fn settle(judge: &Judge, shard: &mut Shard, key: u128, clock: &Clock<'_>, effects: &mut Effects) {
    if shard.said.contains_key(&key) {
        settle_bed(judge, shard, key, clock, effects);
    } else {
        settle_case(judge, shard, key, clock, effects);
    }
    let due = shard.call_due(judge, key);
    shard.calls.put(key, None, due);
}

/// What a tick says, as a revision.
fn revision_of(ticked: Ticked, priority: Priority) -> Option<Revision> {
    match ticked {
        Ticked::Nothing => None,
        Ticked::Expired => Some(Revision { change: Change::Expired, notify: priority > Priority::Information }),
        Ticked::Escalated => Some(Revision { change: Change::Escalated, notify: true }),
    }
}

fn settle_bed(judge: &Judge, shard: &mut Shard, key: u128, clock: &Clock<'_>, effects: &mut Effects) {
    let Some(mut said) = shard.said.remove(&key) else { return };
    let open: Vec<BedEpisode> = said.handlings().map(|(_, episode)| *episode).collect();
    for mut episode in open {
        let rules = bed_calls(judge.profile, episode.concern);
        let mut handling = said.take_handling(&episode, episode.revision);
        let ticked = handling.tick(&rules, clock.now, clock.before);
        if ticked == Ticked::Expired && episode.priority == Priority::High {
            handling.call(&rules, clock.now, Some(clock.now));
        }
        if let Some(revision) = revision_of(ticked, episode.priority) {
            episode.revision += 1;
            said.put(episode);
            let again = BedAgain { episode: &episode, revision, recorded_at: clock.now, topic: clock.topic };
            again.say(judge, shard, (key, said.site), workflow(&handling, None), effects);
        }
        said.put_handling(handling);
    }
    shard.said.insert(key, said);
    if let Some(patient) = shard.patients.get_mut(&key) {
        patient.of.touch_facts();
    }
    shard.seal(key);
}

/// A revision of a patient's alert that no judgement causes.
pub(super) struct BedAgain<'a> {
    /// The episode as it is now.
    pub episode: &'a BedEpisode,
    /// What is said.
    pub revision: Revision,
    /// Recorded-at of what causes it.
    pub recorded_at: Millis,
    /// Topic of the log.
    pub topic: &'a str,
}

impl BedAgain<'_> {
    /// Says it of the patient `key`, of whom the site with this number spoke last.
    pub(super) fn say(
        &self,
        judge: &Judge,
        shard: &mut Shard,
        (key, site): (u128, u16),
        workflow: Option<Box<crate::alert::Workflow<'static>>>,
        effects: &mut Effects,
    ) {
        let Some(patient) = shard.patients.get(&key) else { return };
        let (profile, course) = (judge.profile, &patient.of);
        let now = course.heard().max(course.newest()).max(self.recorded_at);
        let zone = profile.zone(shard.sites.name(site));
        let view = CourseView { profile, sites: &judge.critical_sites, zone, course, now };
        shard.seq += 1;
        let alert = BedAlert {
            profile,
            dictionary: judge.dictionary(),
            key: Pseudonym { key_id: patient.key_id, hash: key },
            topic: self.topic,
            partition: shard.partition,
            site: shard.sites.name(site),
            recorded_at: self.recorded_at,
            episode: self.episode,
            level: None,
            revision: self.revision,
            late: false,
            reported: reported_to(profile, &view, self.episode.concern),
            seq: shard.seq,
        };
        effects.alerts.push(bed_again(&alert, &view, workflow));
    }
}

fn settle_case(judge: &Judge, shard: &mut Shard, key: u128, clock: &Clock<'_>, effects: &mut Effects) {
    let Some(mut held) = shard.handled.remove(&key) else { return };
    let rules = case_calls(judge.profile);
    for of in &mut held {
        let Some((key, episode)) = episode_of(shard, key, &of.handling) else { continue };
        let ticked = of.handling.tick(&rules, clock.now, clock.before);
        if ticked == Ticked::Expired && episode.priority == Priority::High {
            // Who put it off looks after it, whoever received the report.
            of.handling.call(&rules, clock.now, Some(clock.now));
        }
        if let Some(revision) = revision_of(ticked, episode.priority) {
            say_case(judge, shard, (key, clock.now), of, revision, workflow(&of.handling, None), effects);
        }
    }
    shard.handled.insert(key, held);
    if let Some(case) = shard.cases.get_mut(&key) {
        case.change(key, &mut shard.changed);
    }
}

/// The open episode of a case that was handled so, and the case's pseudonym.
pub(super) fn episode_of(shard: &Shard, key: u128, handling: &Handling) -> Option<(Pseudonym, Episode)> {
    let case = shard.cases.get(&key)?;
    let of = |episode: &&Episode| episode.concern == handling.concern && episode.n == handling.n && !episode.withdrawn;
    let episode = case.of.episodes.iter().find(of)?;
    Some((Pseudonym { key_id: case.key_id, hash: key }, *episode))
}

/// Says the next revision of a case's alert.
pub(super) fn say_case(
    judge: &Judge,
    shard: &mut Shard,
    (key, recorded_at): (Pseudonym, Millis),
    held: &CaseHandled,
    revision: Revision,
    workflow: Option<Box<crate::alert::Workflow<'static>>>,
    effects: &mut Effects,
) {
    let Some(case) = shard.cases.get_mut(&key.hash) else { return };
    let (concern, n) = (held.handling.concern, held.handling.n);
    let Some(episode) = case.of.episodes.iter_mut().find(|of| of.concern == concern && of.n == n) else { return };
    episode.revision += 1;
    shard.seq += 1;
    let again = CaseAgain {
        profile: judge.profile,
        key,
        partition: shard.partition,
        recorded_at,
        episode,
        revision,
        content: &held.content,
        workflow,
        seq: shard.seq,
    };
    effects.alerts.push(again.out());
}
