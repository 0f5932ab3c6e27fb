//! Is a drug row the product? By any of its names or codes, and never by a part it shares with another product.

use super::fold::fold;
use super::word_list::WordList;
use crate::profile::Profile;
use crate::record::Drug;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Why a drug row is the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductMatch {
    /// By a name: index into the product's names.
    Name(u16),
    /// By a code: index into the product's codes.
    Code(u16),
    /// By an abbreviation in a fitting context: index into the product's abbreviations.
    Abbreviation(u16),
}

/// Names and codes of the product, for look-up without allocation.
#[derive(Debug)]
pub struct ProductIndex {
    /// Over the raw text: may a part of any name occur at all? Most drugs end here.
    seeds: SeedFilter,
    /// Over the folded text: the names themselves.
    names: AhoCorasick,
    /// Name of each pattern of `names`.
    name_of: Vec<u16>,
    codes: Vec<(CodeSystem, String)>,
    /// Over the folded text: other products. Asked only where a code or an abbreviation would decide.
    look_alikes: AhoCorasick,
    abbreviations: Vec<Vec<u8>>,
    fitting: WordList,
    unfitting: WordList,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CodeSystem {
    Atc,
    Unii,
    Rxcui,
    Other,
}

/// Length of an ATC code that names one substance; a shorter one names a group of them.
const ATC_SUBSTANCE_CHARS: usize = 7;

/// A seed shorter than this would let most drugs through.
const SEED_BYTES_MIN: usize = 3;

impl ProductIndex {
    /// Builds the index.
    ///
    /// # Errors
    /// One sentence per name that is empty or also a look-alike's.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let (mut seeds, mut folded_names, mut name_of) = (Vec::new(), Vec::new(), Vec::new());
        for (at, name) in profile.product.names.iter().enumerate() {
            let folded = fold(&name.text);
            if folded.len() < SEED_BYTES_MIN {
                faults.push(format!("product name \"{}\" is too short to be looked for", name.text));
                continue;
            }
            if profile.product.look_alikes.iter().any(|other| fold(&other.text) == folded) {
                faults.push(format!("product name \"{}\" is a look-alike's name too", name.text));
            }
            seeds.push(seed(&name.text));
            folded_names.push(folded.to_vec());
            name_of.push(u16::try_from(at).unwrap_or(u16::MAX));
        }
        let codes = profile
            .product
            .codes
            .iter()
            .map(|code| {
                let system = match code.system.as_str() {
                    "atc" => CodeSystem::Atc,
                    "unii" => CodeSystem::Unii,
                    "rxcui" => CodeSystem::Rxcui,
                    _ => CodeSystem::Other,
                };
                (system, code.code.clone())
            })
            .collect();
        let mut list = |id: &str| {
            WordList::of_fact(profile, id).unwrap_or_else(|fault| {
                faults.push(fault);
                WordList::default()
            })
        };
        let (fitting, unfitting) = (list("product.abbreviation.fitting"), list("product.abbreviation.unfitting"));
        let abbreviations = profile.product.abbreviations.iter().map(|name| fold(&name.text).to_vec()).collect();
        let others: Vec<Vec<u8>> = profile.product.look_alikes.iter().map(|name| fold(&name.text).to_vec()).collect();
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&folded_names)
            .and_then(|names| AhoCorasick::new(&others).map(|look_alikes| (names, look_alikes)));
        match built {
            Ok((names, look_alikes)) if faults.is_empty() => {
                let seeds = SeedFilter::new(&seeds);
                Ok(Self { seeds, names, name_of, codes, look_alikes, abbreviations, fitting, unfitting })
            }
            Ok(_) => Err(faults),
            Err(_) => {
                faults.push("the product's names cannot be compiled".to_owned());
                Err(faults)
            }
        }
    }

    /// Why this row is the product, if it is.
    #[must_use]
    pub fn matches(&self, drug: &Drug<'_>) -> Option<ProductMatch> {
        self.by_name(&drug.name)
            .or_else(|| drug.substances.iter().find_map(|substance| self.by_name(substance)))
            .or_else(|| self.by_codes(drug))
            .or_else(|| self.by_abbreviation(drug))
    }

    /// The name of the product that occurs in this text.
    #[must_use]
    pub fn by_name(&self, text: &str) -> Option<ProductMatch> {
        if !self.seeds.may_occur(text.as_bytes()) {
            return None;
        }
        let folded = fold(text);
        // A code name ends where its number ends: CMC-5440 is not CMC-544.
        let whole_number = |end: usize| {
            let digits =
                folded.get(..end).map_or(0, |name| name.iter().rev().take_while(|b| b.is_ascii_digit()).count());
            digits == 0
                || text.split(|c: char| !c.is_ascii_digit()).any(|run| {
                    run.len() == digits && folded.get(end.saturating_sub(digits)..end) == Some(run.as_bytes())
                })
        };
        let found = self.names.find_iter(folded.as_slice()).find(|found| whole_number(found.end()))?;
        self.name_of.get(found.pattern().as_usize()).map(|name| ProductMatch::Name(*name))
    }

    /// Does the row name another product that looks alike?
    fn names_look_alike(&self, drug: &Drug<'_>) -> bool {
        let other = |text: &str| self.look_alikes.is_match(fold(text).as_slice());
        other(&drug.name) || drug.substances.iter().any(|substance| other(substance))
    }

    /// By an abbreviation as the name's first word, where what stands around it fits and nothing speaks against it.
    fn by_abbreviation(&self, drug: &Drug<'_>) -> Option<ProductMatch> {
        let word = drug.name.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty())?;
        let is_it = |short: &Vec<u8>| word.len() == short.len() && word.as_bytes().eq_ignore_ascii_case(short);
        let at = self.abbreviations.iter().position(is_it)?;
        let around = || {
            let unit = drug.dose_unit.iter();
            let texts =
                drug.indications.iter().chain(&drug.substances).chain(&drug.dose_text).chain(unit).chain(&drug.route);
            std::iter::once(&drug.name).chain(texts)
        };
        let speaks_against = self.names_look_alike(drug) || around().any(|text| self.unfitting.found_in(text));
        let fits = !speaks_against && around().any(|text| self.fitting.found_in(text));
        u16::try_from(at).ok().filter(|_| fits).map(ProductMatch::Abbreviation)
    }

    fn by_codes(&self, drug: &Drug<'_>) -> Option<ProductMatch> {
        if drug.atc.is_empty() && drug.unii.is_empty() && drug.rxcui.is_empty() {
            return None;
        }
        let unnamed =
            drug.name.trim().is_empty() && drug.substances.iter().all(|substance| substance.trim().is_empty());
        let at = self.codes.iter().position(|(system, code)| {
            // A group's code decides only where nothing names a substance of the group.
            if *system == CodeSystem::Atc && code.len() < ATC_SUBSTANCE_CHARS && !unnamed {
                return false;
            }
            let given = match system {
                CodeSystem::Atc => &drug.atc,
                CodeSystem::Unii => &drug.unii,
                CodeSystem::Rxcui => &drug.rxcui,
                CodeSystem::Other => return false,
            };
            given.iter().any(|given| given.trim().eq_ignore_ascii_case(code))
        })?;
        u16::try_from(at).ok().filter(|_| unnamed || !self.names_look_alike(drug)).map(ProductMatch::Code)
    }
}

