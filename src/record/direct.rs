//! Records read straight from a datum of the current schema, without serde between.
//!
//! Each list below is a record, an enum or a union of `schemas/record.avsc`, in the schema's order. A test holds the
//! lists against the schema, another what is read against what serde and apache-avro read of the same bytes.

use super::wire::{Reader, WireError};
use super::*;

/// Most bytes set aside for an array before its items are read: its length may be a lie.
const RESERVED_BYTES: usize = 16 * 1024;

/// A type that can be read from the start of a datum.
pub(super) trait Direct<'de>: Sized {
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError>;
}

/// Reads the head of a record, and gives its body's bytes beside the body.
pub(super) fn record(datum: &[u8]) -> Result<(Record<'_>, &[u8]), WireError> {
    let mut reader = Reader::new(datum);
    let head = Direct::read(&mut reader)?;
    let bytes = reader.rest();
    let body = Direct::read(&mut reader)?;
    if reader.rest().is_empty() { Ok((Record { head, body }, bytes)) } else { Err(WireError::Trailing) }
}

impl<'de> Direct<'de> for bool {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        reader.boolean()
    }
}

impl<'de> Direct<'de> for i32 {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        reader.int()
    }
}

impl<'de> Direct<'de> for i64 {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        reader.long()
    }
}

impl<'de> Direct<'de> for f64 {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        reader.double()
    }
}

impl<'de> Direct<'de> for Text<'de> {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        reader.string().map(Text::borrowed)
    }
}

impl<'de> Direct<'de> for Millis {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        let time = Millis(reader.long()?);
        if time.in_range() { Ok(time) } else { Err(WireError::Value(OUT_OF_RANGE.to_owned())) }
    }
}

impl<'de> Direct<'de> for PartialDate {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        reader.string()?.parse().map_err(|fault: DateFault| WireError::Value(fault.to_string()))
    }
}

impl<'de, T: Direct<'de>> Direct<'de> for Option<T> {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        if reader.is_null()? { Ok(None) } else { T::read(reader).map(Some) }
    }
}

impl<'de, T: Direct<'de>> Direct<'de> for Vec<T> {
    #[inline]
    fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
        let mut items = Vec::new();
        loop {
            let block = reader.block()?;
            if block == 0 {
                return Ok(items);
            }
            // Behind the first block the list grows as lists do: blocks may be many and small.
            if items.is_empty() {
                items.reserve_exact(block.min(RESERVED_BYTES / size_of::<T>().max(1)));
            }
            for _ in 0..block {
                items.push(T::read(reader)?);
            }
        }
    }
}

/// The error of an index that names nothing, in serde's words: rejects are told apart by them.
#[cold]
fn no_such(index: u32, variants: usize) -> WireError {
    WireError::Value(format!("invalid value: integer `{index}`, expected variant index 0 <= i < {variants}"))
}

macro_rules! records {
    ($($name:ident $(<$life:lifetime>)? { $($field:ident),* $(,)? })*) => {
        $(impl<'de> Direct<'de> for $name $(<$life>)? {
            fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
                // The fields of a literal are evaluated in the order in which they are written.
                Ok(Self { $($field: Direct::read(reader)?),* })
            }
        })*

        #[cfg(test)]
        const RECORDS: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($field)),*])),*];
    };
}

macro_rules! enums {
    ($($name:ident { $($variant:ident),* $(,)? })*) => {
        $(impl<'de> Direct<'de> for $name {
            #[inline]
            fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
                const VARIANTS: &[$name] = &[$($name::$variant),*];
                let index = reader.index()?;
                let variant = usize::try_from(index).ok().and_then(|index| VARIANTS.get(index));
                variant.copied().ok_or_else(|| no_such(index, VARIANTS.len()))
            }
        })*

        #[cfg(test)]
        fn enums() -> Vec<(&'static str, Vec<serde_json::Value>)> {
            vec![$((stringify!($name), vec![$(serde_json::to_value($name::$variant).unwrap()),*])),*]
        }
    };
}

macro_rules! unions {
    ($($name:ident { $($variant:ident),* $(,)? })*) => {
        $(impl<'de> Direct<'de> for $name<'de> {
            fn read(reader: &mut Reader<'de>) -> Result<Self, WireError> {
                let index = reader.index()?;
                let mut branch = 0;
                $(
                    if index == branch {
                        return Direct::read(reader).map(Self::$variant);
                    }
                    branch += 1;
                )*
                Err(no_such(index, branch as usize))
            }
        })*

        #[cfg(test)]
        const UNIONS: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($variant)),*])),*];
    };
}

