//! How alike two cases are: what of each is compared, and what each field is worth.

use crate::record::state::{LikenessState, StateUnread, word};
use crate::record::{PartialDate, Report, Sex};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64;

/// Dates this many days apart still count for half.
const NEAR_DAYS: i64 = 3;

/// Ages this many years apart still agree (GVP VI App. 5).
const AGE_YEARS: f64 = 1.0;

/// Points that must be comparable before a score says anything: some date among them (see [`Weights`]).
const POINTS_MIN: f64 = 8.0;

/// Longest case id kept for naming it, bytes.
const CASE_ID_MAX: usize = 64;

/// Points of each field. A default of the project.
struct Weights;

impl Weights {
    const COUNTRY: f64 = 1.0;
    const SEX: f64 = 1.0;
    const AGE: f64 = 2.0;
    const ONSET: f64 = 3.0;
    const START: f64 = 3.0;
    const REACTIONS: f64 = 3.0;
}

/// What of a case is compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Key of the case.
    pub key: u128,
    /// Offset in the log of the report that it was taken from: no two candidates of a shard share one.
    pub remembered: i64,
    /// Its identifier, cut to a bound, for naming it.
    pub case_id: Box<str>,
    /// Was it nullified?
    pub nullified: bool,
    country: Option<[u8; 2]>,
    sex: Option<Sex>,
    age_years: Option<f64>,
    onset: Option<i64>,
    start: Option<i64>,
    /// The reactions, as what they mean where that is known.
    reactions: SmallVec<[u64; 8]>,
    /// The patient's pseudonym, where the report names one.
    patient: Option<u64>,
    /// All identifiers of the case and those it is linked with, as hashes.
    pub(super) own_ids: SmallVec<[u64; 4]>,
    named_ids: SmallVec<[u64; 4]>,
}

impl Candidate {
    /// The candidate of a report that stands at `remembered` in the log. `reactions` are the identities of its reactions,
    /// equal for what means the same; `start` is the first day of the product.
    #[must_use]
    pub fn new(
        (key, remembered): (u128, i64),
        report: &Report<'_>,
        reactions: impl Iterator<Item = u64>,
        start: Option<PartialDate>,
    ) -> Self {
        let code = |country: Option<&str>| -> Option<[u8; 2]> {
            let bytes: [u8; 2] = country?.trim().as_bytes().try_into().ok()?;
            bytes.iter().all(u8::is_ascii).then(|| bytes.map(|byte| byte.to_ascii_uppercase()))
        };
        let mut reactions: SmallVec<[u64; 8]> = reactions.collect();
        reactions.sort_unstable();
        reactions.dedup();
        let ids = |ids: &mut dyn Iterator<Item = &str>| {
            ids.filter(|id| !id.trim().is_empty()).map(identifier).collect::<SmallVec<[u64; 4]>>()
        };
        let own = report.worldwide_case_id.as_deref().into_iter().chain(report.sender_case_id.as_deref());
        let named = report.other_case_ids.iter().chain(&report.linked_reports).map(|id| id.as_str());
        let id = report.worldwide_case_id.as_deref().or(report.sender_case_id.as_deref()).unwrap_or_default();
        let end = (0..=id.len().min(CASE_ID_MAX)).rev().find(|at| id.is_char_boundary(*at)).unwrap_or(0);
        Self {
            key,
            remembered,
            case_id: id.get(..end).unwrap_or_default().into(),
            nullified: false,
            country: code(report.country.as_deref()).or_else(|| code(report.reporter_country.as_deref())),
            sex: report.patient.sex,
            age_years: report.patient.age_years,
            onset: report.reactions.iter().filter_map(|reaction| reaction.onset.and_then(PartialDate::days)).min(),
            start: start.and_then(PartialDate::days),
            reactions,
            patient: report.patient.pseudonym.as_deref().map(|pseudonym| xxh3_64(pseudonym.as_bytes())),
            own_ids: ids(&mut { own }),
            named_ids: ids(&mut { named }),
        }
    }

