//! A site of which nothing is heard: one alert for the site, none for its patients (ruling 21).

use super::bed_compose::time_text;
use super::encode::{AlertOut, DISCLAIMER};
use super::message::{Alert, Change, Subject};
use crate::profile::{Concern, Listedness, Priority, Profile};
use crate::record::{Millis, Pseudonym, Text, digest128, hex128};

/// A silence of a site.
#[derive(Clone, Copy, Debug)]
pub struct SiteSilence {
    /// Counts the site's silences, from 1.
    pub n: i32,
    /// Is it over?
    pub ended: bool,
    /// When the site was last heard of.
    pub heard: Millis,
}

/// Where and when it is said.
#[derive(Clone, Copy, Debug)]
pub struct SitePlace<'a> {
    /// The site.
    pub site: &'a str,
    /// When it is said.
    pub recorded_at: Millis,
    /// The shard.
    pub partition: i32,
    /// Number of the alert within its shard.
    pub seq: i64,
}

/// The alert of a silence. Its key is no one's pseudonym: key id 0, and a digest of the site. Each shard says it for its
/// own patients.
#[must_use]
pub fn site_alert(
    profile: &Profile,
    dictionary: Option<&str>,
    silence: &SiteSilence,
    place: &SitePlace<'_>,
) -> AlertOut {
    let SitePlace { site, recorded_at, partition, seq } = *place;
    let hash = digest128(&[b"site", site.as_bytes(), &partition.to_be_bytes()]);
    let key = Pseudonym { key_id: 0, hash }.to_string();
    let id = digest128(&[key.as_bytes(), Concern::Monitoring.name().as_bytes(), &silence.n.to_be_bytes()]);
    let priority = profile.rule_priority("site_silent").map_or(Priority::Low, |row| row.priority);
    let (change, words) = if silence.ended {
        (Change::Resolved, "The site is heard of again.".to_owned())
    } else {
        let words = format!(
            "Nothing was heard of the site since {}. Tests that do not come are unknown, not overdue. This is about the \
             site, not about one patient. Please check its feed.",
            time_text(silence.heard)
        );
        (Change::Raised, words)
    };
    let alert = Alert {
        alert_id: hex128(id).into(),
        revision: 1 + i32::from(silence.ended),
        concern: Concern::Monitoring,
        change,
        priority,
        notify: !silence.ended,
        criteria: vec![Text::borrowed("site_silent")],
        not_met: Vec::new(),
        unknown: vec![Text::borrowed("feed silent")],
        grade: None,
        severity: None,
        serious: None,
        seriousness: Vec::new(),
        listed_eu: Listedness::NotApplicable,
        listed_us: Listedness::NotApplicable,
        listedness_reason: Text::default(),
        dme: false,
        explanation: words.into(),
        evidence: Vec::new(),
        evidence_omitted: 0,
        key: key.clone().into(),
        subject: Subject::Patient,
        case_id: None,
        case_version: None,
        site: Text::owned(site.to_owned()),
        country: None,
        reactions: Vec::new(),
        products: Vec::new(),
        event_time: Some(time_text(silence.heard).into()),
        recorded_at,
        shard: partition,
        seq,
        profile_version: profile.version.clone().into(),
        profile_hash: profile.hash.get(..16).unwrap_or(&profile.hash).to_owned().into(),
        dictionary: dictionary.map(|version| Text::owned(version.to_owned())),
        report: None,
        workflow: None,
        disclaimer: Text::borrowed(DISCLAIMER),
    };
    AlertOut { key, timestamp: recorded_at.0, alert }
}
