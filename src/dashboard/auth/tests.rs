//! Keys and tokens made by the tests, and what the gate makes of them.

use super::*;
use crate::config::{Dashboard, FlagValue, Layers, Settings};
use axum::http::{HeaderMap, HeaderValue};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;
use std::time::Instant;

pub const ISSUER: &str = "https://login.example.org";
pub const AUDIENCE: &str = "vigil";
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            out.push(char::from(LETTERS[(word >> (18 - 6 * at)) as usize & 63]));
        }
    }
    out
}

/// A key made by this run of the tests.
pub struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    pub jwk: Value,
}

impl Signer {
    pub fn ec(kid: &str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref(), &random).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = (base64url(&point[..32]), base64url(&point[32..]));
        Self {
            key: EncodingKey::from_ec_der(der.as_ref()),
            algorithm: Algorithm::ES256,
            jwk: json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y }),
        }
    }

    pub fn ed(kid: &str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
        let x = base64url(pair.public_key().as_ref());
        Self {
            key: EncodingKey::from_ed_der(der.as_ref()),
            algorithm: Algorithm::EdDSA,
            jwk: json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid, "x": x }),
        }
    }

    /// A token with these claims beside the usual ones.
    pub fn token(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut all = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": seconds() + 600, "nbf": seconds() - 10,
            "roles": ["viewer"],
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(self.algorithm) };
        encode(&header, &all, &self.key).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "a token's time is the wall's")]
pub fn seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

pub static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::ec("k1"));

pub fn settings(more: &[(&str, &str)]) -> Dashboard {
    let base = [
        ("dashboard.issuer", ISSUER),
        ("dashboard.audience", AUDIENCE),
        ("dashboard.keys_file", "/nowhere"),
        ("dashboard.requests_per_minute", "100000"),
    ];
    let flag =
        |(key, value): &(&str, &str)| FlagValue { flag: "--set".into(), key: (*key).into(), value: (*value).into() };
    let layers = Layers { flags: base.iter().chain(more).map(flag).collect(), ..Layers::default() };
    Settings::load(&layers).unwrap_or_else(|faults| panic!("{faults}")).dashboard
}

/// A gate that knows the tests' key, and a machine's token `machine-token` of a reviewer.
pub fn gate(more: &[(&str, &str)]) -> Gate {
    use sha2::{Digest as _, Sha256};
    let gate = Gate::new(&settings(more), [3; 32]);
    gate.set_keys(KeySet::read(&json!({ "keys": [SIGNER.jwk] }).to_string()).unwrap());
    let digest: String = Sha256::digest(b"machine-token").iter().map(|byte| format!("{byte:02x}")).collect();
    gate.set_tokens(Tokens::read(&format!("# machines\n\nrobot viewer,reviewer {digest}\n")).unwrap());
    gate
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    headers
}

fn who(gate: &Gate, headers: &HeaderMap, peer: IpAddr) -> Result<Identity, Refusal> {
    gate.identify(headers, peer, Instant::now())
}

