//! The courses of `tests/suite/stories/*.story`, each line a fact or an expected decision. See the README there.
//!
//! A head line is not indented, its details are. Every alert that a step makes must be expected: what a story does not
//! name must not happen. Further kinds of facts join at [`Course::fact`].

use super::*;
use crate::alert::Alert;
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::profile::{Concern, Listedness, Priority};
use serde_json::{Value, json};
use std::path::Path;

/// A head line with its details.
struct Block {
    line: usize,
    head: String,
    details: Vec<(usize, String)>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if line.starts_with(' ') {
            let block = blocks.last_mut().unwrap_or_else(|| panic!("line {}: a detail before any head", at + 1));
            block.details.push((at + 1, content.to_owned()));
        } else {
            blocks.push(Block { line: at + 1, head: content.to_owned(), details: Vec::new() });
        }
    }
    blocks
}

/// Words of a line; what stands in quotation marks is one word.
fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            found.push(part.to_owned());
        } else {
            found.extend(
                part.split_whitespace().map(|word| word.trim_end_matches(',').to_owned()).filter(|w| !w.is_empty()),
            );
        }
    }
    found
}

struct Course {
    judge: Judge,
    intake: Intake,
    shard: Shard,
    effects: Effects,
    offset: i64,
    own_receipt: bool,
    fate: Option<Fate>,
    /// Alerts of the last fact that no expectation has named yet.
    open: Vec<Alert<'static>>,
}

impl Course {
    fn new() -> Self {
        Self {
            judge: Judge::new(Profile::builtin()).unwrap(),
            intake: Intake {
                pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
                limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
                internal_kinds: false,
            },
            shard: Shard::new(0, 1, 1000),
            effects: Effects::default(),
            offset: 0,
            own_receipt: false,
            fate: None,
            open: Vec::new(),
        }
    }

    fn run(&mut self, blocks: &[Block]) {
        for block in blocks {
            let head = words(&block.head);
            let word = |at: usize| head.get(at).map(String::as_str).unwrap_or_default();
            match word(0) {
                "story" => {}
                "source" => self.own_receipt = block.head.contains("own receipt"),
                "at" => {
                    self.nothing_open(block.line);
                    self.fact(block, &head);
                }
                "expect" => self.expect(block, &head),
                other => panic!("line {}: \"{other}\" begins no line of a story", block.line),
            }
        }
        self.nothing_open(0);
    }

    fn nothing_open(&self, line: usize) {
        let open: Vec<String> =
            self.open.iter().map(|a| format!("{} {} {}", a.concern, a.change.name(), a.priority)).collect();
        assert!(open.is_empty(), "before line {line}: alerts that no line expects: {open:?}");
    }

    /// `at TIME report CASE [version N]`, with the report's parts below it.
    fn fact(&mut self, block: &Block, head: &[String]) {
        let time: jiff::Timestamp = head[1].parse().unwrap_or_else(|error| panic!("line {}: {error}", block.line));
        assert_eq!(head[2], "report", "line {}: the kinds of facts so far: report", block.line);
        let mut report = json!({"sender": "clinic", "sender_case_id": head[3], "drugs": [], "reactions": [], "history": [], "tests": []});
        if let Some(at) = head.iter().position(|word| word == "version") {
            report["version"] = json!(head[at + 1].parse::<i32>().unwrap());
        }
        for (line, detail) in &block.details {
            part(&mut report, &words(detail)).unwrap_or_else(|what| panic!("line {line}: {what}: {detail}"));
        }
        let payload = json!({"body": {"Report": report}}).to_string();
        let message = SourceMessage {
            topic: "adverse-events",
            partition: 0,
            offset: self.offset,
            timestamp: time.as_millisecond(),
            payload: payload.as_bytes(),
            format: None,
        };
        let source = Source { own_receipt: self.own_receipt, ..Source::default() };
        let mut log = Vec::new();
        intake(&self.intake, &source, &message, &mut |_, record| {
            let record = record.unwrap_or_else(|reject| panic!("line {}: {reject}", block.line));
            log.push((record.key.to_owned(), record.value.to_vec()));
        });
        let [(key, value)] = log.as_slice() else { panic!("line {}: one record expected", block.line) };
        let message =
            LogMessage { topic: "vigil.records", partition: 0, offset: self.offset, key: Some(key.as_bytes()), value };
        self.offset += 1;
        let mut scratch = Vec::new();
        let step = step(&self.judge, &mut self.shard, &message, &mut scratch, &mut self.effects).unwrap();
        self.fate = Some(step.fate);
        self.open = self.effects.alerts.drain(..).map(|out| out.alert).collect();
    }

