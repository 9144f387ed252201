//! The pages that the broker itself serves: where the link of `deskbell init` leads, so that a
//! first administrator can set her password before there is any desk; the operators' desk; and the
//! widget, which libraries load into their own pages. In development also a library's page and the
//! example of a patron's page, to have something to ring from.
//!
//! Nothing inline and nothing from elsewhere: a strict content security policy says so, but for the
//! example, which is one file. Not here: what the pages send (`http`), and the pages themselves
//! (`examples/operator-web`, `examples/patron-widget`): a release build carries what `make pages`
//! made of them, a build for development reads it from there.

use std::borrow::Cow;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskbell_protocol::codes::ErrorCode;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::Refusal;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// For a page that is one file, in development.
const ONE_FILE: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                        connect-src 'self' ws://localhost:* http://localhost:*; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'none'";

/// What `examples/operator-web` is built into.
#[derive(RustEmbed)]
#[folder = "../examples/operator-web/dist"]
#[allow_missing = true]
struct Desk;

/// What `examples/patron-widget` is built into: the widget, and below `library/` a page with it.
#[derive(RustEmbed)]
#[folder = "../examples/patron-widget/dist"]
#[allow_missing = true]
struct Widget;

/// The pages and their parts.
pub(super) fn router<S: Clone + Send + Sync + 'static>(dev: bool) -> Router<S> {
    let html = || part("text/html; charset=utf-8", include_str!("pages/password.html"));
    let css = || part("text/css; charset=utf-8", include_str!("pages/password.css"));
    let js = || part("text/javascript; charset=utf-8", include_str!("pages/password.js"));
    let example = include_str!("../../../examples/plain-page/index.html");
    let plain_page = move || (headers("text/html; charset=utf-8", ONE_FILE), example);
    let mut router = Router::new();
    if dev {
        router = router
            .route("/plain-page", get(async move || plain_page()))
            .route("/library", get(async || Redirect::permanent("/library/")))
            .route("/library/", get(async |asked| built::<Widget>("library/index.html", &asked)))
            .route(
                "/library/{*part}",
                get(async |Path(part): Path<String>, asked| {
                    built::<Widget>(&format!("library/{part}"), &asked)
                }),
            );
    }
    router
        .route("/password", get(async move || html()))
        .route("/password.css", get(async move || css()))
        .route("/password.js", get(async move || js()))
        .route("/desk", get(async || Redirect::permanent("/desk/")))
        .route("/desk/", get(async |asked| built::<Desk>("index.html", &asked)))
        .route(
            "/desk/{*part}",
            get(async |Path(part): Path<String>, asked| built::<Desk>(&part, &asked)),
        )
        .route("/widget.js", get(async |asked| built::<Widget>("widget.js", &asked)))
}

fn part(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (headers(kind, POLICY), text)
}

fn headers(kind: &'static str, policy: &'static str) -> [(HeaderName, &'static str); 5] {
    [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ]
}

/// A part of what was built. A browser keeps it, and asks each time whether it still holds.
fn built<Pages: RustEmbed>(path: &str, asked: &HeaderMap) -> Response {
    let Some(EmbeddedFile { data, metadata }) = Pages::get(path) else {
        let message = if Pages::iter().next().is_none() {
            "this broker was built without its pages: run `make pages`, then build it again"
        } else {
            "there is no such page"
        };
        return Refusal::new(ErrorCode::NotFound, message).into_response();
    };
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(metadata.sha256_hash()));
    if asked.get(IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let body = match data {
        Cow::Borrowed(bytes) => axum::body::Body::from(bytes),
        Cow::Owned(bytes) => axum::body::Body::from(bytes),
    };
    (headers(kind(path), POLICY), [(ETAG, tag)], body).into_response()
}

/// The media type of a part, by its ending.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
