//! From what a sender calls a case or a person to the pseudonym that everything later knows, and the head that every
//! record of the log carries.

use crate::record::{
    Body, Identity, Millis, Pseudonym, Record, Reject, RejectReason, Report, Text, digest128, hex128, record_id,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Shortest secret that is taken as a key, bytes (256 bits, DELIVERY 3.4).
pub const KEY_BYTES_MIN: usize = 32;

/// Makes pseudonyms: HMAC-SHA-256 over (assigning authority, normalised identifier), truncated to 128 bits.
pub struct Pseudonymiser {
    mac: Hmac<Sha256>,
    key_id: u32,
}

/// The secret is shorter than [`KEY_BYTES_MIN`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pseudonym key has fewer than {KEY_BYTES_MIN} bytes")]
pub struct WeakKey;

impl fmt::Debug for Pseudonymiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonymiser(key {:08x})", self.key_id)
    }
}

impl Pseudonymiser {
    /// A pseudonymiser with this secret.
    ///
    /// # Errors
    /// [`WeakKey`].
    pub fn new(secret: &[u8]) -> Result<Self, WeakKey> {
        if secret.len() < KEY_BYTES_MIN {
            return Err(WeakKey);
        }
        let digest = Sha256::digest(secret);
        let key_id = digest.first_chunk::<4>().map_or(0, |first| u32::from_be_bytes(*first));
        Ok(Self { mac: Hmac::new_from_slice(secret).map_err(|_| WeakKey)?, key_id })
    }

    /// Id of the key: the first 32 bits of the secret's SHA-256.
    #[must_use]
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The pseudonym of `identifier` as assigned by `authority`. Case and white space of either do not matter.
    #[must_use]
    pub fn pseudonym(&self, authority: &str, identifier: &str) -> Pseudonym {
        let mut mac = self.mac.clone();
        for part in [authority, identifier] {
            // White space ends a word and one space stands for any run of it: "EU  123" and "eu 123" are one.
            for (at, word) in part.split_whitespace().enumerate() {
                if at > 0 {
                    mac.update(b" ");
                }
                mac.update(word.to_uppercase().as_bytes());
            }
            mac.update(&[0]);
        }
        let tag = mac.finalize().into_bytes();
        Pseudonym { key_id: self.key_id, hash: tag.first_chunk::<16>().map_or(0, |first| u128::from_be_bytes(*first)) }
    }
}

/// What is known of a record besides its own content when it arrives.
#[derive(Clone, Copy, Debug)]
pub struct Completion<'a> {
    /// Source topic, or a file's name.
    pub topic: &'a str,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Index in the container.
    pub index: i32,
    /// Timestamp of the source message, milliseconds; 0 where there is none (files).
    pub timestamp: i64,
    /// Site configured for the source.
    pub site: &'a str,
    /// Sender configured for the source, for records that name none.
    pub sender: &'a str,
    /// Is the source the operator's own receipt?
    pub own_receipt: bool,
    /// Is it a file read by `replay`, perhaps a dump of a log? Then it may be of a kind that only the system itself
    /// writes, and hold pseudonyms made with another key.
    pub internal_kinds: bool,
}

/// Completes the head of a decoded record: key, record id, recorded-at, origin; and takes every identity out of it.
///
/// # Errors
/// [`RejectReason::NoIdentity`] where the record names neither case nor patient, [`RejectReason::ForeignKey`] where its
/// pseudonym was made with another key, [`RejectReason::KindNotAllowed`] for a kind that no source may send.
pub fn complete<'a>(
    record: &mut Record<'a>,
    pseudonymiser: &Pseudonymiser,
    known: &Completion<'a>,
) -> Result<Pseudonym, Reject> {
    if !known.internal_kinds && internal(&record.body) {
        return Err(RejectReason::KindNotAllowed.at(format!("kind {}", record.body.kind())));
    }
    if record.head.site.is_empty() {
        record.head.site = known.site.into();
    }
    let identity = record.head.identity.take();
    let key = match &mut record.body {
        Body::Report(report) => complete_report(report, pseudonymiser, known)?,
        Body::Observation(_)
        | Body::Administration(_)
        | Body::Procedure(_)
        | Body::Finding(_)
        | Body::Condition(_)
        | Body::Response(_)
        | Body::Stay(_)
        | Body::Patient(_)
        | Body::Forwarded(_)
        | Body::Merge(_)
        | Body::Acknowledgement(_) => person(identity.as_ref(), &record.head.key, pseudonymiser, known)?
            .ok_or_else(|| RejectReason::NoIdentity.at("neither identity nor pseudonym"))?,
        // Of the system itself: no person, so a fixed key.
        Body::Tick(_) | Body::ProfileChange(_) => pseudonymiser.pseudonym("vigil", "system"),
    };
    let head = &mut record.head;
    head.key = key.to_string().into();
    if head.source_id.is_empty() {
        head.source_id = if let Body::Report(report) = &record.body {
            report_identity(report).into()
        } else {
            // Nothing names it, so its content does: the same content again is a repeat.
            content_identity(&record.body, head.event_time).into()
        };
    }
    let sender = if let Body::Report(report) = &record.body { &report.sender } else { &head.site };
    head.record_id = record_id(sender, &head.source_id, known.index).into();
    if known.timestamp > 0 {
        head.recorded_at = Millis(known.timestamp);
    } else if head.recorded_at == Millis::default() {
        head.recorded_at = own_time(&record.body).or(head.event_time).unwrap_or_default();
    }
    head.origin.topic = known.topic.into();
    head.origin.partition = known.partition;
    head.origin.offset = known.offset;
    head.origin.index = known.index;
    Ok(key)
}

