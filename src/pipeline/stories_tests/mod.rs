//! The courses of `tests/suite/stories/*.story`, each line a fact or an expected decision. See the README there.
//!
//! A head line is not indented, its details are. Every alert that a step makes must be expected: what a story does not
//! name must not happen. Further kinds of facts join at [`Course::fact`].

mod acts;
mod report;
mod verdicts;
mod ward;

use super::*;
use crate::alert::Alert;
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::profile::{Concern, Priority};
use crate::record::Millis;
use serde_json::json;
use std::path::Path;
use ward::{Calendar, WardFact};

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

/// The blocks of one file, with the lines of a prelude where a story `begins NAME`.
fn with_preludes(blocks: Vec<Block>) -> Vec<Block> {
    let (preludes, stories): (Vec<Block>, Vec<Block>) =
        blocks.into_iter().partition(|block| block.head.starts_with("prelude "));
    let mut all = Vec::new();
    for block in stories {
        let Some(name) = block.head.strip_prefix("begins ") else {
            all.push(block);
            continue;
        };
        let of = preludes.iter().find(|prelude| prelude.head == format!("prelude {name}"));
        let of = of.unwrap_or_else(|| panic!("line {}: no prelude {name}", block.line));
        let line = |(line, text): &(usize, String)| Block { line: *line, head: text.clone(), details: Vec::new() };
        all.extend(of.details.iter().map(line));
    }
    all
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
    /// Alerts since the last fact that no expectation has named yet.
    open: Vec<Alert<'static>>,
    /// Concerns that the course looks away from.
    aside: Vec<Concern>,
    calendar: Calendar,
    /// What was told of the patient.
    facts: Vec<WardFact>,
    /// Time of the story.
    now: Millis,
    /// Does the course look at calls that nobody answers?
    calls: bool,
    /// Every alert so far, and the concern of the last one.
    alerts: Vec<Alert<'static>>,
    latest: Option<Concern>,
    /// Why the last act was refused before it came to the log.
    refused: Option<String>,
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
            aside: Vec::new(),
            calendar: Calendar::default(),
            facts: Vec::new(),
            now: Millis(0),
            calls: false,
            alerts: Vec::new(),
            latest: None,
            refused: None,
        }
    }

    fn run(&mut self, blocks: &[Block]) {
        for block in blocks {
            let head = words(&block.head);
            let word = |at: usize| head.get(at).map(String::as_str).unwrap_or_default();
            match word(0) {
                "story" | "disputed" => {}
                "source" => self.own_receipt = block.head.contains("own receipt"),
                "at" => {
                    self.nothing_open(block.line);
                    self.fact(block, &head);
                }
                "expect" => self.expect(block, &head),
                // `apart from monitoring, dosing`
                "apart" => self.aside = head[2..].iter().map(|name| concern(name, block.line)).collect(),
                "with" if word(1) == "calls" => self.calls = true,
                // `day 0 is 2025-03-01`
                "day" if word(2) == "is" => {
                    let day: jiff::Timestamp = format!("{}T00:00:00Z", word(3)).parse().unwrap();
                    self.calendar.day_zero = Some(Millis(day.as_millisecond()));
                }
                "until" => {
                    self.nothing_open(block.line);
                    let time = self.calendar.time(&head[1..]);
                    let (time, _) = time.unwrap_or_else(|| panic!("line {}: until when?", block.line));
                    self.pass(time);
                }
                _ => {
                    self.nothing_open(block.line);
                    if !self.act(block, &head) {
                        self.ward(block, &head);
                    }
                }
            }
        }
        self.nothing_open(0);
    }

    fn nothing_open(&self, line: usize) {
        let open: Vec<String> = self.open.iter().map(told).collect();
        assert!(open.is_empty(), "before line {line}: alerts that no line expects:\n    {}", open.join("\n    "));
    }

    /// A line of the ward: its facts, each a record on its way through the whole pipeline.
    fn ward(&mut self, block: &Block, head: &[String]) {
        let line = block.line;
        let facts = self.calendar.facts(head).unwrap_or_else(|what| panic!("line {line}: {what}: {}", block.head));
        for fact in facts {
            assert!(fact.known >= self.now, "line {line}: became known before the line above it");
            if self.calls && self.now != Millis(0) {
                self.pass(fact.known);
                self.nothing_open(line);
            }
            self.now = fact.known;
            self.tick(fact.known);
            let identity = json!({"authority": "ward", "identifier": "P"});
            let head = json!({"site": "ward", "source_id": fact.name, "event_time": fact.time.0, "identity": identity});
            let payload = json!({"head": head, "body": fact.body}).to_string();
            self.send(line, fact.known, &payload);
            self.facts.push(fact);
        }
    }

    fn tick(&mut self, at: Millis) {
        let out = tick_record(0, at).unwrap();
        let fate = self.judge(&out.key, &out.value);
        assert_eq!(fate, Fate::Tick);
    }

    /// Sends a message of a source in, and judges what becomes of it.
    fn send(&mut self, line: usize, time: Millis, payload: &str) {
        let message = SourceMessage {
            topic: "adverse-events",
            partition: 0,
            offset: self.offset,
            timestamp: time.0,
            payload: payload.as_bytes(),
            format: None,
        };
        let source = Source { own_receipt: self.own_receipt, ..Source::default() };
        let mut log = Vec::new();
        intake(&self.intake, &source, &message, &mut |_, record| {
            let record = record.unwrap_or_else(|reject| panic!("line {line}: {reject}: {payload}"));
            log.push((record.key.to_owned(), record.value.to_vec()));
        });
        let [(key, value)] = log.as_slice() else { panic!("line {line}: one record expected") };
        let fate = self.judge(key, value);
        assert!(!matches!(fate, Fate::Rejected(_)), "line {line}: {fate:?}");
        self.fate = Some(fate);
    }

    /// Judges a record of the log, and what its shard forwards because of it.
    fn judge(&mut self, key: &str, value: &[u8]) -> Fate {
        let mut log = vec![(key.to_owned(), value.to_vec())];
        let mut first = None;
        while let Some((key, value)) = log.pop() {
            let (offset, key) = (self.offset, Some(key.as_bytes()));
            let message = LogMessage { topic: "vigil.records", partition: 0, offset, key, value: &value };
            self.offset += 1;
            let mut scratch = Vec::new();
            let made = step(&self.judge, &mut self.shard, &message, &mut scratch, &mut self.effects).unwrap();
            first.get_or_insert(made.fate);
            let alerts: Vec<_> = self.effects.alerts.drain(..).map(|out| out.alert).collect();
            alerts.iter().for_each(|alert| self.note(alert));
            let looked_at = |alert: &Alert<'_>| {
                !self.aside.contains(&alert.concern) && (self.calls || alert.change != crate::alert::Change::Escalated)
            };
            self.open.extend(alerts.into_iter().filter(looked_at));
            log.extend(self.effects.forwards.drain(..).rev().map(|out| (out.key, out.value)));
        }
        first.unwrap()
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
            report::part(&mut report, &words(detail)).unwrap_or_else(|what| panic!("line {line}: {what}: {detail}"));
        }
        self.now = self.now.max(Millis(time.as_millisecond()));
        self.send(block.line, Millis(time.as_millisecond()), &json!({"body": {"Report": report}}).to_string());
    }

    fn expect(&mut self, block: &Block, head: &[String]) {
        let line = block.line;
        let word = |at: usize| head.get(at).map(String::as_str).unwrap_or_default();
        match word(1) {
            "fate" => assert_eq!(self.fate.as_ref().map(Fate::name), Some(word(2)), "line {line}"),
            // `expect refused "longer"`: the act did not come to the log.
            "refused" => {
                let why = self.refused.as_deref().unwrap_or_default();
                assert!(!why.is_empty() && why.contains(word(2)), "line {line}: \"{why}\"");
            }
            "cases" => assert_eq!(self.shard.tally().cases(true).to_string(), word(2), "line {line}"),
            // `expect due EU within_3_days 1 on 2025-03-14`
            "due" => {
                let today = word(6).parse::<crate::record::PartialDate>().unwrap().days().unwrap();
                let region = usize::from(word(2) == "US");
                let bucket = crate::classify::DueBucket::ALL.iter().position(|b| b.name() == word(3)).unwrap();
                let count = self.shard.desk().calendar().due(today)[region][bucket];
                assert_eq!(count.to_string(), word(4), "line {line}");
            }
            "nothing" => self.nothing_open(line),
            "met" | "not" | "unknown" => self.expect_verdicts(block, head),
            name => {
                let concern = concern(name, line);
                // `expect CONCERN CHANGE PRIORITY notify|silent [at TIME]`
                let at = (word(5) == "at").then(|| {
                    let time = self.calendar.time(&head[6..]);
                    time.unwrap_or_else(|| panic!("line {line}: at what time?")).0
                });
                let of = |alert: &Alert<'_>| alert.concern == concern && at.is_none_or(|at| alert.recorded_at == at);
                let found = self.open.iter().position(of);
                let all: Vec<String> = self.open.iter().map(told).collect();
                let found = found.unwrap_or_else(|| panic!("line {line}: {}\n  but {all:?}", block.head));
                let alert = self.open.remove(found);
                let expected = (word(2), Priority::ALL.iter().find(|p| p.name() == word(3)), word(4) == "notify");
                let so = (alert.change.name(), Some(&alert.priority), alert.notify) == expected;
                assert!(so, "line {line}: {}\n  but {}", block.head, told(&alert));
                for (line, detail) in &block.details {
                    report::check(&alert, &words(detail), detail)
                        .unwrap_or_else(|found| panic!("line {line}: {detail}\n  but {found}"));
                }
            }
        }
    }

    /// `expect met|not met|unknown|not applicable RULE, RULE …`: what the rules say of what was told so far.
    fn expect_verdicts(&self, block: &Block, head: &[String]) {
        let two = head[1] == "not";
        let expected = head[1..if two { 3 } else { 2 }].join(" ");
        let answers = verdicts::answers(&verdicts::bed(&self.facts, self.now));
        for name in &head[if two { 3 } else { 2 }..] {
            let found = answers.iter().find(|(of, _)| of == name).map(|(_, answer)| *answer);
            let found = found.unwrap_or_else(|| panic!("line {}: \"{name}\" is no rule", block.line));
            assert!(found == expected, "line {}: {}\n  but {name} is {found}", block.line, block.head);
        }
    }
}

