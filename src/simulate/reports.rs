//! A stream of adverse-event reports from several sites, deterministic by seed: products, reactions at the profile's
//! rates, wordings, repeats, follow-ups, nullifications and faulty messages.

use super::ward::{DEMO_PATIENTS, identifier};
use super::{openfda, wording::vary};
use crate::profile::{LabelReaction, Profile, Region, Relation};
use crate::record::{Millis, PartialDate};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Most cases that are remembered for follow-ups, repeats and nullifications.
const OPEN_CASES_MAX: usize = 256;

/// Share of the reports that name the product as suspect. Far above any real stream, so that a demonstration shows
/// something; page and banner say that the data are simulated.
const PRODUCT_SHARE: f64 = 0.35;

/// Share of the reports that are serious.
const SERIOUS_SHARE: f64 = 0.45;

/// Frequency of a label reaction whose percentage the profile does not give, percent.
const PERCENT_UNKNOWN: f64 = 2.0;

/// Most label reactions in one report.
const REACTIONS_MAX: usize = 5;

/// Site that sends in openFDA's shape.
const OPENFDA_SITE: &str = "sim-safety-db";

const SITES: [&str; 4] = ["sim-north", "sim-south", "sim-east", OPENFDA_SITE];

/// Products of the background, with their substances.
const OTHER_PRODUCTS: [(&str, &str); 8] = [
    ("MYLOTARG", "GEMTUZUMAB OZOGAMICIN"),
    ("BLINCYTO", "BLINATUMOMAB"),
    ("CYTARABINE", "CYTARABINE"),
    ("METHOTREXATE", "METHOTREXATE SODIUM"),
    ("PARACETAMOL", "ACETAMINOPHEN"),
    ("DASATINIB", "DASATINIB"),
    ("VINCRISTINE", "VINCRISTINE SULFATE"),
    ("POLIVY", "POLATUZUMAB VEDOTIN"),
];

/// Reactions that the label does not name, among them traps that only look like a concern.
const OTHER_REACTIONS: [&str; 8] = [
    "Rash",
    "Dizziness",
    "Haemorrhoids",
    "Acute febrile neutrophilic dermatosis",
    "Pulmonary veno-occlusive disease",
    "Insomnia",
    "Back pain",
    "Arterial occlusive disease",
];

/// What a message is meant to be, so that a run can be checked against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intended {
    /// First version of a case.
    First,
    /// A later version.
    FollowUp,
    /// A nullification.
    Nullification,
    /// The same message again.
    Repeat,
    /// A message that must be rejected.
    Faulty,
}

/// One message of the feed.
#[derive(Clone, Debug)]
pub struct FeedMessage {
    /// Site that sends it.
    pub site: &'static str,
    /// The message.
    pub payload: Vec<u8>,
    /// What it is meant to be.
    pub intended: Intended,
    /// Is the product suspect in it?
    pub product_suspect: bool,
}

/// The stream.
#[derive(Debug)]
pub struct Feed {
    random: fastrand::Rng,
    /// Words of each label reaction, and how often it was seen, percent of patients.
    reactions: Vec<(Vec<String>, f64)>,
    open: VecDeque<Open>,
    next_case: u64,
    today: PartialDate,
}

/// A case that may be heard of again.
#[derive(Clone, Debug)]
struct Open {
    site: &'static str,
    case: String,
    version: i32,
    report: Value,
    product_suspect: bool,
}

