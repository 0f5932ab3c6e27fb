//! A patient judged after a record or a due time: which concerns, at which times, and what is said.

use super::calls::{bed_due, follow, new_item};
use super::quiet::Quiet;
use super::shard::Shard;
use super::{Effects, Judge};
use crate::alert::{AlertOut, BedAlert, Judged, SitePlace, SiteSilence, advance, bed_alert, site_alert, workflow};
use crate::detect::{
    Beside, Calm, CourseView, Ending, Level, OF_VALUES, View, ending, first_sign, hold_ms, level, next_due,
    reported_to, touched_by,
};
use crate::patient::{Closed, Course, Spoken, Stand};
use crate::profile::{Analyte, Concern, Priority, Profile};
use crate::record::{Millis, OWN_SITE, Pseudonym, Zone};

/// Times of later events at which a fact that was learned late is judged beside its own, at most.
const LATE_TIMES_MAX: usize = 16;

/// What makes a patient be judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause<'a> {
    /// Topic of the log.
    pub topic: &'a str,
    /// Site of the record; of the patient for a due time.
    pub site: &'a str,
    /// Recorded-at of the record; the tick's time for a due time.
    pub recorded_at: Millis,
    /// When what it says happened.
    pub happened: Millis,
    /// Did it correct or withdraw something?
    pub corrected: bool,
    /// The analyte, where it is one new value.
    pub analyte: Option<Analyte>,
    /// Is it a due time?
    pub due: bool,
}

/// Is a fact judged at its own time too?
pub(super) fn is_late(profile: &Profile, now: Millis, happened: Millis) -> bool {
    now.0 - happened.0 > profile.numbers.learned_late_hours.value.hours_ms()
}

/// Judges a patient, says what is new, and notes when a tick is to look again. True where something was said or noted. What
/// was said stands with the facts; when a tick looks again, any record of the patient says.
pub(super) fn judge_ward(
    judge: &Judge,
    shard: &mut Shard,
    key: Pseudonym,
    cause: &Cause<'_>,
    effects: &mut Effects,
) -> bool {
    let Some(patient) = shard.patients.get_mut(&key.hash) else { return false };
    // What was known of a quiet patient holds no longer, until it is found again below.
    let held = patient.beside.take();
    let course = &patient.of;
    let watched = course.is_watched() || shard.said.contains_key(&key.hash);
    if !watched {
        return false;
    }
    // What a case tells its patient is no word of a site: the one that spoke last stays.
    let told_on = cause.site == OWN_SITE;
    let spoke = shard.said.get(&key.hash).map(|said| said.site).filter(|_| told_on);
    let site = spoke.unwrap_or_else(|| shard.sites.number(cause.site));
    let ended = if cause.due || told_on { None } else { shard.sites.hear(site, cause.recorded_at) };
    if let Some(n) = ended {
        shard.seq += 1;
        let silence = SiteSilence { n, ended: true, heard: cause.recorded_at };
        effects.alerts.push(site_silent(&silence, judge, cause, shard.partition, shard.seq));
    }
    let silent = |now| shard.sites.is_silent(judge.profile, site, now);
    let spoken = shard.said.remove(&key.hash);
    let is_first = spoken.is_none();
    let mut said = spoken.unwrap_or_default();
    let before = (said.site, effects.alerts.len());
    let due = said.due;
    let call = bed_due(judge.profile, &said);
    if !cause.due {
        said.site = site;
    }
    let now = if cause.due { cause.recorded_at } else { course.heard().max(course.newest()) };
    let (site_silent, zone) = (silent(now), judge.profile.zone(shard.sites.name(site)));
    let (partition, last_tick) = (shard.partition, shard.last_tick);
    let round = Round { judge, course, key, cause, zone, now, site_silent, partition, last_tick };
    let (changed, judged) = round.run(&mut said, &mut shard.seq, effects);
    said.due = round.due(&said);
    let spoke = changed || is_first || before != (said.site, effects.alerts.len());
    let moved = spoke || due != said.due;
    shard.calls.put(key.hash, call, bed_due(judge.profile, &said));
    let quiet = round.quiet(&said, &judged, held);
    shard.said.insert(key.hash, said);
    if let Some(patient) = shard.patients.get_mut(&key.hash) {
        patient.beside = quiet;
        if spoke {
            patient.of.touch_facts();
        }
    }
    moved
}

