//! A patient's course as the rules see it at one time.

use super::baseline::Baselines;
use super::bleeding::CriticalSites;
use super::exposure::mg_per_m2;
use super::view::{Bleed, Contraindications, Dose, Measured, Stated, Transfusion, Transplant, View};
use crate::normalise::suspect_beside;
use crate::patient::{Course, CourseEntry, Observed};
use crate::profile::{Analyte, Answer, Decimal, Profile};
use crate::record::{
    Administration, Comparator, ConditionKind, FindingKind, Intent, Millis, PartialDate, Presence, ProcedureKind,
    ResponseResult, StayEvent, Text, Zone,
};

/// A course at a time. Days are dates of the site that spoke of the patient last (ruling 4).
#[derive(Clone, Copy, Debug)]
pub struct CourseView<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Words of the critical sites of bleeding.
    pub sites: &'a CriticalSites,
    /// The course.
    pub course: &'a Course,
    /// The calendar in which days are counted.
    pub zone: &'a Zone,
    /// The time.
    pub now: Millis,
}

impl<'a> CourseView<'a> {
    /// The same course at another time.
    #[must_use]
    pub const fn at(self, now: Millis) -> Self {
        Self { now, ..self }
    }

    /// Facts until now, the newest first.
    fn facts(&self) -> impl Iterator<Item = &'a CourseEntry> + use<'a> {
        let now = self.now;
        self.course.facts().rev().skip_while(move |entry| entry.time > now)
    }

    /// Values until a time, the newest first, each with the course's own entry.
    pub fn observed(
        &self,
        analyte: Analyte,
        until: Millis,
    ) -> impl Iterator<Item = (Measured, &'a Observed)> + use<'a> {
        let profile = self.profile;
        self.course.values().until(analyte, until.min(self.now)).filter_map(move |(one, before)| {
            let mut measure = one.measure()?;
            // Beside what was measured before it, whatever came first: so no order of arrival changes it.
            if measure.suspect.is_none()
                && let Some((before, earlier)) = before.and_then(|before| Some((before, before.measure()?)))
            {
                let apart = one.time.0 - before.time.0;
                measure.suspect = suspect_beside(profile, analyte, &measure, &earlier, apart);
            }
            Some((Measured { at: one.time, measure }, one))
        })
    }

    fn dose(&self, at: Millis, given: &Administration<'_>) -> Dose {
        let by_surface = || {
            let dose = given.dose.as_ref().filter(|dose| dose.unit.eq_ignore_ascii_case("mg"))?;
            let exact =
                |value: &Measured| value.measure.suspect.is_none() && value.measure.comparator == Comparator::Eq;
            let weight = self.observed(Analyte::Weight, at).find(|(value, _)| exact(value));
            let height = self.observed(Analyte::Height, at).find(|(value, _)| exact(value));
            let height = height.map(|(height, _)| height.measure.value);
            let height = height.or_else(|| self.person(|person| person.height_cm).and_then(Decimal::from_f64));
            mg_per_m2(Decimal::from_f64(dose.value)?, height?, weight?.0.measure.value)
        };
        Dose {
            at,
            mg_m2: given.dose_mg_m2.and_then(Decimal::from_f64).or_else(by_surface),
            lasted_ms: given.stop.map(|stop| stop.0 - at.0).filter(|lasted| *lasted > 0),
            cycle: given.cycle.and_then(|cycle| u32::try_from(cycle).ok()),
            cycle_day: given.cycle_day.map(i64::from),
        }
    }

    fn person<T>(&self, part: impl Fn(&crate::record::Patient) -> Option<T>) -> Option<T> {
        self.course.facts().rev().find_map(|entry| entry.fact.person().and_then(&part))
    }

    fn stays(&self) -> impl Iterator<Item = StayEvent> + use<'a> {
        self.facts().filter_map(|entry| entry.fact.stay())
    }

