//! One term, code or text judged by itself, without a report: what `vigil classify` answers.

use super::{Basis, Classifier, ReactionFound, listedness};
use crate::normalise::{Mention, Reading, TermRef};
use crate::profile::{Assertion, Listedness, Profile, Region};
use crate::record::{PartialDate, Report, Text};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// Judges single terms, codes and texts. Not shared between threads: it keeps its buffers.
#[derive(Debug)]
pub struct SingleJudge<'p> {
    profile: &'p Profile,
    classifier: Classifier,
    on: Option<PartialDate>,
    reading: Reading,
    mentions: Vec<Mention>,
    concepts: Vec<Concept<'p>>,
}

/// One line of input. Fields besides these are not looked at.
#[derive(Debug, Deserialize)]
struct Question<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    term: Option<Text<'a>>,
    #[serde(borrow, default)]
    code: Option<Code<'a>>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
}

/// A MedDRA code, as a number or as its digits.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Code<'a> {
    Number(i32),
    Digits(#[serde(borrow)] Text<'a>),
}

#[derive(Debug, Deserialize)]
struct OnlyId<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

/// A reaction of the profile that was found.
#[derive(Clone, Copy, Debug, Serialize)]
struct Concept<'p> {
    concept: &'p str,
    basis: &'static str,
    assertion: Assertion,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<[u32; 2]>,
    #[serde(skip)]
    term: TermRef,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    concepts: &'a [Concept<'a>],
    listed: Regions,
}

#[derive(Debug, Serialize)]
struct Fault<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: &'static str,
}

/// One answer a region, in the order of [`Region::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Regions([Listedness; 2]);

impl Serialize for Regions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (region, listed) in Region::ALL.iter().zip(&self.0) {
            map.serialize_entry(region, listed)?;
        }
        map.end()
    }
}

impl<'p> SingleJudge<'p> {
    /// A judge by this profile and the labels of the day `on`.
    ///
    /// # Errors
    /// One sentence per contradiction in the profile's terms, names and phrases.
    pub fn new(profile: &'p Profile, on: Option<PartialDate>) -> Result<Self, Vec<String>> {
        Ok(Self {
            profile,
            classifier: Classifier::new(profile)?,
            on,
            reading: Reading::default(),
            mentions: Vec::new(),
            concepts: Vec::new(),
        })
    }

