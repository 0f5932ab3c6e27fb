//! One alert: a revision with its evidence, all revisions, what people did, and what this reader may do.

use super::alerts::of_list;
use super::problem::Problem;
use super::query::Params;
use super::{Desk, Who};
use crate::alert::{Alert, AlertCodec, Change, act_name, snooze_max_ms};
use crate::dashboard::auth::{Role, Route, may};
use crate::dashboard::log::Deed;
use crate::dashboard::read_model::{AlertRow, Known, Room, Stand, alert_number};
use crate::profile::Priority;
use crate::record::{AckAct, Millis};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The act that a revision says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevisionAct {
    /// Name of the act; `expire` for the end of a snooze, `escalate` where nobody answered in time.
    pub act: &'static str,
    /// Who; null where nobody did.
    pub actor: Option<String>,
    /// When.
    pub at: Millis,
    /// Reason.
    pub reason: Option<String>,
    /// End of a snooze.
    pub until: Option<Millis>,
}

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevisionView {
    /// Its number.
    pub revision: i32,
    /// What it did.
    pub change: Change,
    /// Priority.
    pub priority: Priority,
    /// Should a person look again?
    pub notify: bool,
    /// When the deciding record became known.
    pub recorded_at: Millis,
    /// Criteria met.
    pub criteria: Vec<String>,
    /// CTCAE grade.
    pub grade: Option<i32>,
    /// EBMT severity.
    pub severity: Option<String>,
    /// Sentences.
    pub explanation: String,
    /// Version of the profile.
    pub profile_version: String,
    /// Version of the case.
    pub case_version: Option<String>,
    /// Partition that decided.
    pub shard: i32,
    /// Number of the alert in it.
    pub seq: i64,
    /// The act that made it.
    pub act: Option<RevisionAct>,
}

/// What somebody did about the alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActView {
    /// Record id in the log.
    pub act_id: String,
    /// Revision that the person saw.
    pub revision: i32,
    /// Name of the act.
    pub act: &'static str,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Millis,
    /// Reason or comment.
    pub reason: Option<String>,
    /// Who looks after it from then on.
    pub assignee: Option<String>,
    /// End of a snooze.
    pub until: Option<Millis>,
    /// `pending`, `applied`, `void`, `refused`, `undone`.
    pub result: &'static str,
    /// Why it does nothing.
    pub why: Option<String>,
}

/// One alert, whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlertView {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// Its row.
    pub row: AlertRow,
    /// A revision, field for field as `schemas/alert.avsc` has it.
    #[schema(value_type = Object)]
    pub alert: serde_json::Value,
    /// All revisions that are kept, oldest first.
    pub revisions: Vec<RevisionView>,
    /// What people did, oldest first.
    pub acts: Vec<ActView>,
    /// What this reader may do now.
    pub allowed: Vec<&'static str>,
    /// Longest snooze, hours.
    pub snooze_hours_max: f64,
}

/// What a reader may do about an alert that stands so. What is over can be commented, as long as watch keeps
/// it.
pub fn allowed(
    who: &crate::dashboard::auth::Identity,
    stand: Stand,
    acts: &[ActView],
    room: Room,
) -> Vec<&'static str> {
    if !may(who.roles, Route::Acts) || room == Room::Nothing {
        return Vec::new();
    }
    if matches!(stand, Stand::Resolved | Stand::Withdrawn) {
        return if room == Room::Always { vec![act_name(AckAct::Comment)] } else { Vec::new() };
    }
    debug_assert!(who.roles.has(Role::Reviewer) || who.roles.has(Role::Admin));
    let counts = |act: &&ActView| act.result == "applied" && act.act != "undo" && act.act != "comment";
    let possible = |act: &AckAct| match act {
        AckAct::Acknowledge => stand != Stand::Acknowledged,
        AckAct::Dismiss => stand != Stand::Dismissed,
        AckAct::Undo => acts.iter().any(|act| counts(&act)),
        AckAct::Assign | AckAct::Comment | AckAct::Snooze => true,
    };
    ACTS.iter().filter(|act| possible(act)).map(|act| act_name(*act)).collect()
}

/// Acts in the order in which they are offered.
pub const ACTS: [AckAct; 6] =
    [AckAct::Acknowledge, AckAct::Assign, AckAct::Comment, AckAct::Dismiss, AckAct::Snooze, AckAct::Undo];

/// An act by its name.
pub fn act_of(name: &str) -> Option<AckAct> {
    of_list(&ACTS, act_name, name)
}

