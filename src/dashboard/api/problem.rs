//! Errors as RFC 9457 problem details. None repeats what was sent.

use crate::dashboard::auth::Refusal;
use crate::dashboard::log::NotWritten;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldFault {
    /// The field or parameter.
    pub field: String,
    /// What is expected.
    pub message: String,
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `/problems/NAME`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What kind of problem it is.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// One plain sentence.
    pub detail: &'static str,
    /// Field by field.
    pub errors: Vec<FieldFault>,
    /// Of an act: what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'static str>,
    /// Of a void act: the newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<i32>,
    #[serde(skip)]
    #[schema(ignore)]
    retry_seconds: Option<u64>,
}

impl Problem {
    const fn new(kind: &'static str, status: u16, title: &'static str, detail: &'static str) -> Self {
        Self {
            kind,
            title,
            status,
            detail,
            errors: Vec::new(),
            result: None,
            current_revision: None,
            retry_seconds: None,
        }
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new("/problems/not_found", 404, "Not found", "There is nothing here, or nothing that you may see.")
    }

    /// 405.
    #[must_use]
    pub fn method() -> Self {
        Self::new("/problems/method", 405, "Method not allowed", "This cannot be asked for in this way.")
    }

    /// 400.
    #[must_use]
    pub fn bad_request(errors: Vec<FieldFault>) -> Self {
        let detail = "A parameter is unknown, stands twice, or is not what is expected.";
        Self { errors, ..Self::new("/problems/bad_request", 400, "Bad request", detail) }
    }

    /// 400 for one field.
    #[must_use]
    pub fn bad_field(field: &str, message: &str) -> Self {
        Self::bad_request(vec![FieldFault { field: field.to_owned(), message: message.to_owned() }])
    }

    /// 413.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new("/problems/too_large", 413, "Too large", "The request is larger than is read.")
    }

    /// 422 for an act.
    #[must_use]
    pub fn refused(errors: Vec<FieldFault>) -> Self {
        let problem = Self::new(
            "/problems/refused",
            422,
            "Refused",
            "The act is not whole, or not possible as the alert stands.",
        );
        Self { errors, result: Some("refused"), ..problem }
    }

    /// 409 for an act.
    #[must_use]
    pub fn void(current_revision: i32) -> Self {
        let problem =
            Self::new("/problems/void", 409, "Void", "The alert became worse after the revision that you saw.");
        Self { result: Some("void"), current_revision: Some(current_revision), ..problem }
    }

    /// 429.
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        let problem =
            Self::new("/problems/too_many", 429, "Too many", "That is more than is answered; try again later.");
        Self { retry_seconds: Some(seconds), ..problem }
    }

    /// 503 while what lists are made of is still being read.
    #[must_use]
    pub fn not_ready() -> Self {
        let problem = Self::new("/problems/not_ready", 503, "Not ready", "The topics are still being read.");
        Self { retry_seconds: Some(2), ..problem }
    }

    /// 500.
    #[must_use]
    pub fn internal() -> Self {
        Self::new("/problems/internal", 500, "Internal error", "Something went wrong here; the log says more.")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotSignedIn => {
                Self::new("/problems/not_signed_in", 401, "Not signed in", "Nobody is known by what was shown.")
            }
            Refusal::NotAllowed => {
                Self::new("/problems/not_allowed", 403, "Not allowed", "Your roles do not allow this.")
            }
            Refusal::BadCsrf => {
                Self::new("/problems/bad_csrf", 403, "Not from this page", "The request is not from our own page.")
            }
            Refusal::BadHost => {
                let detail = "The server does not answer under this name; see dashboard.hosts.";
                Self::new("/problems/bad_request", 400, "Bad request", detail)
            }
            Refusal::TooMany(seconds) => Self::too_many(seconds),
        }
    }
}

impl From<NotWritten> for Problem {
    fn from(_: NotWritten) -> Self {
        let detail = "The audit or the act could not be written, so nothing is shown and nothing was done.";
        Self { retry_seconds: Some(5), ..Self::new("/problems/not_ready", 503, "Not ready", detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = self.retry_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == 401 {
            response.headers_mut().insert(
                axum::http::header::WWW_AUTHENTICATE,
                axum::http::HeaderValue::from_static("Bearer realm=\"vigil\""),
            );
        }
        response
    }
}
