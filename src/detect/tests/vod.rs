//! VOD/SOS: every definition just met, just missed, unknown; the courses of STORIES.

use super::bed::{Bed, at, profile};
use crate::detect::{
    Disagreement, ItemState, Missing, Standing, Trigger, VodJudgement, Watch, confounders, disagreements, explain, vod,
    vod_priority,
};
use crate::profile::{Analyte, Answer, Priority};
use crate::record::{Comparator, ConditionKind, FindingKind, Intent, Millis, Presence};
use rstest::rstest;

/// M met, N not met, U unknown, - not applicable; in the order of the profile: modified Seattle, Baltimore, EBMT 2016
/// classical and late, EBMT 2023 probable, clinical, proven.
fn letters(judgement: &VodJudgement) -> String {
    use crate::detect::Verdict;
    let letter = |verdict: &Verdict| match verdict {
        Verdict::Met(_) => 'M',
        Verdict::NotMet(_) => 'N',
        Verdict::Unknown(_) => 'U',
        Verdict::NotApplicable(_) => '-',
    };
    judgement.verdicts.iter().flatten().map(letter).collect()
}

fn judged(bed: &Bed, time: &str) -> (String, Option<Priority>) {
    let bed = bed.seen(time);
    let judgement = vod(profile(), &bed);
    (letters(&judgement), vod_priority(profile(), &judgement).map(|(_, priority)| priority))
}

fn item(bed: &Bed, id: &str) -> ItemState {
    explain(profile(), bed, profile().criteria_items.iter().find(|item| item.id == id).unwrap())
}

#[test]
fn the_definitions_are_in_the_order_of_these_tests() {
    let ids: Vec<&str> = profile().definitions.iter().map(|definition| definition.id.as_str()).collect();
    let expected = [
        "modified_seattle",
        "baltimore",
        "ebmt2016_classical",
        "ebmt2016_late",
        "ebmt2023_probable",
        "ebmt2023_clinical",
        "ebmt2023_proven",
    ];
    assert_eq!(ids, expected);
}

/// Story 1.
#[test]
fn day_21_is_classical_and_day_22_is_late() {
    for (day, at_nine, at_ten) in [("03-22", "-UU-MUU", "-MM-MMU"), ("03-23", "---UMUU", "---MMMU")] {
        let mut bed = Bed::transplanted();
        bed.value(Analyte::Weight, &format!("{day} 08:00"), 73.6, "kg");
        bed.present(FindingKind::PainfulHepatomegaly, &format!("{day} 09:00"));
        assert_eq!(judged(&bed, &format!("{day} 08:30")).1, None);
        assert_eq!(judged(&bed, &format!("{day} 09:00")), (at_nine.to_owned(), Some(Priority::High)));
        bed.value(Analyte::Bilirubin, &format!("{day} 10:00"), 34.0, "umol/L");
        assert_eq!(judged(&bed, &format!("{day} 10:00")), (at_ten.to_owned(), Some(Priority::High)));
    }
}

/// Story 3.
#[test]
fn two_milligrams_are_enough_for_baltimore_and_not_for_seattle() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-11 08:00", 2.0, "mg/dL");
    bed.value(Analyte::Weight, "03-11 08:00", 73.6, "kg");
    assert_eq!(judged(&bed, "03-11 09:00"), ("UUU-MUU".to_owned(), Some(Priority::High)));
    let mut above = bed.clone();
    above.value(Analyte::Bilirubin, "03-11 08:30", 2.1, "mg/dL");
    assert_eq!(judged(&above, "03-11 09:00").0, "MUU-MUU");
    bed.nothing_found("03-11 08:00");
    assert_eq!(judged(&bed, "03-11 09:00"), ("NNN-MNN".to_owned(), Some(Priority::High)));
}

#[rstest]
#[case(2.0, "mg/dL", Answer::NotMet, Answer::Met)]
#[case(2.01, "mg/dL", Answer::Met, Answer::Met)]
#[case(1.99, "mg/dL", Answer::NotMet, Answer::NotMet)]
#[case(34.0, "umol/L", Answer::NotMet, Answer::Met)]
#[case(34.1, "umol/L", Answer::Met, Answer::Met)]
#[case(33.9, "umol/L", Answer::NotMet, Answer::NotMet)]
#[case(20.0, "mg/L", Answer::Met, Answer::Met)]
fn bilirubin_is_compared_in_the_unit_reported(
    #[case] value: f64,
    #[case] unit: &str,
    #[case] above: Answer,
    #[case] from: Answer,
) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-11 08:00", value, unit);
    let bed = bed.seen("03-11 09:00");
    assert_eq!(item(&bed, "bilirubin_above_2").answer, above);
    assert_eq!(item(&bed, "bilirubin_2_or_more").answer, from);
}