    /// The entry that says so of a finding at a time.
    #[must_use]
    pub fn finding_entry(&self, kind: FindingKind, at: Millis) -> Option<&'a CourseEntry> {
        let of_kind = |entry: &&CourseEntry| entry.fact.finding().is_some_and(|finding| finding.kind == kind);
        self.facts().find(|entry| entry.time == at && of_kind(entry))
    }

    /// Entries of doses, the newest first.
    pub fn dose_entries(&self) -> impl Iterator<Item = &'a CourseEntry> + use<'a> {
        self.facts().filter(|entry| entry.fact.dose().is_some())
    }

    /// Findings that a case reported, the newest first.
    pub fn reported(&self) -> impl Iterator<Item = (&'a CourseEntry, FindingKind, &'a str)> + use<'a> {
        let by_case = |entry: &&CourseEntry| entry.via.is_some() && entry.path().is_empty();
        self.facts().filter(by_case).filter_map(|entry| {
            let finding = entry.fact.finding().filter(|finding| finding.presence != Presence::Absent)?;
            Some((entry, finding.kind, finding.name.as_deref().unwrap_or_default()))
        })
    }
}

impl View for CourseView<'_> {
    fn now(&self) -> Millis {
        self.now
    }

    fn local_day(&self, at: Millis) -> i64 {
        self.zone.day(at)
    }

    fn age_years(&self) -> Option<(u16, u16)> {
        let born = self.person(|person| person.birth_year)?;
        let years = u16::try_from(i64::from(self.zone.year(self.now)?) - i64::from(born)).ok()?;
        Some((years.saturating_sub(1), years))
    }

    fn values(&self, analyte: Analyte) -> impl Iterator<Item = Measured> + '_ {
        self.observed(analyte, self.now).map(|(measured, _)| measured)
    }

    fn values_until(&self, analyte: Analyte, until: Millis) -> impl Iterator<Item = Measured> + '_ {
        self.observed(analyte, until).map(|(measured, _)| measured)
    }

    fn baseline(&self, analyte: Analyte) -> Option<Measured> {
        let baselines = Baselines::new(self.profile, self)?;
        baselines.pick(self.observed(analyte, baselines.until()).map(|(measured, _)| measured))
    }

    fn finding(&self, kind: FindingKind) -> Option<Stated> {
        stated(self.facts().filter_map(|entry| {
            let finding = entry.fact.finding().filter(|finding| finding.kind == kind)?;
            Some((entry.time, finding.presence))
        }))
    }

    fn condition(&self, kind: ConditionKind) -> Option<Stated> {
        stated(self.facts().filter_map(|entry| {
            let condition = entry.fact.condition().filter(|condition| condition.kind == kind)?;
            Some((entry.time, condition.presence))
        }))
    }

    fn transplants(&self) -> impl Iterator<Item = Transplant> + '_ {
        let of_kind = |kind: ProcedureKind| {
            let is_it = move |entry: &&CourseEntry| entry.fact.procedure().is_some_and(|done| done.kind == kind);
            self.course.facts().rev().filter(is_it)
        };
        of_kind(ProcedureKind::Hsct).map(move |hsct| {
            // Conditioning belongs to the transplant that follows it.
            let before = of_kind(ProcedureKind::Conditioning).find(|started| started.time <= hsct.time);
            let earlier = of_kind(ProcedureKind::Hsct).find(|other| other.time < hsct.time);
            let own = before.filter(|started| earlier.is_none_or(|other| started.time > other.time));
            let agents = own.and_then(|started| started.fact.procedure()).map_or(&[][..], |done| &done.agents);
            let conditioning = own.map(|started| started.time);
            Transplant { at: hsct.time, conditioning, two_alkylators: two_alkylators(self.profile, agents) }
        })
    }

    fn doses(&self) -> impl Iterator<Item = Dose> + '_ {
        self.facts().filter_map(|entry| Some(self.dose(entry.time, entry.fact.dose()?)))
    }

    fn first_dose(&self) -> Option<Millis> {
        self.dose_entries().last().map(|entry| entry.time)
    }

    fn last_dose(&self) -> Option<Millis> {
        self.dose_entries().next().map(|entry| entry.time)
    }

    fn transfusions(&self, kind: ProcedureKind) -> impl Iterator<Item = Transfusion> + '_ {
        self.facts().filter_map(move |entry| {
            let given = entry.fact.procedure().filter(|done| done.kind == kind)?;
            Some(Transfusion { at: entry.time, units: given.units.and_then(Decimal::from_f64) })
        })
    }

    fn procedure(&self, kind: ProcedureKind) -> Option<Millis> {
        let is_it = |entry: &&CourseEntry| entry.fact.procedure().is_some_and(|done| done.kind == kind);
        self.facts().find(is_it).map(|entry| entry.time)
    }

    fn bleeds(&self) -> impl Iterator<Item = Bleed> + '_ {
        self.facts().filter_map(|entry| {
            let finding = entry.fact.finding().filter(|finding| finding.kind == FindingKind::OvertBleeding)?;
            Some(Bleed {
                at: entry.time,
                presence: finding.presence,
                critical: self.sites.critical(finding.site.as_deref().or(finding.name.as_deref())),
                grade: finding.grade.and_then(|grade| u8::try_from(grade).ok()),
            })
        })
    }

    fn defibrotide(&self) -> Option<(Millis, Intent)> {
        self.facts().find_map(|entry| Some((entry.time, entry.fact.defibrotide()?)))
    }

    fn remission(&self, at: Millis) -> Answer {
        let mut answer = Answer::Unknown;
        for entry in self.facts().skip_while(|entry| entry.time > at) {
            let Some(response) = entry.fact.response() else { continue };
            match response.result {
                ResponseResult::Cr | ResponseResult::Cri => return Answer::Met,
                ResponseResult::None => answer = Answer::NotMet,
                ResponseResult::NotAssessed => {}
            }
        }
        answer
    }

    fn inpatient(&self) -> Answer {
        match self.stays().next() {
            Some(StayEvent::Admission) => Answer::Met,
            Some(StayEvent::Discharge | StayEvent::Death) => Answer::NotMet,
            None => Answer::Unknown,
        }
    }

    fn dead(&self) -> bool {
        self.stays().next() == Some(StayEvent::Death)
    }

    fn contraindications(&self) -> Contraindications {
        let Some(dose) = self.last_dose() else { return Contraindications::default() };
        // The last word of each kind that held at the dose decides: hepatitis that had gone is no contraindication.
        let holds = |kind: ConditionKind| {
            let mut said = self.facts().filter_map(|entry| {
                let condition = entry.fact.condition().filter(|said| said.kind == kind)?;
                // A diagnosis may be older than the day on which it was written down.
                let older = |onset: PartialDate| match onset.days() {
                    Some(day) => day <= self.zone.day(dose),
                    None => self.zone.year(dose).is_some_and(|year| onset.year() < year),
                };
                (entry.time <= dose || condition.onset.is_some_and(older)).then_some(condition)
            });
            // The label asks for an earlier VOD/SOS that was severe or is going on, and for serious liver disease.
            said.next().is_some_and(|said| {
                let mild = said.severity.as_deref().is_some_and(|said| {
                    let said = said.trim();
                    said.eq_ignore_ascii_case("mild") || said.eq_ignore_ascii_case("moderate")
                });
                said.presence == Presence::Present && !mild
            })
        };
        Contraindications {
            earlier_vod: holds(ConditionKind::EarlierVod),
            liver_disease: holds(ConditionKind::LiverDisease) || holds(ConditionKind::Hepatitis),
        }
    }
}

/// What was said of something in the facts, the newest first: the last word, and since when it is the same.
fn stated(said: impl Iterator<Item = (Millis, Presence)>) -> Option<Stated> {
    let mut stated: Option<Stated> = None;
    for (at, presence) in said {
        match &mut stated {
            None => stated = Some(Stated { at, since: at, presence }),
            Some(stated) if stated.presence == presence => stated.since = at,
            Some(_) => break,
        }
    }
    stated
}

/// Were two of the agents alkylating ones? `None` where no agent was named, or the profile names none.
fn two_alkylators(profile: &Profile, agents: &[Text<'_>]) -> Option<bool> {
    let is_one = |agent: &&Text<'_>| {
        let mut words = agent.as_str().split(|letter: char| !letter.is_alphanumeric());
        words.any(|word| profile.alkylators.iter().any(|known| known.eq_ignore_ascii_case(word)))
    };
    let told = !agents.is_empty() && !profile.alkylators.is_empty();
    told.then(|| agents.iter().filter(is_one).count() >= 2)
}