/// A patient is due: judged at the tick's time, with no record.
pub(super) fn look_again(
    judge: &Judge,
    shard: &mut Shard,
    key: Pseudonym,
    now: Millis,
    topic: &str,
    effects: &mut Effects,
) {
    let Some(number) = shard.said.get(&key.hash).map(|said| said.site) else { return };
    let site = shard.sites.name(number).to_owned();
    let cause =
        Cause { topic, site: &site, recorded_at: now, happened: now, corrected: false, analyte: None, due: true };
    let moved = judge_ward(judge, shard, key, &cause, effects);
    if shard.sites.is_silent(judge.profile, number, now)
        && let Some(n) = shard.sites.fall_silent(number)
    {
        shard.seq += 1;
        let heard = shard.sites.heard(number).unwrap_or(now);
        let silence = SiteSilence { n, ended: false, heard };
        effects.alerts.push(site_silent(&silence, judge, &cause, shard.partition, shard.seq));
    }
    if moved && let Some(patient) = shard.patients.get_mut(&key.hash) {
        patient.of.touch_facts();
    }
    shard.seal(key.hash);
}

fn site_silent(silence: &SiteSilence, judge: &Judge, cause: &Cause<'_>, partition: i32, seq: i64) -> AlertOut {
    let place = SitePlace { site: cause.site, recorded_at: cause.recorded_at, partition, seq };
    site_alert(judge.profile, judge.dictionary(), silence, &place)
}

/// Concerns that were judged at the newest time, each with whether anything of it is met.
type JudgedNow = smallvec::SmallVec<[(Concern, bool); 10]>;

struct Round<'a> {
    judge: &'a Judge,
    course: &'a Course,
    key: Pseudonym,
    cause: &'a Cause<'a>,
    zone: &'static Zone,
    now: Millis,
    site_silent: bool,
    partition: i32,
    last_tick: Option<Millis>,
}