#[test]
fn an_identity_must_be_signed_for_us_and_now() {
    let gate = gate(&[]);
    let good = SIGNER.token(Some("k1"), &json!({ "name": "Ada\u{7}", "roles": ["reviewer", "nonsense"] }));
    let identity = who(&gate, &bearer(&good), HERE).unwrap();
    assert_eq!((identity.actor.as_str(), identity.name.as_deref()), ("u1", Some("Ada")));
    assert_eq!(identity.roles, Roles::of(&[Role::Reviewer]));
    assert_eq!(identity.authentication, Authentication::Oidc);
    assert!(who(&gate, &bearer(&SIGNER.token(None, &json!({}))), HERE).is_ok(), "one key needs no name");

    let other = Signer::ec("k1");
    let ed = Signer::ed("k2");
    let now = seconds();
    let tampered = {
        let mut parts: Vec<&str> = good.split('.').collect();
        let claims = base64url(
            json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": now + 600, "roles": ["admin"] })
                .to_string()
                .as_bytes(),
        );
        parts[1] = &claims;
        parts.join(".")
    };
    let unsigned = format!(
        "{}.{}.",
        base64url(br#"{"alg":"none"}"#),
        base64url(json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": now + 600 }).to_string().as_bytes())
    );
    // The public key used as a shared secret: the classic confusion of algorithms.
    let confused = {
        let key = EncodingKey::from_secret(SIGNER.jwk["x"].as_str().unwrap().as_bytes());
        let header = Header { kid: Some("k1".into()), ..Header::new(Algorithm::HS256) };
        encode(&header, &json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": now + 600 }), &key).unwrap()
    };
    for (what, token) in [
        ("nothing", String::new()),
        ("no token", "x.y.z".to_owned()),
        ("another key of the same name", other.token(Some("k1"), &json!({}))),
        ("a key that is not in the set", ed.token(Some("k2"), &json!({}))),
        ("claims changed", tampered),
        ("unsigned", unsigned),
        ("a shared secret", confused),
        ("expired", SIGNER.token(Some("k1"), &json!({ "exp": now - 120 }))),
        ("not yet", SIGNER.token(Some("k1"), &json!({ "nbf": now + 300 }))),
        ("another audience", SIGNER.token(Some("k1"), &json!({ "aud": "billing" }))),
        ("another issuer", SIGNER.token(Some("k1"), &json!({ "iss": "https://evil.example" }))),
        ("no end", SIGNER.token(Some("k1"), &json!({ "exp": null }))),
        ("no actor", SIGNER.token(Some("k1"), &json!({ "sub": 7 }))),
        ("too long", "a".repeat(20_000)),
    ] {
        assert_eq!(who(&gate, &bearer(&token), HERE).unwrap_err(), Refusal::NotSignedIn, "{what}");
    }
    assert_eq!(who(&gate, &HeaderMap::new(), HERE).unwrap_err(), Refusal::NotSignedIn);
    assert!(gate.take_keys_wanted() && !gate.take_keys_wanted(), "an unknown key asks for the set once");
    gate.set_keys(KeySet::read(&json!({ "keys": [SIGNER.jwk, ed.jwk] }).to_string()).unwrap());
    assert!(who(&gate, &bearer(&ed.token(Some("k2"), &json!({}))), HERE).is_ok(), "a new key of another kind");
}

#[test]
fn a_key_set_holds_keys_that_can_be_trusted() {
    assert_eq!(KeySet::read("{").unwrap_err(), KeysFault::NoSet);
    assert_eq!(KeySet::read(r#"{"keys":[]}"#).unwrap_err(), KeysFault::NoKey);
    let shared = json!({ "keys": [{ "kty": "oct", "alg": "HS256", "kid": "k", "k": "c2VjcmV0" }] }).to_string();
    assert_eq!(KeySet::read(&shared).unwrap_err(), KeysFault::NoKey);
    let mut encrypts = SIGNER.jwk.clone();
    encrypts["use"] = "enc".into();
    assert_eq!(KeySet::read(&json!({ "keys": [encrypts] }).to_string()).unwrap_err(), KeysFault::NoKey);
}

#[test]
fn a_proxys_header_is_believed_from_the_proxy_alone() {
    let more = [("dashboard.proxy_header", "X-Access-Token"), ("dashboard.proxies", "[\"10.0.0.7\"]")];
    let gate = gate(&more);
    let mut headers = HeaderMap::new();
    let token = SIGNER.token(Some("k1"), &json!({}));
    headers.insert("x-access-token", HeaderValue::from_str(&token).unwrap());
    let proxy: IpAddr = "10.0.0.7".parse().unwrap();
    assert_eq!(who(&gate, &headers, proxy).unwrap().authentication, Authentication::Proxy);
    assert_eq!(who(&gate, &headers, "::ffff:10.0.0.7".parse().unwrap()).unwrap().actor, "u1");
    assert_eq!(who(&gate, &headers, "10.0.0.8".parse().unwrap()).unwrap_err(), Refusal::NotSignedIn);
    headers.insert("x-access-token", HeaderValue::from_static("u1"));
    assert_eq!(who(&gate, &headers, proxy).unwrap_err(), Refusal::NotSignedIn, "a name is no identity");
}

#[test]
fn roles_and_desks_come_from_the_mapping() {
    let more = [
        ("dashboard.roles", "[\"pv-readers=viewer\", \"pv-readers=case_desk\", \"chief=admin\"]"),
        ("dashboard.roles_claim", "realm_access.roles"),
    ];
    let gate = gate(&more);
    let of = |claims: Value| who(&gate, &bearer(&SIGNER.token(Some("k1"), &claims)), HERE).unwrap();
    let reader = of(json!({ "realm_access": { "roles": ["pv-readers"] } }));
    assert_eq!((reader.roles, reader.desks.names()), (Roles::of(&[Role::Viewer]), vec!["case"]));
    let chief = of(json!({ "realm_access": { "roles": ["chief"] } }));
    assert_eq!((chief.roles, chief.desks), (Roles::of(&[Role::Admin]), Desks::BOTH));
    let stranger = of(json!({ "realm_access": { "roles": ["admin"] } }));
    assert!(stranger.roles.is_empty(), "with a mapping a word means nothing by itself");
    let odd = of(json!({ "sub": "Jane Doe <jane@example.org>" }));
    assert!(odd.actor.starts_with("sub-") && !odd.actor.contains("Jane"), "{}", odd.actor);
    let own_desk = self::gate(&[("dashboard.desks", "[\"case\"]")]);
    let token = SIGNER.token(Some("k1"), &json!({ "roles": ["viewer", "patient_desk"] }));
    assert!(who(&own_desk, &bearer(&token), HERE).unwrap().desks.names().is_empty(), "no more than the process shows");
}

#[test]
fn machines_have_tokens_and_the_file_says_which_line_is_wrong() {
    let gate = gate(&[]);
    let robot = who(&gate, &bearer("machine-token"), HERE).unwrap();
    assert_eq!((robot.actor.as_str(), robot.authentication), ("robot", Authentication::Bearer));
    assert!(gate.still(&robot, Millis(0)));
    gate.set_tokens(Tokens::default());
    assert!(!gate.still(&robot, Millis(0)), "a token that was taken out ends its streams");
    for text in ["robot viewer", "robot viewer 12", "ro=bot viewer {}", &format!("r viewer {}", "g".repeat(64))] {
        assert_eq!(Tokens::read(&format!("\n{text}")).unwrap_err(), TokensFault { line: 2 }, "{text}");
    }
}

#[test]
fn acts_come_from_our_own_page() {
    let gate = gate(&[("dashboard.hosts", "[\"desk.example.org\"]")]);
    let identity = who(&gate, &bearer("machine-token"), HERE).unwrap();
    let csrf = gate.csrf(&identity);
    let check = |headers: &[(&'static str, &str)]| {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        gate.check_act(&map, &identity)
    };
    let token = ("x-vigil-csrf", csrf.as_str());
    let host = ("host", "127.0.0.1:9465");
    assert!(check(&[token, host]).is_ok(), "a machine sends no origin");
    assert!(check(&[token, host, ("origin", "http://127.0.0.1:9465")]).is_ok());
    assert!(check(&[token, ("host", "desk.example.org"), ("origin", "https://desk.example.org")]).is_ok());
    assert!(check(&[host]).is_err());
    assert!(check(&[("x-vigil-csrf", &csrf.replace(['0', '1', '2', '3'], "f")), host]).is_err());
    let other = gate.csrf(&Identity { actor: "other".into(), ..identity.clone() });
    assert!(check(&[("x-vigil-csrf", &other), host]).is_err(), "another person's");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:9466", "https://desk.example.org.evil.example"] {
        assert!(check(&[token, host, ("origin", origin)]).is_err(), "{origin}");
    }
    assert!(check(&[token, host, ("sec-fetch-site", "cross-site")]).is_err());
}

/// Dashboards that share a key make the same word for the same person, known in the same way; others do not.
#[test]
fn the_word_of_acts_is_shared_by_the_key_and_bound_to_the_person() {
    let key = "a key that all dashboards of one name share";
    let shared = ("dashboard.csrf_key", key);
    let of = |more: &[(&str, &str)], secret: u8| {
        let gate = Gate::new(&settings(more), [secret; 32]);
        let identity = Identity { actor: "u1".into(), ..Identity::local(Desks::BOTH) };
        (gate.csrf(&identity), gate, identity)
    };
    let (one, gate, identity) = of(&[shared], 1);
    assert_eq!(one, of(&[shared], 2).0, "any process");
    assert_ne!(of(&[], 1).0, of(&[], 2).0, "without a key each has its own");
    assert_ne!(one, of(&[("dashboard.csrf_key", "another key that is long enough to be one")], 1).0);
    assert_ne!(one, gate.csrf(&Identity { actor: "u2".into(), ..identity.clone() }));
    assert_ne!(one, gate.csrf(&Identity { authentication: Authentication::Bearer, ..identity }));
    assert_eq!(one.len(), 32);
    assert!(!format!("{:?}", settings(&[shared])).contains(key), "the key is never shown");
}

#[test]
fn only_our_own_names_are_answered_under() {
    let gate = gate(&[("dashboard.hosts", "[\"Desk.example.org\"]")]);
    let ask = |host: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_str(host).unwrap());
        gate.check_host(&headers)
    };
    for host in ["localhost", "localhost:9465", "127.0.0.1:1", "[::1]:9465", "DESK.example.org", "desk.example.org:443"]
    {
        assert!(ask(host).is_ok(), "{host}");
    }
    for host in ["evil.example", "localhost.evil.example:9465", "127.0.0.1.nip.io", "", "0.0.0.0:9465"] {
        assert_eq!(ask(host).unwrap_err(), Refusal::BadHost, "{host}");
    }
    assert!(gate.check_host(&HeaderMap::new()).is_err());
}