impl Feed {
    /// A feed with this seed whose reports are dated `today`.
    #[must_use]
    pub fn new(profile: &Profile, seed: u64, today: Millis) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            reactions: profile.reactions.iter().filter_map(words_and_percent).collect(),
            open: VecDeque::new(),
            next_case: 1,
            today: today.date().unwrap_or(PartialDate::EPOCH),
        }
    }

    /// The next message.
    pub fn next_message(&mut self) -> FeedMessage {
        match self.random.u8(0..100) {
            0..=2 => self.faulty(),
            3..=8 => self.repeat(),
            9..=18 => self.follow_up(),
            19..=21 => self.nullification(),
            _ => self.first(),
        }
    }

    fn first(&mut self) -> FeedMessage {
        let product_suspect = self.random.f64() < PRODUCT_SHARE;
        let site = self.pick(&SITES);
        let case = format!("SIM-{:06}", self.next_case);
        self.next_case += 1;
        // Patients of the product are often the wards' own, so that reports and wards meet.
        let known = product_suspect && self.random.u8(0..3) == 0;
        let number = self.random.u32(0..if known { DEMO_PATIENTS } else { 5000 });
        let (today, drugs, reactions) = (self.today, self.drugs(product_suspect), self.reactions(product_suspect));
        let report = json!({
            "sender": site, "sender_case_id": case, "version": 1, "report_type": "spontaneous",
            "created": today, "first_received": today, "most_recent": today,
            "country": self.pick(&["GB", "DE", "US", "FR", "IE"]),
            "reporter_qualification": self.pick(&["physician", "pharmacist", "other_health_professional"]),
            "seriousness": self.seriousness(),
            "patient": {
                "age_years": f64::from(self.random.u8(18..80)), "sex": self.pick(&["female", "male"]), "described": true,
                "identity": {"authority": site, "identifier": identifier(number)}
            },
            "drugs": drugs, "reactions": reactions, "narrative": "Simulated report; no real patient."
        });
        let open = Open { site, case, version: 1, report, product_suspect };
        let message = send(&open, Intended::First);
        if self.open.len() >= OPEN_CASES_MAX {
            self.open.pop_front();
        }
        self.open.push_back(open);
        message
    }

    fn drugs(&mut self, product_suspect: bool) -> Vec<Value> {
        let mut drugs = Vec::new();
        if product_suspect {
            let name =
                self.pick(&["BESPONSA", "Inotuzumab ozogamicin", "inotuzumab ozogamacin", "Besponsa 1 mg powder"]);
            let indication = ["Acute lymphocytic leukaemia"];
            drugs.push(json!({"role": "suspect", "name": name, "start": self.today, "indications": indication}));
            if self.random.u8(0..4) == 0 {
                drugs.push(json!({"role": "suspect", "name": "BESPONSA", "lot": "SIM"}));
            }
        }
        for role in ["suspect", "concomitant"] {
            if (role == "suspect" && !product_suspect) || (role == "concomitant" && self.random.bool()) {
                let (name, substance) = self.pick(&OTHER_PRODUCTS);
                drugs.push(json!({"role": role, "name": name, "substances": [substance]}));
            }
        }
        drugs
    }

    /// Reactions of one report: each label reaction at its own rate for the product, one at random for the background.
    fn reactions(&mut self, product: bool) -> Value {
        let Self { random, reactions, today, .. } = self;
        let mut terms: Vec<String> = Vec::new();
        if product {
            // From a random place on, so that the bound on their number favours none.
            let start = random.usize(0..reactions.len().max(1));
            for (words, percent) in reactions.iter().cycle().skip(start).take(reactions.len()) {
                if terms.len() < REACTIONS_MAX && random.f64() * 100.0 < *percent {
                    let word = random.choice(words).map_or("", String::as_str);
                    terms.push(vary(word, random));
                }
            }
        }
        if terms.is_empty() || random.u8(0..4) == 0 {
            terms.push(random.choice(OTHER_REACTIONS).unwrap_or_default().to_owned());
        }
        let outcomes = ["recovered", "recovering", "not_recovered", "unknown"];
        let reaction = |term: &String| {
            let outcome = random.choice(outcomes).unwrap_or("unknown");
            json!({"term": term, "outcome": outcome, "onset": today})
        };
        Value::Array(terms.iter().map(reaction).collect())
    }

    fn seriousness(&mut self) -> Value {
        if self.random.f64() >= SERIOUS_SHARE {
            return if self.random.bool() { json!({"serious": false}) } else { json!({}) };
        }
        let criterion =
            self.pick(&["hospitalisation", "hospitalisation", "other_important", "life_threatening", "death"]);
        json!({"serious": true, criterion: true})
    }

    fn repeat(&mut self) -> FeedMessage {
        let Some(open) = self.pick_open() else { return self.first() };
        FeedMessage { intended: Intended::Repeat, ..send(&open, Intended::First) }
    }

    fn follow_up(&mut self) -> FeedMessage {
        let Some(mut open) = self.pick_open() else { return self.first() };
        open.version += 1;
        let seriousness = self.seriousness();
        let reactions = self.random.bool().then(|| self.reactions(open.product_suspect));
        if let Some(report) = open.report.as_object_mut() {
            report.insert("version".to_owned(), json!(open.version));
            report.insert("seriousness".to_owned(), seriousness);
            if let Some(reactions) = reactions {
                report.insert("reactions".to_owned(), reactions);
            }
        }
        if let Some(known) = self.open.iter_mut().find(|known| known.case == open.case) {
            *known = open.clone();
        }
        send(&open, Intended::FollowUp)
    }

    fn nullification(&mut self) -> FeedMessage {
        let Some(mut open) = self.pick_open() else { return self.first() };
        self.open.retain(|known| known.case != open.case);
        open.version += 1;
        // A nullification names the sender that the first version was received from.
        let sender = if open.site == OPENFDA_SITE { "FDA" } else { open.site };
        open.report = json!({
            "sender": sender, "sender_case_id": open.case, "version": open.version, "status": "nullification",
            "status_reason": "duplicate", "most_recent": self.today
        });
        send(&open, Intended::Nullification)
    }

    fn faulty(&mut self) -> FeedMessage {
        let payload: &[u8] = self.pick(&[
            b"" as &[u8],
            br#"{"body":{"Report":{"sender":"sim-north","sender_case_id":"#,
            br#"{"body":{"Report":{"sender":"sim-north","sender_case_id":7}}}"#,
            br#"{"body":{"Report":{"sender":"sim-north","sender_case_id":"SIM-X","most_recent":"9999-12-31"}}}"#,
            br#"{"body":{"Report":{"sender":"sim-north","sender_case_id":"SIM-X","versoin":2}}}"#,
            &[0xc3, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0],
            b"\xff\xfe not a report",
        ]);
        FeedMessage { site: "sim-north", payload: payload.to_vec(), intended: Intended::Faulty, product_suspect: false }
    }

    fn pick<T: Copy + Default>(&mut self, of: &[T]) -> T {
        self.random.choice(of.iter().copied()).unwrap_or_default()
    }

    fn pick_open(&mut self) -> Option<Open> {
        self.random.choice(&self.open).cloned()
    }
}