#[rstest]
#[case(71.4, Answer::NotMet, Answer::NotMet)]
#[case(71.41, Answer::Met, Answer::NotMet)]
#[case(73.5, Answer::Met, Answer::NotMet)]
#[case(73.51, Answer::Met, Answer::Met)]
fn five_percent_exactly_is_not_above_five_percent(#[case] kg: f64, #[case] two: Answer, #[case] five: Answer) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Weight, "03-11 08:00", kg, "kg");
    let bed = bed.seen("03-11 09:00");
    assert_eq!(item(&bed, "weight_gain_above_2_percent").answer, two);
    assert_eq!(item(&bed, "weight_gain_above_5_percent").answer, five);
}

#[test]
fn items_go_stale_and_are_then_unknown() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-11 08:00", 10.0, "umol/L");
    bed.value(Analyte::Weight, "03-11 08:00", 70.0, "kg");
    bed.finding(FindingKind::Ascites, "03-11 08:00", Presence::Absent);
    for (id, last, first_stale) in [
        ("bilirubin_2_or_more", "03-14 08:00", "03-14 08:01"),
        ("weight_gain_above_5_percent", "03-13 08:00", "03-13 08:01"),
        ("ascites", "03-18 08:00", "03-18 08:01"),
    ] {
        assert_eq!(item(&bed.seen(last), id).answer, Answer::NotMet, "{id}");
        let stale = item(&bed.seen(first_stale), id);
        assert_eq!((stale.answer, stale.missing), (Answer::Unknown, Some(Missing::Stale)), "{id}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let mut bed = Bed::transplanted();
    let missing = |bed: &Bed, id: &str| item(&bed.seen("03-11 09:00"), id).missing;
    assert_eq!(missing(&bed, "bilirubin_2_or_more"), Some(Missing::NotRecorded));
    bed.result(Analyte::Bilirubin, at("03-11 08:00"), Comparator::Lt, 40.0, "umol/L");
    assert_eq!(missing(&bed, "bilirubin_2_or_more"), Some(Missing::OnlyBound));
    bed.value(Analyte::Bilirubin, "03-11 08:30", 34.0, "mg/dL");
    assert_eq!(missing(&bed, "bilirubin_2_or_more"), Some(Missing::Suspect));
    bed.finding(FindingKind::Ascites, "03-11 08:00", Presence::Unsure);
    assert_eq!(missing(&bed, "ascites"), Some(Missing::Unsure));
    let mut no_baseline = Bed::transplanted();
    no_baseline.values.clear();
    no_baseline.value(Analyte::Weight, "03-01 12:00", 70.0, "kg").value(Analyte::Weight, "03-11 08:00", 75.0, "kg");
    assert_eq!(missing(&no_baseline, "weight_gain_above_5_percent"), Some(Missing::NoBaseline), "day 0 is no baseline");
}

/// Story 5.
#[test]
fn without_a_transplant_only_ebmt_2023_applies_until_day_56() {
    for (day, priority) in [("06-28", Priority::High), ("06-29", Priority::Medium)] {
        let mut bed = Bed::treated();
        bed.value(Analyte::Bilirubin, &format!("{day} 08:00"), 45.0, "umol/L");
        bed.present(FindingKind::Ascites, &format!("{day} 08:00"));
        assert_eq!(judged(&bed, &format!("{day} 09:00")), ("----MUU".to_owned(), Some(priority)), "{day}");
    }
}

#[test]
fn a_transplant_counts_from_100_days_before_the_first_dose() {
    use crate::detect::{Transplant, Verdict};
    let first = at("04-19 10:00");
    for (days, applies) in [(100, true), (101, false), (400, false)] {
        let mut bed = Bed::treated();
        let day0 = Millis(first.0 - days * super::bed::DAY);
        bed.transplants.push(Transplant { at: day0, conditioning: None, two_alkylators: None });
        let judgement = vod(profile(), &bed.seen("05-04 09:00"));
        let none = Some(Verdict::NotApplicable(Standing::NoTransplant));
        assert_eq!(judgement.verdict(3) != none, applies, "{days}");
        assert_eq!(judgement.hsct_day.is_some(), applies);
    }
}

#[rstest]
#[case(Some((17, 17)), "-------", false)]
#[case(Some((9, 9)), "-------", false)]
#[case(Some((18, 18)), "UUU-UUU", false)]
#[case(Some((17, 18)), "UUU-UUU", true)]
#[case(None, "UUU-UUU", true)]
fn adult_sets_are_not_for_children(#[case] age: Option<(u16, u16)>, #[case] expected: &str, #[case] unknown: bool) {
    let bed = Bed { age, ..Bed::transplanted() }.seen("03-11 09:00");
    let judgement = vod(profile(), &bed);
    assert_eq!((letters(&judgement).as_str(), judgement.age_unknown), (expected, unknown));
}

/// Story 7.
#[test]
fn gilbert_lowers_the_priority_and_nothing_else() {
    let mut bed = Bed::transplanted();
    bed.condition(ConditionKind::Gilbert);
    bed.value(Analyte::Bilirubin, "02-21 08:00", 41.0, "umol/L");
    bed.value(Analyte::Bilirubin, "03-11 08:00", 44.0, "umol/L");
    bed.value(Analyte::Weight, "03-11 08:00", 70.7, "kg");
    bed.nothing_found("03-11 08:00");
    assert_eq!(judged(&bed, "03-11 09:00"), ("NNN-NNN".to_owned(), None));
    bed.value(Analyte::Weight, "03-12 08:00", 73.6, "kg");
    // More than 34 µmol/L and more than 2 %: modified Seattle too.
    assert_eq!(judged(&bed, "03-12 09:00"), ("MNN-MNN".to_owned(), Some(Priority::Medium)));
    let mut more = bed.clone();
    more.value(Analyte::Bilirubin, "03-12 08:30", 61.4, "umol/L");
    assert_eq!(judged(&more, "03-12 09:00").1, Some(Priority::Medium));
    more.value(Analyte::Bilirubin, "03-12 08:40", 62.0, "umol/L");
    assert_eq!(judged(&more, "03-12 09:00").1, Some(Priority::High));
    // Met without bilirubin, Gilbert explains nothing.
    bed.present(FindingKind::Ascites, "03-12 08:30");
    assert_eq!(judged(&bed, "03-12 09:00").1, Some(Priority::High));
}

/// Story 13.
#[test]
fn other_causes_do_not_lower_and_histology_may_disagree() {
    let mut bed = Bed::transplanted();
    bed.condition(ConditionKind::Infection);
    bed.value(Analyte::Bilirubin, "03-09 08:00", 40.0, "umol/L").value(Analyte::Weight, "03-09 08:00", 74.2, "kg");
    assert_eq!(judged(&bed, "03-09 09:00").1, Some(Priority::High));
    bed.present(FindingKind::Ascites, "03-09 08:00").finding(
        FindingKind::HistologyVod,
        "03-09 08:30",
        Presence::Absent,
    );
    let judgement = vod(profile(), &bed.seen("03-09 09:00"));
    assert!(judgement.histology_disagrees);
    assert_eq!(confounders(&bed).collect::<Vec<_>>(), [ConditionKind::Infection]);
    let mut gvhd = Bed::transplanted();
    gvhd.condition(ConditionKind::Gvhd);
    gvhd.value(Analyte::Bilirubin, "04-15 08:00", 60.0, "umol/L").value(Analyte::Weight, "04-15 08:00", 70.7, "kg");
    gvhd.nothing_found("04-15 08:00");
    assert_eq!(judged(&gvhd, "04-15 09:00"), ("---NNNN".to_owned(), None));
}

/// Story 23.
#[test]
fn a_unit_slip_is_suspect_until_it_is_corrected() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Weight, "03-11 08:00", 73.6, "kg");
    bed.value(Analyte::Bilirubin, "03-10 21:00", 1.1, "mg/dL");
    let mut slipped = bed.clone();
    slipped.value(Analyte::Bilirubin, "03-11 09:00", 34.0, "mg/dL");
    assert_eq!(judged(&slipped, "03-11 10:00"), ("UUU-UUU".to_owned(), None));
    let mut corrected = bed.clone();
    corrected.value(Analyte::Bilirubin, "03-11 09:00", 34.0, "umol/L");
    assert_eq!(judged(&corrected, "03-11 15:00").1, Some(Priority::High));
    for (value, expected) in [(2.4, Some(Priority::High)), (1.4, None)] {
        let mut bed = bed.clone();
        bed.value(Analyte::Bilirubin, "03-11 09:00", value, "mg/dL");
        assert_eq!(judged(&bed, "03-11 10:00").1, expected, "{value}");
    }
}

