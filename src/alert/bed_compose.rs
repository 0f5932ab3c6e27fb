//! What an alert about a patient says: criteria, evidence with its age, what is missing, words.

use super::bed_episode::Revision;
use super::bed_words;
use super::compose::phrase;
use super::encode::{AlertOut, DISCLAIMER};
use super::message::{Alert, Change, Evidence, Subject};
use crate::detect::{
    CourseView, Level, Missing, Standing, Verdict, View, bits, criterion_name, explain, fever_judgement, vod,
};
use crate::patient::{BedEpisode, Course, CourseEntry};
use crate::profile::{Analyte, Answer, Concern, CriteriaItem, ItemTest, Listedness, Profile};
use crate::record::{Comparator, FindingKind, Millis, Pseudonym, Text, digest128, hex128};
use std::fmt::Write as _;

/// Most pieces of evidence in one alert; what is left out is counted.
const EVIDENCE_MAX: usize = 32;

/// A revision of a patient's episode, ready to be put into words.
#[derive(Clone, Copy, Debug)]
pub struct BedAlert<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Version of the user's MedDRA.
    pub dictionary: Option<&'a str>,
    /// The patient.
    pub key: Pseudonym,
    /// Topic of the log.
    pub topic: &'a str,
    /// Partition: the shard.
    pub partition: i32,
    /// Site that spoke last.
    pub site: &'a str,
    /// When the deciding record became known.
    pub recorded_at: Millis,
    /// The episode as it is now.
    pub episode: &'a BedEpisode,
    /// What is met now.
    pub level: Option<&'a Level<'a>>,
    /// What is said.
    pub revision: Revision,
    /// Was it learned late?
    pub late: bool,
    /// Did a case report the concern?
    pub reported: bool,
    /// Number of the alert within its shard.
    pub seq: i64,
}

/// The revision as an alert.
#[must_use]
pub fn bed_alert(said: &BedAlert<'_>, view: &CourseView<'_>) -> AlertOut {
    let BedAlert { profile, episode, revision, level, .. } = *said;
    let key = said.key.to_string();
    let concern = episode.concern;
    let id = bed_alert_id(said.key, concern, episode.n);
    let (evidence, evidence_omitted) = evidence(said, view);
    let mut alert = Alert {
        alert_id: hex128(id).into(),
        revision: episode.revision,
        concern,
        change: revision.change,
        priority: episode.priority,
        notify: revision.notify,
        criteria: level.map_or_else(Vec::new, |level| names(profile, concern, level.criteria)),
        not_met: not_met(profile, view, concern),
        unknown: unknown(profile, view, concern),
        grade: level.and(episode.grade).map(i32::from),
        severity: level.and(episode.severity).map(|severity| Text::borrowed(severity.name())),
        serious: None,
        seriousness: Vec::new(),
        listed_eu: Listedness::NotApplicable,
        listed_us: Listedness::NotApplicable,
        listedness_reason: Text::default(),
        dme: false,
        explanation: Text::default(),
        evidence,
        evidence_omitted,
        key: key.clone().into(),
        subject: Subject::Patient,
        case_id: None,
        case_version: None,
        site: Text::owned(said.site.to_owned()),
        country: None,
        reactions: Vec::new(),
        products: Vec::new(),
        event_time: Some(time_text(episode.onset).into()),
        recorded_at: said.recorded_at,
        shard: said.partition,
        seq: said.seq,
        profile_version: profile.version.clone().into(),
        profile_hash: profile.hash.get(..16).unwrap_or(&profile.hash).to_owned().into(),
        dictionary: said.dictionary.map(|version| Text::owned(version.to_owned())),
        report: None,
        workflow: None,
        disclaimer: Text::borrowed(DISCLAIMER),
    };
    alert.explanation = bed_words::explanation(said, view, &alert).into();
    AlertOut { key, timestamp: said.recorded_at.0, alert }
}

/// The id of the alert of a patient's episode.
#[must_use]
pub fn bed_alert_id(key: Pseudonym, concern: Concern, n: u32) -> u128 {
    digest128(&[key.to_string().as_bytes(), concern.name().as_bytes(), &i64::from(n).to_be_bytes()])
}

/// The names of a concern's criteria.
pub(super) fn names(profile: &Profile, concern: Concern, criteria: u64) -> Vec<Text<'static>> {
    bits(criteria)
        .filter_map(|bit| criterion_name(profile, concern, bit))
        .map(|id| Text::owned(id.to_owned()))
        .collect()
}

