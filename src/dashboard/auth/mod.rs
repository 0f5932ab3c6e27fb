//! Who is asking, and may they? Everything is refused that the table of routes does not allow.

mod guard;
mod jwt;
mod limit;
mod roles;
#[cfg(test)]
pub(super) mod tests;
mod tokens;

pub use guard::{Gate, Refusal};
pub use jwt::{Issuer, KeySet, KeysFault};
pub use limit::Limiter;
pub use roles::{ROUTES, Role, Roles, Route, RouteRow, may};
pub use tokens::{Tokens, TokensFault};

use super::read_model::Desks;
use crate::record::Millis;
use secrecy::SecretString;

/// How somebody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: this machine alone.
    None,
    /// A signed identity in a proxy's header.
    Proxy,
    /// A signed identity as bearer token.
    Oidc,
    /// A bearer token of a machine.
    Bearer,
}

impl Authentication {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Proxy => "proxy",
            Self::Oidc => "oidc",
            Self::Bearer => "bearer",
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Identity {
    /// A role or pseudonym, as in acts and in the audit.
    pub actor: String,
    /// Name for the page.
    pub name: Option<String>,
    /// Roles.
    pub roles: Roles,
    /// Desks.
    pub desks: Desks,
    /// How they are known.
    pub authentication: Authentication,
    /// Until when.
    pub expires_at: Option<Millis>,
    /// What was shown, so that a long answer can look at it again.
    pub(super) shown: Option<SecretString>,
}

impl Identity {
    /// Somebody at this machine, where nobody has to say who they are.
    #[must_use]
    pub fn local(desks: Desks) -> Self {
        Self {
            actor: "local".to_owned(),
            name: Some("Local user".to_owned()),
            roles: Roles::of(&[Role::Viewer, Role::Reviewer]),
            desks,
            authentication: Authentication::None,
            expires_at: None,
            shown: None,
        }
    }
}
