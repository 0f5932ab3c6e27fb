//! Bearer tokens of machines: a file of names, roles and digests. The tokens themselves stand nowhere.

use super::jwt::Grants;
use super::{Authentication, Identity};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Most tokens.
const TOKENS_MAX: usize = 1000;

/// What is wrong with the file: the number of the line, counted from 1, and nothing of what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected a name, roles separated by commas, and the SHA-256 of the token in hexadecimal")]
pub struct TokensFault {
    /// Line.
    pub line: usize,
}

/// The tokens by digest.
#[derive(Clone, Debug, Default)]
pub struct Tokens(BTreeMap<[u8; 32], (String, Vec<String>)>);

impl Tokens {
    /// Reads the file's text. Empty lines and those that begin with # are passed over.
    ///
    /// # Errors
    /// [`TokensFault`] of the first line that is none.
    pub fn read(text: &str) -> Result<Self, TokensFault> {
        let mut tokens = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parts: Vec<&str> = line.split_whitespace().collect();
            let fault = TokensFault { line: number + 1 };
            let [name, roles, digest] = parts.as_slice() else { return Err(fault) };
            let (Some(digest), true) = (digest_of(digest), tokens.len() < TOKENS_MAX) else { return Err(fault) };
            if !super::jwt::is_actor(name) {
                return Err(fault);
            }
            let roles = roles.split(',').map(str::to_owned).collect();
            tokens.insert(digest, ((*name).to_owned(), roles));
        }
        Ok(Self(tokens))
    }

    /// Whose token it is. Looked up by its digest, so that how long it takes says nothing of the token.
    #[must_use]
    pub fn identify(&self, token: &str, grants: &Grants) -> Option<Identity> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let (name, words) = self.0.get(&digest)?;
        let (roles, desks) = grants.of_words(words.iter().map(String::as_str));
        Some(Identity {
            actor: name.clone(),
            name: None,
            roles,
            desks,
            authentication: Authentication::Bearer,
            expires_at: None,
            shown: Some(token.to_owned().into()),
        })
    }
}

fn digest_of(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (at, slot) in digest.iter_mut().enumerate() {
        *slot = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}
