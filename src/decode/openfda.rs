//! openFDA drug-event JSON: one report, an API page, a bulk file, or a bare list of reports.

use super::icsr_codes::{self as codes, FDA, TimeUnit};
use super::json::{self, RawItems, Shape, Sound};
use super::openfda_wire::{OneOrMany, Scalar, WireDrug, WirePatient, WireReaction, WireReport};
use super::{Limits, Sink};
use crate::record::{
    Body, DateFault, Drug, Head, PartialDate, Reaction, Record, Reject, RejectReason, Report, ReportPatient,
    Seriousness, SourceFormat, Text,
};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::fmt;

/// Reads the reports of `text`, one by one.
pub fn decode(text: &str, shape: Shape, limits: &Limits, sink: &mut Sink<'_>) -> Result<(), Reject> {
    let items = match shape {
        Shape::OpenFdaPage => page(text, limits)?,
        Shape::OpenFdaList => json::items(text, limits)?,
        Shape::EmptyList => Vec::new(),
        Shape::OpenFdaReport | Shape::Canonical | Shape::OtherJson | Shape::NoJson => {
            sink(0, Ok(report(text, 0, limits)?));
            return Ok(());
        }
    };
    if items.is_empty() {
        return Err(RejectReason::NoRecords.at("a page without a report"));
    }
    for (index, item) in (0..).zip(items) {
        sink(index, report(item, index, limits));
    }
    Ok(())
}

/// The texts of the reports of an API page or bulk file.
fn page<'t>(text: &'t str, limits: &Limits) -> Result<Vec<&'t str>, Reject> {
    struct Page {
        max: usize,
    }
    impl<'de> Visitor<'de> for Page {
        type Value = Vec<&'de str>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an openFDA page")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut results = None;
            while let Some(key) = map.next_key::<Text<'de>>()? {
                if key.as_str() != "results" {
                    map.next_value::<Sound>()?;
                } else if results.is_some() {
                    return Err(A::Error::custom("duplicate key"));
                } else {
                    results = Some(map.next_value_seed(RawItems { max: self.max })?);
                }
            }
            Ok(results.unwrap_or_default())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer
        .deserialize_map(Page { max: limits.container_records })
        .and_then(|items| deserializer.end().map(|()| items))
        .map_err(|error| json::container_reject(text, &error, limits))
}

fn report<'t>(text: &'t str, index: i32, limits: &Limits) -> Result<Record<'t>, Reject> {
    json::check(text)?;
    let wire: WireReport<'t> = json::read(text, limits)?;
    let version = version(wire.safetyreportversion.as_ref())?;
    let id = wire.safetyreportid.and_then(Scalar::into_text);
    let id = id.ok_or_else(|| RejectReason::MissingField.at("field safetyreportid"))?;
    let source_id = match version {
        Some(version) => Text::owned(format!("{}/{version}", id.as_str())),
        None => id.clone(),
    };
    let mut other_case_ids: Vec<Text<'t>> = Vec::new();
    let duplicates = wire.reportduplicate.0.into_iter().map(|duplicate| duplicate.duplicatenumb);
    for number in [wire.companynumb, wire.authoritynumb].into_iter().chain(duplicates) {
        if let Some(number) = number.and_then(Scalar::into_text)
            && !other_case_ids.contains(&number)
        {
            other_case_ids.push(number);
        }
    }
    let source = wire.primarysource.0.into_iter().next().unwrap_or_default();
    let mut report = Report {
        sender: Text::borrowed(FDA),
        sender_case_id: Some(id),
        other_case_ids,
        version,
        report_type: coded(wire.reporttype.as_ref(), |code| Some(codes::report_type(code))).unwrap_or_default(),
        created: date("transmissiondate", wire.transmissiondate.as_ref())?,
        first_received: date("receivedate", wire.receivedate.as_ref())?,
        most_recent: date("receiptdate", wire.receiptdate.as_ref())?,
        expedited: coded(wire.fulfillexpeditecriteria.as_ref(), codes::flag),
        country: wire.occurcountry.and_then(Scalar::into_text),
        reporter_country: source.reportercountry.or(wire.primarysourcecountry).and_then(Scalar::into_text),
        reporter_qualification: coded(source.qualification.as_ref(), codes::qualification),
        seriousness: Seriousness {
            serious: coded(wire.serious.as_ref(), codes::flag),
            death: coded(wire.seriousnessdeath.as_ref(), codes::flag),
            life_threatening: coded(wire.seriousnesslifethreatening.as_ref(), codes::flag),
            hospitalisation: coded(wire.seriousnesshospitalization.as_ref(), codes::flag),
            disability: coded(wire.seriousnessdisabling.as_ref(), codes::flag),
            congenital_anomaly: coded(wire.seriousnesscongenitalanomali.as_ref(), codes::flag),
            other_important: coded(wire.seriousnessother.as_ref(), codes::flag),
        },
        ..Report::default()
    };
    match wire.patient {
        Some(patient) => add_patient(&mut report, patient)?,
        None => report.missing_parts.push(Text::borrowed("patient")),
    }
    if report.drugs.is_empty() {
        report.missing_parts.push(Text::borrowed("drug"));
    }
    if report.reactions.is_empty() {
        report.missing_parts.push(Text::borrowed("reaction"));
    }
    let mut head = Head { source_format: SourceFormat::Openfda, source_id, ..Head::default() };
    head.origin.index = index;
    Ok(Record { head, body: Body::Report(report) })
}

