//! FAERS tables written for the test: each trap of the format by itself.

use crate::decode::tests::{Given, WIDE};
use crate::decode::{Limits, WHOLE_MESSAGE};
use crate::record::{ChallengeResult, DrugRole, RejectReason as R, ReportStatus, ReportType, Sex};

const DEMO: &str = "primaryid$caseid$caseversion$i_f_code$event_dt$init_fda_dt$fda_dt$rept_cod$mfr_num$age$age_cod$age_grp$sex$wt$wt_cod$rept_dt$occp_cod$reporter_country$occr_country";
const DEMO_ROW: &str =
    "1012$101$2$F$201412$20141227$20150102.0$EXP$XX-1$61.0$YR$$F$143$LBS$20150102$PH$US$COUNTRY NOT SPECIFIED";
const DRUG: &str =
    "primaryid$caseid$drug_seq$role_cod$drugname$prod_ai$dose_vbm$dechal$rechal$lot_num$dose_amt$dose_unit";
const REAC: &str = "primaryid$caseid$pt$drug_rec_act";
const THER: &str = "primaryid$caseid$dsg_drug_seq$start_dt$end_dt$dur$dur_cod";

fn table(lines: &[&str]) -> Vec<u8> {
    lines.join("\r\n").into_bytes()
}

fn given(tables: &[(&str, &[&str])]) -> Given {
    let bytes: Vec<(&str, Vec<u8>)> = tables.iter().map(|(name, lines)| (*name, table(lines))).collect();
    let sources: Vec<(&str, &[u8])> = bytes.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    Given::of_faers(&sources, &WIDE)
}

fn missing(given: &Given, report: usize) -> Vec<String> {
    given.reports()[report].missing_parts.iter().map(|part| part.as_str().to_owned()).collect()
}

