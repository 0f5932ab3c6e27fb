//! The decoders over public sample data, counted against counts that share no code with them.

use super::tests::{Given, WIDE, files, public_data};
use crate::record::{DrugRole, RejectReason, Report, ReportStatus};
use std::collections::{BTreeMap, BTreeSet};

/// What an independent reader finds in a folder of FAERS tables: the first columns and the numbers of rows, no more.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    demo_rows: usize,
    ids: BTreeSet<String>,
    drugs: usize,
    suspects: usize,
    reactions: usize,
    deleted: usize,
}

fn count(sources: &[(String, Vec<u8>)]) -> Counted {
    let mut counted = Counted::default();
    for (name, bytes) in sources {
        let name = name.to_ascii_uppercase();
        let text = String::from_utf8_lossy(bytes);
        for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
            if name.starts_with("DELETE") {
                counted.deleted += 1;
                continue;
            }
            let fields: Vec<&str> = line.split('$').collect();
            counted.ids.insert(fields[0].to_owned());
            counted.demo_rows += usize::from(name.starts_with("DEMO"));
            counted.drugs += usize::from(name.starts_with("DRUG"));
            counted.suspects +=
                usize::from(name.starts_with("DRUG") && fields.iter().any(|f| *f == "PS" || *f == "SS"));
            counted.reactions += usize::from(name.starts_with("REAC"));
        }
    }
    counted
}

