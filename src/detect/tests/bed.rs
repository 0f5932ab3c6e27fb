//! A patient in memory: facts in any order, seen at any time.

use crate::detect::{Baselines, Bleed, Dose, Measured, Stated, Transfusion, Transplant, View};
use crate::normalise::{Measures, Reported, suspect_beside};
use crate::profile::{Analyte, Answer, Decimal, Profile};
use crate::record::{Comparator, ConditionKind, FindingKind, Intent, Millis, Presence, ProcedureKind, Zone};
use std::sync::LazyLock;

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// `03-22 08:00` of the year 2025, UTC, which is the site's time too.
pub fn at(text: &str) -> Millis {
    let time: jiff::Timestamp = format!("2025-{}:00Z", text.replace(' ', "T")).parse().unwrap();
    Millis(time.as_millisecond())
}

pub fn decimal(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap()
}

pub fn profile() -> &'static Profile {
    Profile::builtin()
}

#[derive(Clone, Debug, Default)]
pub struct Bed {
    pub now: Millis,
    pub zone: Zone,
    pub age: Option<(u16, u16)>,
    pub values: Vec<(Analyte, Measured)>,
    pub findings: Vec<(FindingKind, Millis, Presence)>,
    pub conditions: Vec<(ConditionKind, Presence)>,
    pub transplants: Vec<Transplant>,
    pub doses: Vec<Dose>,
    pub transfusions: Vec<(ProcedureKind, Transfusion)>,
    pub procedures: Vec<(ProcedureKind, Millis)>,
    pub bleeds: Vec<Bleed>,
    pub defibrotide: Option<(Millis, Intent)>,
    /// Remission as it stood before anything in `responses`.
    pub remission: Option<Answer>,
    /// When remission was said to be reached, or not.
    pub responses: Vec<(Millis, Answer)>,
    pub inpatient: Option<Answer>,
    /// Upper limits of normal are known: bilirubin 21 µmol/L, ALT and AST 40, ALP 120 U/L.
    pub without_limits: bool,
}

impl Bed {
    /// An adult of 40 with a first dose on 1 Feb and a transplant on 1 Mar, weight 70.0 kg before conditioning.
    pub fn transplanted() -> Self {
        let mut bed = Self { age: Some((40, 40)), ..Self::default() };
        bed.dose("02-01 10:00", 0.8);
        bed.hsct("03-01 12:00", "02-22 08:00");
        bed.value(Analyte::Weight, "02-21 08:00", 70.0, "kg");
        bed.value(Analyte::Creatinine, "02-21 08:00", 80.0, "umol/L");
        bed
    }

    /// An adult without a transplant, last dose on 3 May, weight 70.0 kg before the first dose on 19 April.
    pub fn treated() -> Self {
        let mut bed = Self { age: Some((40, 40)), ..Self::default() };
        bed.value(Analyte::Weight, "04-18 08:00", 70.0, "kg");
        bed.dose("04-19 10:00", 0.8);
        bed.dose("04-26 10:00", 0.5);
        bed.dose("05-03 10:00", 0.5);
        bed
    }

    pub fn hsct(&mut self, day0: &str, conditioning: &str) {
        let conditioning = Some(at(conditioning));
        self.transplants.push(Transplant { at: at(day0), conditioning, two_alkylators: None });
    }

    pub fn dose(&mut self, time: &str, mg_m2: f64) {
        let mg_m2 = Some(decimal(mg_m2));
        self.doses.push(Dose { at: at(time), mg_m2, lasted_ms: Some(HOUR), cycle: None, cycle_day: None });
    }

    pub fn value(&mut self, analyte: Analyte, time: &str, value: f64, unit: &str) -> &mut Self {
        self.result(analyte, at(time), Comparator::Eq, value, unit)
    }

    pub fn result(
        &mut self,
        analyte: Analyte,
        time: Millis,
        comparator: Comparator,
        value: f64,
        unit: &str,
    ) -> &mut Self {
        static MEASURES: LazyLock<Measures<'static>> = LazyLock::new(|| Measures::new(Profile::builtin()));
        let limits = [
            (Analyte::Bilirubin, 21.0),
            (Analyte::Alt, 40.0),
            (Analyte::Ast, 40.0),
            (Analyte::Alp, 120.0),
            (Analyte::Creatinine, 100.0),
            (Analyte::Lipase, 60.0),
        ];
        let high = limits.iter().find(|(of, _)| *of == analyte && !self.without_limits);
        let reported = Reported { comparator, value: Some(value), unit, ..Reported::default() };
        let mut measure = MEASURES.read(analyte, &reported, high.map(|(_, high)| decimal(*high))).unwrap();
        let before = self.values.iter().filter(|(of, value)| *of == analyte && value.at < time);
        if let Some((_, before)) = before.max_by_key(|(_, value)| value.at) {
            let beside = suspect_beside(profile(), analyte, &measure, &before.measure, time.0 - before.at.0);
            measure.suspect = measure.suspect.or(beside);
        }
        self.values.push((analyte, Measured { at: time, measure }));
        self
    }