fn add_patient<'t>(report: &mut Report<'t>, wire: WirePatient<'t>) -> Result<(), Reject> {
    let age = number("patientonsetage", wire.patientonsetage.as_ref())?;
    let age_unit = coded(wire.patientonsetageunit.as_ref(), TimeUnit::of_e2b);
    let age_years = age.zip(age_unit).map(|(age, unit)| unit.years(age));
    let age_group = coded(wire.patientagegroup.as_ref(), codes::age_group);
    let sex = coded(wire.patientsex.as_ref(), codes::sex);
    let initial = wire.patientinitial.is_some_and(|initial| !initial.as_str().is_empty());
    report.patient = ReportPatient {
        described: Some(age.is_some() || age_group.is_some() || sex.is_some() || initial),
        age_years,
        age_group: if age_years.is_none() { age_group } else { None },
        sex,
        weight_kg: number("patientweight", wire.patientweight.as_ref())?,
        height_cm: number("patientheight", wire.patientheight.as_ref())?,
        death_date: match wire.patientdeath {
            Some(death) => date("patientdeathdate", death.patientdeathdate.as_ref())?,
            None => None,
        },
        ..ReportPatient::default()
    };
    report.narrative = wire.summary.and_then(|summary| summary.narrativeincludeclinical).and_then(Scalar::into_text);
    report.drugs = wire.drug.0.into_iter().map(drug).collect::<Result<_, _>>()?;
    report.reactions = wire.reaction.0.into_iter().map(reaction).collect::<Result<_, _>>()?;
    Ok(())
}