/// Kinds that only the system writes.
const fn internal(body: &Body<'_>) -> bool {
    matches!(body, Body::Forwarded(_) | Body::Acknowledgement(_) | Body::ProfileChange(_) | Body::Tick(_))
}

fn complete_report<'a>(
    report: &mut Report<'a>,
    pseudonymiser: &Pseudonymiser,
    known: &Completion<'a>,
) -> Result<Pseudonym, Reject> {
    if report.sender.is_empty() {
        report.sender = known.sender.into();
    }
    report.own_receipt = known.own_receipt;
    let given = report.patient.pseudonym.take().unwrap_or_default();
    report.patient.pseudonym =
        person(report.patient.identity.take().as_ref(), &given, pseudonymiser, known)?.map(|p| p.to_string().into());
    case_pseudonym(report, pseudonymiser)
        .ok_or_else(|| RejectReason::NoIdentity.at("neither worldwide nor sender's case id"))
}

/// Pseudonym of a report's case: of its worldwide unique id, else of the sender and its own id.
fn case_pseudonym(report: &Report<'_>, pseudonymiser: &Pseudonymiser) -> Option<Pseudonym> {
    let given = |id: &Option<Text<'_>>| id.as_ref().is_some_and(|id| !id.trim().is_empty());
    if given(&report.worldwide_case_id) {
        let id = report.worldwide_case_id.as_deref().unwrap_or_default();
        return Some(pseudonymiser.pseudonym("case:worldwide", id));
    }
    given(&report.sender_case_id).then(|| {
        let authority = format!("case:{}", report.sender.as_str());
        pseudonymiser.pseudonym(&authority, report.sender_case_id.as_deref().unwrap_or_default())
    })
}

/// The person's pseudonym, from an identity in clear or one given already.
fn person(
    identity: Option<&Identity<'_>>,
    given: &str,
    pseudonymiser: &Pseudonymiser,
    known: &Completion<'_>,
) -> Result<Option<Pseudonym>, Reject> {
    if let Some(identity) = identity {
        if identity.identifier.trim().is_empty() {
            return Err(RejectReason::NoIdentity.at("identity without identifier"));
        }
        return Ok(Some(pseudonymiser.pseudonym(&identity.authority, &identity.identifier)));
    }
    if given.is_empty() {
        return Ok(None);
    }
    let pseudonym: Pseudonym =
        given.parse().map_err(|_| RejectReason::KeyNotPseudonym.at("key given by the sender"))?;
    if pseudonym.key_id == pseudonymiser.key_id || known.internal_kinds {
        Ok(Some(pseudonym))
    } else {
        Err(RejectReason::ForeignKey.at(format!("key id {:08x}", pseudonym.key_id)))
    }
}

fn report_identity(report: &Report<'_>) -> String {
    use std::fmt::Write as _;
    let mut id =
        report.worldwide_case_id.as_ref().or(report.sender_case_id.as_ref()).map_or("", Text::as_str).to_owned();
    if let Some(version) = report.version {
        let _ = write!(id, "|v{version}");
    }
    if let Some(date) = report.most_recent {
        let _ = write!(id, "|{date}");
    }
    if report.status == crate::record::ReportStatus::Nullification {
        id.push_str("|nullification");
    }
    id
}