impl Round<'_> {
    fn profile(&self) -> &'static Profile {
        self.judge.profile
    }

    fn view(&self, now: Millis) -> CourseView<'_> {
        let (profile, sites) = (self.profile(), &self.judge.critical_sites);
        CourseView { profile, sites, course: self.course, zone: self.zone, now }
    }

    /// Judges the concerns that the cause may have changed: whether anything did, and what of each is met now.
    fn run(&self, said: &mut Spoken, seq: &mut i64, effects: &mut Effects) -> (bool, JudgedNow) {
        let (mut changed, mut judged) = (false, JudgedNow::new());
        let late = !self.cause.due && is_late(self.profile(), self.now, self.cause.happened);
        let mut one = |concern, late, said: &mut Spoken| {
            let (moved, met) = self.concern(concern, late, said, seq, effects);
            changed |= moved;
            judged.push((concern, met));
        };
        match self.cause.analyte {
            Some(analyte) => {
                for concern in touched_by(analyte) {
                    one(*concern, late, said);
                }
                if said.open(Concern::Monitoring).is_some() || self.suspect(analyte) {
                    one(Concern::Monitoring, false, said);
                }
            }
            None => {
                for concern in Concern::ALL {
                    one(*concern, late, said);
                }
            }
        }
        (changed, judged)
    }

    /// What the next value is held against, where nothing of a patient who had the product is met or open. `judged` is what
    /// was judged just now; what was not is as it was where the patient was quiet.
    fn quiet(&self, said: &Spoken, judged: &JudgedNow, held: Option<Box<Quiet>>) -> Option<Box<Quiet>> {
        let open = OF_VALUES.into_iter().any(|concern| said.open(concern).is_some());
        if open || !self.course.is_exposed() || !self.is_own() {
            return None;
        }
        let (profile, view) = (self.profile(), self.view(self.now));
        let held = held.filter(|held| {
            held.site == said.site
                && held.calm.lasts(self.now)
                && !self.cause.corrected
                && self.cause.happened <= self.now
        });
        let is_met = |concern: Concern| match judged.iter().find(|(of, _)| *of == concern) {
            Some((_, met)) => *met,
            None => held.is_none() && level(profile, &view, concern, &self.beside(concern, &view, said)).is_some(),
        };
        if OF_VALUES.into_iter().any(is_met) {
            return None;
        }
        let overdue = said.open(Concern::Monitoring).map(|open| open.now);
        // What is overdue was not asked while the site was silent; and a correction leaves what was overdue when that was
        // last said beside what is now, until the next record.
        if overdue.is_some() && (self.site_silent || self.cause.corrected) {
            return None;
        }
        // A value changes what is known of its analyte, a due time nothing.
        let facts_as_before = self.cause.analyte.is_some() || self.cause.due;
        match held {
            Some(mut held) if facts_as_before && held.calm.overdue() == overdue => {
                if let Some(analyte) = self.cause.analyte {
                    held.calm.renew(profile, &view, analyte);
                }
                held.due = said.due;
                Some(held)
            }
            held => {
                let quiet = Quiet { calm: Calm::new(profile, &view, overdue)?, site: said.site, due: said.due };
                // The place is used again.
                Some(match held {
                    Some(mut held) => {
                        *held = quiet;
                        held
                    }
                    None => Box::new(quiet),
                })
            }
        }
    }

    fn suspect(&self, analyte: Analyte) -> bool {
        self.view(self.now).latest(analyte).is_some_and(|value| value.measure.suspect.is_some())
    }

    /// Judges a concern: whether anything of it changed, and whether anything of it is met now.
    fn concern(
        &self,
        concern: Concern,
        late: bool,
        said: &mut Spoken,
        seq: &mut i64,
        effects: &mut Effects,
    ) -> (bool, bool) {
        let mut changed = false;
        if late && concern != Concern::Monitoring {
            let mut times: smallvec::SmallVec<[Millis; LATE_TIMES_MAX]> = smallvec::SmallVec::new();
            times.push(self.cause.happened);
            let later = self.course.entries().iter().map(|entry| entry.time).filter(|at| *at > self.cause.happened);
            for at in later.chain(self.course.values().times_after(self.cause.happened)) {
                if at >= self.now || times.contains(&at) {
                    continue;
                }
                if times.len() == LATE_TIMES_MAX {
                    // The ones that follow soonest say most of what was current together.
                    let Some((last, latest)) = times.iter().copied().enumerate().max_by_key(|(_, at)| *at) else {
                        break;
                    };
                    if at < latest
                        && let Some(slot) = times.get_mut(last)
                    {
                        *slot = at;
                    }
                    continue;
                }
                times.push(at);
            }
            times.sort_unstable();
            for at in times {
                changed |= self.concern_at(concern, at, true, said, seq, effects).0;
            }
        }
        let (moved, met) = self.concern_at(concern, self.now, false, said, seq, effects);
        (changed | moved, met)
    }

    fn concern_at(
        &self,
        concern: Concern,
        at: Millis,
        late: bool,
        said: &mut Spoken,
        seq: &mut i64,
        effects: &mut Effects,
    ) -> (bool, bool) {
        let profile = self.profile();
        let view = self.view(at);
        let mut beside = self.beside(concern, &view, said);
        let held = said.latest(concern).copied();
        let open = held.filter(|held| held.closed == Closed::Open);
        if late && open.is_some_and(|open| at < open.at) {
            return (false, true);
        }
        let mut changed = false;
        let mut now = level(profile, &view, concern, &beside);
        if concern == Concern::Monitoring && !self.is_own() {
            now = None;
        }
        // A new dose is judged for itself.
        let other_dose = concern == Concern::Dosing && open.is_some_and(|open| view.last_dose() != Some(open.onset));
        let then = (self.cause.corrected && !late).then_some(open).flatten().map(|open| {
            let view = self.view(open.at);
            beside.site_silent = false;
            level(profile, &view, concern, &beside)
        });
        let passing = |now: Option<&Level<'_>>| match open {
            Some(_) if late => Ending::Stays,
            Some(_) if other_dose => Ending::Over,
            Some(open) => {
                let ending = ending(profile, &view, concern, open.ever, now);
                // What was only for lists needs no hold.
                if concern == Concern::Monitoring && self.site_silent { Ending::Stays } else { ending }
            }
            None => Ending::HoldTime,
        };
        let onset = if concern == Concern::Dosing {
            view.last_dose().unwrap_or(at)
        } else if concern == Concern::VodSos && open.is_none() && now.is_some() {
            first_sign(profile, &view).unwrap_or(at)
        } else {
            self.cause.happened.min(at)
        };
        let dismissed = open
            .and_then(|open| said.handlings().find(|(_, episode)| **episode == open))
            .and_then(|(handling, _)| handling.standing())
            .filter(|standing| standing.stand == Stand::Dismissed)
            .map(|standing| !late && new_item(profile, &view, concern, &standing.items));
        let judged = |level: Option<Level<'static>>, then, ending| Judged {
            now: at,
            onset,
            level,
            then,
            ending,
            hold_ms: hold_ms(profile, concern),
            dismissed,
        };
        let met = now.is_some();
        let mut steps: smallvec::SmallVec<[Judged<'static>; 2]> = smallvec::SmallVec::new();
        if other_dose {
            steps.push(judged(None, None, Ending::Over));
            steps.push(judged(now, None, Ending::HoldTime));
        } else {
            steps.push(judged(now, then, passing(now.as_ref())));
        }
        for step in &steps {
            let before = said.latest(concern).copied();
            let (episode, revision) = advance(concern, before.as_ref(), step);
            let Some(episode) = episode else { continue };
            changed = true;
            said.put(episode);
            if let Some(revision) = revision {
                *seq += 1;
                let alert = BedAlert {
                    profile,
                    dictionary: self.judge.dictionary(),
                    key: self.key,
                    topic: self.cause.topic,
                    partition: self.partition,
                    site: self.cause.site,
                    recorded_at: self.cause.recorded_at,
                    episode: &episode,
                    level: step.level.as_ref(),
                    revision,
                    late,
                    reported: beside.reported,
                    seq: *seq,
                };
                let mut out = bed_alert(&alert, &view);
                let at = (self.cause.recorded_at, self.last_tick);
                let handling = follow(profile, said, before.as_ref(), &episode, revision, at);
                out.alert.set_workflow(workflow(&handling, None));
                said.put_handling(handling);
                effects.alerts.push(out);
            }
        }
        (changed, met)
    }

    fn beside(&self, concern: Concern, view: &CourseView<'_>, said: &Spoken) -> Beside {
        let held = |concern| said.open(concern).is_some_and(|open| open.priority >= Priority::Medium);
        Beside {
            vod_open: said.open(Concern::VodSos).map(|open| (open.onset, open.met_at.unwrap_or(view.now))),
            vod_met: said.open(Concern::VodSos).and_then(|open| open.met_at),
            hold_open: concern == Concern::Dosing && (held(Concern::HepaticHold) || held(Concern::HaematologicalHold)),
            reported: reported_to(self.profile(), view, concern),
            site_silent: self.site_silent,
        }
    }

    /// Does a ward or a laboratory tell of the patient, not reports alone?
    fn is_own(&self) -> bool {
        !self.course.values().is_empty() || self.course.entries().iter().any(|entry| entry.via.is_none())
    }

    /// When a tick is to look again: a look that is awaited already stays, unless an earlier one is needed. It finds the
    /// next one, and a value that changes nothing else moves no timer.
    fn due(&self, said: &Spoken) -> Option<Millis> {
        let next = self.next_due(said);
        let awaited = said.due.filter(|due| *due > self.now);
        awaited.filter(|due| next.is_none_or(|next| *due <= next)).or(next)
    }

    fn next_due(&self, said: &Spoken) -> Option<Millis> {
        let profile = self.profile();
        let numbers = &profile.numbers;
        let view = self.view(self.now);
        let again = numbers.look_again_hours.value.hours_ms();
        let open = said.any_open().then(|| Millis(self.now.0.saturating_add(again)));
        let own = self.is_own() && !view.dead();
        let expected = if own { next_due(profile, &view, said.open(Concern::VodSos).is_some()) } else { None };
        // A patient in whom nothing is open and nothing is expected is left alone.
        open.into_iter().chain(expected).min().map(|due| if due <= self.now { Millis(self.now.0 + again) } else { due })
    }
}
