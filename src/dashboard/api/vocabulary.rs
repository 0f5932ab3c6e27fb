//! Words of the profile, so that the page invents none.

use super::Desk;
use super::problem::Problem;
use super::query::Params;
use crate::alert::{DISCLAIMER, bed_calls, snooze_max_ms};
use crate::dashboard::patient::{analyte_words, canonical_unit, item_name};
use crate::dashboard::read_model::DISMISS_REASONS;
use crate::profile::{Analyte, Concern};
use axum::extract::State;
use axum::http::Uri;
use axum::{Extension, Json};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A published definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DefinitionWords {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// Concern.
    pub concern: Concern,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// An item of the definitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ItemWords {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// An analyte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnalyteWords {
    /// Identity.
    pub id: &'static str,
    /// Name.
    pub name: String,
    /// Canonical unit.
    pub unit: &'static str,
}

/// A reason of a dismissal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonWords {
    /// Code.
    pub code: &'static str,
    /// In words.
    pub words: &'static str,
}

/// The words.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Vocabulary {
    /// Brand name.
    pub product: String,
    /// One sentence.
    pub intended_use: &'static str,
    /// Definitions of VOD/SOS and febrile neutropenia.
    pub definitions: Vec<DefinitionWords>,
    /// Items of the definitions of VOD/SOS.
    pub items: Vec<ItemWords>,
    /// Analytes.
    pub analytes: Vec<AnalyteWords>,
    /// Longest snooze by concern, hours.
    pub snooze_hours_max: BTreeMap<&'static str, f64>,
    /// When a call that nobody answers is repeated, minutes.
    pub escalate_minutes: BTreeMap<&'static str, f64>,
    /// Reasons of a dismissal.
    pub dismiss_reasons: Vec<ReasonWords>,
}

#[utoipa::path(get, path = "/api/v1/vocabulary", responses((status = 200, body = Vocabulary)))]
pub async fn vocabulary(
    State(desk): State<Arc<Desk>>,
    _who: Extension<crate::dashboard::auth::Identity>,
    uri: Uri,
) -> Result<Json<Vocabulary>, Problem> {
    Params::of(&uri, &[])?.check()?;
    let profile = desk.model.profile();
    let vod = profile.definitions.iter().map(|of| DefinitionWords {
        id: of.id.clone(),
        name: of.name.clone(),
        concern: Concern::VodSos,
        source: of.source.clone(),
        verified: of.verified,
    });
    let fever = profile.fever_definitions.iter().map(|of| DefinitionWords {
        id: of.id.clone(),
        name: of.name.clone(),
        concern: Concern::FebrileNeutropenia,
        source: of.source.clone(),
        verified: of.verified,
    });
    let items = profile.criteria_items.iter().map(|item| ItemWords {
        id: item.id.clone(),
        name: item_name(profile, item),
        source: item.source.clone(),
        verified: item.verified,
    });
    let main = [Concern::FebrileNeutropenia, Concern::Haemorrhage, Concern::VodSos];
    let hours = |concern| snooze_max_ms(profile, concern) as f64 / 3_600_000.0;
    let mut snooze: BTreeMap<&'static str, f64> =
        main.iter().map(|concern| (concern.name(), hours(*concern))).collect();
    snooze.insert("default", hours(Concern::Reaction));
    let minutes = |concern| bed_calls(profile, concern).limit_ms as f64 / 60_000.0;
    let mut escalate: BTreeMap<&'static str, f64> =
        main.iter().map(|concern| (concern.name(), minutes(*concern))).collect();
    escalate.insert("default", minutes(Concern::Reaction));
    Ok(Json(Vocabulary {
        product: profile.product.brand.clone(),
        intended_use: DISCLAIMER,
        definitions: vod.chain(fever).collect(),
        items: items.collect(),
        analytes: Analyte::ALL
            .iter()
            .map(|analyte| AnalyteWords {
                id: analyte.name(),
                name: analyte_words(*analyte),
                unit: canonical_unit(profile, *analyte),
            })
            .collect(),
        snooze_hours_max: snooze,
        escalate_minutes: escalate,
        dismiss_reasons: DISMISS_REASONS.iter().map(|(code, words)| ReasonWords { code, words }).collect(),
    }))
}