fn drug(wire: WireDrug<'_>) -> Result<Drug<'_>, Reject> {
    let added = wire.openfda.unwrap_or_default();
    let mut substances = Vec::new();
    for substance in wire.activesubstance.0 {
        substances.extend(substance.activesubstancename.0.into_iter().flat_map(split_substances));
    }
    // The report's own substances rule; what openFDA adds by the product's name stands in only where there are none.
    for stand_in in [added.substance_name, added.generic_name] {
        if substances.is_empty() {
            substances = texts(stand_in);
        }
    }
    let name = wire.medicinalproduct.and_then(Scalar::into_text);
    let name = name.or_else(|| texts(added.brand_name).into_iter().next()).unwrap_or_default();
    Ok(Drug {
        role: coded(wire.drugcharacterization.as_ref(), |code| Some(codes::role(code))).unwrap_or_default(),
        name,
        substances,
        unii: texts(added.unii),
        rxcui: texts(added.rxcui),
        dose_value: number_or_none(wire.drugstructuredosagenumb.as_ref()),
        dose_unit: dose_unit(wire.drugstructuredosageunit),
        dose_text: wire.drugdosagetext.and_then(Scalar::into_text),
        cumulative_dose: number_or_none(wire.drugcumulativedosagenumb.as_ref()),
        cumulative_unit: dose_unit(wire.drugcumulativedosageunit),
        route: wire.drugadministrationroute.and_then(Scalar::into_text),
        form: wire.drugdosageform.and_then(Scalar::into_text),
        lot: wire.drugbatchnumb.and_then(Scalar::into_text),
        start: date("drugstartdate", wire.drugstartdate.as_ref())?,
        end: date("drugenddate", wire.drugenddate.as_ref())?,
        duration_days: days(wire.drugtreatmentduration.as_ref(), wire.drugtreatmentdurationunit.as_ref()),
        first_dose_to_onset_days: days(wire.drugstartperiod.as_ref(), wire.drugstartperiodunit.as_ref()),
        last_dose_to_onset_days: days(wire.druglastperiod.as_ref(), wire.druglastperiodunit.as_ref()),
        action: coded(wire.actiondrug.as_ref(), codes::action),
        dechallenge: coded(wire.drugadditional.as_ref(), codes::dechallenge),
        rechallenge: coded(wire.drugrecurreadministration.as_ref(), codes::rechallenge),
        indications: texts(wire.drugindication),
        ..Drug::default()
    })
}

fn reaction(wire: WireReaction<'_>) -> Result<Reaction<'_>, Reject> {
    Ok(Reaction {
        term: wire.reactionmeddrapt.and_then(Scalar::into_text),
        code_version: wire.reactionmeddraversionpt.and_then(Scalar::into_text),
        outcome: coded(wire.reactionoutcome.as_ref(), codes::outcome),
        onset: date("reactionstartdate", wire.reactionstartdate.as_ref())?,
        end: date("reactionenddate", wire.reactionenddate.as_ref())?,
        ..Reaction::default()
    })
}

/// The substances of a text such as `BUDESONIDE\FORMOTEROL FUMARATE DIHYDRATE`. "AND" is left alone: it is part of
/// names.
fn split_substances(text: Scalar<'_>) -> Vec<Text<'_>> {
    let Some(text) = text.into_text() else { return Vec::new() };
    if !text.contains('\\') {
        return vec![text];
    }
    let parts = text.split('\\').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| Text::from(part.to_owned())).collect()
}

fn texts(list: OneOrMany<Scalar<'_>>) -> Vec<Text<'_>> {
    list.0.into_iter().filter_map(Scalar::into_text).collect()
}

/// A dose unit in UCUM where the code is known, else as written.
fn dose_unit(unit: Option<Scalar<'_>>) -> Option<Text<'_>> {
    let unit = unit?;
    match codes::dose_unit(unit.as_str()) {
        Some(ucum) => Some(Text::borrowed(ucum)),
        None => unit.into_text(),
    }
}

fn coded<T>(value: Option<&Scalar<'_>>, meaning: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    value.and_then(|value| meaning(value.as_str()))
}

fn date(field: &'static str, value: Option<&Scalar<'_>>) -> Result<Option<PartialDate>, Reject> {
    let Some(value) = value.map(Scalar::as_str).filter(|text| !text.is_empty()) else { return Ok(None) };
    PartialDate::from_compact(value).map(Some).map_err(|fault| match fault {
        DateFault::Malformed => RejectReason::InvalidDate.at(format!("field {field}")),
        DateFault::OutOfRange => RejectReason::DateOutOfRange.at(format!("field {field}")),
    })
}

/// A number that describes the patient: one that is none is a fault of the report.
fn number(field: &'static str, value: Option<&Scalar<'_>>) -> Result<Option<f64>, Reject> {
    let Some(value) = value.map(Scalar::as_str).filter(|text| !text.is_empty()) else { return Ok(None) };
    match value.parse::<f64>() {
        Ok(number) if !number.is_finite() => Err(RejectReason::NonFiniteNumber.at(format!("field {field}"))),
        Ok(number) if number >= 0.0 => Ok(Some(number)),
        Ok(_) | Err(_) => Err(RejectReason::InvalidValue.at(format!("field {field}"))),
    }
}

/// A number of a dose or a period, which senders also write as words: unknown then.
fn number_or_none(value: Option<&Scalar<'_>>) -> Option<f64> {
    value.and_then(|value| value.as_str().parse::<f64>().ok()).filter(|number| number.is_finite() && *number >= 0.0)
}

fn days(value: Option<&Scalar<'_>>, unit: Option<&Scalar<'_>>) -> Option<f64> {
    number_or_none(value).zip(coded(unit, TimeUnit::of_e2b)).map(|(value, unit)| unit.days(value))
}

fn version(value: Option<&Scalar<'_>>) -> Result<Option<i32>, Reject> {
    match value.map(Scalar::as_str).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match text.parse::<i32>() {
            Ok(version) if version >= 0 => Ok(Some(version)),
            Ok(_) | Err(_) => Err(RejectReason::InvalidValue.at("field safetyreportversion")),
        },
    }
}
