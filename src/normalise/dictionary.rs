//! A user's MedDRA joined to the profile's terms: lowest level term to preferred term to the profile's reaction, and the
//! standardised queries for haemorrhage as a further basis. What the profile says of a term always holds.

use super::fold::fold;
use super::terms::{NO_TERM, TermIndex, TermRef, Through};
use crate::profile::meddra::{Dictionary, SmqScope};
use crate::profile::{Concern, Profile, Relation};

/// Facts with the names of the queries whose terms are haemorrhage, and of those whose terms are a risk of it.
const QUERY_FACTS: [&str; 2] = ["meddra.smq.haemorrhage.concept", "meddra.smq.haemorrhage.risk"];

impl TermIndex {
    /// Adds what the dictionary knows. An unverified code of the profile is verified where the dictionary gives it the
    /// profile's own term.
    ///
    /// # Errors
    /// One sentence per code that the dictionary gives to another term than the profile does, and where the dictionary
    /// has standardised queries, but none for haemorrhage.
    pub fn add_dictionary(&mut self, profile: &Profile, dictionary: &Dictionary) -> Result<(), Vec<String>> {
        let mut faults = self.verify_codes(profile, dictionary);
        // The profile's own meaning of each preferred term, before anything is added.
        let of_preferred = |code: u32, index: &Self| -> Option<TermRef> {
            let term = dictionary.preferred(code)?;
            index.by_words(&term.name).or_else(|| index.codes.get(&code).copied())
        };
        let preferred: Vec<(u32, Option<TermRef>)> =
            dictionary.all_preferred().iter().map(|term| (term.code, of_preferred(term.code, self))).collect();
        for (code, meaning) in preferred {
            let Some(meaning) = meaning else { continue };
            let name = dictionary.preferred(code).map_or("", |term| term.name.as_str());
            self.add(code, name, through(meaning, Through::Dictionary));
        }
        let lowest: Vec<(u32, &str, Option<TermRef>)> = dictionary
            .lowest()
            .iter()
            .map(|term| {
                // A lowest level term that the profile itself names keeps that meaning.
                let own = self.by_words(&term.name);
                (term.code, term.name.as_str(), own.or_else(|| self.codes.get(&term.preferred).copied()))
            })
            .collect();
        for (code, name, meaning) in lowest {
            if let Some(meaning) = meaning {
                self.add(code, name, through(meaning, Through::Dictionary));
            }
        }
        faults.extend(self.add_queries(profile, dictionary));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Adds a term where neither its code nor its words mean anything yet.
    fn add(&mut self, code: u32, name: &str, meaning: TermRef) {
        self.codes.entry(code).or_insert(meaning);
        self.terms.entry(fold(name)).or_insert(meaning);
    }

    fn verify_codes(&mut self, profile: &Profile, dictionary: &Dictionary) -> Vec<String> {
        let mut faults = Vec::new();
        let lowest: rustc_hash::FxHashMap<u32, &str> =
            dictionary.lowest().iter().map(|term| (term.code, term.name.as_str())).collect();
        for reaction in &profile.reactions {
            for term in &reaction.terms {
                let Some(code) = term.code else { continue };
                let name = dictionary.preferred(code).map(|term| term.name.as_str()).or(lowest.get(&code).copied());
                let Some(name) = name else { continue };
                let same_words = fold(name) == fold(&term.text);
                let same_reaction = self.by_words(name).is_some_and(|found| {
                    profile.reactions.get(usize::from(found.reaction)).is_some_and(|other| other.id == reaction.id)
                });
                if same_words || same_reaction {
                    if let Some(known) = self.codes.get_mut(&code) {
                        known.verified = true;
                    }
                } else {
                    faults.push(format!(
                        "code {code} is \"{}\" in the profile and another term in this MedDRA",
                        term.text
                    ));
                }
            }
        }
        faults
    }

    fn add_queries(&mut self, profile: &Profile, dictionary: &Dictionary) -> Option<String> {
        if dictionary.sizes().2 == 0 {
            return None;
        }
        let names = |fact: &str| profile.fact(fact).map(|fact| fact.list.clone()).unwrap_or_default();
        let [concept, risk] = QUERY_FACTS.map(names);
        let at = profile.reactions.iter().position(|reaction| reaction.concern == Some(Concern::Haemorrhage))?;
        let reaction = u8::try_from(at).ok()?;
        let Some(terms) = dictionary.query(&concept, &risk) else {
            return Some(format!("smq_list.asc has none of the queries {}", concept.join(", ")));
        };
        let meaning = |relation: Relation, through: Through| TermRef {
            reaction,
            term: NO_TERM,
            relation,
            verified: true,
            dme: false,
            through,
        };
        let lowest: rustc_hash::FxHashMap<u32, &str> =
            dictionary.lowest().iter().map(|term| (term.code, term.name.as_str())).collect();
        let of_risk = dictionary.query(&risk, &[]).unwrap_or_default();
        // Laboratory terms first: a term of both is a risk (ruling 20).
        let risks = of_risk.into_iter().map(|(code, _)| (code, meaning(Relation::Risk, Through::SmqNarrow)));
        let concepts = terms.into_iter().map(|(code, scope)| match scope {
            SmqScope::Narrow => (code, meaning(Relation::Within, Through::SmqNarrow)),
            SmqScope::Broad => (code, meaning(Relation::Related, Through::SmqBroad)),
        });
        let mut of_terms = rustc_hash::FxHashMap::default();
        for (code, meaning) in risks.chain(concepts) {
            of_terms.entry(code).or_insert(meaning);
            if let Some(name) = dictionary.preferred(code).map(|term| term.name.as_str()).or(lowest.get(&code).copied())
            {
                self.add(code, name, meaning);
            }
        }
        // Lowest level terms of a preferred term of the query belong to it too.
        for term in dictionary.lowest() {
            if let Some(meaning) = of_terms.get(&term.preferred) {
                self.add(term.code, &term.name, *meaning);
            }
        }
        None
    }
}

const fn through(meaning: TermRef, through: Through) -> TermRef {
    TermRef { through, verified: true, ..meaning }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::meddra::tests::files;

    fn index(files: &[(String, Vec<u8>)]) -> TermIndex {
        let mut index = TermIndex::new(Profile::builtin()).unwrap();
        index.add_dictionary(Profile::builtin(), &Dictionary::parse(files).unwrap()).unwrap();
        index
    }

    fn meaning(found: Option<TermRef>) -> Option<(&'static str, Relation, Through)> {
        found.map(|term| {
            (Profile::builtin().reactions[usize::from(term.reaction)].id.as_str(), term.relation, term.through)
        })
    }

    #[test]
    fn a_lowest_level_term_is_what_its_preferred_term_is_to_the_profile() {
        let index = index(&files());
        let by_dictionary = Some(("haemorrhage", Relation::Within, Through::Dictionary));
        assert_eq!(meaning(index.by_code(90_000_001)), by_dictionary, "the preferred term by its code");
        assert_eq!(meaning(index.by_code(90_000_011)), by_dictionary, "a lowest level term by its code");
        assert_eq!(meaning(index.by_words("NOSE RUNNING RED")), by_dictionary, "and by its words");
        assert_eq!(
            meaning(index.by_words("Epistaxis")),
            Some(("haemorrhage", Relation::Within, Through::Profile)),
            "what the profile says stays the profile's"
        );
        assert_eq!(index.by_code(90_000_099), None);
    }

    #[test]
    fn a_query_is_a_further_basis_narrow_within_broad_related_laboratory_risk() {
        let index = index(&files());
        let narrow = Some(("haemorrhage", Relation::Within, Through::SmqNarrow));
        assert_eq!(meaning(index.by_words("Made-up bleed")), narrow);
        assert_eq!(meaning(index.by_code(90_000_002)), narrow);
        assert_eq!(meaning(index.by_code(90_000_012)), Some(("haemorrhage", Relation::Related, Through::SmqBroad)));
        assert_eq!(
            meaning(index.by_code(90_000_003)),
            Some(("haemorrhage", Relation::Risk, Through::SmqNarrow)),
            "never the concept"
        );
        assert_eq!(index.by_code(90_000_012).map(TermRef::concept_bit), Some(0));
    }

    #[test]
    fn a_code_of_the_profile_is_verified_or_contradicted() {
        let with = |name: &str| {
            let mut files = files();
            let pt = &mut files.iter_mut().find(|(file, _)| file == "PT.asc").unwrap().1;
            pt.extend_from_slice(format!("10047216${name}$$90000900$\r\n").as_bytes());
            let hierarchy = &mut files.iter_mut().find(|(file, _)| file == "mdhier.asc").unwrap().1;
            hierarchy.extend_from_slice(b"10047216$90000700$90000800$90000900$x$x$x$x$M$$90000900$Y$\r\n");
            Dictionary::parse(&files).unwrap()
        };
        let mut index = TermIndex::new(Profile::builtin()).unwrap();
        assert!(!index.by_code(10_047_216).unwrap().verified);
        index.add_dictionary(Profile::builtin(), &with("Venoocclusive liver disease")).unwrap();
        assert!(index.by_code(10_047_216).unwrap().verified);
        let faults =
            TermIndex::new(Profile::builtin()).unwrap().add_dictionary(Profile::builtin(), &with("Another thing"));
        assert!(faults.unwrap_err()[0].contains("10047216"));
    }

    #[test]
    fn queries_without_one_for_haemorrhage_are_a_fault() {
        let mut files = files();
        for (name, bytes) in &mut files {
            if name == "SMQ_List.asc" {
                *bytes = String::from_utf8(bytes.clone()).unwrap().replace("aemorrhage", "epatic").into_bytes();
            }
        }
        let dictionary = Dictionary::parse(&files).unwrap();
        let faults = TermIndex::new(Profile::builtin()).unwrap().add_dictionary(Profile::builtin(), &dictionary);
        assert_eq!(faults.unwrap_err().len(), 1);
    }
}