#[test]
fn late_by_histology_and_by_imaging_with_two_items() {
    let mut bed = Bed::transplanted();
    bed.nothing_found("03-25 08:00");
    bed.present(FindingKind::UltrasoundSuggestive, "03-25 09:00");
    bed.value(Analyte::Weight, "03-25 09:00", 73.6, "kg");
    bed.value(Analyte::Bilirubin, "03-25 09:00", 20.0, "umol/L");
    assert_eq!(judged(&bed, "03-25 10:00").0, "---NMNN");
    // Bilirubin is one of the four of the late route.
    bed.value(Analyte::Bilirubin, "03-25 09:30", 34.0, "umol/L");
    assert_eq!(judged(&bed, "03-25 10:00").0, "---MMNN");
    let mut histology = Bed::transplanted();
    histology.present(FindingKind::HistologyVod, "03-25 09:00");
    assert_eq!(judged(&histology, "03-25 10:00"), ("---MUUM".to_owned(), Some(Priority::High)));
    let mut pressure = Bed::transplanted();
    pressure.present(FindingKind::HvpgGe10, "03-15 09:00");
    assert_eq!(judged(&pressure, "03-15 10:00"), ("UUU-UUM".to_owned(), Some(Priority::High)));
}

#[test]
fn anicteric_disease_is_seen_by_seattle_and_missed_by_baltimore() {
    let mut bed = Bed::transplanted();
    bed.nothing_found("03-11 08:00");
    bed.present(FindingKind::Hepatomegaly, "03-11 08:30").value(Analyte::Weight, "03-11 08:30", 71.5, "kg");
    bed.value(Analyte::Bilirubin, "03-11 08:30", 15.0, "umol/L");
    let judgement = vod(profile(), &bed.seen("03-11 09:00"));
    assert_eq!(letters(&judgement), "MNN-NNN");
    assert_eq!(vod_priority(profile(), &judgement), Some(("modified_seattle_alone", Priority::Medium)));
    let all: Vec<Disagreement> = disagreements(&judgement).collect();
    assert_eq!(all.len(), 6);
    let baltimore = all.iter().find(|one| one.other == 1).unwrap();
    let bilirubin = profile().criteria_items.iter().position(|item| item.id == "bilirubin_2_or_more").unwrap();
    assert!(baltimore.verdict.items().unwrap().not_met & (1 << bilirubin) != 0);
}

