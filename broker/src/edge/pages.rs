//! The one page that the broker itself serves: where the link of `deskbell init` leads, so that a
//! first administrator can set her password before there is any desk.
//!
//! Nothing inline and nothing from elsewhere: a strict content security policy says so. Not here:
//! what the page sends (`http`), and desks and widgets, which are apps of their own.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and its parts.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let html = || part("text/html; charset=utf-8", include_str!("pages/password.html"));
    let css = || part("text/css; charset=utf-8", include_str!("pages/password.css"));
    let js = || part("text/javascript; charset=utf-8", include_str!("pages/password.js"));
    Router::new()
        .route("/password", get(async move || html()))
        .route("/password.css", get(async move || css()))
        .route("/password.js", get(async move || js()))
}

fn part(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