fn content_identity(body: &Body<'_>, event_time: Option<Millis>) -> String {
    let content = serde_json::to_vec(&(body, event_time)).unwrap_or_default();
    hex128(digest128(&[&content]))
}

/// When the record says that it became known, for files, which have no message timestamp.
fn own_time(body: &Body<'_>) -> Option<Millis> {
    const DAY_MS: i64 = 86_400_000;
    if let Body::Report(report) = body {
        let date = report.most_recent.or(report.first_received).or(report.created)?;
        return date.days().and_then(|days| days.checked_mul(DAY_MS)).map(Millis);
    }
    if let Body::Tick(tick) = body { Some(tick.wall_time) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Pseudonymiser {
        Pseudonymiser::new(&[7; 32]).unwrap()
    }

    const KNOWN: Completion<'static> = Completion {
        topic: "adverse-events",
        partition: 2,
        offset: 41,
        index: 0,
        timestamp: 1_740_816_000_000,
        site: "ward-7",
        sender: "hospital-a",
        own_receipt: false,
        internal_kinds: false,
    };

    fn parsed(json: &str) -> Record<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn pseudonyms_are_stable_and_of_one_authority_each() {
        let key = key();
        assert_eq!(key.pseudonym("h1", " ab  12 "), key.pseudonym("H1", "AB 12"));
        assert_ne!(key.pseudonym("h1", "12"), key.pseudonym("h2", "12"));
        assert_ne!(key.pseudonym("h1", "12"), key.pseudonym("h", "112"));
        assert_ne!(key.pseudonym("h1", "12"), Pseudonymiser::new(&[8; 32]).unwrap().pseudonym("h1", "12"));
        assert_eq!(Pseudonymiser::new(&[7; 31]).err(), Some(WeakKey));
    }

    #[test]
    fn follow_up_and_nullification_meet_the_first_version_and_the_identity_is_gone() {
        let json = r#"{"body":{"Report":{"sender":"S","sender_case_id":"C1","version":1,
            "patient":{"identity":{"authority":"h1","identifier":"MRN-77"}}}}}"#;
        let mut first = parsed(json);
        let mut last = parsed(r#"{"body":{"Report":{"sender":"S","sender_case_id":"c1","status":"nullification"}}}"#);
        let key = key();
        let one = complete(&mut first, &key, &KNOWN).unwrap();
        assert_eq!(one, complete(&mut last, &key, &KNOWN).unwrap());
        assert_ne!(first.head.record_id, last.head.record_id);
        let text = serde_json::to_string(&first).unwrap();
        assert!(!text.contains("MRN-77"));
        assert_eq!(first.head.recorded_at, Millis(KNOWN.timestamp));
    }

    #[test]
    fn the_same_message_again_gives_the_same_record() {
        let json = r#"{"head":{"identity":{"authority":"h1","identifier":"9"}},"body":{"Response":{"result":"cr"}}}"#;
        let (mut one, mut two) = (parsed(json), parsed(json));
        let key = key();
        complete(&mut one, &key, &KNOWN).unwrap();
        complete(&mut two, &key, &KNOWN).unwrap();
        assert_eq!(one, two);
    }

    #[test]
    fn refused() {
        let key = key();
        let refusal = |json: &str| complete(&mut parsed(json), &key, &KNOWN).unwrap_err().reason;
        assert_eq!(refusal(r#"{"body":{"Report":{"sender":"S"}}}"#), RejectReason::NoIdentity);
        assert_eq!(refusal(r#"{"body":{"Response":{"result":"cr"}}}"#), RejectReason::NoIdentity);
        assert_eq!(
            refusal(r#"{"head":{"key":"MRN-7"},"body":{"Response":{"result":"cr"}}}"#),
            RejectReason::KeyNotPseudonym
        );
        let foreign = Pseudonymiser::new(&[8; 32]).unwrap().pseudonym("a", "b");
        let json = format!(r#"{{"head":{{"key":"{foreign}"}},"body":{{"Response":{{"result":"cr"}}}}}}"#);
        assert_eq!(refusal(&json), RejectReason::ForeignKey);
        let replayed = Completion { internal_kinds: true, ..KNOWN };
        assert_eq!(complete(&mut parsed(&json), &key, &replayed), Ok(foreign), "a dump of another key's log");
        let tick = r#"{"body":{"Tick":{"wall_time":"2025-01-01T00:00:00Z","partition":0}}}"#;
        assert_eq!(refusal(tick), RejectReason::KindNotAllowed);
    }
}
