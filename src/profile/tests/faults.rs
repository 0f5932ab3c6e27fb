//! Broken profiles and their faults: all at once, each with its line.

use crate::profile::{BUILTIN_TOML, Profile};
use rstest::rstest;

/// Replaces texts that occur once, and says on which line each stood. Line breaks must stay in step.
pub(super) fn broken(edits: &[(&str, &str)]) -> (String, Vec<usize>) {
    let mut text = BUILTIN_TOML.to_owned();
    let mut lines = Vec::new();
    for (find, replacement) in edits {
        assert_eq!(text.matches(find).count(), 1, "{find}");
        assert_eq!(find.matches('\n').count(), replacement.matches('\n').count(), "{find}");
        lines.push(text[..text.find(find).unwrap()].matches('\n').count() + 1);
        text = text.replace(find, replacement);
    }
    (text, lines)
}

#[test]
fn all_faults_are_reported_at_once_each_with_its_line() {
    let febrile = "text = \"Febrile neutropenia\", relation = \"same\", code = 10016288";
    let (text, lines) = broken(&[
        ("version = \"1.0.0\"", "version = 1"),
        ("{ text = \"Mylotarg\", kind", "{ text = \"Mylotarg\", sort"),
        ("id = \"epar.trial_analysed\"", "id = \"epar.trial_patients\""),
        ("value = 326", "value = \"many\""),
        (febrile, "text = \"Febrile neutropenia\", relation = \"sane\", code = 1001628"),
        ("value = 51, source", "value = 151, source"),
        ("text = \"Haemorrhoidal haemorrhage\", relation", "text = \"Epistaxis\", relation"),
        ("reaction = \"pyrexia\"\nserious = \"medium\"", "reaction = \"pyrexiaa\"\nserious = \"hig\""),
    ]);
    let faults = Profile::parse(&text).unwrap_err();
    let found: Vec<(usize, &str)> = faults.as_slice().iter().map(|fault| (fault.line, fault.what.as_str())).collect();
    let expected: &[(usize, &str)] = &[
        (lines[0], "invalid type"),
        (lines[1], "is missing"),
        (lines[1], "is not a known key"),
        // A row's own faults stand on the line of its header where no field of it is to blame.
        (lines[2] - 1, "\"epar.trial_patients\" is there already"),
        (lines[3], "invalid type"),
        (lines[4], "1001628 has not 8 digits"),
        (lines[4], "unknown variant"),
        (lines[6], "\"Epistaxis\" is there already"),
        (lines[5], "151 is not a number from 0 to 100"),
        (lines[7] + 1, "unknown variant"),
    ];
    for (line, what) in expected {
        assert!(found.iter().any(|(l, w)| l == line && w.contains(what)), "line {line}: {what} not in\n{faults}");
    }
    assert_eq!(found.len(), expected.len(), "{faults}");
    assert!(found.is_sorted_by_key(|(line, _)| *line), "{faults}");
}

#[test]
fn a_fault_is_displayed_with_line_key_and_reason() {
    let (text, lines) = broken(&[("value = 326", "value = nan")]);
    let faults = Profile::parse(&text).unwrap_err();
    let at = Profile::builtin().facts.iter().position(|fact| fact.id == "epar.trial_patients").unwrap();
    let shown = faults.to_string();
    assert!(shown.starts_with(&format!("line {}: facts[{at}].value: NaN is not a number", lines[0])), "{shown}");
    assert_eq!(shown.lines().count(), 1);
}

#[test]
fn a_fault_of_syntax_hides_no_other_and_makes_up_none() {
    let (text, lines) =
        broken(&[("brand = \"Besponsa\"", "brand = Besponsa"), ("value = 51, source", "value = 151, source")]);
    let faults = Profile::parse(&text).unwrap_err();
    let found: Vec<usize> = faults.as_slice().iter().map(|fault| fault.line).collect();
    assert_eq!(found, lines, "{faults}");
}

