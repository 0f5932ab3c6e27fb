//! An act of a person on its way into the log, and what an act must be to count: one check for those who write acts and for
//! the shard that reads them.

use crate::patient::CallRules;
use crate::profile::{Concern, Number, Profile};
use crate::record::{
    AckAct, Acknowledgement, Body, Codec, Head, Millis, Pseudonym, Record, Reject, RejectReason, SourceFormat, Text,
    digest128, hex128,
};

/// Longest reason, comment or note, characters.
pub const REASON_CHARS_MAX: usize = 500;

/// Longest id of an actor, characters.
pub const ACTOR_CHARS_MAX: usize = 64;

/// Why an act is not taken. None of them repeats what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActFault {
    /// The alert's id.
    #[error("alert_id is not 32 lower-case hexadecimal digits")]
    AlertId,
    /// The revision.
    #[error("revision must be 1 or more: the revision that the person saw")]
    Revision,
    /// The actor.
    #[error("actor must be 1 to 64 letters, digits or the signs . _ - : @ | + / (a role or a pseudonym, never a name)")]
    Actor,
    /// Who an alert is assigned to.
    #[error("an assignment names its assignee in reason, in the form of an actor; nothing there means the actor")]
    Assignee,
    /// A dismissal without a reason, or a comment without words.
    #[error("reason is missing: a dismissal and a comment need one")]
    ReasonMissing,
    /// A long reason.
    #[error("reason is longer than 500 characters")]
    ReasonLong,
    /// A snooze without an end, or another act with one.
    #[error("until belongs to a snooze, and a snooze needs it")]
    Until,
    /// A snooze that is over before it begins.
    #[error("the snooze ends before it begins")]
    SnoozePast,
    /// A snooze longer than the concern allows.
    #[error("the snooze is longer than the profile allows for this concern")]
    SnoozeLong,
    /// The key has no such alert.
    #[error("there is no such alert under this key")]
    UnknownAlert,
    /// A revision that was not said yet.
    #[error("the revision was not said yet")]
    FutureRevision,
    /// The alert is over.
    #[error(
        "the alert is resolved, withdrawn or an earlier episode: its latest episode takes comments, and nothing else"
    )]
    Over,
    /// So many acts came since that a repeat could not be told from a new act.
    #[error("too many acts came after the revision that was seen: look at the alert again")]
    Stale,
    /// The record does not fit its schema.
    #[error("the act does not fit the record's schema: a fault of this program, please report it")]
    Unwritable,
}

impl ActFault {
    /// As what becomes of a record of the log.
    #[must_use]
    pub fn reject(self) -> Reject {
        let (reason, detail) = match self {
            Self::AlertId => (RejectReason::InvalidValue, "alert_id of an act"),
            Self::Revision => (RejectReason::InvalidValue, "revision of an act"),
            Self::Actor => (RejectReason::InvalidValue, "actor of an act"),
            Self::Assignee => (RejectReason::InvalidValue, "assignee of an act"),
            Self::ReasonMissing => (RejectReason::MissingField, "reason of an act"),
            Self::ReasonLong => (RejectReason::InvalidValue, "reason of an act is too long"),
            Self::Until => (RejectReason::InvalidValue, "until of an act"),
            Self::SnoozePast => (RejectReason::InvalidValue, "a snooze that ends before it begins"),
            Self::SnoozeLong => (RejectReason::InvalidValue, "a snooze longer than the profile allows"),
            Self::UnknownAlert => (RejectReason::InvalidValue, "an act on an alert that the key does not have"),
            Self::FutureRevision => (RejectReason::InvalidValue, "an act on a revision that was not said yet"),
            Self::Over => (RejectReason::InvalidValue, "an act on an alert that is over"),
            Self::Stale => (RejectReason::TooMany, "an act on a revision that many acts followed"),
            Self::Unwritable => (RejectReason::InvalidValue, "an act that does not fit its schema"),
        };
        reason.at(detail)
    }
}

/// An act that a person asks for.
#[derive(Clone, Copy, Debug)]
pub struct ActRequest<'a> {
    /// The alert's id.
    pub alert_id: &'a str,
    /// The revision that the person saw.
    pub revision: i32,
    /// The alert's key.
    pub key: Pseudonym,
    /// The alert's concern, which bounds a snooze.
    pub concern: Concern,
    /// What is done.
    pub act: AckAct,
    /// Who: a role or a pseudonym.
    pub actor: &'a str,
    /// Reason, comment or note; for `assign` the assignee, where it is not the actor.
    pub reason: Option<&'a str>,
    /// End of a snooze.
    pub until: Option<Millis>,
    /// Now.
    pub now: Millis,
    /// What makes this request one: the same for a request that is sent again, another for every other.
    pub unique: &'a str,
}

/// An act ready for the log, to be placed by murmur2 of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActOut {
    /// Record id: the revision that says the act names it.
    pub record_id: String,
    /// Kafka key: the alert's.
    pub key: String,
    /// Kafka value: Avro, single-object encoding.
    pub value: Vec<u8>,
    /// Kafka timestamp, milliseconds.
    pub timestamp: i64,
}