records! {
    Head<'de> {
        record_id, key, identity, site, source_format, source_id, event_time, recorded_at, origin, trace_id,
    }
    Identity<'de> { authority, identifier }
    Origin<'de> { topic, partition, offset, index }
    Report<'de> {
        worldwide_case_id, sender_case_id, sender, other_case_ids, linked_reports, version, status, status_reason,
        report_type, created, first_received, most_recent, own_receipt, expedited, country, reporter_country,
        reporter_qualification, seriousness, patient, drugs, reactions, narrative, history, tests, missing_parts,
    }
    Seriousness {
        serious, death, life_threatening, hospitalisation, disability, congenital_anomaly, other_important,
    }
    ReportPatient<'de> {
        pseudonym, identity, described, age_years, age_group, sex, weight_kg, height_cm, death_date,
    }
    Drug<'de> {
        role, name, substances, atc, unii, rxcui, dose_value, dose_unit, dose_text, cumulative_dose, cumulative_unit,
        route, form, lot, start, end, duration_days, first_dose_to_onset_days, last_dose_to_onset_days, action,
        dechallenge, rechallenge, indications, additional_codes, causality,
    }
    Reaction<'de> { term, code, code_version, outcome, onset, end, seriousness, recurred }
    HistoryItem<'de> { term, code, continuing }
    ReportedTest<'de> { name, code, date, value, value_text, unit, low, high }
    Quantity<'de> { comparator, value, unit }
    Observation<'de> {
        loinc, analyte, quantity, value_text, reference_low, reference_high, specimen, body_site, status,
        observation_id,
    }
    Administration<'de> { product, dose, dose_mg_m2, start, stop, intent, cycle, cycle_day, status }
    Procedure<'de> { kind, name, start, stop, agents, units, volume_ml, status }
    Finding<'de> { kind, presence, site, grade, name, value, status }
    Condition<'de> { kind, presence, severity, name, onset, end, status }
    Response { result, mrd_negative, date, status }
    Stay<'de> { event, ward, status }
    Patient { birth_year, sex, height_cm }
    Forwarded<'de> { from_key, from_record_id, withdrawn, path, fact }
    Merge<'de> { survivor, merged, undone }
    Acknowledgement<'de> { alert_id, revision, act, actor, reason, until }
    ProfileChange<'de> { profile_version, profile_hash }
    Tick { wall_time, partition }
}

enums! {
    SourceFormat { CanonicalAvro, CanonicalJson, Openfda, FaersAscii, E2bR2, E2bR3, Fhir, Hl7v2, Vigil }
    ReportStatus { Current, Amendment, Nullification }
    ReportType { Spontaneous, Study, Other, Unknown }
    ReporterQualification { Physician, Pharmacist, OtherHealthProfessional, Lawyer, Consumer }
    AgeGroup { Foetus, Neonate, Infant, Child, Adolescent, Adult, Elderly }
    Sex { Male, Female, Other }
    DrugRole { Suspect, Concomitant, Interacting, NotAdministered, Unknown }
    ActionTaken { Withdrawn, Reduced, Increased, Unchanged, Unknown, NotApplicable }
    ChallengeResult { Positive, Negative, Unknown, NotApplicable }
    ReactionOutcome { Recovered, Recovering, NotRecovered, Sequelae, Fatal, Unknown }
    Comparator { Eq, Lt, Le, Gt, Ge }
    ResultStatus { Preliminary, Final, Corrected, Withdrawn }
    Intent { Treatment, Prophylaxis, Unknown }
    ProcedureKind {
        Hsct, Conditioning, RedCellTransfusion, PlateletTransfusion, Paracentesis, Dialysis, Ventilation, Biopsy,
        Imaging, Other,
    }
    FindingKind {
        Hepatomegaly, PainfulHepatomegaly, RuqPain, Ascites, Oedema, UltrasoundSuggestive, PortalFlowReversal,
        HistologyVod, HvpgGe10, OvertBleeding, RefractoryThrombocytopenia, Encephalopathy, Other,
    }
    Presence { Present, Absent, Unsure }
    ConditionKind {
        Gilbert, Haemolysis, LiverDisease, Hepatitis, EarlierVod, PhiladelphiaPositive, Cd22Positive, EarlierTki, Gvhd,
        Infection, Pregnancy, BAll, Allergy, Other,
    }
    ResponseResult { Cr, Cri, None, NotAssessed }
    StayEvent { Admission, Discharge, Death }
    AckAct { Acknowledge, Assign, Comment, Dismiss, Snooze, Undo }
}

unions! {
    Body {
        Report, Observation, Administration, Procedure, Finding, Condition, Response, Stay, Patient, Forwarded, Merge,
        Acknowledgement, ProfileChange, Tick,
    }
    Fact { Finding, Administration, Condition, Procedure, Response, Stay, Patient }
}

#[cfg(test)]
#[path = "direct_tests.rs"]
mod tests;
