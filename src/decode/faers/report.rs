//! A report from its rows.

use super::codes;
use super::table::{Column, Row};
use crate::decode::icsr_codes::{FDA, TimeUnit};
use crate::record::{Drug, PartialDate, Reaction, Reject, Report, ReportPatient, ReportType, Text};

/// A drug with the number that THER and INDI call it by.
pub struct NumberedDrug<'t> {
    /// `drug_seq`.
    pub sequence: &'t str,
    /// The drug.
    pub drug: Drug<'t>,
}

/// A DRUG row.
pub fn drug<'t>(row: &Row<'t>) -> NumberedDrug<'t> {
    let amount = row.get(Column::DoseAmt);
    let dose_value = number_or_none(amount);
    // An amount that is no number is kept as text where there is no other.
    let in_words = if dose_value.is_none() && !amount.is_empty() { Some(Text::borrowed(amount)) } else { None };
    let drug = Drug {
        role: codes::role(row.get(Column::RoleCod)),
        name: row.text(Column::DrugName).unwrap_or_default(),
        substances: row
            .get(Column::ProdAi)
            .split('\\')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Text::borrowed)
            .collect(),
        dose_value,
        dose_unit: row.text(Column::DoseUnit),
        dose_text: row.text(Column::DoseVbm).or(in_words),
        cumulative_dose: number_or_none(row.get(Column::CumDoseChr)),
        cumulative_unit: row.text(Column::CumDoseUnit),
        route: row.text(Column::Route),
        form: row.text(Column::DoseForm),
        lot: row.text(Column::LotNum),
        dechallenge: codes::challenge(row.get(Column::Dechal)),
        rechallenge: codes::challenge(row.get(Column::Rechal)),
        ..Drug::default()
    };
    NumberedDrug { sequence: row.number_text(Column::DrugSeq), drug }
}

/// A REAC row.
pub fn reaction<'t>(row: &Row<'t>) -> Reaction<'t> {
    Reaction {
        term: row.text(Column::Pt),
        // Filled in where the reaction came back when the drug was given again; empty says nothing.
        recurred: (!row.get(Column::DrugRecAct).is_empty()).then_some(true),
        ..Reaction::default()
    }
}

/// A THER row: one course of a drug.
#[derive(Clone, Copy)]
pub struct Course {
    start: Option<PartialDate>,
    end: Option<PartialDate>,
    duration_days: Option<f64>,
}

impl Course {
    /// Reads the row.
    pub fn of(row: &Row<'_>) -> Result<Self, Reject> {
        let unit = TimeUnit::of_faers(row.get(Column::DurCod));
        Ok(Self {
            start: row.date(Column::StartDt)?,
            end: row.date(Column::EndDt)?,
            duration_days: number_or_none(row.get(Column::Dur)).zip(unit).map(|(value, unit)| unit.days(value)),
        })
    }

    /// Adds it to its drug, of which there were `earlier` courses. First and last administration are those over all
    /// courses: an end is only known when every course's is, a duration only of a single course.
    pub fn add_to(self, drug: &mut Drug<'_>, earlier: usize) {
        if earlier == 0 {
            (drug.start, drug.end, drug.duration_days) = (self.start, self.end, self.duration_days);
            return;
        }
        drug.start = [drug.start, self.start].into_iter().flatten().min();
        drug.end = drug.end.zip(self.end).map(|(one, other)| one.max(other));
        drug.duration_days = None;
    }
}

/// What is known without DEMO: the case, and from its key the version (`primaryid` is the case number with the version
/// behind it).
pub fn without_demo<'t>(id: &'t str, case: Option<&'t str>, isr_era: bool) -> Report<'t> {
    let version = case.and_then(|case| id.strip_prefix(case)).and_then(|version| version.parse().ok());
    Report {
        sender: Text::borrowed(FDA),
        sender_case_id: Some(Text::borrowed(case.unwrap_or(id))),
        version: if isr_era { None } else { version },
        ..Report::default()
    }
}

/// Adds a DEMO row.
pub fn add_demo<'t>(report: &mut Report<'t>, row: &Row<'t>, isr_era: bool) -> Result<(), Reject> {
    let initial = row.get(Column::InitialOrFollowUp) == "I";
    let fda_dt = row.date(Column::FdaDt)?;
    report.version = if isr_era {
        // Follow-ups are numbered from 1 and the initial report is not: it comes before them.
        row.integer(Column::FollSeq)?.or(if initial { Some(0) } else { None })
    } else {
        row.integer(Column::CaseVersion)?.or(report.version)
    };
    report.other_case_ids =
        [Column::MfrNum, Column::AuthNum].into_iter().filter_map(|column| row.text(column)).collect();
    report.created = row.date(Column::ReptDt)?;
    report.first_received = row.date(Column::InitFdaDt)?.or(if isr_era && initial { fda_dt } else { None });
    report.most_recent = fda_dt;
    report.expedited = codes::expedited(row.get(Column::ReptCod));
    report.country = country(row, Column::OccrCountry);
    report.reporter_country = country(row, Column::ReporterCountry);
    report.reporter_qualification = codes::qualification(row.get(Column::OccpCod));
    let age = row.amount(Column::Age)?;
    let age_years = age.zip(TimeUnit::of_faers(row.get(Column::AgeCod))).map(|(age, unit)| unit.years(age));
    let age_group = codes::age_group(row.get(Column::AgeGrp));
    let sex = codes::sex(row.get(Column::Sex));
    let weight = row.amount(Column::Wt)?.zip(codes::weight_kg(row.get(Column::WtCod)));
    report.patient = ReportPatient {
        described: Some(age.is_some() || age_group.is_some() || sex.is_some()),
        age_years,
        age_group: if age_years.is_none() { age_group } else { None },
        sex,
        weight_kg: weight.map(|(weight, kg)| weight * kg),
        death_date: row.date(Column::DeathDt)?,
        ..ReportPatient::default()
    };
    // FAERS knows one date of the event a case, the first; it is each reaction's earliest possible onset.
    let event = row.date(Column::EventDt)?;
    for reaction in &mut report.reactions {
        reaction.onset = event;
    }
    Ok(())
}

/// An RPSR row.
pub fn add_source(report: &mut Report<'_>, row: &Row<'_>) {
    if row.get(Column::RpsrCod) == codes::SOURCE_STUDY {
        report.report_type = ReportType::Study;
    }
}

fn country<'t>(row: &Row<'t>, column: Column) -> Option<Text<'t>> {
    row.text(column).filter(|country| country.as_str() != codes::NO_COUNTRY)
}

/// A number of a dose or a duration, which senders also write as words: unknown then.
fn number_or_none(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}
