//! Acts: checked, audited, and written to the log as a record. What becomes of one, watch says.

use super::detail::{ActView, act_of, allowed, find, history, snooze_hours};
use super::problem::{FieldFault, Problem};
use super::{Desk, Who};
use crate::alert::{ActFault, ActRequest, act_name, act_record};
use crate::dashboard::auth::Identity;
use crate::dashboard::log::{Deed, Message, Topic};
use crate::dashboard::meter::ActFate;
use crate::dashboard::read_model::{Known, Size, reason_code};
use crate::profile::Profile;
use crate::record::{AckAct, Millis};
use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use dashmap::DashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;

/// Acts that were written and that no revision has said yet; at most so many.
const PENDING_MAX: usize = 10_000;

/// An act that was not answered for so long is not shown as pending any more, milliseconds.
const PENDING_MS: i64 = 3_600_000;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Revision that the person saw.
    #[schema(minimum = 1)]
    pub revision: i32,
    /// `acknowledge`, `assign`, `comment`, `dismiss`, `snooze`, `undo`.
    pub act: String,
    /// Reason: a code, with text behind a colon, for a dismissal; text for the others.
    #[serde(default)]
    pub reason: Option<String>,
    /// End of a snooze.
    #[serde(default)]
    pub until: Option<Millis>,
    /// Who looks after it from now on.
    #[serde(default)]
    pub assignee: Option<String>,
}

/// The act was written; watch will say what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Accepted {
    /// Always `accepted`.
    pub result: &'static str,
    /// Record id.
    pub act_id: String,
    /// Revision that the person saw.
    pub revision: i32,
}

/// Acts on their way.
#[derive(Debug, Default)]
pub struct Pending {
    acts: DashMap<u128, Vec<ActView>>,
    written: AtomicU64,
}

impl Pending {
    fn put(&self, alert: u128, act: ActView, now: Millis) {
        if self.acts.len() >= PENDING_MAX {
            self.acts.retain(|_, acts| acts.iter().any(|act| now.0 - act.at.0 < PENDING_MS));
        }
        if self.acts.len() < PENDING_MAX {
            let mut acts = self.acts.entry(alert).or_default();
            acts.retain(|act| now.0 - act.at.0 < PENDING_MS);
            acts.push(act);
        }
    }

    /// Alerts with acts on their way, and how many there can be.
    #[must_use]
    pub fn size(&self) -> Size {
        Size { of: "acts_on_their_way", kept: self.acts.len(), max: PENDING_MAX, let_go: 0 }
    }

    /// Acts on an alert that none of `said` is.
    pub(super) fn of(&self, alert: u128, said: &[ActView], now: Millis) -> Vec<ActView> {
        let Some(mut acts) = self.acts.get_mut(&alert) else { return Vec::new() };
        acts.retain(|act| now.0 - act.at.0 < PENDING_MS && !said.iter().any(|said| said.act_id == act.act_id));
        acts.clone()
    }
}

fn fault(field: &str, message: &str) -> FieldFault {
    FieldFault { field: field.to_owned(), message: message.to_owned() }
}

/// What is wrong with an act as it is asked for.
fn faults(profile: &Profile, asked: &Asked, act: AckAct) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    let reason = asked.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().any(char::is_control)) {
        faults.push(fault("reason", "holds a control character"));
    }
    match act {
        AckAct::Dismiss => {
            let text = reason.and_then(|reason| reason.split_once(':')).map_or("", |(_, text)| text.trim());
            match profile.dismiss_reason(reason_code(reason)) {
                None => faults.push(fault("reason", "begins with a code of the vocabulary's dismiss_reasons")),
                Some(known) if known.text_needed && text.is_empty() => {
                    faults.push(fault("reason", "this code needs words behind a colon"));
                }
                Some(_) => {}
            }
        }
        AckAct::Snooze | AckAct::Comment if reason.is_none() => faults.push(fault("reason", "is missing")),
        AckAct::Assign if reason.is_some() => faults.push(fault("reason", "an assignment has none; comment instead")),
        AckAct::Snooze | AckAct::Comment | AckAct::Assign | AckAct::Acknowledge | AckAct::Undo => {}
    }
    if (act == AckAct::Assign) != asked.assignee.is_some() {
        faults.push(fault("assignee", "belongs to an assignment, and an assignment needs it"));
    }
    if (act == AckAct::Snooze) != asked.until.is_some() {
        faults.push(fault("until", "belongs to a snooze, and a snooze needs it"));
    }
    faults
}

/// Where an act puts an alert, as far as it can be said before watch has judged it.
const fn after(act: AckAct) -> Option<&'static str> {
    match act {
        AckAct::Acknowledge => Some("acknowledged"),
        AckAct::Dismiss => Some("dismissed"),
        AckAct::Snooze => Some("snoozed"),
        AckAct::Assign | AckAct::Comment | AckAct::Undo => None,
    }
}

fn of_fault(why: ActFault) -> Problem {
    let field = match why {
        ActFault::Revision | ActFault::FutureRevision => "revision",
        ActFault::Assignee => "assignee",
        ActFault::ReasonMissing | ActFault::ReasonLong => "reason",
        ActFault::Until | ActFault::SnoozePast | ActFault::SnoozeLong => "until",
        ActFault::AlertId
        | ActFault::Actor
        | ActFault::UnknownAlert
        | ActFault::Over
        | ActFault::Stale
        | ActFault::Unwritable => "act",
    };
    Problem::refused(vec![fault(field, &why.to_string())])
}