    fn expect(&mut self, block: &Block, head: &[String]) {
        let line = block.line;
        let word = |at: usize| head.get(at).map(String::as_str).unwrap_or_default();
        match word(1) {
            "fate" => assert_eq!(self.fate.as_ref().map(Fate::name), Some(word(2)), "line {line}"),
            "cases" => assert_eq!(self.shard.tally().cases(true).to_string(), word(2), "line {line}"),
            // `expect due EU within_3_days 1 on 2025-03-14`
            "due" => {
                let today = word(6).parse::<crate::record::PartialDate>().unwrap().days().unwrap();
                let region = usize::from(word(2) == "US");
                let bucket = crate::classify::DueBucket::ALL.iter().position(|b| b.name() == word(3)).unwrap();
                let count = self.shard.desk().calendar().due(today)[region][bucket];
                assert_eq!(count.to_string(), word(4), "line {line}");
            }
            name => {
                let concern = Concern::ALL.iter().find(|concern| concern.name() == name);
                let concern = *concern.unwrap_or_else(|| panic!("line {line}: \"{name}\" is no concern"));
                let at = self.open.iter().position(|alert| alert.concern == concern);
                let said: Vec<&str> = self.open.iter().map(|alert| alert.concern.name()).collect();
                let alert =
                    self.open.remove(at.unwrap_or_else(|| panic!("line {line}: no alert of {name} among {said:?}")));
                let expected = (word(2), Priority::ALL.iter().find(|p| p.name() == word(3)), word(4) == "notify");
                assert_eq!((alert.change.name(), Some(&alert.priority), alert.notify), expected, "line {line}");
                for (line, detail) in &block.details {
                    check(&alert, &words(detail), detail)
                        .unwrap_or_else(|found| panic!("line {line}: {detail}\n  but {found}"));
                }
            }
        }
    }
}

/// One part of a report.
fn part(report: &mut Value, words: &[String]) -> Result<(), String> {
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
            report["patient"] = json!({
                "sex": sex,
                "age_years": after("age").map(|age| age.parse::<f64>().unwrap()),
            });
        }
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
fn check(alert: &Alert<'_>, words: &[String], detail: &str) -> Result<(), String> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let holds = |so: bool, found: String| if so { Ok(()) } else { Err(found) };
    let review = || alert.report.as_deref().ok_or_else(|| "the alert has no review".to_owned());
    let texts = |texts: &[Text<'_>]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
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
        other => Err(format!("\"{other}\" is no detail of an alert")),
    }
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

#[test]
fn every_story_ends_as_it_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/stories");
    let mut told = 0;
    let mut failed = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "story")) {
        let text = std::fs::read_to_string(file).unwrap();
        // A file holds several courses; each begins with its name and knows nothing of the others.
        let all = blocks(&text);
        let mut starts: Vec<usize> = (0..all.len()).filter(|at| all[*at].head.starts_with("story")).collect();
        assert_eq!(starts.first(), Some(&0), "{}: begins with no story", file.display());
        starts.push(all.len());
        for pair in starts.windows(2) {
            told += 1;
            let course = &all[pair[0]..pair[1]];
            let result = std::panic::catch_unwind(|| Course::new().run(course));
            if let Err(panic) = result {
                let why = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                failed.push(format!("{}: {}\n  {why}", file.file_name().unwrap().to_string_lossy(), course[0].head));
            }
        }
    }
    assert!(told >= 13, "{told} stories");
    assert!(failed.is_empty(), "{} of {told} stories end otherwise:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn a_story_that_is_told_wrongly_fails() {
    let course = |text: &str| {
        let text = text.to_owned();
        std::panic::catch_unwind(move || Course::new().run(&blocks(&text))).is_ok()
    };
    let facts = "story x\nat 2025-03-01T08:00:00Z report C1\n  drug suspect Besponsa\n  reaction \"Epistaxis\"\n";
    assert!(course(&format!("{facts}expect haemorrhage raised medium notify\n  listed EU review, US review\n")));
    for wrong in [
        "",
        "expect haemorrhage raised high notify\n",
        "expect haemorrhage raised medium silent\n",
        "expect vod_sos raised medium notify\n",
        "expect haemorrhage raised medium notify\n  listed EU listed, US review\n",
        "expect haemorrhage raised medium notify\n  situation overdose met\n",
        "expect haemorrhage raised medium notify\n  clocks eu_serious 2025-03-16\n",
        "expect haemorrhage raised medium notify\nexpect fate quiet\n",
    ] {
        assert!(!course(&format!("{facts}{wrong}")), "{wrong}");
    }
}