/// The record of an act. The same request gives the same record id, whenever it is sent.
///
/// # Errors
/// [`ActFault`]: what is wrong with the request, as far as it can be known without the alert's state.
pub fn act_record(profile: &Profile, request: &ActRequest<'_>) -> Result<ActOut, ActFault> {
    let reason = request.reason.map(str::trim).filter(|reason| !reason.is_empty());
    let act = Acknowledgement {
        alert_id: Text::borrowed(request.alert_id),
        revision: request.revision,
        act: request.act,
        actor: Text::borrowed(request.actor),
        reason: reason.map(Text::borrowed),
        until: request.until,
    };
    check_form(&act)?;
    check_snooze(profile, request.concern, &act, request.now)?;
    let until = request.until.map_or(0, |until| until.0).to_be_bytes();
    let id = digest128(&[
        b"act",
        request.unique.as_bytes(),
        request.alert_id.as_bytes(),
        &request.revision.to_be_bytes(),
        act_name(request.act).as_bytes(),
        request.actor.as_bytes(),
        reason.unwrap_or_default().as_bytes(),
        &until,
    ]);
    let (record_id, key) = (hex128(id), request.key.to_string());
    let head = Head {
        record_id: Text::borrowed(&record_id),
        key: Text::borrowed(&key),
        site: Text::borrowed("vigil"),
        source_format: SourceFormat::Vigil,
        event_time: Some(request.now),
        recorded_at: request.now,
        ..Head::default()
    };
    let mut value = Vec::new();
    let record = Record { head, body: Body::Acknowledgement(act) };
    Codec::record().encode(&record, &mut value).map_err(|_| ActFault::Unwritable)?;
    Ok(ActOut { record_id, key, value, timestamp: request.now.0 })
}

/// The act's name, as in records and alerts.
#[must_use]
pub const fn act_name(act: AckAct) -> &'static str {
    match act {
        AckAct::Acknowledge => "acknowledge",
        AckAct::Assign => "assign",
        AckAct::Comment => "comment",
        AckAct::Dismiss => "dismiss",
        AckAct::Snooze => "snooze",
        AckAct::Undo => "undo",
    }
}

/// Is the act whole by itself? The number of the alert's id.
///
/// # Errors
/// [`ActFault`].
pub fn check_form(act: &Acknowledgement<'_>) -> Result<u128, ActFault> {
    let hex = |id: &str| id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = Some(act.alert_id.as_str()).filter(|id| hex(id));
    let id = id.and_then(|id| u128::from_str_radix(id, 16).ok()).ok_or(ActFault::AlertId)?;
    if act.revision < 1 {
        return Err(ActFault::Revision);
    }
    if !is_actor(&act.actor) {
        return Err(ActFault::Actor);
    }
    let reason = act.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    match (act.act, reason) {
        (AckAct::Dismiss | AckAct::Comment, None) => return Err(ActFault::ReasonMissing),
        (AckAct::Assign, Some(to)) if !is_actor(to) => return Err(ActFault::Assignee),
        (_, Some(reason)) if reason.chars().nth(REASON_CHARS_MAX).is_some() => return Err(ActFault::ReasonLong),
        (_, Some(_) | None) => {}
    }
    if (act.act == AckAct::Snooze) != act.until.is_some() {
        return Err(ActFault::Until);
    }
    Ok(id)
}

/// Is the end of a snooze within what the concern allows?
///
/// # Errors
/// [`ActFault::SnoozePast`], [`ActFault::SnoozeLong`].
pub fn check_snooze(
    profile: &Profile,
    concern: Concern,
    act: &Acknowledgement<'_>,
    now: Millis,
) -> Result<(), ActFault> {
    let Some(until) = act.until else { return Ok(()) };
    let lasts = until.0.saturating_sub(now.0);
    if lasts <= 0 {
        Err(ActFault::SnoozePast)
    } else if lasts > snooze_max_ms(profile, concern) {
        Err(ActFault::SnoozeLong)
    } else {
        Ok(())
    }
}

/// A role or a pseudonym: no spaces, no signs that a page would have to escape.
fn is_actor(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:@|+/".contains(&byte);
    !text.is_empty() && text.len() <= ACTOR_CHARS_MAX && text.bytes().all(sign)
}

/// Of four numbers the one of a concern.
fn of_concern(concern: Concern, [fever, bleeding, vod, other]: [Number; 4]) -> Number {
    match concern {
        Concern::FebrileNeutropenia => fever,
        Concern::Haemorrhage => bleeding,
        Concern::VodSos => vod,
        Concern::HepaticHold
        | Concern::HaematologicalHold
        | Concern::HysLaw
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Monitoring
        | Concern::Reaction => other,
    }
}

/// Longest snooze of a concern, milliseconds.
#[must_use]
pub fn snooze_max_ms(profile: &Profile, concern: Concern) -> i64 {
    let n = &profile.numbers;
    let all = [n.snooze_hours_febrile_neutropenia, n.snooze_hours_haemorrhage, n.snooze_hours_vod_sos];
    let [fever, bleeding, vod] = all;
    of_concern(concern, [fever, bleeding, vod, n.snooze_hours_other]).value.hours_ms()
}

/// When a call for a patient's alert escalates, and how often.
#[must_use]
pub fn bed_calls(profile: &Profile, concern: Concern) -> CallRules {
    let n = &profile.numbers;
    let (fever, bleeding) = (n.escalation_minutes_febrile_neutropenia, n.escalation_minutes_haemorrhage);
    let (vod, other) = (n.escalation_minutes_vod_sos, n.escalation_minutes_other);
    calls(profile, of_concern(concern, [fever, bleeding, vod, other]))
}

/// When a call for a report's alert escalates, and how often.
#[must_use]
pub fn case_calls(profile: &Profile) -> CallRules {
    calls(profile, profile.numbers.escalation_minutes_report)
}

fn calls(profile: &Profile, after: Number) -> CallRules {
    CallRules {
        // A limit of nothing would be due again at once.
        limit_ms: after.value.minutes_ms().max(1),
        steps_max: u8::try_from(profile.numbers.escalation_steps_max.value.whole()).unwrap_or(u8::MAX),
        backlog_ms: profile.numbers.escalation_backlog_hours.value.hours_ms(),
    }
}
