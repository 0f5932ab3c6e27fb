//! Haemorrhage (ruling 19): ISTH major needs overt bleeding; laboratory values alone are information.

use super::items::{current, value};
use super::three::{any, both};
use super::view::{Measured, View};
use crate::profile::{Analyte, Answer, Basis, Decimal, Limit, Op, Priority, Profile};
use crate::record::{Comparator, Millis, Presence, ProcedureKind};

/// What was judged of bleeding at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bleeding {
    /// Overt bleeding was said, denied, or nothing was said.
    pub overt: Answer,
    /// ISTH major.
    pub major: Answer,
    /// At a critical site; never inferred from laboratory values.
    pub critical: Answer,
    /// Haemoglobin fell by 20 g/L or more within 48 hours.
    pub hb_fall: Answer,
    /// Two or more units of red cells within 48 hours.
    pub units: Answer,
    /// The fall, earlier and later value, where there is one.
    pub fall: Option<(Measured, Measured)>,
    /// The weight has risen beside a fall: it may be dilution.
    pub dilution: bool,
    /// Platelets below 10: a risk, never an alert of its own.
    pub low_platelets: Answer,
    /// The highest CTCAE grade that was recorded.
    pub grade: Option<u8>,
}

impl Bleeding {
    /// The rule that decides the priority and the priority; `None` where nothing is raised.
    #[must_use]
    pub fn priority(&self, profile: &Profile) -> Option<(&'static str, Priority)> {
        let numbers = &profile.numbers;
        let trusted = numbers.isth_hb_fall.trusted && numbers.isth_units.trusted;
        let rule = if self.major == Answer::Met {
            "isth_major"
        } else if self.overt == Answer::Met {
            "bleeding_overt"
        } else if any(self.hb_fall, self.units) == Answer::Met {
            "hb_fall"
        } else {
            return None;
        };
        Some((rule, super::priority(profile, rule, trusted)))
    }
}

/// Judges bleeding.
#[must_use]
pub fn bleeding<V: View>(profile: &Profile, view: &V) -> Bleeding {
    let numbers = &profile.numbers;
    let lasts = numbers.stale_finding_days.value.days_ms();
    let recent = || view.bleeds().take_while(|bleed| view.now().0 - bleed.at.0 <= lasts);
    let present = || recent().filter(|bleed| bleed.presence == Presence::Present);
    let overt = match (present().next().is_some(), recent().next().map(|bleed| bleed.presence)) {
        (true, _) => Answer::Met,
        (false, Some(Presence::Absent)) => Answer::NotMet,
        (false, Some(Presence::Present | Presence::Unsure) | None) => Answer::Unknown,
    };
    let critical = present().map(|bleed| bleed.critical).fold(Answer::NotMet, any);
    let fatal = if present().any(|bleed| bleed.grade == Some(5)) { Answer::Met } else { Answer::NotMet };
    let (hb_fall, fall) = hb_fall(profile, view);
    let units = units(profile, view);
    let few = Limit { basis: Basis::Absolute, op: Op::Lt, limit: numbers.platelets_risk_below.value, printed: None };
    let gain = numbers.dilution_weight_percent.value;
    let gain = Limit { basis: Basis::PercentOverBaseline, op: Op::Gt, limit: gain, printed: None };
    Bleeding {
        overt,
        major: both(overt, any(any(critical, fatal), any(hb_fall, units))),
        critical,
        hb_fall,
        units,
        fall,
        dilution: hb_fall == Answer::Met && value(profile, view, Analyte::Weight, &gain).answer == Answer::Met,
        low_platelets: value(profile, view, Analyte::Platelets, &few).answer,
        grade: present().filter_map(|bleed| bleed.grade).max(),
    }
}

/// Any two values within 48 hours of each other, the later of them within the last 48: what a transfusion has raised
/// since had fallen all the same.
fn hb_fall<V: View>(profile: &Profile, view: &V) -> (Answer, Option<(Measured, Measured)>) {
    let window = profile.numbers.isth_hb_hours.value.hours_ms();
    let enough = profile.numbers.isth_hb_fall.value.units();
    let exact = |value: &Measured| value.measure.suspect.is_none() && value.measure.comparator == Comparator::Eq;
    let mut answer = Answer::Unknown;
    let mut deepest: Option<(i128, Measured, Measured)> = None;
    let later = view.values(Analyte::Haemoglobin).filter(exact);
    for to in later.take_while(|value| view.now().0 - value.at.0 <= window) {
        let earlier = view.values_until(Analyte::Haemoglobin, Millis(to.at.0 - 1)).filter(exact);
        for from in earlier.take_while(|value| to.at.0 - value.at.0 <= window) {
            let fall = from.measure.value.units() - to.measure.value.units();
            if answer == Answer::Unknown {
                answer = Answer::NotMet;
            }
            if fall > deepest.map_or(0, |(fall, ..)| fall) {
                deepest = Some((fall, from, to));
            }
        }
    }
    if deepest.is_some_and(|(fall, ..)| fall >= enough) {
        answer = Answer::Met;
    } else if current(profile, view, Analyte::Haemoglobin).is_err() {
        // The newest value is stale or suspect: what has happened since is not known.
        answer = Answer::Unknown;
    }
    (answer, deepest.map(|(_, from, to)| (from, to)))
}

/// Units of red cells within 48 hours. A transfusion whose units are not said is one at least. Where none was recorded it is
/// not known whether none was given: a feed without procedures looks the same.
fn units<V: View>(profile: &Profile, view: &V) -> Answer {
    let window = profile.numbers.isth_units_hours.value.hours_ms();
    let given = view.transfusions(ProcedureKind::RedCellTransfusion);
    let (mut units, mut more, mut none) = (0, false, true);
    for transfusion in given.take_while(|transfusion| view.now().0 - transfusion.at.0 <= window) {
        none = false;
        more |= transfusion.units.is_none();
        units += transfusion.units.map_or(Decimal::ONE, Decimal::units);
    }
    if units >= profile.numbers.isth_units.value.units() {
        Answer::Met
    } else if more || none {
        Answer::Unknown
    } else {
        Answer::NotMet
    }
}

/// The words of the critical sites of bleeding.
#[derive(Debug)]
pub struct CriticalSites(Vec<String>);

impl CriticalSites {
    /// The profile's list.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        let list = profile.fact("rule.isth.critical_sites").map_or(&[][..], |fact| &fact.list);
        Self(list.iter().map(|word| word.to_lowercase()).collect())
    }

    /// Is a site, as it was written, a critical one? Unknown where none was.
    #[must_use]
    pub fn critical(&self, site: Option<&str>) -> Answer {
        let Some(site) = site.map(str::trim).filter(|site| !site.is_empty()) else { return Answer::Unknown };
        let site = site.to_lowercase();
        if self.0.iter().any(|word| site.contains(word.as_str())) { Answer::Met } else { Answer::NotMet }
    }
}