/// Which groups of three bytes begin a seed: 4096 bits, so that a text is passed over at a byte a nanosecond. A group
/// that only shares its bit with a seed's costs a full look, never a miss.
#[derive(Debug)]
struct SeedFilter {
    bits: [u64; 64],
}

impl SeedFilter {
    fn new(seeds: &[String]) -> Self {
        let mut bits = [0; 64];
        for seed in seeds {
            if let [a, b, c, ..] = seed.as_bytes() {
                let (word, bit) = Self::place(*a, *b, *c);
                if let Some(word) = bits.get_mut(word) {
                    *word |= bit;
                }
            } else {
                // Too short to be told by three bytes: every text gets the full look.
                bits = [u64::MAX; 64];
            }
        }
        Self { bits }
    }

    /// Word and bit of three bytes, letters without their case.
    #[inline]
    fn place(a: u8, b: u8, c: u8) -> (usize, u64) {
        let group = u32::from(a | 0x20) | u32::from(b | 0x20) << 8 | u32::from(c | 0x20) << 16;
        let hash = group.wrapping_mul(0x9e37_79b1) >> 20;
        ((hash >> 6) as usize & 63, 1 << (hash & 63))
    }

    #[inline]
    fn may_occur(&self, text: &[u8]) -> bool {
        text.windows(3).any(|window| match window {
            [a, b, c] => {
                let (word, bit) = Self::place(*a, *b, *c);
                self.bits.get(word).is_some_and(|word| word & bit != 0)
            }
            _ => false,
        })
    }
}

