//! Who am I, and how is the service?

use super::{Desk, Who};
use crate::dashboard::read_model::ServiceView;
use crate::record::Millis;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Me {
    /// A role or pseudonym, as in acts and in the audit.
    pub actor: String,
    /// Name for the page.
    pub name: Option<String>,
    /// Roles.
    pub roles: Vec<&'static str>,
    /// Desks.
    pub desks: Vec<&'static str>,
    /// To be sent with acts.
    pub csrf: String,
    /// `none`, `proxy`, `oidc` or `bearer`.
    pub authentication: &'static str,
    /// Until when.
    pub expires_at: Option<Millis>,
}

#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me)))]
pub async fn me(State(desk): State<Arc<Desk>>, Extension(who): Who) -> Json<Me> {
    Json(Me {
        csrf: desk.gate.csrf(&who),
        roles: who.roles.names(),
        desks: who.desks.names(),
        authentication: who.authentication.name(),
        expires_at: who.expires_at,
        actor: who.actor,
        name: who.name,
    })
}

#[utoipa::path(get, path = "/api/v1/service", responses((status = 200, body = ServiceView)))]
pub async fn service(
    State(desk): State<Arc<Desk>>,
    Extension(who): Who,
) -> Result<Json<ServiceView>, super::problem::Problem> {
    let view = desk.views.borrow().of(who.desks).cloned();
    let view = view.ok_or_else(super::problem::Problem::not_ready)?;
    Ok(Json(ServiceView { now: desk.now(), ..(*view).clone() }))
}
