//! Reporting clocks of a case (ruling 26): which run, from which day 0, and until when. Nothing here reads a clock;
//! whoever wants to know what is overdue passes the present day.

use super::assess::Stated;
use crate::profile::{Profile, Region};
use crate::record::state::{ClocksState, DueState, StateUnread, date_of, packed_date, word};
use crate::record::{PartialDate, Report, ReportType};

/// Which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClockRule {
    /// EU: every serious report, wherever it comes from (GVP VI.C.3).
    EuSerious,
    /// EU: a non-serious report from the European Economic Area.
    EuNonSerious,
    /// US: serious and unexpected (21 CFR 600.80).
    UsAlert,
}

impl ClockRule {
    /// All rules.
    pub const ALL: &'static [Self] = &[Self::EuSerious, Self::EuNonSerious, Self::UsAlert];

    /// Name, as in alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EuSerious => "eu_serious",
            Self::EuNonSerious => "eu_non_serious",
            Self::UsAlert => "us_15_day_alert",
        }
    }

    /// The region whose authority is served.
    #[must_use]
    pub const fn region(self) -> Region {
        match self {
            Self::EuSerious | Self::EuNonSerious => Region::Eu,
            Self::UsAlert => Region::Us,
        }
    }

    const fn fact(self) -> &'static str {
        match self {
            Self::EuSerious => "rule.clock.serious_days",
            Self::EuNonSerious => "rule.clock.non_serious_days",
            Self::UsAlert => "rule.clock.us_days",
        }
    }

    /// Days from day 0, of the profile.
    #[must_use]
    pub fn days(self, profile: &Profile) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "a number of days of the profile")]
        profile.fact(self.fact()).and_then(|fact| fact.value).map(|days| days as i64)
    }
}

/// A clock that runs: day 0 and the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The rule.
    pub rule: ClockRule,
    /// Day 0: the day on which all four elements, or the significant follow-up, became known.
    pub day_zero: PartialDate,
    /// Last day: day 0 and so many calendar days; weekends and holidays count.
    pub due: PartialDate,
    /// Started by a significant follow-up?
    pub follow_up: bool,
}

/// Does a region's rule apply to a version?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    /// By this rule.
    By(ClockRule),
    /// No rule applies, and why.
    No(&'static str),
    /// Cannot be said until this is known.
    Unknown(&'static str),
}

/// What of a report the clocks depend on.
#[derive(Clone, Copy, Debug)]
pub struct ClockFacts {
    /// Are all four elements known?
    pub valid: bool,
    /// Serious by any criterion, of the case or of a reaction?
    pub serious: Stated,
    /// Is a serious reaction unlisted in the US? Unknown where a person has to decide.
    pub unexpected_us: Stated,
    /// Did anyone state a causal relation? Asked of solicited reports only.
    pub related: Stated,
    /// Does the case come from the European Economic Area? Unknown without a country.
    pub eea: Stated,
}

/// Which rule of the region applies to a report of own receipt.
#[must_use]
pub fn applies(region: Region, report: &Report<'_>, facts: &ClockFacts) -> Applies {
    if !report.own_receipt {
        return Applies::No("not received by the operator: no clock runs");
    }
    if !facts.valid {
        return Applies::No("not a valid report yet: an element is missing");
    }
    // A solicited report is an adverse reaction only where a causal relation is possible (ICH E2D).
    if report.report_type == ReportType::Study {
        match facts.related {
            Stated::Yes => {}
            Stated::No => return Applies::No("solicited, and no causal relation stated"),
            Stated::Unknown => return Applies::Unknown("causality of a solicited report"),
        }
    }
    match (region, facts.serious) {
        (_, Stated::Unknown) => Applies::Unknown("seriousness"),
        (Region::Eu, Stated::Yes) => Applies::By(ClockRule::EuSerious),
        (Region::Eu, Stated::No) => match facts.eea {
            Stated::Yes => Applies::By(ClockRule::EuNonSerious),
            Stated::No => Applies::No("not serious and from outside the European Economic Area"),
            Stated::Unknown => Applies::Unknown("country"),
        },
        (Region::Us, Stated::No) => Applies::No("not serious"),
        (Region::Us, Stated::Yes) => match facts.unexpected_us {
            Stated::Yes => Applies::By(ClockRule::UsAlert),
            Stated::No => Applies::No("serious and listed in the US"),
            Stated::Unknown => Applies::Unknown("whether the reaction is expected in the US"),
        },
    }
}

/// Does the case come from the European Economic Area: by the country of occurrence, else of the reporter?
#[must_use]
pub fn from_eea(profile: &Profile, report: &Report<'_>) -> Stated {
    let code =
        |country: Option<&str>| country.map(str::trim).filter(|code| code.len() == 2).map(str::to_ascii_uppercase);
    let Some(country) = code(report.country.as_deref()).or_else(|| code(report.reporter_country.as_deref())) else {
        return Stated::Unknown;
    };
    match profile.fact("regulatory.eea") {
        Some(fact) if fact.list.contains(&country) => Stated::Yes,
        Some(_) => Stated::No,
        None => Stated::Unknown,
    }
}

/// Words of a reported causality that deny it, and words that affirm it; the first are looked for first.
const DENIED: [&str; 8] =
    ["not related", "unrelated", "not suspected", "unlikely", "no reasonable", "excluded", "not possible", "none"];
const AFFIRMED: [&str; 9] =
    ["related", "suspected", "possible", "probable", "certain", "definite", "likely", "reasonable", "yes"];

/// Did anyone state a causal relation with the product? One assessment in favour is enough.
#[must_use]
pub fn related<'t>(causality: impl Iterator<Item = &'t str>) -> Stated {
    let mut denied = false;
    for text in causality {
        let lower = text.to_ascii_lowercase();
        if DENIED.iter().any(|word| lower.contains(word)) {
            denied = true;
        } else if AFFIRMED.iter().any(|word| lower.contains(word)) {
            return Stated::Yes;
        }
    }
    if denied { Stated::No } else { Stated::Unknown }
}