pub(super) fn time_text(at: Millis) -> String {
    serde_json::to_value(at).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Definitions that were evaluated and are not met whatever the missing items would say.
fn not_met(profile: &Profile, view: &CourseView<'_>, concern: Concern) -> Vec<Text<'static>> {
    let own = |id: &String| Text::owned(id.clone());
    match concern {
        Concern::VodSos => {
            let judged = vod(profile, view);
            let both = profile.definitions.iter().zip(judged.verdicts);
            both.filter(|(_, verdict)| matches!(verdict, Some(Verdict::NotMet(_)))).map(|(of, _)| own(&of.id)).collect()
        }
        Concern::FebrileNeutropenia => {
            let judged = fever_judgement(profile, view);
            let both = profile.fever_definitions.iter().zip(judged.verdicts);
            let not = |verdict: &Option<crate::detect::FeverVerdict>| {
                verdict.is_some_and(|verdict| verdict.answer == Answer::NotMet)
            };
            both.filter(|(_, verdict)| not(verdict)).map(|(of, _)| own(&of.id)).collect()
        }
        Concern::Haemorrhage
        | Concern::HepaticHold
        | Concern::HaematologicalHold
        | Concern::HysLaw
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Monitoring
        | Concern::Reaction => Vec::new(),
    }
}

/// What is missing, with what would settle it.
fn unknown(profile: &Profile, view: &CourseView<'_>, concern: Concern) -> Vec<Text<'static>> {
    match concern {
        Concern::VodSos => {
            let judged = vod(profile, view);
            let mut missing = Vec::new();
            let mut wanted = 0;
            for (definition, verdict) in profile.definitions.iter().zip(judged.verdicts) {
                match verdict {
                    Some(Verdict::Unknown(items)) => wanted |= items.unknown,
                    Some(Verdict::NotApplicable(why)) => {
                        missing.push(Text::owned(format!("{}: not applicable, {}", definition.id, standing(why))));
                    }
                    Some(Verdict::Met(_) | Verdict::NotMet(_)) | None => {}
                }
            }
            let items = profile.criteria_items.iter().enumerate().filter(|(at, _)| wanted >> at & 1 == 1);
            missing.extend(items.map(|(_, item)| {
                let why = explain(profile, view, item).missing.unwrap_or(Missing::NotRecorded);
                Text::owned(format!("{}: {}", item.id, missing_words(why)))
            }));
            missing
        }
        Concern::FebrileNeutropenia | Concern::HaematologicalHold => {
            let asked: &[Analyte] = if concern == Concern::FebrileNeutropenia {
                &[Analyte::Temperature, Analyte::Anc]
            } else {
                &[Analyte::Anc, Analyte::Platelets]
            };
            absent(profile, view, asked)
        }
        Concern::Haemorrhage if view.bleeds().next().is_none() => {
            vec![Text::borrowed("overt bleeding: nothing recorded; a word on whether there is any would settle it")]
        }
        Concern::HepaticHold => absent(profile, view, &[Analyte::Bilirubin, Analyte::Alt, Analyte::Ast]),
        Concern::HysLaw => absent(profile, view, &[Analyte::Alp]),
        Concern::Haemorrhage
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Monitoring
        | Concern::Reaction => Vec::new(),
    }
}

fn absent(profile: &Profile, view: &CourseView<'_>, asked: &[Analyte]) -> Vec<Text<'static>> {
    let lasts = profile.numbers.stale_laboratory_hours.value.hours_ms();
    let mut missing = Vec::new();
    for analyte in asked {
        let why = match view.latest(*analyte) {
            None => "nothing recorded; a measurement would settle it",
            Some(value) if value.measure.suspect.is_some() => "the latest value is suspect; a repeat would settle it",
            Some(value) if view.now.0 - value.at.0 > lasts => "the latest value is stale; a new one would settle it",
            Some(_) => continue,
        };
        missing.push(Text::owned(format!("{analyte}: {why}")));
    }
    missing
}

/// Why a definition does not apply, in a sentence.
pub(super) const fn standing(why: Standing) -> &'static str {
    match why {
        Standing::NoTransplant => "no transplant to count from",
        Standing::TooEarly => "its days have not come",
        Standing::TooLate => "its days are over",
        Standing::Child => "it is for adults",
    }
}

/// Why an item is unknown, and what would settle it.
#[must_use]
pub const fn missing_words(why: Missing) -> &'static str {
    match why {
        Missing::NotRecorded => "not recorded; a measurement or examination would settle it",
        Missing::Stale => "the last word is stale; a new one would settle it",
        Missing::Suspect => "the latest value is suspect; a repeat would settle it",
        Missing::NoLimitOfNormal => "no limit of normal; the laboratory's upper limit would settle it",
        Missing::NoBaseline => "no baseline; a value from before would settle it",
        Missing::OnlyBound => "known only as a bound; an exact value would settle it",
        Missing::Unsure => "recorded as unsure; a clear finding would settle it",
    }
}

/// What a concern is judged from.
const fn inputs(concern: Concern) -> (&'static [Analyte], &'static [FindingKind]) {
    use Analyte as A;
    match concern {
        Concern::VodSos => (
            &[A::Bilirubin, A::Weight, A::Creatinine, A::Alt, A::Ast],
            &[
                FindingKind::Hepatomegaly,
                FindingKind::PainfulHepatomegaly,
                FindingKind::RuqPain,
                FindingKind::Ascites,
                FindingKind::UltrasoundSuggestive,
                FindingKind::PortalFlowReversal,
                FindingKind::HistologyVod,
                FindingKind::HvpgGe10,
                FindingKind::RefractoryThrombocytopenia,
            ],
        ),
        Concern::FebrileNeutropenia => (&[A::Temperature, A::Anc, A::Wbc, A::NeutrophilPercent, A::Systolic], &[]),
        Concern::Haemorrhage => (&[A::Haemoglobin, A::Platelets, A::Weight], &[FindingKind::OvertBleeding]),
        Concern::HepaticHold => (&[A::Bilirubin, A::Alt, A::Ast], &[]),
        Concern::HaematologicalHold => (&[A::Anc, A::Platelets], &[]),
        Concern::HysLaw => (&[A::Alt, A::Ast, A::Bilirubin, A::Alp], &[]),
        Concern::Dosing | Concern::ContraindicatedUse | Concern::Monitoring => (&[], &[]),
        Concern::Reaction => (&[A::Qtc], &[]),
    }
}

fn evidence(said: &BedAlert<'_>, view: &CourseView<'_>) -> (Vec<Evidence<'static>>, i32) {
    let concern = said.episode.concern;
    let (analytes, findings) = inputs(concern);
    let mut pieces = Vec::new();
    for analyte in analytes {
        pieces.extend(value_piece(said, view, *analyte));
    }
    if concern == Concern::Monitoring {
        let suspect = |analyte: &&Analyte| view.latest(**analyte).is_some_and(|value| value.measure.suspect.is_some());
        pieces.extend(Analyte::ALL.iter().filter(suspect).filter_map(|analyte| value_piece(said, view, *analyte)));
    }
    for kind in findings {
        let entry = view.finding(*kind).and_then(|stated| view.finding_entry(*kind, stated.at));
        pieces.extend(entry.map(|entry| entry_piece(said, view, kind.name(), entry)));
    }
    if concern == Concern::Haemorrhage {
        let given = view.course.facts().rev().filter(|entry| entry.time <= view.now);
        let given = given.filter(|entry| {
            entry.fact.procedure().is_some_and(|done| done.kind == crate::record::ProcedureKind::RedCellTransfusion)
        });
        pieces.extend(given.take(4).map(|entry| entry_piece(said, view, "red cell transfusion", entry)));
    }
    if concern == Concern::ContraindicatedUse {
        let recorded = view.course.facts().filter(|entry| entry.fact.condition().is_some());
        pieces.extend(recorded.map(|entry| entry_piece(said, view, "condition", entry)));
    }
    pieces.extend(view.dose_entries().next().map(|entry| entry_piece(said, view, "last dose", entry)));
    for (entry, kind, _) in view.reported() {
        if findings.contains(&kind) || kind != FindingKind::Other {
            continue;
        }
        pieces.push(entry_piece(said, view, "reported", entry));
    }
    let omitted = pieces.len().saturating_sub(EVIDENCE_MAX);
    pieces.truncate(EVIDENCE_MAX);
    (pieces, i32::try_from(omitted).unwrap_or(i32::MAX))
}

fn value_piece(said: &BedAlert<'_>, view: &CourseView<'_>, analyte: Analyte) -> Option<Evidence<'static>> {
    let (value, observed) = view.observed(analyte, view.now).next()?;
    let (mut basis, mut verified) = (String::new(), true);
    for item in said.profile.criteria_items.iter().filter(|item| is_of(item, analyte)) {
        if said.episode.concern == Concern::VodSos && explain(said.profile, view, item).answer == Answer::Met {
            let _ = write!(basis, "{} met; ", item.id);
            verified &= item.verified;
        }
    }
    let _ = write!(basis, "{} old", age(view.now, value.at));
    if let Some(baseline) = view.baseline(analyte).filter(|_| said.episode.concern == Concern::VodSos) {
        let _ = write!(
            basis,
            "; baseline {} {} of {}",
            baseline.measure.reported,
            baseline.measure.unit,
            time_text(baseline.at)
        );
    }
    if let Some(high) = value.measure.high {
        let whose = if value.measure.high_of_site { " (the site's default)" } else { "" };
        let _ = write!(basis, "; ULN {high}{whose}");
    }
    if let Some(why) = value.measure.suspect {
        let _ = write!(basis, "; suspect: {}", why.words());
    }
    let sign = match value.measure.comparator {
        Comparator::Eq => "",
        Comparator::Lt => "<",
        Comparator::Le => "≤",
        Comparator::Gt => ">",
        Comparator::Ge => "≥",
    };
    Some(Evidence {
        item: Text::borrowed(analyte.name()),
        value: Some(format!("{sign}{}", value.measure.reported).into()),
        unit: Some(Text::borrowed(value.measure.unit.name())),
        time: Some(time_text(value.at).into()),
        basis: basis.into(),
        verified,
        topic: Text::owned(said.topic.to_owned()),
        partition: said.partition,
        offset: observed.offset,
        index: 0,
        record_id: hex128(observed.id()).into(),
    })
}

fn is_of(item: &CriteriaItem, analyte: Analyte) -> bool {
    matches!(&item.test, ItemTest::Value(of, _) if *of == analyte)
}

fn entry_piece(
    said: &BedAlert<'_>,
    view: &CourseView<'_>,
    item: &'static str,
    entry: &CourseEntry,
) -> Evidence<'static> {
    let fact = &entry.fact;
    let value = if let Some(finding) = fact.finding() {
        let place = finding.site.as_deref().or(finding.name.as_deref());
        Some(
            place.map_or_else(|| finding.presence.name().to_owned(), |at| format!("{}: {at}", finding.presence.name())),
        )
    } else if let Some(dose) = fact.dose() {
        let amount = dose.dose.as_ref().map(|dose| format!("{} {}", dose.value, dose.unit.as_str()));
        dose.dose_mg_m2.map(|surface| format!("{surface} mg/m2")).or(amount)
    } else if let Some(condition) = fact.condition() {
        Some(format!("{}: {}", condition.kind.name(), condition.presence.name()))
    } else {
        fact.procedure().and_then(|done| done.units).map(|units| format!("{units} units"))
    };
    let road = if entry.via.is_none() {
        "recorded at the bedside"
    } else if entry.path().is_empty() {
        "reported by a case"
    } else {
        "of a merged patient"
    };
    Evidence {
        item: Text::borrowed(item),
        value: value.map(|value| phrase(&value)),
        unit: None,
        time: Some(time_text(entry.time).into()),
        basis: format!("{road}; {} old", age(view.now, entry.time)).into(),
        verified: true,
        topic: Text::owned(said.topic.to_owned()),
        partition: said.partition,
        offset: entry.offset,
        index: 0,
        record_id: hex128(entry.id).into(),
    }
}

/// An age in words: minutes, hours, then days.
pub(super) fn age(now: Millis, at: Millis) -> String {
    let minutes = (now.0 - at.0).max(0) / 60_000;
    match minutes {
        0..=119 => format!("{minutes} min"),
        120..=4319 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// Days since the last dose.
pub(super) fn last_dose_days(view: &CourseView<'_>) -> Option<i64> {
    view.last_dose().map(|dose| view.local_day(view.now) - view.local_day(dose))
}

/// Is nothing known of the patient but reports?
pub(super) fn only_reports(course: &Course) -> bool {
    course.observations().is_empty() && course.entries().iter().all(|entry| entry.via.is_some())
}

/// Was the episode taken back or is it over?
pub(super) const fn is_end(change: Change) -> bool {
    matches!(change, Change::Resolved | Change::Withdrawn)
}
