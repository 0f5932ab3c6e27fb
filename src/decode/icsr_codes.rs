//! Code lists that ICSR formats share: ICH E2B(R2) elements, which openFDA publishes unchanged, and units of time.
//! A code that a list does not have is unknown, never an error: lists grow.

use crate::record::{
    ActionTaken, AgeGroup, ChallengeResult, DrugRole, ReactionOutcome, ReportType, ReporterQualification, Sex,
};

/// The sender of everything that FDA publishes (openFDA and the quarterly files): the scope of its case numbers.
pub const FDA: &str = "FDA";

/// Days in a year, so that 366 days are 1.002 years (DOMAIN section 6).
const YEAR_DAYS: f64 = 365.25;

/// Units of time of ages, durations and intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    Decade,
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl TimeUnit {
    /// E2B(R2) codes 800 to 807.
    pub fn of_e2b(code: &str) -> Option<Self> {
        Some(match code {
            "800" => Self::Decade,
            "801" => Self::Year,
            "802" => Self::Month,
            "803" => Self::Week,
            "804" => Self::Day,
            "805" => Self::Hour,
            "806" => Self::Minute,
            "807" => Self::Second,
            _ => return None,
        })
    }

    /// FAERS `age_cod` and `dur_cod`.
    pub fn of_faers(code: &str) -> Option<Self> {
        Some(match code {
            "DEC" => Self::Decade,
            "YR" => Self::Year,
            "MON" => Self::Month,
            "WK" => Self::Week,
            "DY" | "DAY" => Self::Day,
            "HR" => Self::Hour,
            "MIN" => Self::Minute,
            "SEC" => Self::Second,
            _ => return None,
        })
    }

    /// `value` in years.
    pub fn years(self, value: f64) -> f64 {
        match self {
            Self::Decade => value * 10.0,
            Self::Year => value,
            Self::Month => value / 12.0,
            Self::Week | Self::Day | Self::Hour | Self::Minute | Self::Second => self.days(value) / YEAR_DAYS,
        }
    }

    /// `value` in days.
    pub fn days(self, value: f64) -> f64 {
        match self {
            Self::Decade => value * 10.0 * YEAR_DAYS,
            Self::Year => value * YEAR_DAYS,
            Self::Month => value * YEAR_DAYS / 12.0,
            Self::Week => value * 7.0,
            Self::Day => value,
            Self::Hour => value / 24.0,
            Self::Minute => value / 1_440.0,
            Self::Second => value / 86_400.0,
        }
    }
}

/// E2B(R2) yes and no: 1 and 2.
pub fn flag(code: &str) -> Option<bool> {
    match code {
        "1" => Some(true),
        "2" => Some(false),
        _ => None,
    }
}

/// E2B(R2) A.1.4.
pub fn report_type(code: &str) -> ReportType {
    match code {
        "1" => ReportType::Spontaneous,
        "2" => ReportType::Study,
        "3" => ReportType::Other,
        _ => ReportType::Unknown,
    }
}

/// E2B(R2) A.2.1.4.
pub fn qualification(code: &str) -> Option<ReporterQualification> {
    Some(match code {
        "1" => ReporterQualification::Physician,
        "2" => ReporterQualification::Pharmacist,
        "3" => ReporterQualification::OtherHealthProfessional,
        "4" => ReporterQualification::Lawyer,
        "5" => ReporterQualification::Consumer,
        _ => return None,
    })
}

/// E2B(R2) B.1.5; 0 is unknown.
pub fn sex(code: &str) -> Option<Sex> {
    match code {
        "1" => Some(Sex::Male),
        "2" => Some(Sex::Female),
        _ => None,
    }
}

/// E2B(R2) B.1.2.3.
pub fn age_group(code: &str) -> Option<AgeGroup> {
    Some(match code {
        "1" => AgeGroup::Neonate,
        "2" => AgeGroup::Infant,
        "3" => AgeGroup::Child,
        "4" => AgeGroup::Adolescent,
        "5" => AgeGroup::Adult,
        "6" => AgeGroup::Elderly,
        _ => return None,
    })
}

