//! Words of the profile, so that the page invents none.

use super::Desk;
use super::problem::Problem;
use super::query::Params;
use crate::alert::{DISCLAIMER, bed_calls, snooze_max_ms};
use crate::dashboard::patient::{analyte_words, canonical_unit, item_name};
use crate::profile::{Analyte, Concern, Profile};
use crate::record::{digest128, hex128};
use axum::Extension;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonWords {
    /// Code.
    pub code: String,
    /// In words.
    pub words: String,
    /// Must more be said behind a colon?
    pub text_needed: bool,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
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

/// Has the client what an entity tag stands for? Weak tags are as good as strong ones here.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = known.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[utoipa::path(
    get,
    path = "/api/v1/vocabulary",
    params(("if-none-match" = Option<String>, Header, description = "Entity tag of what the client has")),
    responses(
        (status = 200, body = Vocabulary, headers(("etag" = String, description = "Stands for these words"))),
        (status = 304, description = "The client has these words"),
    )
)]
pub async fn vocabulary(
    State(desk): State<Arc<Desk>>,
    _who: Extension<crate::dashboard::auth::Identity>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Params::of(&uri, &[])?.check()?;
    let words = serde_json::to_vec(&words(desk.model.profile())).map_err(|_| Problem::internal())?;
    let tag = format!("\"{}\"", hex128(digest128(&[&words])));
    // It may be kept, and is asked for each time: words of another release are other words.
    let kept = [(ETAG, tag.as_str()), (CACHE_CONTROL, "private, no-cache")];
    if has(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(CONTENT_TYPE, "application/json")], words).into_response())
}

fn words(profile: &Profile) -> Vocabulary {
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
    Vocabulary {
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
        dismiss_reasons: profile
            .dismiss_reasons
            .iter()
            .map(|reason| ReasonWords {
                code: reason.code.clone(),
                words: reason.words.clone(),
                text_needed: reason.text_needed,
                source: reason.source.clone(),
                verified: reason.verified,
            })
            .collect(),
    }
}