    /// Judges one line `{"id", "term"?, "code"?, "text"?}` and writes its answer, one line of JSON without line end.
    ///
    /// Concepts come in the order code, term, text. A term that is none of the profile's is read as a text; its spans
    /// are given where the line has no text, which they would be taken for. Spans are bytes of UTF-8.
    ///
    /// `listed` is the worst answer (unlisted, then review, then listed) over the concepts that are affirmed or
    /// uncertain and over a code or term that nothing is known of. Where there is none of either, as in a text without
    /// any reaction or with denied ones only, it is `review`: there is nothing that a label could list.
    pub fn answer(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let question: Question<'_> = match serde_json::from_slice(line) {
            Ok(question) => question,
            Err(error) => {
                let id = serde_json::from_slice::<OnlyId<'_>>(line).ok().and_then(|only| only.id);
                let error = if error.is_data() { "a field is of the wrong type" } else { "not a JSON object" };
                return write(out, &Fault { id, error });
            }
        };
        if question.term.is_none() && question.code.is_none() && question.text.is_none() {
            return write(out, &Fault { id: question.id, error: "neither term nor code nor text" });
        }
        let listed = match self.judge(&question) {
            Ok(listed) => listed,
            Err(error) => return write(out, &Fault { id: question.id, error }),
        };
        write(out, &Answer { id: question.id, concepts: &self.concepts, listed });
    }

    fn judge(&mut self, question: &Question<'_>) -> Result<Regions, &'static str> {
        self.concepts.clear();
        // Is a code or a term given of which nothing is known?
        let mut unknown_code = false;
        let mut unknown_term = false;
        if let Some(code) = &question.code {
            let code = match code {
                Code::Number(code) => *code,
                Code::Digits(digits) => digits.trim().parse().map_err(|_| "the code is not a number")?,
            };
            match self.classifier.terms().by_code(code) {
                Some(term) => unknown_code = !self.add(term, Basis::Code),
                None => unknown_code = true,
            }
        }
        if let Some(words) = question.term.as_deref().filter(|words| !words.trim().is_empty()) {
            unknown_term = match self.classifier.terms().by_words(words) {
                Some(term) => !self.add(term, Basis::Term),
                None => {
                    self.classifier.narratives().read_term(words, &mut self.reading, &mut self.mentions);
                    self.add_mentions(question.text.is_none());
                    self.mentions.is_empty()
                }
            };
        }
        if let Some(text) = &question.text {
            self.classifier.narratives().read(text, &mut self.reading, &mut self.mentions);
            self.add_mentions(true);
        }
        let nothing = ReactionFound { at: 0, term: None, basis: Basis::Term };
        let report = Report::default();
        let mut listed = [None; 2];
        for (slot, region) in listed.iter_mut().zip(Region::ALL) {
            let mut worst =
                |answer: Listedness| *slot = Some(slot.map_or(answer, |known: Listedness| worse(known, answer)));
            for concept in self.concepts.iter().filter(|concept| is_now(concept.assertion)) {
                let found = ReactionFound { term: Some(concept.term), ..nothing };
                worst(listedness(self.profile, &report, &found, *region, self.on).answer);
            }
            if unknown_term {
                worst(Listedness::Unlisted);
            } else if unknown_code && self.concepts.is_empty() {
                // A code alone that the profile does not know may be a listed reaction's: it holds few codes.
                worst(listedness(self.profile, &report, &nothing, *region, self.on).answer);
            }
        }
        Ok(Regions(listed.map(|answer| answer.unwrap_or(Listedness::Review))))
    }

    /// Adds a term that means its reaction. False for a sign, a risk or a look-alike, which no label names.
    fn add(&mut self, term: TermRef, basis: Basis) -> bool {
        let means_it = term.concept_bit() != 0;
        if means_it && let Some(concept) = concept_id(self.profile, term) {
            let basis = basis.name();
            self.concepts.push(Concept { concept, basis, assertion: Assertion::Affirmed, span: None, term });
        }
        means_it
    }

    /// Adds what was found in a text.
    fn add_mentions(&mut self, spans: bool) {
        for mention in &self.mentions {
            let Some(concept) = concept_id(self.profile, mention.term) else { continue };
            self.concepts.push(Concept {
                concept,
                basis: "narrative",
                assertion: mention.assertion,
                span: spans.then_some([mention.start, mention.end]),
                term: mention.term,
            });
        }
    }
}

fn concept_id(profile: &Profile, term: TermRef) -> Option<&str> {
    profile.reactions.get(usize::from(term.reaction)).map(|reaction| reaction.id.as_str())
}

/// Is it said of the patient, and of now?
const fn is_now(assertion: Assertion) -> bool {
    matches!(assertion, Assertion::Affirmed | Assertion::Uncertain)
}

const fn worse(one: Listedness, other: Listedness) -> Listedness {
    match (one, other) {
        (Listedness::Unlisted, _) | (_, Listedness::Unlisted) => Listedness::Unlisted,
        (Listedness::Review, _) | (_, Listedness::Review) => Listedness::Review,
        (listed, _) => listed,
    }
}

