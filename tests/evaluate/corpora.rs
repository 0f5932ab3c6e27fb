//! Reading the public corpora. Each is `None`, and said to be, where it is not there.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A sentence with what annotators marked in it.
pub struct Annotated {
    pub text: String,
    /// Effects of a drug, denied and speculated ones left out.
    pub effects: Vec<String>,
    /// Disorders that the sentence gives the patient besides: what was treated, what was there before.
    pub disorders: Vec<String>,
    /// Effects that are denied or marked as speculation: for these the annotation does not say whether the event or
    /// only its cause is in doubt.
    pub doubtful: Vec<String>,
}

fn root() -> PathBuf {
    std::env::var_os("VIGIL_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from)
}

fn text(path: &str) -> Option<String> {
    let bytes = std::fs::read(root().join(path)).ok();
    if bytes.is_none() {
        println!("skipped: no {path} in the sample data (set VIGIL_TEST_DATA)");
    }
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Distinct (words in the label, MedDRA preferred term).
pub fn tac_labels() -> Option<Vec<(String, String)>> {
    let labels: Value =
        serde_json::from_str(&text("narratives/tac2017_labels/demner-fushman-train-labels.json")?).unwrap();
    let pairs: BTreeSet<(String, String)> = labels
        .as_array()?
        .iter()
        .flat_map(|label| label["adverse_events"].as_array().into_iter().flatten())
        .filter_map(|event| Some((event[0].as_str()?.to_lowercase(), event[1].as_str()?.to_owned())))
        .collect();
    Some(pairs.into_iter().collect())
}

/// Reaction terms of every FAERS table and openFDA extract, with their number of rows.
pub fn faers_terms() -> Option<BTreeMap<String, u64>> {
    let mut terms: BTreeMap<String, u64> = BTreeMap::new();
    let mut add = |term: &str| {
        let term = term.trim();
        if !term.is_empty() {
            *terms.entry(term.to_lowercase()).or_default() += 1;
        }
    };
    let folders = std::fs::read_dir(root().join("faers")).ok();
    if folders.is_none() {
        println!("skipped: no faers in the sample data (set VIGIL_TEST_DATA)");
    }
    for folder in folders?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if !name.starts_with("reac") {
                continue;
            }
            let bytes = std::fs::read(&file).ok()?;
            let table = String::from_utf8_lossy(&bytes).replace('\u{feff}', "");
            let separator = if name.ends_with(".csv") { ';' } else { '$' };
            let mut lines = table.lines();
            let header = lines.next().unwrap_or_default();
            let separator = if header.contains(separator) { separator } else { ',' };
            let Some(at) = header.split(separator).position(|field| field.trim_matches('"').eq_ignore_ascii_case("pt"))
            else {
                continue;
            };
            lines.filter_map(|line| line.split(separator).nth(at)).for_each(|term| add(term.trim_matches('"')));
        }
    }
    for line in text("faers/opentargets_adverseEventSample.jsonl")?.lines() {
        if let Some(term) = serde_json::from_str::<Value>(line).ok()?["reaction_reactionmeddrapt"].as_str() {
            add(term);
        }
    }
    let flat = text("faers/hastiaboalhasani_openfda_flat.csv")?;
    let mut rows = csv::Reader::from_reader(flat.as_bytes());
    let at = rows.headers().ok()?.iter().position(|field| field == "reactions")?;
    for row in rows.records().flatten() {
        row.get(at).unwrap_or_default().split(';').for_each(&mut add);
    }
    let inotuzumab = text("faers/pvlrt_faers22q3_ps_ino_gem.csv")?;
    inotuzumab
        .lines()
        .skip(1)
        .filter_map(|line| line.splitn(3, ',').nth(2))
        .for_each(|term| add(term.trim_matches('"')));
    Some(terms)
}

/// Sentences with the effects of their events and the disorders beside them.
pub fn phee() -> Option<Vec<Annotated>> {
    let lines = text("narratives/phee/train.json")?;
    let sentence = |line: &str| {
        let sentence: Value = serde_json::from_str(line).unwrap();
        let text = sentence["context"].as_str().unwrap_or_default().to_owned();
        let mut annotated = Annotated { text, effects: Vec::new(), disorders: Vec::new(), doubtful: Vec::new() };
        let annotations = sentence["annotations"].as_array().into_iter().flatten();
        for event in annotations.flat_map(|annotation| annotation["events"].as_array().into_iter().flatten()) {
            let in_doubt = event.get("Negated").is_some() || event.get("Speculated").is_some();
            let effects = if in_doubt { &mut annotated.doubtful } else { &mut annotated.effects };
            if event["event_type"] == "Adverse_event" {
                effects.extend(spans(&event["Effect"]));
            } else {
                annotated.disorders.extend(spans(&event["Effect"]));
            }
            annotated.disorders.extend(spans(&event["Treatment"]["Disorder"]));
            annotated.disorders.extend(spans(&event["Subject"]["Disorder"]));
        }
        annotated
    };
    Some(lines.lines().map(sentence).collect())
}

/// Texts of an annotated argument.
fn spans(argument: &Value) -> Vec<String> {
    let groups = argument["text"].as_array().into_iter().flatten();
    groups
        .flat_map(|group| group.as_array().into_iter().flatten())
        .filter_map(|span| Some(span.as_str()?.to_owned()))
        .collect()
}

/// Sentences with a drug's effects; sentences without any.
pub fn ade() -> Option<(Vec<Annotated>, Vec<String>)> {
    let mut relations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text("narratives/ade_corpus_v2/DRUG-AE.rel")?.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        if let [_, sentence, effect, ..] = fields.as_slice() {
            relations.entry((*sentence).to_owned()).or_default().push((*effect).to_owned());
        }
    }
    let without = text("narratives/ade_corpus_v2/ADE-NEG.txt")?;
    let without = without.lines().filter_map(|line| Some(line.split_once(" NEG ")?.1.to_owned())).collect();
    Some((
        relations
            .into_iter()
            .map(|(text, effects)| Annotated { text, effects, disorders: Vec::new(), doubtful: Vec::new() })
            .collect(),
        without,
    ))
}

/// (text, the one term of the report).
pub fn vaers() -> Option<Vec<(String, String)>> {
    let table = text("narratives/vaers_ohnlp/sample.csv")?;
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let header = rows.headers().ok()?.clone();
    let at = |name: &str| header.iter().position(|field| field == name);
    let (narrative, term) = (at("SYMPTOM_TEXT")?, at("SYMPTOM")?);
    Some(
        rows.records()
            .flatten()
            .filter_map(|row| Some((row.get(narrative)?.to_owned(), row.get(term)?.to_owned())))
            .collect(),
    )
}

/// (annotated phrase, sentence, is it denied).
pub fn negex() -> Option<Vec<(String, String, bool)>> {
    let path = root().join("narratives/negex/Annotations-1-120-random.txt");
    let table = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [_, phrase, sentence, negation, ..] = fields.as_slice() else { return None };
        Some(((*phrase).to_owned(), (*sentence).to_owned(), negation.trim() == "Negated"))
    };
    Some(table.lines().skip(1).filter_map(row).collect())
}
