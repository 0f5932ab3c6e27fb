//! Roles and routes: the one table of who may ask for what. What is not in it is refused.

use axum::http::Method;

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees pseudonyms.
    Viewer,
    /// And acts on alerts.
    Reviewer,
    /// And reads the audit.
    Admin,
    /// Reads the audit, and no patient.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Reviewer, Self::Admin, Self::Auditor];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// These roles.
    #[must_use]
    pub const fn of(roles: &[Role]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < roles.len() {
            #[allow(clippy::indexing_slicing, reason = "below the length; a const has no iterator")]
            let role = roles[at];
            bits |= role.bit();
            at += 1;
        }
        Self(bits)
    }

    /// Adds a role.
    pub const fn add(&mut self, role: Role) {
        self.0 |= role.bit();
    }

    /// Is a role among them?
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Do they share a role?
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Is there none?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Role::ALL.into_iter().filter(|role| self.has(*role)).map(Role::name).collect()
    }
}

/// Something that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Who am I?
    Me,
    /// State of the service.
    Service,
    /// Description of the API.
    OpenApi,
    /// Words of the profile.
    Vocabulary,
    /// The live stream.
    Stream,
    /// Alerts.
    Alerts,
    /// Alerts as CSV.
    AlertsCsv,
    /// One alert.
    Alert,
    /// An act on an alert.
    Acts,
    /// Watched patients.
    Patients,
    /// One patient.
    Patient,
    /// Counts over time.
    Counts,
    /// Burden.
    Burden,
    /// Sites.
    Sites,
    /// Rejects.
    Rejects,
    /// The audit.
    Audit,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct RouteRow {
    /// What is asked for.
    pub route: Route,
    /// Method.
    pub method: Method,
    /// Path, with placeholders.
    pub path: &'static str,
    /// Who may; nobody else.
    pub who: Roles,
}

const EVERYBODY: Roles = Roles::of(&Role::ALL);
const READERS: Roles = Roles::of(&[Role::Viewer, Role::Reviewer, Role::Admin]);
const AUDITORS: Roles = Roles::of(&[Role::Admin, Role::Auditor]);
const ACTORS: Roles = Roles::of(&[Role::Reviewer, Role::Admin]);

const fn get(route: Route, path: &'static str, who: Roles) -> RouteRow {
    RouteRow { route, method: Method::GET, path, who }
}

/// The table. The page itself and its assets hold no data and are anybody's.
pub const ROUTES: [RouteRow; 16] = [
    get(Route::Me, "/api/v1/me", EVERYBODY),
    get(Route::Service, "/api/v1/service", EVERYBODY),
    get(Route::OpenApi, "/api/v1/openapi.json", EVERYBODY),
    get(Route::Vocabulary, "/api/v1/vocabulary", EVERYBODY),
    get(Route::Stream, "/api/v1/stream", READERS),
    get(Route::Alerts, "/api/v1/alerts", READERS),
    get(Route::AlertsCsv, "/api/v1/alerts.csv", READERS),
    get(Route::Alert, "/api/v1/alerts/{id}", READERS),
    RouteRow { route: Route::Acts, method: Method::POST, path: "/api/v1/alerts/{id}/acts", who: ACTORS },
    get(Route::Patients, "/api/v1/patients", READERS),
    get(Route::Patient, "/api/v1/patients/{key}", READERS),
    get(Route::Counts, "/api/v1/counts", READERS),
    get(Route::Burden, "/api/v1/burden", READERS),
    get(Route::Sites, "/api/v1/sites", READERS),
    get(Route::Rejects, "/api/v1/rejects", READERS),
    get(Route::Audit, "/api/v1/audit", AUDITORS),
];

/// May somebody with these roles ask for it?
#[must_use]
pub fn may(roles: Roles, route: Route) -> bool {
    ROUTES.iter().any(|row| row.route == route && row.who.meets(roles))
}
