//! FDA's codes of the quarterly files (ASC_NTS.pdf of each release). A code that is not listed is unknown.

use crate::record::{AgeGroup, ChallengeResult, DrugRole, ReporterQualification, Seriousness, Sex};

/// `role_cod`: PS and SS are primary and secondary suspect, DN a drug that was not administered.
pub fn role(code: &str) -> DrugRole {
    match code {
        "PS" | "SS" => DrugRole::Suspect,
        "C" => DrugRole::Concomitant,
        "I" => DrugRole::Interacting,
        "DN" => DrugRole::NotAdministered,
        _ => DrugRole::Unknown,
    }
}

/// `occp_cod`.
pub fn qualification(code: &str) -> Option<ReporterQualification> {
    Some(match code {
        "MD" => ReporterQualification::Physician,
        "PH" => ReporterQualification::Pharmacist,
        "OT" | "RN" | "HP" => ReporterQualification::OtherHealthProfessional,
        "LW" => ReporterQualification::Lawyer,
        "CN" => ReporterQualification::Consumer,
        _ => return None,
    })
}

/// `sex`, `gndr_cod`: UNK and NS are unknown.
pub fn sex(code: &str) -> Option<Sex> {
    match code {
        "M" => Some(Sex::Male),
        "F" => Some(Sex::Female),
        _ => None,
    }
}

/// `age_grp`.
pub fn age_group(code: &str) -> Option<AgeGroup> {
    Some(match code {
        "N" => AgeGroup::Neonate,
        "I" => AgeGroup::Infant,
        "C" => AgeGroup::Child,
        "T" => AgeGroup::Adolescent,
        "A" => AgeGroup::Adult,
        "E" => AgeGroup::Elderly,
        _ => return None,
    })
}

/// `rept_cod`: expedited (also the 5-day reports), periodic, or sent to FDA directly.
pub fn expedited(code: &str) -> Option<bool> {
    match code {
        "EXP" | "5DAY" => Some(true),
        "PER" | "DIR" => Some(false),
        _ => None,
    }
}

/// `dechal`, `rechal`.
pub fn challenge(code: &str) -> Option<ChallengeResult> {
    Some(match code {
        "Y" => ChallengeResult::Positive,
        "N" => ChallengeResult::Negative,
        "U" => ChallengeResult::Unknown,
        "D" => ChallengeResult::NotApplicable,
        _ => return None,
    })
}

/// Kilograms of one `wt_cod`.
pub fn weight_kg(code: &str) -> Option<f64> {
    match code {
        "KG" => Some(1.0),
        "LBS" => Some(0.453_592_37),
        "GMS" => Some(0.001),
        _ => None,
    }
}

/// Adds an `outc_cod`. What has no row is not stated, never "no". RI, required intervention, is US law's own criterion
/// and counts as medically important.
pub fn add_outcome(seriousness: &mut Seriousness, code: &str) {
    let flag = match code {
        "DE" => &mut seriousness.death,
        "LT" => &mut seriousness.life_threatening,
        "HO" => &mut seriousness.hospitalisation,
        "DS" => &mut seriousness.disability,
        "CA" => &mut seriousness.congenital_anomaly,
        "OT" | "RI" => &mut seriousness.other_important,
        _ => return,
    };
    *flag = Some(true);
    seriousness.serious = Some(true);
}

/// `rpsr_cod` of a study.
pub const SOURCE_STUDY: &str = "SDY";

/// What FDA writes where the reporter's country is not known.
pub const NO_COUNTRY: &str = "COUNTRY NOT SPECIFIED";
