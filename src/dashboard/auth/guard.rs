//! The gate: who is asking, by what they show; and whether a request comes from our own page.

use super::jwt::{Grants, Issuer, KeySet, NotAccepted};
use super::limit::Limiter;
use super::tokens::Tokens;
use super::{Authentication, Identity};
use crate::config::Dashboard;
use crate::dashboard::read_model::Desks;
use crate::record::Millis;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// Header that every act carries, so that no other site's form can send one.
pub const CSRF_HEADER: &str = "x-vigil-csrf";

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody, or not one whom we believe.
    NotSignedIn,
    /// Not for these roles.
    NotAllowed,
    /// Not from our page.
    BadCsrf,
    /// Asked under a name that is not ours.
    BadHost,
    /// Too often; room again after so many seconds.
    TooMany(u64),
}

/// The gate.
#[derive(Debug)]
pub struct Gate {
    authenticates: bool,
    issuer: Option<Issuer>,
    grants: Grants,
    proxy: Option<(String, Vec<IpAddr>)>,
    hosts: Vec<String>,
    keys: RwLock<Arc<KeySet>>,
    tokens: RwLock<Arc<Tokens>>,
    keys_wanted: AtomicBool,
    secret: [u8; 32],
    limiter: Limiter,
}

impl Gate {
    /// The gate of these settings; `secret` is made anew by each process, and used where the settings share none.
    #[must_use]
    pub fn new(settings: &Dashboard, secret: [u8; 32]) -> Self {
        let shown = |desk: &str| settings.desks.iter().any(|shown| shown == desk);
        let issuer = settings.issuer.clone().zip(settings.audience.clone()).map(|(issuer, audience)| Issuer {
            issuer,
            audience,
            actor_claim: settings.actor_claim.clone(),
            roles_claim: settings.roles_claim.clone(),
        });
        let secret = settings.csrf_key.as_ref().map_or(secret, |shared| {
            Sha256::new_with_prefix(b"vigil dashboard csrf").chain_update(shared.expose_secret()).finalize().into()
        });
        let own = settings.bind.ip();
        let mut hosts = settings.hosts.clone();
        hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        if !own.is_unspecified() {
            hosts.push(if own.is_ipv6() { format!("[{own}]") } else { own.to_string() });
        }
        Self {
            authenticates: settings.authenticates(),
            issuer,
            grants: Grants {
                roles: settings.roles.clone(),
                desks: Desks { patient: shown("patient"), case: shown("case") },
            },
            proxy: settings.proxy_header.clone().map(|header| (header, settings.proxies.clone())),
            hosts,
            keys: RwLock::default(),
            tokens: RwLock::default(),
            keys_wanted: AtomicBool::new(false),
            secret,
            limiter: Limiter::new(settings.requests_per_minute),
        }
    }

    /// The issuer's keys from now on.
    pub fn set_keys(&self, keys: KeySet) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The machines' tokens from now on.
    pub fn set_tokens(&self, tokens: Tokens) {
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
    }

    /// Has somebody shown a key that is not known, since this was asked last?
    pub fn take_keys_wanted(&self) -> bool {
        self.keys_wanted.swap(false, Ordering::Relaxed)
    }

    /// Who is asking, from an address.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`], [`Refusal::TooMany`].
    pub fn identify(&self, headers: &HeaderMap, peer: IpAddr, now: Instant) -> Result<Identity, Refusal> {
        if !self.authenticates {
            self.limiter.take("local", now).map_err(Refusal::TooMany)?;
            return Ok(Identity::local(self.grants.desks));
        }
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let of_proxy = || {
            let (header, proxies) = self.proxy.as_ref()?;
            let value = headers.get(header.as_str())?.to_str().ok()?;
            let token = value.strip_prefix("Bearer ").unwrap_or(value).trim();
            proxies.contains(&peer.to_canonical()).then_some(token)
        };
        let found = match (bearer, of_proxy()) {
            (Some(token), _) => self.accept(token, Authentication::Oidc),
            (None, Some(token)) => self.accept(token, Authentication::Proxy),
            (None, None) => None,
        };
        match found {
            Some(identity) => {
                self.limiter.take(&identity.actor, now).map_err(Refusal::TooMany)?;
                Ok(identity)
            }
            None => {
                // Guessing is as bounded as asking.
                self.limiter.take(&format!("from {peer}"), now).map_err(Refusal::TooMany)?;
                Err(Refusal::NotSignedIn)
            }
        }
    }

