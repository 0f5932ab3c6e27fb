//! The API's description of itself.

use super::problem::Problem;
use super::{acts, alerts, audit, csv, detail, live, me, numbers, patients, vocabulary};
use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{OpenApi as Document, Ref, RefOr};

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

/// What any route may answer.
const ANSWERS: [(&str, &str); 5] = [
    ("400", "A parameter is wrong, or the server is asked under a name that is not its own"),
    ("401", "Not signed in"),
    ("403", "Not allowed"),
    ("429", "Too many"),
    ("503", "Not ready, or the audit cannot be written"),
];

/// The description.
#[must_use]
pub fn document() -> Document {
    let mut document = Api::openapi();
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            for (status, description) in ANSWERS {
                let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                let answer = ResponseBuilder::new()
                    .description(description)
                    .content("application/problem+json", problem)
                    .build();
                operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(answer));
            }
        }
    }
    document
}

#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
pub async fn openapi() -> Json<Document> {
    Json(document())
}