/// Reads one folder, holds it against the independent count, and gives the reports that are no deletions, each once.
fn folder(name: &str, expected_repeats: usize) -> Option<(Given, Counted)> {
    let sources = files(&public_data(&format!("faers/{name}"))?);
    let borrowed: Vec<(&str, &[u8])> = sources.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    let given = Given::of_faers(&borrowed, &WIDE);
    let counted = count(&sources);
    assert_eq!(given.rejects(), Vec::<&crate::record::Reject>::new(), "{name}: nothing in it is faulty");
    let records = given.records();
    let deleted = given.reports().iter().filter(|r| r.status == ReportStatus::Nullification).count();
    assert_eq!(deleted, counted.deleted, "{name}: deleted cases");
    let ids: Vec<String> = records
        .iter()
        .filter(|record| !record.head.source_id.starts_with("delete/"))
        .map(|record| record.head.source_id.as_str().to_owned())
        .collect();
    assert_eq!(ids.iter().cloned().collect::<BTreeSet<_>>(), counted.ids, "{name}: one identity a key");
    assert_eq!(ids.len(), counted.ids.len() + expected_repeats, "{name}: repeated DEMO rows");
    let once: BTreeMap<&str, Report<'_>> =
        records.iter().zip(given.reports()).map(|(record, report)| (record.head.source_id.as_str(), report)).collect();
    let sum = |of: &dyn Fn(&Report<'_>) -> usize| once.values().map(of).sum::<usize>();
    assert_eq!(sum(&|r| r.drugs.len()), counted.drugs, "{name}: drugs");
    let suspects = |r: &Report<'_>| r.drugs.iter().filter(|d| d.role == DrugRole::Suspect).count();
    assert_eq!(sum(&suspects), counted.suspects, "{name}: suspect drugs");
    assert_eq!(sum(&|r| r.reactions.len()), counted.reactions, "{name}: reactions");
    for report in once.values().filter(|report| report.status == ReportStatus::Current) {
        let missing = |part: &str| report.missing_parts.iter().any(|p| p.as_str() == part);
        assert_eq!(report.reactions.is_empty(), missing("REAC"), "{name}: no reaction is unknown, not empty");
        assert!(!report.drugs.is_empty() || missing("DRUG"), "{name}");
        assert_eq!(report.most_recent.is_none(), missing("DEMO"), "{name}");
        assert!(report.sender_case_id.is_some());
    }
    Some((given, counted))
}

#[test]
fn faers_2025q4_whole() {
    let Some((given, counted)) = folder("nico8270_2025q4_ascii", 0) else { return };
    assert_eq!((counted.ids.len(), counted.drugs, counted.reactions), (1_000, 6_291, 4_275));
    let reports = given.reports();
    assert!(reports.iter().all(|r| r.missing_parts.is_empty()), "all tables are there and all rows join");
    // The first report, read by eye: floats where integers belong, follow-up 42, two indications by drug.
    let first = &reports[0];
    assert_eq!(first.sender_case_id.as_deref(), Some("11003106"));
    assert_eq!(first.version, Some(42));
    assert_eq!(first.patient.age_years, Some(61.0));
    assert_eq!(first.reactions[0].onset.unwrap().to_string(), "2014-12-26");
    assert_eq!(first.first_received.unwrap().to_string(), "2015-04-09");
    assert_eq!(first.seriousness.hospitalisation, Some(true));
    assert_eq!(first.seriousness.death, None);
    assert_eq!(first.drugs[0].start.unwrap().to_string(), "2014-08-12");
    assert_eq!(first.drugs[0].indications.len(), 1);
    assert_eq!((first.drugs[0].dose_value, first.drugs[0].dose_unit.as_deref()), (Some(30.0), Some("MG")));
}

#[test]
fn faers_2004q1_with_isr_keys() {
    let Some((given, counted)) = folder("yunuuuu_2004q1_ascii", 0) else { return };
    assert_eq!((counted.ids.len(), counted.reactions), (100, 416));
    let reports = given.reports();
    let first = &reports[0];
    assert_eq!(given.records()[0].head.source_id.as_str(), "4263742");
    assert_eq!(first.sender_case_id.as_deref(), Some("4061110"));
    assert_eq!(first.version, Some(0), "an initial report comes before follow-up 1");
    assert_eq!(first.first_received.unwrap().to_string(), "2004-01-02");
    assert_eq!(first.drugs[0].start.unwrap().to_string(), "2003-11-15", "joined by the drug's own number");
    assert_eq!(first.reactions[0].term.as_deref(), Some("DIARRHOEA"));
}

#[test]
fn faers_2012q4_with_byte_order_mark_and_odd_headers() {
    let Some((given, _)) = folder("ubesp_faers12_ascii", 0) else { return };
    let records = given.records();
    let reports = given.reports();
    let at = records.iter().position(|r| r.head.source_id.as_str() == "34483284").unwrap();
    assert!(!reports[at].drugs.is_empty(), "the table with the byte order mark joins");
    assert_eq!(reports[at].patient.sex, Some(crate::record::Sex::Female), "gndr_cod");
    assert_eq!(reports[at].created.unwrap().to_string(), "2012-11-28", "the header ' rept_dt'");
    assert_eq!(reports[at].seriousness.congenital_anomaly, Some(true), "outc_code");
}

#[test]
fn faers_2017q2_and_2026q2() {
    let _ = folder("yunuuuu_2017q2_ascii", 0);
    let Some((given, counted)) = folder("joanna_2026q2_ascii", 0) else { return };
    assert_eq!(counted.deleted, 24);
    let reports = given.reports();
    let deleted = reports.iter().find(|r| r.status == ReportStatus::Nullification).unwrap();
    assert_eq!(deleted.sender_case_id.as_deref(), Some("10172236"));
    assert_eq!(deleted.most_recent.unwrap().to_string(), "2026-06-30");
    assert_eq!(deleted.version, None);
}

#[test]
fn faers_2020q3_of_several_files_a_table_with_partial_dates() {
    // DEMO20Q3-1-date.txt gives primaryid 100046943 a second time, with less precise dates.
    let Some((given, _)) = folder("ubesp_faers20_ascii", 1) else { return };
    let reports = given.reports();
    let ends: BTreeSet<String> =
        reports.iter().flat_map(|r| &r.drugs).filter_map(|d| d.end).map(|date| date.to_string()).collect();
    assert!(ends.iter().any(|end| end.len() == 10));
}

#[test]
fn faers_2022q4_whose_tables_do_not_join() {
    let Some((given, counted)) = folder("luisgarcez_2022q4_ascii", 0) else { return };
    assert_eq!((counted.demo_rows, counted.reactions), (258, 974));
    let reports = given.reports();
    let without = |part: &str| reports.iter().filter(|r| r.missing_parts.iter().any(|p| p.as_str() == part)).count();
    assert!(without("DEMO") > 0 && without("REAC") > 0 && without("DRUG") > 0, "cut tables leave every kind of gap");
    let orphan = reports.iter().find(|r| r.missing_parts.iter().any(|p| p.as_str() == "DEMO")).unwrap();
    assert!(orphan.sender_case_id.is_some() && orphan.version.is_some(), "case and version are in the key");
    let quarters: BTreeSet<String> = reports
        .iter()
        .filter(|r| r.status == ReportStatus::Nullification)
        .map(|r| r.most_recent.unwrap().to_string())
        .collect();
    assert_eq!(quarters, BTreeSet::from(["2021-12-31".to_owned(), "2022-12-31".to_owned()]));
}

#[test]
fn openfda_samples() {
    let Some(folder) = public_data("faers/openfda_json") else { return };
    let samples: BTreeMap<String, Vec<u8>> = files(&folder).into_iter().collect();
    let given = |name: &str| Given::of(None, &samples[name], &WIDE);
    assert_eq!(samples.len(), 5);

    let page = given("biomcp_faers_event.json");
    let report = &page.reports()[0];
    assert_eq!(page.all.len(), 1);
    assert_eq!(report.drugs[0].substances[0].as_str(), "PEMBROLIZUMAB", "from openfda where the report has none");
    assert_eq!(report.patient.age_years, Some(67.0));
    assert_eq!(report.most_recent, None);

    for name in ["fda_event_postannotation.json", "fda_event_preannotation.json"] {
        let given = given(name);
        let report = &given.reports()[0];
        assert_eq!((report.drugs.len(), report.reactions.len()), (23, 86), "{name}");
        assert_eq!(report.sender_case_id.as_deref(), Some("4562564-7"));
        assert_eq!(report.other_case_ids[0].as_str(), "US-MERCK-0304USA00739");
        assert_eq!(report.drugs[0].duration_days.map(f64::round), Some(244.0), "8 months");
        assert_eq!(report.seriousness.hospitalisation, Some(true));
        assert_eq!(report.seriousness.death, None);
    }

    let page = given("koziolk_event.json");
    let report = &page.reports()[0];
    assert_eq!(report.version, Some(1));
    assert_eq!(report.seriousness.serious, Some(false));
    assert_eq!(report.other_case_ids.len(), 1, "company number and duplicate are one number");
    assert_eq!(report.drugs[0].start.unwrap().to_string(), "2020-07");
    assert_eq!(report.drugs[0].substances.len(), 2);
    assert_eq!(report.drugs[0].unii.len(), 2);
    assert_eq!(report.reactions[0].code_version.as_deref(), Some("23.1"));

    // Not a report but three examples of a documentation page (`header`, `patient`, `count`), with the placeholder "1"
    // for a date and no `safetyreportid`.
    let page = given("fda_understanding_examples.json");
    assert_eq!(page.reason(), RejectReason::MissingField);
}