/// The revisions of an alert, and what people did.
pub fn history(known: &Known) -> (Vec<RevisionView>, Vec<ActView>) {
    let (mut revisions, mut acts): (Vec<RevisionView>, Vec<ActView>) = (Vec::new(), Vec::new());
    for kept in &known.revisions {
        let mut scratch = Vec::new();
        let Ok(alert) = AlertCodec::decode(&kept.bytes, &mut scratch) else { continue };
        let act = acts_of(&alert, &mut acts);
        let text = |text: &Option<crate::record::Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
        revisions.push(RevisionView {
            revision: alert.revision,
            change: alert.change,
            priority: alert.priority,
            notify: alert.notify,
            recorded_at: alert.recorded_at,
            criteria: alert.criteria.iter().map(|criterion| criterion.as_str().to_owned()).collect(),
            grade: alert.grade,
            severity: text(&alert.severity),
            explanation: alert.explanation.to_string(),
            profile_version: alert.profile_version.to_string(),
            case_version: text(&alert.case_version),
            shard: alert.shard,
            seq: alert.seq,
            act,
        });
    }
    (revisions, acts)
}

fn acts_of(alert: &Alert<'_>, acts: &mut Vec<ActView>) -> Option<RevisionAct> {
    let nobody = |act| RevisionAct { act, actor: None, at: alert.recorded_at, reason: None, until: None };
    let own = |text: &Option<crate::record::Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
    let Some(said) = alert.workflow.as_deref().and_then(|workflow| workflow.act.as_ref()) else {
        return match alert.change {
            Change::Expired => Some(nobody("expire")),
            Change::Escalated => Some(nobody("escalate")),
            Change::Raised
            | Change::Upgraded
            | Change::Downgraded
            | Change::Revised
            | Change::Acknowledged
            | Change::Handled
            | Change::Resolved
            | Change::Withdrawn => None,
        };
    };
    if let Some(undone) = &said.undoes
        && let Some(act) = acts.iter_mut().find(|act| act.act_id == undone.as_str())
    {
        act.result = "undone";
    }
    let assigns = said.act == AckAct::Assign;
    let assignee = assigns.then(|| own(&said.reason).unwrap_or_else(|| said.actor.to_string()));
    let reason = own(&said.reason).filter(|_| !assigns);
    acts.push(ActView {
        act_id: said.record_id.to_string(),
        revision: said.seen_revision,
        act: act_name(said.act),
        actor: said.actor.to_string(),
        at: said.at,
        reason: reason.clone(),
        assignee,
        until: said.until,
        result: if said.void.is_some() { "void" } else { "applied" },
        why: own(&said.void),
    });
    Some(RevisionAct {
        act: act_name(said.act),
        actor: Some(said.actor.to_string()),
        at: said.at,
        reason,
        until: said.until,
    })
}

/// Longest snooze of an alert, hours.
pub fn snooze_hours(desk: &Desk, known: &Known) -> f64 {
    snooze_max_ms(desk.model.profile(), known.row.concern) as f64 / 3_600_000.0
}

/// The alert of an id, where it is on one of the reader's desks.
pub fn find(desk: &Desk, who: &crate::dashboard::auth::Identity, id: &str) -> Result<(u128, Known), Problem> {
    let number = alert_number(id).ok_or_else(Problem::not_found)?;
    let known = desk.model.alert(number).filter(|known| who.desks.shows(desk.model.desk_of(&known.row)));
    Ok((number, known.ok_or_else(Problem::not_found)?))
}

#[utoipa::path(
    get,
    path = "/api/v1/alerts/{id}",
    params(
        ("id" = String, Path, description = "32 hexadecimal digits"),
        ("revision" = Option<i32>, Query, description = "The newest if not given"),
    ),
    responses(
        (status = 200, body = AlertView),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn alert(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<AlertView>, Problem> {
    let mut params = Params::of(&uri, &["revision"])?;
    let revision = params.word("revision", |text| text.parse::<i32>().ok().filter(|n| *n >= 1), "is a number from 1");
    params.check()?;
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    let now = desk.now();
    let (number, known) = match find(&desk, &who, &id) {
        Ok(found) => found,
        // It may be among what is still being read.
        Err(problem) => return Err(desk.ready().err().unwrap_or(problem)),
    };
    let kept = match revision {
        None => known.revisions.last(),
        Some(revision) => known.revisions.iter().find(|kept| kept.revision == revision),
    };
    let kept = kept.ok_or_else(Problem::not_found)?;
    let mut scratch = Vec::new();
    let alert = AlertCodec::decode(&kept.bytes, &mut scratch).map_err(|_| Problem::internal())?;
    let alert = serde_json::to_value(&alert).map_err(|_| Problem::internal())?;
    let deed =
        Deed { act: "view_alert", target: Some(&id), revision: Some(kept.revision), result: "ok", ..Deed::default() };
    desk.audit(&who, deed).await?;
    let (revisions, mut acts) = history(&known);
    acts.extend(desk.pending.of(number, &acts, now));
    Ok(Json(AlertView {
        as_of: desk.as_of(),
        row: desk.model.row_of(&known, now),
        alert,
        allowed: allowed(&who, known.handled.at(now), &acts, desk.model.room(&known)),
        snooze_hours_max: snooze_hours(&desk, &known),
        revisions,
        acts,
    }))
}