/// Is the act possible as the alert stands?
fn check(desk: &Desk, who: &Identity, known: &Known, asked: &Asked, act: AckAct, now: Millis) -> Result<(), Problem> {
    let handled = &known.handled;
    let void_before = if act == AckAct::Dismiss { handled.dismissal_void_before } else { handled.void_before };
    if asked.revision > known.row.revision {
        return Err(of_fault(ActFault::FutureRevision));
    }
    if asked.revision < void_before {
        return Err(Problem::void(known.row.revision));
    }
    let faults = faults(desk.model.profile(), asked, act);
    if !faults.is_empty() {
        return Err(Problem::refused(faults));
    }
    let (_, acts) = history(known);
    if !allowed(who, handled.at(now), &acts, desk.model.room(known)).contains(&act_name(act)) {
        return Err(Problem::refused(vec![fault("act", "is not possible as the alert stands")]));
    }
    let hours = asked.until.map_or(0.0, |until| (until.0 - now.0) as f64 / 3_600_000.0);
    if hours > snooze_hours(desk, known) {
        return Err(of_fault(ActFault::SnoozeLong));
    }
    Ok(())
}

#[utoipa::path(
    post,
    path = "/api/v1/alerts/{id}/acts",
    params(
        ("id" = String, Path, description = "32 hexadecimal digits"),
        ("x-vigil-csrf" = String, Header, description = "csrf of /api/v1/me"),
    ),
    request_body = Asked,
    responses(
        (status = 202, body = Accepted),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn act(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    desk.gate.check_act(&headers, &who)?;
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    let json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json {
        return Err(Problem::bad_field("content-type", "is application/json"));
    }
    let body = body.map_err(|_| Problem::too_large())?;
    let asked: Asked = serde_json::from_slice(&body).map_err(|_| Problem::bad_field("body", "is an act as JSON"))?;
    let act = act_of(&asked.act).ok_or_else(|| Problem::refused(vec![fault("act", "is no act")]))?;
    desk.ready()?;
    let done = carry_out(&desk, &who, &id, &asked, act).await;
    let fate = match &done {
        Ok(_) => Some(ActFate::Accepted),
        Err(problem) => match (problem.result, problem.status) {
            (Some("void"), _) => Some(ActFate::Void),
            (Some(_), _) => Some(ActFate::Refused),
            (None, 503) => Some(ActFate::NotWritten),
            // There is no such alert.
            (None, _) => None,
        },
    };
    if let Some(fate) = fate {
        desk.meter.act(act, fate);
    }
    done
}

async fn carry_out(
    desk: &Desk,
    who: &Identity,
    id: &str,
    asked: &Asked,
    act: AckAct,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let now = desk.now();
    let (number, known) = find(desk, who, id)?;
    let stand = known.handled.at(now).name();
    let deed = Deed {
        act: act_name(act),
        target: Some(id),
        detail: asked.until.map(|until| until.to_string()).or_else(|| asked.assignee.clone()),
        reason: asked.reason.as_deref(),
        revision: Some(asked.revision),
        before: Some(stand),
        ..Deed::default()
    };
    if let Err(problem) = check(desk, who, &known, asked, act, now) {
        let result = problem.result.unwrap_or("refused");
        // A text too long for an act is none for the audit.
        let reason = deed.reason.filter(|reason| reason.chars().count() <= crate::alert::REASON_CHARS_MAX);
        desk.audit(who, Deed { result, reason, ..deed }).await?;
        return Err(problem);
    }
    let key = known.row.key.parse().map_err(|_| Problem::internal())?;
    let unique = format!("{}.{}", desk.boot, desk.pending.written.fetch_add(1, Ordering::Relaxed));
    let reason = if act == AckAct::Assign { asked.assignee.as_deref() } else { asked.reason.as_deref() };
    let request = ActRequest {
        alert_id: id,
        revision: asked.revision,
        key,
        concern: known.row.concern,
        act,
        actor: &who.actor,
        reason,
        until: asked.until,
        now,
        unique: &unique,
    };
    let out = match act_record(desk.model.profile(), &request) {
        Ok(out) => out,
        Err(why) => {
            desk.audit(who, Deed { result: "refused", reason: None, ..deed }).await?;
            return Err(of_fault(why));
        }
    };
    let (act_id, after) = (out.record_id.clone(), after(act));
    desk.audit(who, Deed { result: "accepted", after, act_id: Some(&act_id), ..deed.clone() }).await?;
    let message = Message { topic: Topic::Records, key: out.key, value: out.value, timestamp: out.timestamp };
    if let Err(error) = desk.log.write(message).await {
        // The audit said that it was accepted; where Kafka takes that word, it learns that it was not.
        let failed = Deed { result: "not_written", act_id: Some(&act_id), reason: None, ..deed };
        let _ = desk.audit(who, failed).await;
        return Err(error.into());
    }
    let pending = ActView {
        act_id: act_id.clone(),
        revision: asked.revision,
        act: act_name(act),
        actor: who.actor.clone(),
        at: now,
        reason: asked.reason.clone(),
        assignee: asked.assignee.clone(),
        until: asked.until,
        result: "pending",
        why: None,
    };
    desk.pending.put(number, pending, now);
    Ok((StatusCode::ACCEPTED, Json(Accepted { result: "accepted", act_id, revision: asked.revision })))
}