/// The report as its site sends it: canonical JSON, or in openFDA's shape.
fn send(open: &Open, intended: Intended) -> FeedMessage {
    let payload = if open.site == OPENFDA_SITE && intended != Intended::Nullification {
        openfda::event(&open.case, open.version, &open.report).to_string()
    } else {
        let head = json!({"site": open.site, "source_id": format!("{}|{}|{intended:?}", open.case, open.version)});
        json!({"head": head, "body": {"Report": open.report}}).to_string()
    };
    FeedMessage { site: open.site, payload: payload.into_bytes(), intended, product_suspect: open.product_suspect }
}

/// Words that mean the reaction, and how often it was seen in percent of patients.
fn words_and_percent(reaction: &LabelReaction) -> Option<(Vec<String>, f64)> {
    let words: Vec<String> = reaction
        .terms
        .iter()
        .filter(|term| matches!(term.relation, Relation::Same | Relation::Within))
        .map(|term| term.text.clone())
        .collect();
    let listing = reaction.listings.iter().find(|listing| listing.region == Region::Eu)?;
    let percent = listing.all_percent.as_ref().map_or(PERCENT_UNKNOWN, |figure| figure.value);
    (!words.is_empty()).then_some((words, percent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Limits;
    use crate::normalise::Pseudonymiser;
    use crate::pipeline::{Effects, Intake, Judge, LogMessage, Shard, Source, SourceMessage, intake, step};
    use std::collections::BTreeMap;

    const TODAY: Millis = Millis(1_740_816_000_000);

    #[test]
    fn one_seed_is_one_feed() {
        let run = |seed| {
            let mut feed = Feed::new(Profile::builtin(), seed, TODAY);
            (0..200).map(|_| feed.next_message().payload).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn every_message_ends_as_it_is_meant_to() {
        let judge = Judge::new(Profile::builtin()).unwrap();
        let desk = Intake {
            pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
            limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
            internal_kinds: false,
        };
        let mut shard = Shard::new(0, 1, 100_000);
        let mut effects = Effects::default();
        let mut feed = Feed::new(Profile::builtin(), 1, TODAY);
        let mut seen: BTreeMap<(Intended, &str), usize> = BTreeMap::new();
        for offset in 0..5000 {
            let message = feed.next_message();
            let source = SourceMessage {
                topic: "adverse-events",
                partition: 0,
                offset,
                timestamp: TODAY.0,
                payload: &message.payload,
                format: None,
            };
            intake(&desk, &Source { sender: "sim".into(), ..Source::default() }, &source, &mut |_, record| {
                let fate = match record {
                    Err(_) => "rejected at intake",
                    Ok(record) => {
                        let key = Some(record.key.as_bytes());
                        let log = LogMessage { topic: "vigil.records", partition: 0, offset, key, value: record.value };
                        let mut scratch = Vec::new();
                        step(&judge, &mut shard, &log, &mut scratch, &mut effects).unwrap().fate.name()
                    }
                };
                *seen.entry((message.intended, fate)).or_default() += 1;
                if message.intended == Intended::First {
                    let text = String::from_utf8_lossy(&message.payload);
                    assert_eq!(fate == "alerted", message.product_suspect, "{fate}: {text}");
                }
            });
        }
        let count = |intended, fate| seen.get(&(intended, fate)).copied().unwrap_or(0);
        let all = |intended| seen.iter().filter(|((i, _), _)| *i == intended).map(|(_, n)| n).sum::<usize>();
        for intended in [Intended::First, Intended::FollowUp, Intended::Nullification, Intended::Repeat] {
            assert_eq!(count(intended, "rejected at intake"), 0, "{intended:?}: {seen:?}");
        }
        assert!(all(Intended::Faulty) > 50, "{seen:?}");
        assert_eq!(count(Intended::Faulty, "rejected at intake"), all(Intended::Faulty), "{seen:?}");
        assert!(all(Intended::Repeat) > 100, "{seen:?}");
        assert_eq!(count(Intended::Repeat, "repeated"), all(Intended::Repeat), "{seen:?}");
        assert!(count(Intended::Nullification, "alerted") > 20, "{seen:?}");
    }
}
