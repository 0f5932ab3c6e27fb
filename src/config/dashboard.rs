//! The dashboard's settings, and what they must be together.

use super::{Read, Settings};
use secrecy::SecretString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The dashboard.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Address of the page and its API.
    pub bind: SocketAddr,
    /// Names under which it may be asked for.
    pub hosts: Vec<String>,
    /// Issuer of signed identities.
    pub issuer: Option<String>,
    /// Audience that they name.
    pub audience: Option<String>,
    /// File with the issuer's key set.
    pub keys_file: Option<PathBuf>,
    /// Address of the issuer's key set.
    pub keys_url: Option<String>,
    /// Header in which a proxy hands over the identity, in lower case.
    pub proxy_header: Option<String>,
    /// The proxies that are believed.
    pub proxies: Vec<IpAddr>,
    /// Claim of the actor.
    pub actor_claim: String,
    /// Claim of the roles.
    pub roles_claim: String,
    /// What its words mean: word and role.
    pub roles: Vec<(String, String)>,
    /// File of bearer tokens.
    pub tokens_file: Option<PathBuf>,
    /// What the word that the page sends with acts is made from.
    pub csrf_key: Option<SecretString>,
    /// Desks that are shown.
    pub desks: Vec<String>,
    /// Most alerts in memory.
    pub alerts_max: usize,
    /// Most watched patients in memory.
    pub patients_max: usize,
    /// Most rejects in memory.
    pub rejects_max: usize,
    /// Stale without a tick for so long.
    pub stale_after: Duration,
    /// Quiet without a record for so long.
    pub quiet_after: Duration,
    /// Most live streams.
    pub streams_max: usize,
    /// Most requests of one person in a minute.
    pub requests_per_minute: u32,
}

/// Roles that a word may mean.
const ROLES: [&str; 6] = ["viewer", "reviewer", "admin", "auditor", "patient_desk", "case_desk"];

impl Dashboard {
    pub(super) fn read(read: &Read<'_>) -> Self {
        let pair = |line: String| line.rsplit_once('=').map(|(word, role)| (word.trim().into(), role.trim().into()));
        Self {
            bind: read.text("dashboard.bind").parse().unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            hosts: read.lines("dashboard.hosts").into_iter().map(|host| host.to_ascii_lowercase()).collect(),
            issuer: read.text_opt("dashboard.issuer"),
            audience: read.text_opt("dashboard.audience"),
            keys_file: read.path("dashboard.keys_file"),
            keys_url: read.text_opt("dashboard.keys_url"),
            proxy_header: read.text_opt("dashboard.proxy_header").map(|name| name.to_ascii_lowercase()),
            proxies: read.lines("dashboard.proxies").iter().filter_map(|ip| ip.parse().ok()).collect(),
            actor_claim: read.text("dashboard.actor_claim"),
            roles_claim: read.text("dashboard.roles_claim"),
            roles: read.lines("dashboard.roles").into_iter().filter_map(pair).collect(),
            tokens_file: read.path("dashboard.tokens_file"),
            csrf_key: read.secret("dashboard.csrf_key"),
            desks: read.lines("dashboard.desks"),
            alerts_max: read.size("dashboard.alerts_max"),
            patients_max: read.size("dashboard.patients_max"),
            rejects_max: read.size("dashboard.rejects_max"),
            // A tick may be late; one that is missing twice is not.
            stale_after: Duration::from_secs(
                read.number("dashboard.stale_seconds").max(3 * read.number("watch.tick_seconds")),
            ),
            quiet_after: Duration::from_secs(read.number("dashboard.quiet_seconds")),
            streams_max: read.size("dashboard.streams_max"),
            requests_per_minute: u32::try_from(read.number("dashboard.requests_per_minute")).unwrap_or(u32::MAX),
        }
    }

    /// Are signed identities accepted?
    #[must_use]
    pub const fn has_issuer(&self) -> bool {
        self.issuer.is_some()
    }

    /// Must everybody say who they are?
    #[must_use]
    pub const fn authenticates(&self) -> bool {
        self.issuer.is_some() || self.tokens_file.is_some()
    }
}

pub fn check(settings: &Settings, fault: &mut impl FnMut(&str, String)) {
    let dashboard = &settings.dashboard;
    if !dashboard.bind.ip().is_loopback() && !dashboard.authenticates() {
        fault(
            "dashboard.bind",
            "this address is reached from other machines: set dashboard.issuer, dashboard.audience and a key set, or \
             dashboard.tokens_file, so that everybody says who they are"
                .into(),
        );
    }
    let keys = usize::from(dashboard.keys_file.is_some()) + usize::from(dashboard.keys_url.is_some());
    let (issuer, audience) = (dashboard.issuer.is_some(), dashboard.audience.is_some());
    if (issuer || audience || keys > 0) && !(issuer && audience && keys == 1) {
        fault(
            "dashboard.issuer",
            "a signed identity needs dashboard.issuer, dashboard.audience and one of dashboard.keys_file and \
             dashboard.keys_url"
                .into(),
        );
    }
    if dashboard.keys_url.as_ref().is_some_and(|url| !is_safe(url)) {
        fault("dashboard.keys_url", "expected an https address, or an http address of this machine".into());
    }
    let name = |name: &String| !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if dashboard.proxy_header.as_ref().is_some_and(name) {
        fault("dashboard.proxy_header", "expected the name of a header: letters, digits and -".into());
    }
    if dashboard.proxy_header.is_some() && (dashboard.proxies.is_empty() || !issuer) {
        fault(
            "dashboard.proxies",
            "a proxy's header is believed from dashboard.proxies alone, and verified by dashboard.issuer: set both"
                .into(),
        );
    }
    for (key, count, read) in [
        ("dashboard.proxies", settings.lines("dashboard.proxies"), dashboard.proxies.len()),
        ("dashboard.roles", settings.lines("dashboard.roles"), dashboard.roles.len()),
    ] {
        if count != read {
            fault(key, "expected IP addresses, or entries of the form WORD=ROLE".into());
        }
    }
    if let Some((_, role)) = dashboard.roles.iter().find(|(_, role)| !ROLES.contains(&role.as_str())) {
        let role: String = role.chars().take(40).collect();
        fault("dashboard.roles", format!("{role:?} is no role: expected one of {}", ROLES.join(", ")));
    }
    if dashboard.desks.is_empty() || dashboard.desks.iter().any(|desk| desk != "patient" && desk != "case") {
        fault("dashboard.desks", "expected patient, case or both".into());
    }
}

/// Is the link to the key set one that nobody else can answer on?
fn is_safe(url: &str) -> bool {
    if let Some(rest) = url.strip_prefix("http://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
        return host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    }
    url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
}
