//! Identities: pseudonyms and record ids. None of them holds a person's identifier.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Pseudonym of a case or a patient: the id of the key it was made with and 128 bits of an HMAC-SHA-256.
///
/// Written `<8 hex>:<32 hex>`, lower case; that text is the Kafka message key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym {
    /// First 32 bits of the SHA-256 of the secret key.
    pub key_id: u32,
    /// 128 bits of HMAC-SHA-256 over (assigning authority, normalised identifier).
    pub hash: u128,
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}:{:032x}", self.key_id, self.hash)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a pseudonym. It is not repeated here: it may be a patient's identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a pseudonym of the form <8 hex>:<32 hex>")]
pub struct NoPseudonym;

impl FromStr for Pseudonym {
    type Err = NoPseudonym;
    fn from_str(text: &str) -> Result<Self, NoPseudonym> {
        let (key_id, hash) = text.split_once(':').ok_or(NoPseudonym)?;
        let lower_hex =
            |part: &str, len: usize| part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !lower_hex(key_id, 8) || !lower_hex(hash, 32) {
            return Err(NoPseudonym);
        }
        Ok(Self {
            key_id: u32::from_str_radix(key_id, 16).map_err(|_| NoPseudonym)?,
            hash: u128::from_str_radix(hash, 16).map_err(|_| NoPseudonym)?,
        })
    }
}

/// The first 128 bits of a SHA-256 over length-prefixed parts, so that no two lists of parts give one input.
#[must_use]
pub fn digest128(parts: &[&[u8]]) -> u128 {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut first = [0u8; 16];
    first.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    u128::from_be_bytes(first)
}

/// Lower-case hexadecimal of a 128-bit identity.
#[must_use]
pub fn hex128(id: u128) -> String {
    let mut text = String::with_capacity(32);
    let _ = write!(text, "{id:032x}");
    text
}

/// Record id: (sender, source identity, index in its container), see DESIGN "Keys, forwarding, time".
#[must_use]
pub fn record_id(sender: &str, source_identity: &str, index: i32) -> String {
    hex128(digest128(&[b"record", sender.as_bytes(), source_identity.as_bytes(), &index.to_be_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_reads_back_and_nothing_else_passes_for_one() {
        let pseudonym = Pseudonym { key_id: 0x0a1b_2c3d, hash: 7 };
        assert_eq!(pseudonym.to_string().parse(), Ok(pseudonym));
        for text in ["", "MRN-1234567", "0a1b2c3d:7", &pseudonym.to_string().to_uppercase(), &format!("{pseudonym} ")] {
            assert_eq!(text.parse::<Pseudonym>(), Err(NoPseudonym), "{text}");
        }
    }

    #[test]
    fn parts_of_an_identity_do_not_run_into_each_other() {
        assert_ne!(record_id("ab", "c", 0), record_id("a", "bc", 0));
        assert_ne!(record_id("a", "b", 0), record_id("a", "b", 1));
        assert_eq!(record_id("a", "b", 0).len(), 32);
    }
}