/// Writing into memory cannot fail, and none of these types refuses to be JSON.
fn write(out: &mut Vec<u8>, answer: &impl Serialize) {
    let written = serde_json::to_writer(out, answer);
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::sync::{LazyLock, Mutex, PoisonError};

    /// One for all tests: a lexicon takes its time to compile.
    static JUDGE: LazyLock<Mutex<SingleJudge<'static>>> =
        LazyLock::new(|| Mutex::new(SingleJudge::new(Profile::builtin(), "2024-06-01".parse().ok()).unwrap()));

    fn answer(line: &str) -> String {
        let mut out = Vec::new();
        JUDGE.lock().unwrap_or_else(PoisonError::into_inner).answer(line.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[rstest]
    #[case(
        r#"{"id":1,"term":"Epistaxis"}"#,
        r#"{"id":1,"concepts":[{"concept":"haemorrhage","basis":"term","assertion":"affirmed"}],"listed":{"EU":"review","US":"review"}}"#
    )]
    #[case(
        r#"{"id":"a","code":10016288}"#,
        r#"{"id":"a","concepts":[{"concept":"febrile_neutropenia","basis":"code","assertion":"affirmed"}],"listed":{"EU":"listed","US":"listed"}}"#
    )]
    #[case(
        r#"{"id":"a","code":"10016288"}"#,
        r#"{"id":"a","concepts":[{"concept":"febrile_neutropenia","basis":"code","assertion":"affirmed"}],"listed":{"EU":"listed","US":"listed"}}"#
    )]
    #[case(
        r#"{"id":2,"text":"No bleeding, but possible VOD."}"#,
        r#"{"id":2,"concepts":[{"concept":"haemorrhage","basis":"narrative","assertion":"negated","span":[3,11]},{"concept":"vod_sos","basis":"narrative","assertion":"uncertain","span":[26,29]}],"listed":{"EU":"review","US":"review"}}"#
    )]
    #[case(
        r#"{"id":2,"term":"possible sinusoidal obstruction syndrome"}"#,
        r#"{"id":2,"concepts":[{"concept":"vod_sos","basis":"narrative","assertion":"uncertain","span":[9,40]}],"listed":{"EU":"listed","US":"listed"}}"#
    )]
    #[case(r#"{"term":"Rash"}"#, r#"{"concepts":[],"listed":{"EU":"unlisted","US":"unlisted"}}"#)]
    #[case(r#"{"term":"Hepatic failure"}"#, r#"{"concepts":[],"listed":{"EU":"unlisted","US":"unlisted"}}"#)]
    #[case(r#"{"code":10099999}"#, r#"{"concepts":[],"listed":{"EU":"review","US":"review"}}"#)]
    #[case(r#"{"text":"The patient was well."}"#, r#"{"concepts":[],"listed":{"EU":"review","US":"review"}}"#)]
    #[case(r#"{"id":3}"#, r#"{"id":3,"error":"neither term nor code nor text"}"#)]
    #[case(r#"{"id":4,"text":7}"#, r#"{"id":4,"error":"a field is of the wrong type"}"#)]
    #[case(r#"{"id":4,"code":"x"}"#, r#"{"id":4,"error":"the code is not a number"}"#)]
    #[case(r#"{"id":5,"#, r#"{"error":"not a JSON object"}"#)]
    #[case("", r#"{"error":"not a JSON object"}"#)]
    fn lines(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(answer(line), expected);
    }

    #[test]
    fn a_listed_term_beside_an_unknown_one_is_unlisted() {
        assert!(answer(r#"{"term":"Rash","text":"febrile neutropenia"}"#).contains(r#""EU":"unlisted""#));
    }

    #[test]
    fn what_is_denied_decides_no_listing() {
        assert!(answer(r#"{"text":"Nausea. No pulmonary haemorrhage."}"#).contains(r#""EU":"listed""#));
        assert!(answer(r#"{"text":"Nausea. Pulmonary haemorrhage."}"#).contains(r#""EU":"review""#));
    }

    #[test]
    fn spans_cut_the_phrase_out_of_an_escaped_text() {
        assert!(answer(r#"{"text":"\u00e9t\u00e9: nose\u002dbleed"}"#).contains(r#""span":[7,17]"#));
    }
}