    fn accept(&self, token: &str, how: Authentication) -> Option<Identity> {
        if how == Authentication::Oidc {
            let tokens = Arc::clone(&self.tokens.read().unwrap_or_else(PoisonError::into_inner));
            if let Some(identity) = tokens.identify(token, &self.grants) {
                return Some(identity);
            }
        }
        let issuer = self.issuer.as_ref()?;
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        match issuer.identify(token, &keys, &self.grants, how) {
            Ok(identity) => Some(identity),
            Err(NotAccepted::UnknownKey) => {
                self.keys_wanted.store(true, Ordering::Relaxed);
                None
            }
            Err(NotAccepted::Refused) => None,
        }
    }

    /// Would somebody be let in again by what they showed?
    #[must_use]
    pub fn still(&self, identity: &Identity, now: Millis) -> bool {
        if identity.expires_at.is_some_and(|end| end <= now) {
            return false;
        }
        match (&identity.shown, identity.authentication) {
            (None, _) => !self.authenticates,
            (Some(token), how) => {
                let how = if how == Authentication::Proxy { how } else { Authentication::Oidc };
                let again = self.accept(token.expose_secret(), how);
                again.is_some_and(|again| again.actor == identity.actor && again.roles == identity.roles)
            }
        }
    }

    /// What the page sends with acts: bound to who is known and how, the same from every process that shares the key.
    #[must_use]
    pub fn csrf(&self, identity: &Identity) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return String::new() };
        // No name of an authentication holds the sign between.
        mac.update(format!("{} {}", identity.authentication.name(), identity.actor).as_bytes());
        mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Does a request that changes something come from our own page?
    ///
    /// # Errors
    /// [`Refusal::BadCsrf`].
    pub fn check_act(&self, headers: &HeaderMap, identity: &Identity) -> Result<(), Refusal> {
        let wanted = self.csrf(identity);
        let sent = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let same = sent.len() == wanted.len()
            && sent.bytes().zip(wanted.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0;
        let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
        // Machines send no Origin; browsers always do.
        let ours = text(ORIGIN).is_none_or(|origin| self.is_own_origin(origin, headers));
        let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("?"));
        let same_site = site.is_none_or(|site| site == "same-origin" || site == "none");
        if same && !wanted.is_empty() && ours && same_site { Ok(()) } else { Err(Refusal::BadCsrf) }
    }

    /// Is a stream asked for by our own page, or by no page at all?
    ///
    /// # Errors
    /// [`Refusal::BadCsrf`].
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let origin = headers.get(ORIGIN).map(|value| value.to_str().unwrap_or("?"));
        let ours = origin.is_none_or(|origin| self.is_own_origin(origin, headers));
        if ours { Ok(()) } else { Err(Refusal::BadCsrf) }
    }

    fn is_own_origin(&self, origin: &str, headers: &HeaderMap) -> bool {
        let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        authority.is_some_and(|authority| {
            let authority = authority.to_ascii_lowercase();
            // Behind a proxy the host may be written without the port under which people reach it.
            authority == host.to_ascii_lowercase()
                || self.hosts.iter().any(|known| *known == authority && known.contains('.') && !is_address(known))
        })
    }

    /// Is the server asked for under one of its own names? Another one is a name that somebody else made point here.
    ///
    /// # Errors
    /// [`Refusal::BadHost`].
    pub fn check_host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => &host,
        };
        let known = self.hosts.iter().any(|known| known == name || *known == host);
        if known { Ok(()) } else { Err(Refusal::BadHost) }
    }
}

fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}