/// E2B(R2) B.4.k.1; 4 came with R3.
pub fn role(code: &str) -> DrugRole {
    match code {
        "1" => DrugRole::Suspect,
        "2" => DrugRole::Concomitant,
        "3" => DrugRole::Interacting,
        "4" => DrugRole::NotAdministered,
        _ => DrugRole::Unknown,
    }
}

/// E2B(R2) B.4.k.16.
pub fn action(code: &str) -> Option<ActionTaken> {
    Some(match code {
        "1" => ActionTaken::Withdrawn,
        "2" => ActionTaken::Reduced,
        "3" => ActionTaken::Increased,
        "4" => ActionTaken::Unchanged,
        "5" => ActionTaken::Unknown,
        "6" => ActionTaken::NotApplicable,
        _ => return None,
    })
}

/// openFDA `drugadditional`: did the event abate; 3 is "does not apply" (openFDA field reference, drug/event).
pub fn dechallenge(code: &str) -> Option<ChallengeResult> {
    Some(match code {
        "1" => ChallengeResult::Positive,
        "2" => ChallengeResult::Negative,
        "3" => ChallengeResult::NotApplicable,
        _ => return None,
    })
}

/// E2B(R2) B.4.k.17.1: did the reaction recur; 3 is unknown.
pub fn rechallenge(code: &str) -> Option<ChallengeResult> {
    Some(match code {
        "1" => ChallengeResult::Positive,
        "2" => ChallengeResult::Negative,
        "3" => ChallengeResult::Unknown,
        _ => return None,
    })
}

/// E2B(R2) B.2.i.8.
pub fn outcome(code: &str) -> Option<ReactionOutcome> {
    Some(match code {
        "1" => ReactionOutcome::Recovered,
        "2" => ReactionOutcome::Recovering,
        "3" => ReactionOutcome::NotRecovered,
        "4" => ReactionOutcome::Sequelae,
        "5" => ReactionOutcome::Fatal,
        "6" => ReactionOutcome::Unknown,
        _ => return None,
    })
}

/// E2B(R2) attachment 1, units of dose, in UCUM.
pub fn dose_unit(code: &str) -> Option<&'static str> {
    Some(match code {
        "001" => "kg",
        "002" => "g",
        "003" => "mg",
        "004" => "ug",
        "005" => "ng",
        "006" => "pg",
        "007" => "mg/kg",
        "008" => "ug/kg",
        "009" => "mg/m2",
        "010" => "ug/m2",
        "011" => "L",
        "012" => "mL",
        "013" => "uL",
        "014" => "Bq",
        "015" => "GBq",
        "016" => "MBq",
        "017" => "kBq",
        "018" => "Ci",
        "019" => "mCi",
        "020" => "uCi",
        "021" => "nCi",
        "022" => "mol",
        "023" => "mmol",
        "024" => "umol",
        "025" => "[iU]",
        "026" => "k[iU]",
        "027" => "M[iU]",
        "028" => "[iU]/kg",
        "029" => "meq",
        "030" => "%",
        "031" => "[drp]",
        "032" => "{DF}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_become_years() {
        for (unit, value, years) in [
            ("800", 7.0, 70.0),
            ("801", 67.0, 67.0),
            ("802", 18.0, 1.5),
            ("803", 52.0, 0.9966),
            ("804", 366.0, 1.0021),
            ("805", 24.0, 0.0027),
        ] {
            let found = TimeUnit::of_e2b(unit).unwrap().years(value);
            assert!((found - years).abs() < 5e-5, "{unit}: {found}");
        }
        assert_eq!(TimeUnit::of_e2b("810"), None);
        for (faers, e2b) in [("DEC", "800"), ("YR", "801"), ("MON", "802"), ("WK", "803"), ("DY", "804"), ("HR", "805")]
        {
            assert_eq!(TimeUnit::of_faers(faers), TimeUnit::of_e2b(e2b), "{faers}");
        }
    }
}
