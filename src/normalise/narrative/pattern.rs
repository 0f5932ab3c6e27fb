//! The lexicon's way of writing many phrases as one: `(a|b|)` and hyphens.

/// Most phrases that one entry of a lexicon may stand for.
const EXPANSIONS_MAX: usize = 5_000;

/// All phrases that an entry stands for, or what is wrong with it.
pub(super) fn expand(entry: &str) -> Result<Vec<String>, String> {
    let mut rest = entry;
    let phrases = alternatives(&mut rest, entry)?;
    if rest.is_empty() { Ok(phrases) } else { Err(format!("\"{entry}\": a \")\" too many")) }
}

/// Alternatives up to a closing parenthesis or the end.
fn alternatives(rest: &mut &str, entry: &str) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    loop {
        all.extend(sequence(rest, entry)?);
        if all.len() > EXPANSIONS_MAX {
            return Err(format!("\"{entry}\" stands for more than {EXPANSIONS_MAX} phrases"));
        }
        match rest.strip_prefix('|') {
            Some(after) => *rest = after,
            None => return Ok(all),
        }
    }
}

/// Words and groups, one behind the other.
fn sequence(rest: &mut &str, entry: &str) -> Result<Vec<String>, String> {
    let mut phrases = vec![String::new()];
    while let Some(first) = rest.chars().next() {
        let tails = match first {
            '|' | ')' => break,
            '(' => {
                *rest = rest.get(1..).unwrap_or_default();
                let inner = alternatives(rest, entry)?;
                *rest = rest.strip_prefix(')').ok_or_else(|| format!("\"{entry}\": a \"(\" is not closed"))?;
                inner
            }
            '-' => {
                *rest = rest.get(1..).unwrap_or_default();
                vec![String::new(), " ".to_owned()]
            }
            _ => {
                let end = rest.find(['|', '(', ')', '-']).unwrap_or(rest.len());
                let (literal, after) = rest.split_at(end);
                *rest = after;
                vec![literal.to_owned()]
            }
        };
        if phrases.len().saturating_mul(tails.len()) > EXPANSIONS_MAX {
            return Err(format!("\"{entry}\" stands for more than {EXPANSIONS_MAX} phrases"));
        }
        phrases = phrases.iter().flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}"))).collect();
    }
    Ok(phrases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_expand() {
        assert_eq!(expand("nose-bleed(s|ing|)").unwrap().len(), 6);
        assert_eq!(expand("a (b|c (d|))").unwrap(), ["a b", "a c d", "a c "]);
        assert!(expand("a (b").is_err());
        assert!(expand("a) b").is_err());
        assert!(expand(&"(a|b)".repeat(20)).is_err());
    }
}