#[test]
fn hepatomegaly_and_pain_make_painful_hepatomegaly() {
    let answer = |set: &dyn Fn(&mut Bed), id: &str| {
        let mut bed = Bed::transplanted();
        set(&mut bed);
        item(&bed.seen("03-11 09:00"), id).answer
    };
    let both = |bed: &mut Bed| {
        bed.present(FindingKind::Hepatomegaly, "03-11 08:00").present(FindingKind::RuqPain, "03-11 08:10");
    };
    assert_eq!(answer(&both, "painful_hepatomegaly"), Answer::Met);
    let liver = |bed: &mut Bed| {
        bed.present(FindingKind::Hepatomegaly, "03-11 08:00");
    };
    assert_eq!(answer(&liver, "painful_hepatomegaly"), Answer::Unknown);
    assert_eq!(answer(&liver, "hepatomegaly"), Answer::Met);
    let no_pain = |bed: &mut Bed| {
        bed.present(FindingKind::Hepatomegaly, "03-11 08:00").finding(
            FindingKind::RuqPain,
            "03-11 08:10",
            Presence::Absent,
        );
    };
    assert_eq!(answer(&no_pain, "painful_hepatomegaly"), Answer::Unknown, "it may be tender all the same");
    let painful = |bed: &mut Bed| {
        bed.present(FindingKind::PainfulHepatomegaly, "03-11 08:00");
    };
    assert_eq!(answer(&painful, "hepatomegaly"), Answer::Met);
    let not = |bed: &mut Bed| {
        bed.finding(FindingKind::Hepatomegaly, "03-11 08:00", Presence::Absent);
    };
    assert_eq!(answer(&not, "painful_hepatomegaly"), Answer::NotMet);
    assert_eq!(answer(&not, "hepatomegaly_or_ruq_pain"), Answer::Unknown, "pain was not asked for");
}

#[rstest]
#[case(11.0, 22.0, "03-11 08:00", Answer::Met)]
#[case(12.0, 23.9, "03-11 08:00", Answer::NotMet)]
#[case(10.5, 21.0, "03-11 08:00", Answer::NotMet)]
#[case(10.6, 21.2, "03-11 08:00", Answer::Met)]
#[case(11.0, 22.0, "03-11 08:01", Answer::Unknown)]
fn doubling_within_48_hours_to_above_normal(
    #[case] from: f64,
    #[case] to: f64,
    #[case] later: &str,
    #[case] expected: Answer,
) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-09 08:00", from, "umol/L").value(Analyte::Bilirubin, later, to, "umol/L");
    let judgement = vod(profile(), &bed.seen("03-11 09:00"));
    assert_eq!(judgement.triggers.answer(Trigger::BilirubinDoubled), expected);
    let raised = vod_priority(profile(), &judgement);
    assert_eq!(raised == Some(("vod_suspicion", Priority::Medium)), expected == Answer::Met);
}