/// The longest run of a name that folding leaves as it is, so that a text without it cannot hold the name.
///
/// Letters that a spelling rule may change are cut around: a run ends before and after them.
fn seed(name: &str) -> String {
    let runs = name.split(|c: char| !c.is_ascii_alphanumeric());
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    if longest.len() >= SEED_BYTES_MIN && fold(longest).as_slice() == longest.to_ascii_lowercase().as_bytes() {
        longest.to_owned()
    } else {
        // No such run (another script, or a spelling that folds): the name's first character lets the text through.
        name.chars().next().map(String::from).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Text;
    use rstest::rstest;

    #[rstest]
    #[case("BESPONSA", true)]
    #[case("Besponsa 1 mg powder for concentrate (Pfizer)", true)]
    #[case("INOTUZUMAB OZOGAMICIN", true)]
    #[case("inotuzumab-ozogamicin", true)]
    #[case("inotuzumab ozogamacin", true)]
    #[case("Besponsa® 0.9 mg vial, lyophilised powder", true)]
    #[case("PFIZER BESPONSA INJ 1MG/VIAL", true)]
    #[case("Inotuzumab ozogamicin + blinatumomab", true)]
    #[case("BESPONSA (INOTUZUMAB OZOGAMICIN)", true)]
    #[case("INOTUZUMAB OZOGAMICIN/MYLOTARG", true)]
    #[case("CMC-5440", false)]
    #[case("PF-052087730", false)]
    #[case("CMC-544", true)]
    #[case("cmc544", true)]
    #[case("奥英妥珠单抗", true)]
    #[case("GEMTUZUMAB OZOGAMICIN", false)]
    #[case("Mylotarg", false)]
    #[case("OZOGAMICIN", false)]
    #[case("BLINATUMOMAB", false)]
    #[case("polatuzumab vedotin", false)]
    #[case("INO", false)]
    #[case("nitric oxide (iNO)", false)]
    #[case("INOMAX", false)]
    #[case("", false)]
    fn names(#[case] name: &str, #[case] is_product: bool) {
        let index = ProductIndex::new(Profile::builtin()).unwrap();
        let drug = Drug { name: Text::borrowed(name), ..Drug::default() };
        assert_eq!(index.matches(&drug).is_some(), is_product, "{name}");
        let as_substance = Drug { name: "X".into(), substances: vec![Text::borrowed(name)], ..Drug::default() };
        assert_eq!(index.matches(&as_substance).is_some(), is_product, "{name} as substance");
    }

    #[test]
    fn codes_count_only_in_their_own_system() {
        let index = ProductIndex::new(Profile::builtin()).unwrap();
        let by_atc = Drug { name: "X".into(), atc: vec!["L01FB01".into()], ..Drug::default() };
        assert!(matches!(index.matches(&by_atc), Some(ProductMatch::Code(_))));
        let wrong_system = Drug { name: "X".into(), rxcui: vec!["L01FB01".into()], ..Drug::default() };
        assert_eq!(index.matches(&wrong_system), None);
    }

    /// A row with this name, this beside it in the named field, and the answer.
    #[rstest]
    #[case("INO", "indication", "Acute lymphoblastic leukaemia", true)]
    #[case("InO", "indication", "ALL", true)]
    #[case("ino 0.8 mg/m2", "", "", true)]
    #[case("InO (anti-CD22)", "", "", true)]
    #[case("INO", "substance", "CD22 calicheamicin conjugate", true)]
    #[case("INO", "unit", "mg/m2", true)]
    #[case("INO", "unit", "ppm", false)]
    #[case("INO", "indication", "", false)]
    #[case("INO", "indication", "Overall response", false)]
    #[case("iNO", "indication", "Pulmonary hypertension", false)]
    #[case("INO inhaled, 20 ppm", "indication", "Acute lymphoblastic leukaemia", false)]
    #[case("INO", "substance", "Nitric oxide", false)]
    #[case("INOMAX", "indication", "Acute lymphoblastic leukaemia", false)]
    #[case("INO (gemtuzumab ozogamicin)", "indication", "Acute lymphoblastic leukaemia", false)]
    #[case("INOSITOL", "indication", "Acute lymphoblastic leukaemia", false)]
    #[case("Cytarabine, INO", "indication", "Acute lymphoblastic leukaemia", false)]
    fn the_abbreviation_needs_its_context(
        #[case] name: &'static str,
        #[case] field: &str,
        #[case] text: &'static str,
        #[case] is_product: bool,
    ) {
        let mut drug = Drug { name: name.into(), ..Drug::default() };
        match field {
            "indication" => drug.indications.push(text.into()),
            "substance" => drug.substances.push(text.into()),
            "unit" => drug.dose_unit = Some(text.into()),
            _ => {}
        }
        let found = ProductIndex::new(Profile::builtin()).unwrap().matches(&drug);
        assert_eq!(found.is_some(), is_product, "{found:?}");
        assert!(matches!(found, None | Some(ProductMatch::Abbreviation(_))));
    }

    #[rstest]
    #[case("X", "atc", "L01FB01", true)]
    #[case("X", "atc", "l01xc26 ", true)]
    #[case("X", "unii", "P93RUU11P7", true)]
    #[case("X", "rxcui", "1942950", true)]
    #[case("", "atc", "L01FX", true)]
    #[case("X", "atc", "L01FX", false)]
    #[case("", "atc", "L01FX05", false)]
    #[case("X", "atc", "L01FX02", false)]
    #[case("BLINATUMOMAB", "atc", "L01FX", false)]
    #[case("GEMTUZUMAB OZOGAMICIN", "atc", "L01FB01", false)]
    #[case("Mylotarg", "unii", "P93RUU11P7", false)]
    #[case("X", "rxcui", "194295", false)]
    fn codes(#[case] name: &'static str, #[case] system: &str, #[case] code: &'static str, #[case] is_product: bool) {
        let mut drug = Drug { name: name.into(), ..Drug::default() };
        match system {
            "atc" => drug.atc.push(code.into()),
            "unii" => drug.unii.push(code.into()),
            _ => drug.rxcui.push(code.into()),
        }
        assert_eq!(ProductIndex::new(Profile::builtin()).unwrap().matches(&drug).is_some(), is_product);
    }

    #[test]
    fn every_name_of_the_profile_is_found_by_itself() {
        let profile = Profile::builtin();
        let index = ProductIndex::new(profile).unwrap();
        for name in &profile.product.names {
            assert!(index.by_name(&name.text).is_some(), "{}", name.text);
            assert!(index.by_name(&format!("xx {} 0.9 MG", name.text.to_uppercase())).is_some(), "{}", name.text);
        }
        for name in &profile.product.look_alikes {
            assert!(index.by_name(&name.text).is_none(), "{}", name.text);
        }
    }
}
