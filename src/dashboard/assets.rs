//! The built page as it stands in the binary, or a plain one where it was not built.

use super::api::problem;
use crate::alert::DISCLAIMER;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// Files of the built page: path below its folder, content.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Names of assets hold a hash of their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

fn file(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, content)| *content)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Was the page built into this binary?
#[must_use]
pub fn is_built() -> bool {
    file("index.html").is_some()
}

/// The page.
pub fn index() -> Response {
    let page = file("index.html").map_or_else(|| bare().into_bytes(), <[u8]>::to_vec);
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// What the page is where its build is not in the binary.
fn bare() -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>vigil</title></head><body>\
         <h1>vigil</h1><p>This binary was built without its web page: build the page in src/dashboard/page with npm, then \
         build vigil again.</p><p>The API is here: <a href=\"/api/v1/service\">state of the service</a>, \
         <a href=\"/api/v1/openapi.json\">description</a>.</p><p>{DISCLAIMER}</p></body></html>"
    )
}

/// A file beside the page.
pub fn asset(path: &str) -> Response {
    match file(path) {
        Some(content) => {
            let kept = if path.starts_with("assets/") { FOR_EVER } else { "no-store" };
            ([(CONTENT_TYPE, content_type(path)), (CACHE_CONTROL, kept)], content).into_response()
        }
        None => problem::Problem::not_found().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_page_says_what_it_is_for_whether_it_was_built_or_not() {
        assert!(bare().contains("built without its web page") && bare().contains("not a certified medical"));
        assert_eq!(index().headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(asset("assets/none.js").status(), 404);
        assert_eq!(asset("../Cargo.toml").status(), 404);
        assert_eq!(content_type("assets/a.b.js"), "text/javascript; charset=utf-8");
        println!("the page is {}built in", if is_built() { "" } else { "not " });
    }
}