#[test]
fn a_doubling_needs_a_rise_of_ten() {
    let mut bed = Bed { without_limits: true, ..Bed::transplanted() };
    bed.value(Analyte::Bilirubin, "03-09 08:00", 11.0, "umol/L").value(
        Analyte::Bilirubin,
        "03-10 08:00",
        22.0,
        "umol/L",
    );
    let judgement = vod(profile(), &bed.seen("03-11 09:00"));
    assert_eq!(judgement.triggers.answer(Trigger::BilirubinDoubled), Answer::Unknown, "no ULN");
    let mut small = Bed::transplanted();
    small.value(Analyte::Bilirubin, "03-09 08:00", 9.0, "umol/L").value(
        Analyte::Bilirubin,
        "03-10 08:00",
        18.9,
        "umol/L",
    );
    let judgement = vod(profile(), &small.seen("03-11 09:00"));
    assert_eq!(judgement.triggers.answer(Trigger::BilirubinDoubled), Answer::NotMet);
}

#[rstest]
#[case(Intent::Treatment, Some(("vod_suspicion", Priority::Medium)))]
#[case(Intent::Unknown, Some(("defibrotide_unknown_intent", Priority::Low)))]
#[case(Intent::Prophylaxis, None)]
fn defibrotide_by_its_intent(#[case] intent: Intent, #[case] expected: Option<(&str, Priority)>) {
    let mut bed = Bed::transplanted();
    bed.defibrotide = Some((at("03-10 08:00"), intent));
    let judgement = vod(profile(), &bed.seen("03-11 09:00"));
    assert_eq!(vod_priority(profile(), &judgement), expected);
}

#[test]
fn single_signs_that_are_suspicion() {
    for kind in [FindingKind::Ascites, FindingKind::PortalFlowReversal, FindingKind::RefractoryThrombocytopenia] {
        let mut bed = Bed::transplanted();
        bed.present(kind, "03-11 08:00");
        let judgement = vod(profile(), &bed.seen("03-11 09:00"));
        assert_eq!(vod_priority(profile(), &judgement), Some(("vod_suspicion", Priority::Medium)), "{kind:?}");
    }
    let mut old = Bed::transplanted();
    old.present(FindingKind::Ascites, "01-20 08:00").present(FindingKind::Ascites, "03-11 08:00");
    let judgement = vod(profile(), &old.seen("03-11 09:00"));
    assert_eq!(vod_priority(profile(), &judgement), None, "there before the first dose");
    let mut pain = Bed::transplanted();
    pain.present(FindingKind::RuqPain, "03-24 08:00").value(Analyte::Weight, "03-24 08:00", 71.5, "kg");
    let judgement = vod(profile(), &pain.seen("03-24 09:00"));
    assert_eq!(judgement.triggers.answer(Trigger::WeightGainWithPain), Answer::Met);
}

#[test]
fn nobody_is_watched_without_exposure() {
    let bed = Bed { age: Some((40, 40)), ..Bed::default() }.seen("03-11 09:00");
    let judgement = vod(profile(), &bed);
    assert_eq!((judgement.watch, judgement.any_met()), (Watch::NotExposed, false));
}

/// What rests on an unverified number is at most medium.
#[test]
fn an_unverified_item_raises_no_high_priority() {
    use crate::profile::{BUILTIN_TOML, Profile};
    let row = BUILTIN_TOML.find("id = \"weight_gain_above_5_percent\"").unwrap();
    let mark = row + BUILTIN_TOML[row..].find("verified = true").unwrap();
    let text = format!("{}verified = false{}", &BUILTIN_TOML[..mark], &BUILTIN_TOML[mark + "verified = true".len()..]);
    let unverified = Profile::parse(&text).unwrap();
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Weight, "03-11 08:00", 73.6, "kg").present(FindingKind::PainfulHepatomegaly, "03-11 08:00");
    let bed = bed.seen("03-11 09:00");
    let raised = |profile| vod_priority(profile, &vod(profile, &bed)).map(|(_, priority)| priority);
    assert_eq!((raised(profile()), raised(&unverified)), (Some(Priority::High), Some(Priority::Medium)));
}
