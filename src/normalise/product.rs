//! Is a drug row the product? By any of its names or codes, and never by a part it shares with another product.

use super::fold::fold;
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CodeSystem {
    Atc,
    Unii,
    Rxcui,
    Other,
}

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
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&folded_names);
        match built {
            Ok(names) if faults.is_empty() => Ok(Self { seeds: SeedFilter::new(&seeds), names, name_of, codes }),
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
    }

    /// The name of the product that occurs in this text.
    #[must_use]
    pub fn by_name(&self, text: &str) -> Option<ProductMatch> {
        if !self.seeds.may_occur(text.as_bytes()) {
            return None;
        }
        let found = self.names.find(fold(text).as_slice())?;
        self.name_of.get(found.pattern().as_usize()).map(|name| ProductMatch::Name(*name))
    }

    fn by_codes(&self, drug: &Drug<'_>) -> Option<ProductMatch> {
        if drug.atc.is_empty() && drug.unii.is_empty() && drug.rxcui.is_empty() {
            return None;
        }
        let at = self.codes.iter().position(|(system, code)| {
            let given = match system {
                CodeSystem::Atc => &drug.atc,
                CodeSystem::Unii => &drug.unii,
                CodeSystem::Rxcui => &drug.rxcui,
                CodeSystem::Other => return false,
            };
            given.iter().any(|given| given.trim().eq_ignore_ascii_case(code))
        })?;
        u16::try_from(at).ok().map(ProductMatch::Code)
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
