//! The pages that the broker itself serves: where the link of `deskbell init` leads, so that a
//! first administrator can set her password before there is any desk; and in development the
//! example of a patron's page, to have something to ring from.
//!
//! Nothing inline and nothing from elsewhere: a strict content security policy says so, but for the
//! example, which is one file. Not here: what the pages send (`http`), and desks and widgets, which
//! are apps of their own.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For a page that is one file, in development.
const ONE_FILE: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                        connect-src 'self' ws://localhost:* http://localhost:*; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'none'";

/// The pages and their parts.
pub(super) fn router<S: Clone + Send + Sync + 'static>(dev: bool) -> Router<S> {
    let html = || part("text/html; charset=utf-8", include_str!("pages/password.html"));
    let css = || part("text/css; charset=utf-8", include_str!("pages/password.css"));
    let js = || part("text/javascript; charset=utf-8", include_str!("pages/password.js"));
    let example = include_str!("../../../examples/plain-page/index.html");
    let plain_page = move || with_policy("text/html; charset=utf-8", example, ONE_FILE);
    let mut router = Router::new();
    if dev {
        router = router.route("/plain-page", get(async move || plain_page()));
    }
    router
        .route("/password", get(async move || html()))
        .route("/password.css", get(async move || css()))
        .route("/password.js", get(async move || js()))
}

fn part(kind: &'static str, text: &'static str) -> impl IntoResponse {
    with_policy(kind, text, POLICY)
}

fn with_policy(kind: &'static str, text: &'static str, policy: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