#[test]
fn a_report_is_joined_from_all_its_tables() {
    let given = given(&[
        ("DEMO15Q1.txt", &[DEMO, DEMO_ROW]),
        (
            "DRUG15Q1.txt",
            &[
                DRUG,
                "1012$101$1$PS$BESPONSA$INOTUZUMAB OZOGAMICIN$0.8 mg/m2$Y$N$\"LOT 1$0.8$MG/M**2",
                "1012$101$2$C$X$A\\B\\$$D$U$$about 2$",
            ],
        ),
        ("REAC15Q1.txt", &[REAC, "1012$101$Venoocclusive liver disease$", "1012$101$Pyrexia$Pyrexia"]),
        (
            "THER15Q1.txt",
            &[THER, "1012$101$1$20141201$20141201$1$DAY", "1012$101$1$20141108$20141108$$", "1012$101$2$2014$$2$WK"],
        ),
        ("INDI15Q1.txt", &["primaryid$caseid$indi_drug_seq$indi_pt", "1012$101$1$B precursor type acute leukaemia"]),
        ("OUTC15Q1.txt", &["primaryid$caseid$outc_cod", "1012$101$RI", "1012$101$LT"]),
        ("RPSR15Q1.txt", &["primaryid$caseid$rpsr_cod", "1012$101$SDY"]),
    ]);
    assert!(given.rejects().is_empty());
    let records = given.records();
    let reports = given.reports();
    assert_eq!(reports.len(), 1);
    let (head, report) = (&records[0].head, &reports[0]);
    assert_eq!((head.source_id.as_str(), head.origin.topic.as_str(), head.origin.offset), ("1012", "DEMO15Q1.txt", 2));
    assert_eq!(
        (report.sender.as_str(), report.sender_case_id.as_deref(), report.version),
        ("FDA", Some("101"), Some(2))
    );
    assert_eq!(report.other_case_ids[0].as_str(), "XX-1");
    assert_eq!(report.report_type, ReportType::Study);
    assert_eq!(report.expedited, Some(true));
    assert_eq!(report.country, None, "COUNTRY NOT SPECIFIED");
    assert_eq!(report.most_recent.unwrap().to_string(), "2015-01-02");
    assert_eq!((report.patient.age_years, report.patient.sex), (Some(61.0), Some(Sex::Female)));
    assert!((report.patient.weight_kg.unwrap() - 64.86).abs() < 0.01, "143 lb");
    assert_eq!(report.patient.described, Some(true));
    let flags = &report.seriousness;
    assert_eq!((flags.serious, flags.life_threatening, flags.other_important), (Some(true), Some(true), Some(true)));
    assert_eq!((flags.death, flags.hospitalisation), (None, None), "no row is not 'no'");
    let inotuzumab = &report.drugs[0];
    assert_eq!(inotuzumab.role, DrugRole::Suspect);
    assert_eq!(inotuzumab.lot.as_deref(), Some("\"LOT 1"), "a quotation mark quotes nothing");
    assert_eq!(
        (inotuzumab.dechallenge, inotuzumab.rechallenge),
        (Some(ChallengeResult::Positive), Some(ChallengeResult::Negative))
    );
    assert_eq!(inotuzumab.start.unwrap().to_string(), "2014-11-08", "the first of two courses");
    assert_eq!(inotuzumab.end.unwrap().to_string(), "2014-12-01");
    assert_eq!(inotuzumab.duration_days, None, "of two courses no one duration");
    assert_eq!(inotuzumab.indications.len(), 1);
    let other = &report.drugs[1];
    assert_eq!(other.substances.iter().map(|s| s.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((other.dose_value, other.dose_text.as_deref()), (None, Some("about 2")));
    assert_eq!((other.start.unwrap().to_string().as_str(), other.end, other.duration_days), ("2014", None, Some(14.0)));
    assert_eq!(report.reactions[0].onset.unwrap().to_string(), "2014-12");
    assert_eq!((report.reactions[0].recurred, report.reactions[1].recurred), (None, Some(true)));
    assert!(report.missing_parts.is_empty());
}

#[test]
fn tables_that_are_not_there_are_unknown_not_empty() {
    let demo_alone = given(&[("DEMO15Q1.txt", &[DEMO, DEMO_ROW])]);
    assert_eq!(missing(&demo_alone, 0), ["DRUG", "REAC", "OUTC", "THER", "INDI", "RPSR"]);
    let drug_alone = given(&[("DRUG15Q1.txt", &[DRUG, "1012$101$1$PS$BESPONSA$$$$$$$"])]);
    assert_eq!(missing(&drug_alone, 0), ["DEMO", "REAC", "OUTC", "THER", "INDI", "RPSR"]);
    let report = &drug_alone.reports()[0];
    assert_eq!((report.sender_case_id.as_deref(), report.version), (Some("101"), Some(2)), "both are in the key");
    assert_eq!(report.patient.described, None);
    let isr_alone = given(&[("REAC04Q1.TXT", &["isr$pt$v3$", "4263742$DIARRHOEA$$"])]);
    let report = &isr_alone.reports()[0];
    assert_eq!((report.sender_case_id.as_deref(), report.version), (Some("4263742"), None));
    // Both tables are there, but the rows of one report are not.
    let apart = given(&[
        ("DEMO15Q1.txt", &[DEMO, DEMO_ROW]),
        ("REAC15Q1.txt", &[REAC, "9991$999$Rash$"]),
        ("DRUG15Q1.txt", &[DRUG, "1012$101$1$PS$BESPONSA$$$$$$$"]),
    ]);
    assert_eq!(missing(&apart, 0), ["REAC", "OUTC", "THER", "INDI", "RPSR"]);
    assert_eq!(missing(&apart, 1), ["DEMO", "DRUG", "OUTC", "THER", "INDI", "RPSR"]);
}

#[test]
fn a_faulty_row_is_a_reject_and_its_neighbours_are_records() {
    let given = given(&[
        ("DEMO15Q1.txt", &[DEMO, DEMO_ROW, "1$2", &DEMO_ROW.replace("1012$101", "2011$201")]),
        ("REAC15Q1.txt", &[REAC, "1012$101$Rash$", "2011$201$Rash$$$$", "2011$201$Fall$", "x$y$Rash$"]),
        ("THER15Q1.txt", &[THER, "1012$101$1$99991231$$$"]),
        ("DRUG15Q1.txt", &[DRUG, "1012$101$1$PS$BESPONSA$$$$$$$"]),
    ]);
    let fates: Vec<_> = given.all.iter().map(|(index, fate)| (*index, fate.as_ref().err().map(|r| r.reason))).collect();
    assert_eq!(
        fates,
        [
            (0, Some(R::MalformedTable)), // DEMO, two columns
            (1, Some(R::MalformedTable)), // REAC, six columns
            (2, Some(R::MalformedTable)), // REAC, no key
            (3, Some(R::DateOutOfRange)), // THER of the first report
            (4, None),
            (5, None),
        ]
    );
    assert!(given.rejects()[3].detail.starts_with("THER15Q1.txt line 2: "), "{}", given.rejects()[3]);
    assert_eq!(missing(&given, 0), ["OUTC", "THER", "INDI", "RPSR"], "its THER is not complete");
    assert_eq!(missing(&given, 1), ["DRUG", "REAC", "OUTC", "INDI", "RPSR"], "one of its two reactions was lost");
    assert_eq!(given.reports()[1].reactions.len(), 1);
}

#[test]
fn a_report_whose_demo_row_is_faulty_comes_from_its_other_tables() {
    for (good, bad, reason) in [
        ("20150102.0", "00000102", R::DateOutOfRange),
        ("20150102.0", "20150230", R::InvalidDate),
        ("61.0", "NaN", R::NonFiniteNumber),
        ("61.0", "inf", R::NonFiniteNumber),
        ("61.0", "sixty", R::InvalidValue),
        ("$2$F$", "$-2$F$", R::InvalidValue),
    ] {
        let row = DEMO_ROW.replace(good, bad);
        let given = given(&[("DEMO15Q1.txt", &[DEMO, &row]), ("REAC15Q1.txt", &[REAC, "1012$101$Rash$"])]);
        assert_eq!(given.reason(), reason, "{bad}");
        assert_eq!(missing(&given, 0), ["DEMO", "DRUG", "OUTC", "THER", "INDI", "RPSR"], "{bad}");
    }
}

#[test]
fn a_demo_row_that_stands_twice_is_a_repeat_and_doubles_nothing() {
    let given = given(&[("DEMO15Q1.txt", &[DEMO, DEMO_ROW, DEMO_ROW]), ("REAC15Q1.txt", &[REAC, "1012$101$Rash$"])]);
    let reports = given.reports();
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0].reactions.len(), 1);
    assert_eq!(given.records()[0].head.source_id, given.records()[1].head.source_id);
}