    /// The candidate for the changelog.
    #[must_use]
    pub fn to_state(&self) -> LikenessState<'_> {
        let signed = |ids: &[u64]| ids.iter().map(|id| id.cast_signed()).collect();
        let country = self.country.as_ref().and_then(|country| std::str::from_utf8(country).ok());
        LikenessState {
            remembered: self.remembered,
            case_id: (&*self.case_id).into(),
            nullified: self.nullified,
            country: country.map(Into::into),
            sex: self.sex.map(|sex| sex.name().into()),
            age_years: self.age_years,
            onset: self.onset,
            start: self.start,
            reactions: signed(&self.reactions),
            patient: self.patient.map(u64::cast_signed),
            own_ids: signed(&self.own_ids),
            named_ids: signed(&self.named_ids),
        }
    }

    /// The candidate of the changelog.
    ///
    /// # Errors
    /// [`StateUnread`]: a country or sex that no release of this schema writes.
    pub fn of_state(key: u128, state: &LikenessState<'_>) -> Result<Self, StateUnread> {
        fn unsigned<A: smallvec::Array<Item = u64>>(ids: &[i64]) -> SmallVec<A> {
            ids.iter().map(|id| id.cast_unsigned()).collect()
        }
        let country = |code: &str| code.as_bytes().try_into().map_err(|_| StateUnread::Malformed);
        Ok(Self {
            key,
            remembered: state.remembered,
            case_id: state.case_id.as_str().into(),
            nullified: state.nullified,
            country: state.country.as_deref().map(country).transpose()?,
            sex: state.sex.as_deref().map(|sex| word(Sex::ALL, Sex::name, sex)).transpose()?,
            age_years: state.age_years,
            onset: state.onset,
            start: state.start,
            reactions: unsigned(&state.reactions),
            patient: state.patient.map(i64::cast_unsigned),
            own_ids: unsigned(&state.own_ids),
            named_ids: unsigned(&state.named_ids),
        })
    }

    /// Blocks that the candidate stands in: nothing is compared across blocks.
    pub(super) fn blocks(&self) -> SmallVec<[Block; 6]> {
        let country = self.country.unwrap_or_default();
        let mut blocks: SmallVec<[Block; 6]> = SmallVec::new();
        blocks.extend(self.onset.map(|day| Block::Onset(country, day)));
        blocks.extend(self.start.map(|day| Block::Start(country, day)));
        blocks.extend(self.patient.map(Block::Patient));
        blocks.extend(self.own_ids.iter().chain(&self.named_ids).map(|id| Block::Identifier(*id)));
        blocks
    }

    /// Blocks to look into: its own, and those of near dates and of an unknown country.
    pub(super) fn probes(&self) -> SmallVec<[Block; 36]> {
        let mut probes: SmallVec<[Block; 36]> = SmallVec::new();
        let own = self.country.unwrap_or_default();
        let unknown = self.country.is_some().then(<[u8; 2]>::default);
        for country in std::iter::once(own).chain(unknown) {
            for offset in -NEAR_DAYS..=NEAR_DAYS {
                probes.extend(self.onset.map(|day| Block::Onset(country, day + offset)));
                probes.extend(self.start.map(|day| Block::Start(country, day + offset)));
            }
        }
        probes.extend(self.patient.map(Block::Patient));
        probes.extend(self.own_ids.iter().chain(&self.named_ids).map(|id| Block::Identifier(*id)));
        probes
    }

    /// How alike two candidates are; `None` where they contradict each other or too little can be compared.
    pub(super) fn likeness(&self, other: &Self) -> Option<(f64, Vec<Part>)> {
        let mut parts = Vec::with_capacity(6);
        let shares = |ids: &[u64], others: &[u64]| ids.iter().any(|id| others.contains(id));
        if shares(&self.own_ids, &other.own_ids)
            || shares(&self.own_ids, &other.named_ids)
            || shares(&self.named_ids, &other.own_ids)
        {
            return Some((100.0, vec![Part { field: "identifier", points: 100.0, of: 100.0 }]));
        }
        let mut part = |field: &'static str, agreement: Option<f64>, of: f64| -> Option<bool> {
            let agreement = agreement?;
            parts.push(Part { field, points: agreement * of, of });
            Some(agreement > 0.0)
        };
        let both = |agree: bool| if agree { 1.0 } else { 0.0 };
        let country = self.country.zip(other.country).map(|(one, two)| both(one == two));
        let sex = self.sex.zip(other.sex).map(|(one, two)| both(one == two));
        let age = self.age_years.zip(other.age_years).map(|(one, two)| both((one - two).abs() <= AGE_YEARS));
        let near = |one: Option<i64>, two: Option<i64>| {
            one.zip(two).map(|(one, two)| match (one - two).abs() {
                0 => 1.0,
                1..=NEAR_DAYS => 0.5,
                _ => 0.0,
            })
        };
        // A country, a sex or an age that differs is another patient.
        let contradicted = [
            part("country", country, Weights::COUNTRY),
            part("sex", sex, Weights::SEX),
            part("age", age, Weights::AGE),
        ];
        if contradicted.contains(&Some(false)) {
            return None;
        }
        part("onset", near(self.onset, other.onset), Weights::ONSET);
        part("drug start", near(self.start, other.start), Weights::START);
        if !self.reactions.is_empty() && !other.reactions.is_empty() {
            let common = self.reactions.iter().filter(|reaction| other.reactions.contains(reaction)).count();
            let all = self.reactions.len() + other.reactions.len() - common;
            #[expect(clippy::cast_precision_loss, reason = "a handful of reactions")]
            let share = common as f64 / all as f64;
            part("reactions", Some(share), Weights::REACTIONS);
        }
        let compared: f64 = parts.iter().map(|part| part.of).sum();
        let agreed: f64 = parts.iter().map(|part| part.points).sum();
        if self.patient.is_some() && self.patient == other.patient {
            parts.push(Part { field: "same patient", points: 0.0, of: 0.0 });
        }
        (compared >= POINTS_MIN).then(|| (100.0 * agreed / compared, parts))
    }
}

/// An identifier as a number: case and white space do not matter.
fn identifier(id: &str) -> u64 {
    let plain: String = id.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    xxh3_64(plain.as_bytes())
}

/// What two candidates must share to be compared at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Block {
    Onset([u8; 2], i64),
    Start([u8; 2], i64),
    Patient(u64),
    Identifier(u64),
}

/// What one field adds to the likeness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The field.
    pub field: &'static str,
    /// Points that it gives.
    pub points: f64,
    /// Points that it can give.
    pub of: f64,
}
