//! Signed identities: JSON Web Tokens of one issuer, verified against its key set.

use super::roles::{Role, Roles};
use super::{Authentication, Identity};
use crate::alert::ACTOR_CHARS_MAX;
use crate::dashboard::read_model::Desks;
use crate::record::{Millis, digest128, hex128};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// Signatures that are accepted: by a private key alone. A shared secret would let every verifier sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How far clocks may differ, seconds.
const LEEWAY_SECONDS: u64 = 30;

/// Longest token, bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Most keys of a set.
const KEYS_MAX: usize = 64;

/// Longest name, characters.
const NAME_CHARS_MAX: usize = 80;

/// Why a key set cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysFault {
    /// No JSON of a key set.
    #[error("it is no JSON Web Key Set")]
    NoSet,
    /// No key in it that could verify anything.
    #[error("it holds no key for signatures of a kind that is accepted")]
    NoKey,
}

/// The keys of an issuer.
#[derive(Clone, Default)]
pub struct KeySet(Vec<(Option<String>, Option<Algorithm>, DecodingKey)>);

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} keys>", self.0.len())
    }
}

impl KeySet {
    /// Reads a key set; keys of other uses and kinds are passed over.
    ///
    /// # Errors
    /// [`KeysFault`].
    pub fn read(text: &str) -> Result<Self, KeysFault> {
        let set: JwkSet = serde_json::from_str(text).map_err(|_| KeysFault::NoSet)?;
        let signs = |jwk: &&Jwk| !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
        let keys = set.keys.iter().filter(signs).take(KEYS_MAX).filter_map(|jwk| {
            let named = jwk.common.key_algorithm.map(|named| named.to_string().parse::<Algorithm>());
            let algorithm = match named {
                Some(named) => Some(named.ok().filter(|named| ALGORITHMS.contains(named))?),
                None => None,
            };
            // A shared secret in a key set is no key to trust.
            if matches!(jwk.algorithm, jsonwebtoken::jwk::AlgorithmParameters::OctetKey(_)) {
                return None;
            }
            Some((jwk.common.key_id.clone(), algorithm, DecodingKey::from_jwk(jwk).ok()?))
        });
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() { Err(KeysFault::NoKey) } else { Ok(Self(keys)) }
    }

    /// The key that a token names, or the only one where it names none.
    fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fits = self.0.iter().filter(|(id, of, key)| {
            kid.is_none_or(|kid| id.as_deref() == Some(kid))
                && of.is_none_or(|of| of == algorithm)
                && key.family() == algorithm.family()
        });
        let key = fits.next().map(|(_, _, key)| key)?;
        (kid.is_some() || fits.next().is_none()).then_some(key)
    }
}

/// What words of a claim mean.
#[derive(Clone, Debug)]
pub struct Grants {
    /// Word and role; without one for a word it means the role of its own name.
    pub roles: Vec<(String, String)>,
    /// Desks of this process.
    pub desks: Desks,
}

impl Grants {
    /// Roles and desks of these words. Words of desks narrow; without any there are all of the process's.
    #[must_use]
    pub fn of_words<'w>(&self, words: impl Iterator<Item = &'w str>) -> (Roles, Desks) {
        let (mut roles, mut named) = (Roles::default(), Desks { patient: false, case: false });
        for word in words {
            let mapped = self.roles.iter().filter(|(from, _)| from == word).map(|(_, role)| role.as_str());
            let mut means: Vec<&str> = mapped.collect();
            if self.roles.is_empty() {
                means.push(word);
            }
            for role in means {
                named.patient |= role == "patient_desk";
                named.case |= role == "case_desk";
                if let Some(role) = Role::ALL.into_iter().find(|known| known.name() == role) {
                    roles.add(role);
                }
            }
        }
        if !named.patient && !named.case {
            named = self.desks;
        }
        (roles, Desks { patient: named.patient && self.desks.patient, case: named.case && self.desks.case })
    }
}

/// The issuer whose identities are accepted.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// Claim of the actor.
    pub actor_claim: String,
    /// Claim of the roles.
    pub roles_claim: String,
}

/// Why an identity is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAccepted {
    /// Not signed by the issuer, not for us, or not now.
    Refused,
    /// Signed with a key that is not known: the set may have changed.
    UnknownKey,
}

impl Issuer {
    /// Verifies a token: signature, issuer, audience, times.
    ///
    /// # Errors
    /// [`NotAccepted`]; why exactly is not said.
    pub fn identify(
        &self,
        token: &str,
        keys: &KeySet,
        grants: &Grants,
        authentication: Authentication,
    ) -> Result<Identity, NotAccepted> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(NotAccepted::Refused);
        }
        let header = decode_header(token).map_err(|_| NotAccepted::Refused)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(NotAccepted::Refused);
        }
        let key = keys.find(header.kid.as_deref(), header.alg).ok_or(NotAccepted::UnknownKey)?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let claims = decode::<Map<String, Value>>(token, key, &validation).map_err(|_| NotAccepted::Refused)?.claims;
        let actor = claim(&claims, &self.actor_claim).and_then(Value::as_str).ok_or(NotAccepted::Refused)?;
        let words: Vec<&str> = match claim(&claims, &self.roles_claim) {
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(words)) => words.split_whitespace().collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
        };
        let (roles, desks) = grants.of_words(words.into_iter());
        let name = claims
            .get("name")
            .and_then(Value::as_str)
            .map(|name| name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect::<String>());
        let expires = claims.get("exp").and_then(Value::as_f64).map(|seconds| Millis((seconds * 1000.0) as i64));
        Ok(Identity {
            actor: actor_id(actor),
            name,
            roles,
            desks,
            authentication,
            expires_at: expires,
            shown: Some(token.to_owned().into()),
        })
    }
}

/// A claim by its name, or by a path of names with dots between.
fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut names = name.split('.');
    let first = claims.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// Does it have the form of an actor's id in acts?
pub fn is_actor(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:@|+/".contains(&byte);
    !text.is_empty() && text.len() <= ACTOR_CHARS_MAX && text.bytes().all(sign)
}

/// The actor of a claim: as it stands, or a digest of what does not have the form of an actor.
fn actor_id(claim: &str) -> String {
    if is_actor(claim) { claim.to_owned() } else { format!("sub-{}", hex128(digest128(&[claim.as_bytes()]))) }
}