    pub fn finding(&mut self, kind: FindingKind, time: &str, presence: Presence) -> &mut Self {
        self.findings.push((kind, at(time), presence));
        self
    }

    pub fn present(&mut self, kind: FindingKind, time: &str) -> &mut Self {
        self.finding(kind, time, Presence::Present)
    }

    /// Everything a ward looks for was looked for and is absent.
    pub fn nothing_found(&mut self, time: &str) -> &mut Self {
        for kind in [
            FindingKind::Hepatomegaly,
            FindingKind::RuqPain,
            FindingKind::Ascites,
            FindingKind::UltrasoundSuggestive,
            FindingKind::PortalFlowReversal,
            FindingKind::HistologyVod,
            FindingKind::HvpgGe10,
            FindingKind::RefractoryThrombocytopenia,
        ] {
            self.finding(kind, time, Presence::Absent);
        }
        self
    }

    pub fn condition(&mut self, kind: ConditionKind) -> &mut Self {
        self.conditions.push((kind, Presence::Present));
        self
    }

    pub fn seen(&self, time: &str) -> Self {
        self.seen_at(at(time))
    }

    pub fn seen_at(&self, now: Millis) -> Self {
        Self { now, ..self.clone() }
    }
}

fn newest_first<T>(mut all: Vec<T>, time: impl Fn(&T) -> Millis, now: Millis) -> impl Iterator<Item = T> {
    all.retain(|one| time(one) <= now);
    all.sort_by_key(|one| std::cmp::Reverse(time(one)));
    all.into_iter()
}

impl View for Bed {
    fn now(&self) -> Millis {
        self.now
    }

    fn local_day(&self, at: Millis) -> i64 {
        self.zone.day(at)
    }

    fn age_years(&self) -> Option<(u16, u16)> {
        self.age
    }

    fn values(&self, analyte: Analyte) -> impl Iterator<Item = Measured> + '_ {
        let all = self.values.iter().filter(|(of, _)| *of == analyte).map(|(_, value)| *value).collect();
        newest_first(all, |value: &Measured| value.at, self.now)
    }

    fn baseline(&self, analyte: Analyte) -> Option<Measured> {
        Baselines::new(profile(), self)?.pick(self.values(analyte))
    }

    fn finding(&self, kind: FindingKind) -> Option<Stated> {
        let all = self.findings.iter().filter(|(of, ..)| *of == kind).map(|(_, at, said)| (*at, *said)).collect();
        let said: Vec<(Millis, Presence)> = newest_first(all, |(at, _)| *at, self.now).collect();
        let (at, presence) = *said.first()?;
        let since = said.iter().take_while(|(_, other)| *other == presence).last()?.0;
        Some(Stated { at, since, presence })
    }

    fn condition(&self, kind: ConditionKind) -> Option<Stated> {
        let (_, presence) = self.conditions.iter().find(|(of, _)| *of == kind)?;
        Some(Stated { at: Millis(0), since: Millis(0), presence: *presence })
    }

    fn transplants(&self) -> impl Iterator<Item = Transplant> + '_ {
        let mut all = self.transplants.clone();
        all.sort_by_key(|one| std::cmp::Reverse(one.at));
        all.into_iter()
    }

    fn doses(&self) -> impl Iterator<Item = Dose> + '_ {
        newest_first(self.doses.clone(), |dose: &Dose| dose.at, self.now)
    }

    fn transfusions(&self, kind: ProcedureKind) -> impl Iterator<Item = Transfusion> + '_ {
        let all = self.transfusions.iter().filter(|(of, _)| *of == kind).map(|(_, given)| *given).collect();
        newest_first(all, |given: &Transfusion| given.at, self.now)
    }

    fn procedure(&self, kind: ProcedureKind) -> Option<Millis> {
        self.procedures.iter().filter(|(of, at)| *of == kind && *at <= self.now).map(|(_, at)| *at).max()
    }

    fn bleeds(&self) -> impl Iterator<Item = Bleed> + '_ {
        newest_first(self.bleeds.clone(), |bleed: &Bleed| bleed.at, self.now)
    }

    fn defibrotide(&self) -> Option<(Millis, Intent)> {
        self.defibrotide.filter(|(at, _)| *at <= self.now)
    }

    fn remission(&self, at: Millis) -> Answer {
        let until = self.responses.iter().filter(|(said, _)| *said <= at).map(|(_, answer)| *answer);
        let reached = until.max_by_key(|answer| *answer == Answer::Met);
        reached.or(self.remission).unwrap_or(Answer::Unknown)
    }

    fn inpatient(&self) -> Answer {
        self.inpatient.unwrap_or(Answer::Unknown)
    }
}
