//! The same reaction as different senders write it.

/// Rewrites a British term as another sender might: American spelling, capitals.
pub(super) fn vary(term: &str, random: &mut fastrand::Rng) -> String {
    match random.u8(0..10) {
        0..=4 => term.to_owned(),
        5 | 6 => american(term),
        7 => term.to_uppercase(),
        8 => american(term).to_uppercase(),
        _ => term.to_lowercase(),
    }
}

/// American spelling of a British term.
fn american(term: &str) -> String {
    const PAIRS: [(&str, &str); 8] = [
        ("Haem", "Hem"),
        ("haem", "hem"),
        ("aemia", "emia"),
        ("Anaem", "Anem"),
        ("anaem", "anem"),
        ("rrhoea", "rrhea"),
        ("Leuco", "Leuko"),
        ("oedema", "edema"),
    ];
    PAIRS.iter().fold(term.to_owned(), |term, (british, american)| term.replace(british, american))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::fold;

    #[test]
    fn every_wording_still_means_the_same_term() {
        let mut random = fastrand::Rng::with_seed(1);
        for term in ["Haemorrhage intracranial", "Anaemia", "Hyperbilirubinaemia", "Diarrhoea", "Febrile neutropenia"] {
            for _ in 0..50 {
                assert_eq!(fold(&vary(term, &mut random)), fold(term));
            }
        }
        assert_eq!(american("Haemorrhage"), "Hemorrhage");
    }
}
