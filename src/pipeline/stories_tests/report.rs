//! Lines of a story that concern a report: its parts, and what is expected of its alert.

use crate::alert::Alert;
use crate::profile::Listedness;
use crate::record::Text;
use serde_json::{Value, json};

/// One part of a report.
pub(super) fn part(report: &mut Value, words: &[String]) -> Result<(), String> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let after = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let has = |name: &str| words.iter().any(|word| word == name);
    let list = |report: &mut Value, name: &str, item: Value| match report[name].as_array_mut() {
        Some(items) => items.push(item),
        None => report[name] = json!([item]),
    };
    match word(0) {
        "received" => report["most_recent"] = json!(word(1)),
        "first" => report["first_received"] = json!(word(2)),
        "worldwide" => report["worldwide_case_id"] = json!(word(2)),
        "sender" => report["sender"] = json!(word(1)),
        "other" => list(report, "other_case_ids", json!(word(2))),
        "linked" => list(report, "linked_reports", json!(word(2))),
        "status" => report["status"] = json!(word(1)),
        "type" => report["report_type"] = json!(word(1)),
        "country" => report["country"] = json!(word(1)),
        "reporter" => report["reporter_qualification"] = json!(word(1)),
        "narrative" => report["narrative"] = json!(word(1)),
        "patient" => {
            let sex = words.iter().find(|word| ["male", "female"].contains(&word.as_str()));
            report["patient"]["sex"] = json!(sex);
            report["patient"]["age_years"] = json!(after("age").map(|age| age.parse::<f64>().unwrap()));
        }
        // The patient whom the ward's lines are about.
        "of" => report["patient"]["identity"] = json!({"authority": "ward", "identifier": "P"}),
        "serious" => {
            report["seriousness"] = json!({"serious": true});
            for criterion in words.iter().skip(1) {
                report["seriousness"][criterion] = json!(true);
            }
        }
        "not" => report["seriousness"] = json!({"serious": false}),
        "drug" => list(
            report,
            "drugs",
            json!({
                "role": word(1),
                "name": word(2),
                "start": after("from").or_else(|| after("on")),
                "end": after("to").or_else(|| after("on")),
                "dose_value": after("dose").map(|dose| dose.parse::<f64>().unwrap()),
                "dose_unit": after("dose").map(|_| "mg/m2"),
                "dose_text": after("text"),
                "indications": after("for").into_iter().collect::<Vec<_>>(),
                "additional_codes": after("code").map(|code| code.parse::<i32>().unwrap()).into_iter().collect::<Vec<_>>(),
                "dechallenge": after("dechallenge"),
                "causality": after("causality").into_iter().collect::<Vec<_>>(),
            }),
        ),
        "reaction" => list(
            report,
            "reactions",
            json!({
                "term": word(1),
                "onset": after("onset"),
                "end": after("end"),
                "outcome": after("outcome"),
            }),
        ),
        "history" => list(
            report,
            "history",
            json!({
                "term": word(1),
                "continuing": if has("continuing") { Some(true) } else if has("resolved") { Some(false) } else { None },
            }),
        ),
        other => return Err(format!("\"{other}\" is no part of a report")),
    }
    Ok(())
}