#[test]
fn deleted_cases_are_nullifications() {
    let given = given(&[("DELETE26Q2.txt", &[" ", "10172236", "", "10923325.0", "abc"])]);
    let reports = given.reports();
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[1].status, ReportStatus::Nullification);
    assert_eq!((reports[1].sender_case_id.as_deref(), reports[1].version), (Some("10923325"), None));
    assert_eq!(reports[1].most_recent.unwrap().to_string(), "2026-06-30");
    assert_eq!(given.records()[1].head.source_id.as_str(), "delete/2026Q2/10923325");
    assert_eq!(given.reason(), R::MalformedTable);
}

#[test]
fn files_without_a_report_say_so() {
    for (name, text, reason) in [
        ("REAC15Q1.txt", REAC, R::NoRecords),
        ("REAC15Q1.txt", "", R::EmptyPayload),
        ("DELETE26Q2.txt", " \n", R::NoRecords),
        ("REAC15Q1.txt", "one$two\n1$2\n", R::MalformedTable),
        ("LIESMICH.txt", "Grüße", R::MalformedTable),
    ] {
        assert_eq!(Given::of_faers(&[(name, text.as_bytes())], &WIDE).reason(), reason, "{name}");
    }
    // As a message, what is wrong with the table is wrong with the message.
    let single = Given::of(None, REAC.as_bytes(), &WIDE);
    assert_eq!((single.all[0].0, single.reason()), (WHOLE_MESSAGE, R::NoRecords));
}

#[test]
fn limits_hold() {
    let text = format!("primaryid$caseid$pt\n{}21$2$a\n", "11$1$a\n".repeat(8));
    let sources: &[(&str, &[u8])] = &[("REAC15Q1.txt", text.as_bytes())];
    assert_eq!(Given::of_faers(sources, &Limits { container_records: 1, ..WIDE }).reason(), R::TooMany);
    let short_lists = Given::of_faers(sources, &Limits { list_items: 7, ..WIDE });
    assert_eq!((short_lists.reason(), short_lists.reports().len()), (R::TooMany, 1));
    assert_eq!(Given::of_faers(sources, &Limits { message_bytes: 10, ..WIDE }).reason(), R::TooLarge);
}

#[test]
fn as_messages_they_are_the_same_records() {
    let (demo, reac) = (table(&[DEMO, DEMO_ROW]), table(&[REAC, "1012$101$Rash$", "x$y$z$"]));
    let sources: &[(&str, &[u8])] = &[("DEMO15Q1.txt", &demo), ("REAC15Q1.txt", &reac)];
    let direct = Given::of_faers(sources, &WIDE);
    let mut messages = Vec::new();
    super::messages(sources, &WIDE, &mut |place, message| {
        messages.push((place.file.to_owned(), place.line, message.map(<[u8]>::to_vec)));
    });
    assert_eq!(messages.len(), 2);
    assert_eq!((messages[0].0.as_str(), messages[0].1), ("REAC15Q1.txt", 3));
    assert_eq!((messages[1].0.as_str(), messages[1].1), ("DEMO15Q1.txt", 2));
    let again = Given::of(None, messages[1].2.as_ref().unwrap(), &WIDE);
    assert_eq!(again.reports(), direct.reports());
}