fn concern(name: &str, line: usize) -> Concern {
    let found = Concern::ALL.iter().find(|concern| concern.name() == name);
    *found.unwrap_or_else(|| panic!("line {line}: \"{name}\" is no concern"))
}

/// An alert in one line.
fn told(alert: &Alert<'_>) -> String {
    let notify = if alert.notify { "notify" } else { "silent" };
    let texts = |texts: &[Text<'_>]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let (criteria, unknown) = (texts(&alert.criteria), texts(&alert.unknown));
    let at = jiff::Timestamp::from_millisecond(alert.recorded_at.0).map(|time| time.to_string()).unwrap_or_default();
    let head = format!("{} {} {} {notify} at {at}", alert.concern, alert.change.name(), alert.priority);
    format!("{head}, criteria {criteria:?}, unknown {unknown:?}: {}", alert.explanation.as_str())
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
        let all = with_preludes(blocks(&text));
        let mut starts: Vec<usize> = (0..all.len()).filter(|at| all[*at].head.starts_with("story")).collect();
        assert_eq!(starts.first(), Some(&0), "{}: begins with no story", file.display());
        starts.push(all.len());
        for pair in starts.windows(2) {
            told += 1;
            let course = &all[pair[0]..pair[1]];
            let result = std::panic::catch_unwind(|| Course::new().run(course));
            // Where story and rules differ and a person has to say who is right: told, and not counted.
            if let Some(disputed) = course.iter().find(|block| block.head.starts_with("disputed ")) {
                let how = if result.is_err() { "disputed" } else { "no longer so, take the mark away" };
                println!("{how}: {}: {}", course[0].head, disputed.head);
                continue;
            }
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