/// One detail of an expected alert; what was found instead, if it is not so.
pub(super) fn check(alert: &Alert<'_>, words: &[String], detail: &str) -> Result<(), String> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let holds = |so: bool, found: String| if so { Ok(()) } else { Err(found) };
    let review = || alert.report.as_deref().ok_or_else(|| "the alert has no review".to_owned());
    let texts = |texts: &[Text<'_>]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    if let Some(found) = super::acts::check(alert, words) {
        return found;
    }
    match word(0) {
        "listed" => {
            let name = |listed: Listedness| listed.name();
            let found = (name(alert.listed_eu), name(alert.listed_us));
            holds((word(2), word(4)) == found, format!("{found:?}"))
        }
        "dme" => holds(alert.dme, "it is not on the list".to_owned()),
        "says" => holds(alert.explanation.contains(word(1)), alert.explanation.to_string()),
        "asks" => {
            let questions = texts(&review()?.follow_up_questions);
            holds(questions.iter().any(|question| question.contains(word(1))), format!("{questions:?}"))
        }
        "valid" => holds(review()?.valid, format!("{:?}", texts(&review()?.missing_elements))),
        "missing" => {
            let missing = texts(&review()?.missing_elements);
            holds(missing == words[1..], format!("{missing:?}"))
        }
        "no" if word(1) == "clock" => holds(review()?.clocks.is_empty(), format!("{:?}", clocks(alert))),
        // `clocks: eu_serious 2025-03-29; …` names all of them, in order.
        "clocks" => {
            let expected: Vec<String> =
                detail.trim_start_matches("clocks").split(';').map(|clock| clock.trim().to_owned()).collect();
            holds(clocks(alert) == expected, format!("{:?}", clocks(alert)))
        }
        "situation" => {
            let not_met = texts(&alert.not_met).contains(&word(1).to_owned());
            let named = review()?.special_situations.iter().find(|s| s.situation.as_str() == word(1));
            let found = named.map_or(if not_met { "not_met" } else { "nothing" }, |s| s.answer.as_str());
            holds(found == word(2), found.to_owned())
        }
        "onset" => {
            let days = review()?.onset_days_from_last_dose;
            let expected: f64 = word(1).parse().map_err(|_| "no number".to_owned())?;
            let within = detail.ends_with("within the window");
            let found = (days, review()?.onset_in_window);
            holds(found == (Some(expected), Some(within)), format!("{found:?}"))
        }
        "dechallenge" => {
            let found = review()?.dechallenge.as_ref().map(|text| text.to_string());
            holds(found.as_deref() == Some(word(1)), format!("{found:?}"))
        }
        "duplicate" => {
            let found: Vec<(String, i32, bool)> = review()?
                .suspected_duplicates
                .iter()
                .map(|link| (link.case_id.to_string(), link.score_percent, link.nullified))
                .collect();
            let expected =
                (word(1).to_owned(), word(2).parse().map_err(|_| "no number".to_owned())?, word(4) == "nullified");
            holds(found.contains(&expected), format!("{found:?}"))
        }
        "alone" => holds(review()?.suspected_duplicates.is_empty(), "there are suspected duplicates".to_owned()),
        "same" => holds(alert.revision > 1, format!("revision {}", alert.revision)),
        // `met RULE, RULE`: all of these, and perhaps others; `only met RULE, RULE`: these alone.
        "only" => {
            let found = texts(&alert.criteria);
            let (mut found, mut expected) = (found, words[2..].to_vec());
            found.sort();
            expected.sort();
            holds(found == expected, format!("{found:?}"))
        }
        "met" => all(&texts(&alert.criteria), &words[1..]),
        "not" => all(&texts(&alert.not_met), &words[2..]),
        "unknown" => {
            let found = texts(&alert.unknown);
            let named = |word: &String| found.iter().any(|text| text.contains(word.as_str()));
            holds(words[1..].iter().all(named), format!("{found:?}"))
        }
        "grade" => {
            holds(alert.grade.map(|grade| grade.to_string()).as_deref() == Some(word(1)), format!("{:?}", alert.grade))
        }
        "severity" => {
            let found = alert.severity.as_ref().map(|text| text.to_string());
            holds(found.as_deref() == Some(word(1)), format!("{found:?}"))
        }
        "evidence" => {
            let items: Vec<String> = alert.evidence.iter().map(|e| e.item.to_string()).collect();
            all(&items, &words[1..])
        }
        other => Err(format!("\"{other}\" is no detail of an alert")),
    }
}

fn all(found: &[String], expected: &[String]) -> Result<(), String> {
    if expected.iter().all(|word| found.contains(word)) { Ok(()) } else { Err(format!("{found:?}")) }
}

fn clocks(alert: &Alert<'_>) -> Vec<String> {
    let clocks = alert.report.as_deref().map(|review| review.clocks.as_slice()).unwrap_or_default();
    clocks
        .iter()
        .map(|clock| {
            let follow_up = if clock.follow_up { " follow-up" } else { "" };
            format!("{} {}{follow_up}", clock.rule.as_str(), clock.due.as_str())
        })
        .collect()
}
