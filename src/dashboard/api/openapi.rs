//! The API's description of itself.

use super::problem::Problem;
use super::{acts, alerts, audit, csv, detail, live, me, numbers, patients, vocabulary};
use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vigil",
        description = "Safety surveillance of one product: alerts, patients, acts. Pseudonyms only."
    ),
    paths(
        me::me,
        me::service,
        vocabulary::vocabulary,
        live::stream,
        alerts::alerts,
        csv::alerts_csv,
        detail::alert,
        acts::act,
        patients::patients,
        patients::patient,
        numbers::counts,
        numbers::burden,
        numbers::sites,
        numbers::rejects,
        audit::audit,
        openapi,
    ),
    components(schemas(Problem))
)]
struct Api;

/// The description.
#[must_use]
pub fn document() -> Document {
    Api::openapi()
}

#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
pub async fn openapi() -> Json<Document> {
    Json(document())
}