#[test]
fn what_is_reported_is_bounded() {
    let many: String = (0..2_000).map(|n| format!("unknown_{n} = 1\n")).collect();
    let faults = Profile::parse(&format!("{many}{BUILTIN_TOML}")).unwrap_err();
    assert_eq!(faults.as_slice().len(), 501);
    assert_eq!(faults.as_slice().last().map(|fault| fault.what.as_str()), Some("and 1500 more faults"));
}

#[rstest]
#[case::names("names = [", "is an empty list")]
#[case::look_alikes("look_alikes = [", "is an empty list")]
#[case::codes("codes = [", "is an empty list")]
#[case::terms("terms = [", "is an empty list")]
#[case::words("list = [", "is an empty list")]
fn an_empty_list_is_refused(#[case] opening: &str, #[case] what: &str) {
    let start = BUILTIN_TOML.find(&format!("\n{opening}")).unwrap() + 1;
    let end = start + BUILTIN_TOML[start..].find("]\n").unwrap();
    let text = format!("{}{opening}{}", &BUILTIN_TOML[..start], &BUILTIN_TOML[end..]);
    let line = BUILTIN_TOML[..start].matches('\n').count() + 1;
    let faults = Profile::parse(&text).unwrap_err();
    assert!(faults.as_slice().iter().any(|f| f.line == line && f.what.contains(what)), "{faults}");
}

#[test]
fn an_empty_text_misses_everything() {
    let faults = Profile::parse("").unwrap_err();
    let keys: Vec<&str> = faults.as_slice().iter().map(|fault| fault.key.as_str()).collect();
    let all = [
        "analytes",
        "criteria_items",
        "definitions",
        "dismiss_reasons",
        "facts",
        "fever_definitions",
        "grades",
        "monitoring",
        "product",
        "reactions",
        "report_priorities",
        "rule_priorities",
        "severity",
        "units",
        "version",
    ];
    assert_eq!(keys, all);
    assert!(faults.as_slice().iter().all(|fault| fault.line == 1 && fault.what.contains("is missing")));
}

#[rstest]
#[case::conflicting_relation(
    "{ text = \"Melaena\", relation = \"within\"",
    "{ text = \"EPISTAXIS\", relation = \"risk\"",
    "is \"risk\" here and \"within\" on line"
)]
#[case::two_reactions("{ text = \"Melaena\", relation", "{ text = \"Pyrexia\", relation", "means haemorrhage already")]
#[case::same_code_twice(
    "code = 10015090, level",
    "code = 10016288, level",
    "10016288 means febrile_neutropenia already"
)]
#[case::level("code = 10015090, level = \"pt\"", "code = 10015090, level = \"hlt\"", "\"hlt\" is none of pt, llt")]
#[case::no_source("source = \"USPI 5 and 6, infusion related reactions: not read [U]\"", "source = \"  \"", "is empty")]
#[case::not_verified_default(
    "drives = \"wrong-day check\"\nsource = \"SmPC 4.2 (S1)\"\nverified = true\n\n[[facts]]\nid = \"label.dose_gap_days_min\"",
    "drives = \"wrong-day check\"\nsource = \"us\"\nverified = true\ndesign = true\n[[facts]]\nid = \"label.dose_gap_days_min\"",
    "a default of the project is not verified in a source"
)]
#[case::marked_unverified(
    "source = \"fact base 1.2 [U]\"\nverified = false\n\n[[facts]]\nid = \"label.dose.cycle1.day1\"",
    "source = \"fact base 1.2 [U]\"\nverified = true\n\n[[facts]]\nid = \"label.dose.cycle1.day1\"",
    "the source is marked unverified"
)]
#[case::unknown_key("rule = \"site_silent\"\nconcern", "rule = \"site_silent\"\ncolour = 1 #", "is not a known key")]
#[case::unknown_reaction("reaction = \"fatigue\"", "reaction = \"tiredness\"", "\"tiredness\" is no reaction")]
#[case::no_priority("reaction = \"vod_sos\"", "reaction = \"nausea\"", "no row for \"vod_sos\"")]
#[case::rule_without_priority("rule = \"isth_major\"", "rule = \"isth_minor\"", "no row for \"isth_major\"")]
#[case::unknown_below_no(
    "reaction = \"haemorrhage\"\nserious = \"high\"\nnot_serious = \"medium\"\nunknown = \"medium\"",
    "reaction = \"haemorrhage\"\nserious = \"high\"\nnot_serious = \"medium\"\nunknown = \"low\"",
    "unknown is never \"no\""
)]
#[case::no_concern("concern = \"haemorrhage\"\nsoc", "soc", "no reaction raises the concern haemorrhage")]
#[case::same_name("{ text = \"Mylotarg\"", "{ text = \"besponsa\"", "\"besponsa\" is a name already")]
#[case::syntax("brand = \"Besponsa\"", "brand = Besponsa", "")]
#[case::key_twice("brand = \"Besponsa\"", "brand = \"Besponsa\" # \n", "")]
fn a_broken_profile_is_refused(#[case] find: &str, #[case] replacement: &str, #[case] what: &str) {
    assert_eq!(BUILTIN_TOML.matches(find).count(), 1, "{find}");
    let replacement = if replacement.ends_with("# \n") { "brand = \"Besponsa\"\nbrand = \"B\"" } else { replacement };
    let faults = Profile::parse(&BUILTIN_TOML.replace(find, replacement)).unwrap_err();
    assert!(faults.as_slice().iter().any(|fault| fault.what.contains(what)), "{faults}");
}

