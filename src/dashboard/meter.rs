//! What the dashboard does, told to whoever counts it, in closed words alone: no identity, no pseudonym, no site.

use super::auth::ROUTES;
use crate::record::AckAct;
use std::time::Duration;

/// Paths beside the API's.
const PAGE: [&str; 2] = ["/", "/assets/{*file}"];

/// Stands for every path that is none of ours.
pub const OTHER_ROUTE: &str = "other";

/// What happens to live streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamTurn {
    /// A client has a stream.
    Opened,
    /// All seats were taken.
    Refused,
    /// A client went on where it was.
    Resumed,
    /// A client was told to ask for everything anew.
    Reset,
    /// The client is gone.
    Closed,
    /// The client read too slowly and was dropped.
    Dropped,
    /// What the client showed is not believed any more.
    SignedOut,
    /// The process stops.
    Stopped,
}

impl StreamTurn {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Opened,
        Self::Refused,
        Self::Resumed,
        Self::Reset,
        Self::Closed,
        Self::Dropped,
        Self::SignedOut,
        Self::Stopped,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Refused => "refused",
            Self::Resumed => "resumed",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Dropped => "dropped",
            Self::SignedOut => "signed_out",
            Self::Stopped => "stopped",
        }
    }
}

/// What became of an act that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActFate {
    /// It is in the log.
    Accepted,
    /// The alert became worse before it.
    Void,
    /// Not whole, or not possible as the alert stood.
    Refused,
    /// Kafka did not take it, or its audit.
    NotWritten,
}

impl ActFate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Void, Self::Refused, Self::NotWritten];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Void => "void",
            Self::Refused => "refused",
            Self::NotWritten => "not_written",
        }
    }
}

/// Counts what is done.
pub trait Meter: Send + Sync {
    /// An answer began so long after its request.
    fn answered(&self, route: &'static str, status: u16, took: Duration);
    /// Something happened to a stream.
    fn stream(&self, turn: StreamTurn);
    /// A record of the audit was written, or not.
    fn audited(&self, written: bool);
    /// An act was asked for.
    fn act(&self, act: AckAct, fate: ActFate);
}

/// The template of a path that was asked for, of a closed list.
#[must_use]
pub fn route_name(template: Option<&str>) -> &'static str {
    let Some(template) = template else { return OTHER_ROUTE };
    let mut known = ROUTES.into_iter().map(|row| row.path).chain(PAGE);
    known.find(|path| *path == template).unwrap_or(OTHER_ROUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_template_or_other() {
        assert_eq!(route_name(Some("/api/v1/alerts/{id}")), "/api/v1/alerts/{id}");
        assert_eq!(route_name(Some("/")), "/");
        for path in [None, Some("/api/v1/alerts/0123"), Some("/api/v1/patients/canary")] {
            assert_eq!(route_name(path), OTHER_ROUTE);
        }
    }
}
