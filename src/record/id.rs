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
        let mut text = [b':'; PSEUDONYM_BYTES];
        let digits = self.key_id.to_be_bytes().into_iter().chain(self.hash.to_be_bytes()).flat_map(|byte| {
            [byte >> 4, byte & 0xf].map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble })
        });
        let places = (0..8).chain(9..PSEUDONYM_BYTES);
        for (place, digit) in places.zip(digits) {
            if let Some(at) = text.get_mut(place) {
                *at = digit;
            }
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
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

/// Length of a pseudonym's text.
const PSEUDONYM_BYTES: usize = 41;

/// Lower-case hexadecimal digits and what they stand for; 0xff is no digit. A table, since whether a digit of a hash is
/// a letter cannot be foreseen by a branch.
#[allow(clippy::indexing_slicing, reason = "a constant: an index outside would not compile")]
const NIBBLES: [u8; 256] = {
    let mut nibbles = [0xff; 256];
    let mut digit = 0;
    while digit < 16 {
        nibbles[b"0123456789abcdef"[digit as usize] as usize] = digit;
        digit += 1;
    }
    nibbles
};

/// Up to 16 lower-case hexadecimal digits as a number.
fn lower_hex(digits: &[u8]) -> Result<u64, NoPseudonym> {
    let (mut number, mut seen) = (0u64, 0u8);
    for digit in digits {
        let nibble = NIBBLES.get(usize::from(*digit)).copied().unwrap_or(0xff);
        seen |= nibble;
        number = number << 4 | u64::from(nibble & 0xf);
    }
    if seen > 0xf { Err(NoPseudonym) } else { Ok(number) }
}

impl FromStr for Pseudonym {
    type Err = NoPseudonym;
    fn from_str(text: &str) -> Result<Self, NoPseudonym> {
        let text: &[u8; PSEUDONYM_BYTES] = text.as_bytes().try_into().map_err(|_| NoPseudonym)?;
        let (key_id, rest) = text.split_first_chunk::<8>().ok_or(NoPseudonym)?;
        let (colon, hash) = rest.split_first().ok_or(NoPseudonym)?;
        let (high, low) = hash.split_at_checked(16).ok_or(NoPseudonym)?;
        if *colon != b':' {
            return Err(NoPseudonym);
        }
        let (key_id, high, low) = (lower_hex(key_id)?, lower_hex(high)?, lower_hex(low)?);
        Ok(Self {
            key_id: u32::try_from(key_id).map_err(|_| NoPseudonym)?,
            hash: u128::from(high) << 64 | u128::from(low),
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
        assert_eq!(pseudonym.to_string(), "0a1b2c3d:00000000000000000000000000000007");
        let high = Pseudonym { key_id: u32::MAX, hash: u128::MAX - 0xf0 };
        assert_eq!(high.to_string(), "ffffffff:ffffffffffffffffffffffffffffff0f");
        assert_eq!(high.to_string().parse(), Ok(high));
        let (colons, dash) = (":".repeat(41), pseudonym.to_string().replace(':', "-"));
        for text in [
            "",
            "MRN-1234567",
            "0a1b2c3d:7",
            &colons,
            &dash,
            &pseudonym.to_string().to_uppercase(),
            &format!("{pseudonym} "),
        ] {
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