#[test]
fn a_listing_is_needed_for_every_region_and_none_may_overlap() {
    let (text, _) = broken(&[(
        "region = \"US\"\nfrequency = \"listed\"\nfrom = \"2017-08\"\nfatal_listed = true\nsource = \"USPI boxed warning (S12)\"",
        "region = \"EU\"\nfrequency = \"listed\"\nfrom = \"2017-08\"\nfatal_listed = true\nsource = \"USPI boxed warning (S12)\"",
    )]);
    let faults = Profile::parse(&text).unwrap_err().to_string();
    assert!(faults.contains("no listing for US"), "{faults}");
    assert!(faults.contains("overlaps another listing for EU"), "{faults}");
}

#[test]
fn an_unverified_listing_alone_never_makes_a_report_high() {
    let start = BUILTIN_TOML.find("id = \"vod_sos\"").unwrap();
    let end = start + BUILTIN_TOML[start..].find("id = \"febrile_neutropenia\"").unwrap();
    let unread = BUILTIN_TOML[start..end].replace("\nverified = true\n", "\nverified = false\n");
    let faults = Profile::parse(&format!("{}{unread}{}", &BUILTIN_TOML[..start], &BUILTIN_TOML[end..])).unwrap_err();
    let line = BUILTIN_TOML[..BUILTIN_TOML.find("reaction = \"vod_sos\"").unwrap()].matches('\n').count();
    let [fault] = faults.as_slice() else { panic!("{faults}") };
    assert_eq!((fault.line, fault.what.as_str()), (line, "is high on an unverified listing alone"));
}

#[test]
fn more_than_64_reactions_do_not_fit() {
    let row = |n: usize| {
        format!(
            "\n[[reactions]]\nid = \"r{n}\"\nlabel_term = \"R\"\nsoc = \"S\"\n\
             terms = [{{ text = \"Term{n}\", relation = \"same\", source = \"x\" }}]\n\
             listings = [{{ region = \"EU\", frequency = \"listed\", from = \"2017\", fatal_listed = false, source = \"x\", \
             verified = false }}, {{ region = \"US\", frequency = \"listed\", from = \"2017\", fatal_listed = false, \
             source = \"x\", verified = false }}]\n"
        )
    };
    let spare = 64 - Profile::builtin().reactions.len();
    let full: String = (0..spare).map(row).collect();
    assert_eq!(Profile::parse(&format!("{BUILTIN_TOML}{full}")).unwrap().reactions.len(), 64);
    let faults = Profile::parse(&format!("{BUILTIN_TOML}{full}{}", row(99))).unwrap_err().to_string();
    assert!(faults.contains("65 reactions, of at most 64"), "{faults}");
}