/// What is remembered of a case's clocks between its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockMemory {
    /// The content whose change is a significant follow-up, as a hash.
    significant: u64,
    /// Were all four elements known?
    valid: bool,
    /// Day 0 of the first valid version seen.
    initial: Option<PartialDate>,
    /// Day 0 of the latest significant information.
    latest: Option<PartialDate>,
    /// Did a follow-up set it?
    followed_up: bool,
    /// Clocks that run for the version that holds.
    pub due: Vec<Due>,
}

impl ClockMemory {
    /// The clocks for the changelog.
    #[must_use]
    pub fn to_state(&self) -> ClocksState<'static> {
        let due = self.due.iter().map(|due| DueState {
            rule: due.rule.name().into(),
            day_zero: due.day_zero.packed().cast_signed(),
            last_day: due.due.packed().cast_signed(),
            follow_up: due.follow_up,
        });
        ClocksState {
            significant: self.significant.cast_signed(),
            valid: self.valid,
            initial: packed_date(self.initial),
            latest: packed_date(self.latest),
            followed_up: self.followed_up,
            due: due.collect(),
        }
    }

    /// The clocks of the changelog.
    ///
    /// # Errors
    /// [`StateUnread`]: a date or rule that no release of this schema writes.
    pub fn of_state(state: &ClocksState<'_>) -> Result<Self, StateUnread> {
        let date = |packed: i32| date_of(Some(packed)).and_then(|date| date.ok_or(StateUnread::Malformed));
        let due = |due: &DueState<'_>| {
            Ok(Due {
                rule: word(ClockRule::ALL, ClockRule::name, &due.rule)?,
                day_zero: date(due.day_zero)?,
                due: date(due.last_day)?,
                follow_up: due.follow_up,
            })
        };
        Ok(Self {
            significant: state.significant.cast_unsigned(),
            valid: state.valid,
            initial: date_of(state.initial)?,
            latest: date_of(state.latest)?,
            followed_up: state.followed_up,
            due: state.due.iter().map(due).collect::<Result<_, StateUnread>>()?,
        })
    }
}

/// Moves the clocks of a case to a version that holds now.
///
/// `received` is the day on which the version's information became known (C.1.5, else C.1.4, else recorded-at);
/// `significant` a hash of everything in it that is medical information. An amendment corrects and brings nothing new.
#[must_use]
pub fn advance(
    profile: &Profile,
    before: Option<&ClockMemory>,
    report: &Report<'_>,
    facts: &ClockFacts,
    received: Option<PartialDate>,
    significant: u64,
) -> ClockMemory {
    let mut memory = before.cloned().unwrap_or_default();
    let amendment = report.status == crate::record::ReportStatus::Amendment;
    let first_valid = facts.valid && !memory.valid;
    if first_valid {
        // The first version seen that is valid: of two dates the earlier, so that no deadline is put too late. A later
        // C.1.5 of it is a follow-up whose initial version was not seen, with a clock of its own.
        let seen_before = before.is_some();
        memory.initial = if seen_before { received } else { report.first_received.or(received) };
        memory.followed_up = !seen_before && memory.initial != received;
        memory.latest = received;
    } else if facts.valid && memory.significant != significant && !amendment {
        memory.latest = received.or(memory.latest);
        memory.followed_up = true;
    }
    memory.valid = facts.valid;
    if !(amendment && before.is_some()) || first_valid {
        memory.significant = significant;
    }
    memory.due.clear();
    for region in Region::ALL {
        let Applies::By(rule) = applies(*region, report, facts) else { continue };
        let Some(days) = rule.days(profile) else { continue };
        let mut add = |day_zero: Option<PartialDate>, follow_up: bool| {
            let Some(zero) = day_zero.and_then(PartialDate::days) else { return };
            if let (Some(day_zero), Some(due)) = (PartialDate::from_days(zero), PartialDate::from_days(zero + days)) {
                memory.due.push(Due { rule, day_zero, due, follow_up });
            }
        };
        add(memory.initial, false);
        if memory.followed_up && memory.latest != memory.initial {
            add(memory.latest, true);
        }
    }
    memory
}

/// How soon something is due, as metrics show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueBucket {
    /// The last day has passed.
    Overdue,
    /// Today or within 3 days.
    Within3,
    /// Within 7 days.
    Within7,
    /// Within 15 days.
    Within15,
    /// Later.
    Later,
}

impl DueBucket {
    /// All, soonest first.
    pub const ALL: [Self; 5] = [Self::Overdue, Self::Within3, Self::Within7, Self::Within15, Self::Later];

    /// Name, as in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Within3 => "within_3_days",
            Self::Within7 => "within_7_days",
            Self::Within15 => "within_15_days",
            Self::Later => "later",
        }
    }

    /// The bucket of something due on `due`, seen on `today`, both in days since 1970.
    #[must_use]
    pub const fn of(due: i64, today: i64) -> Self {
        match due - today {
            ..0 => Self::Overdue,
            0..=3 => Self::Within3,
            4..=7 => Self::Within7,
            8..=15 => Self::Within15,
            16.. => Self::Later,
        }
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
