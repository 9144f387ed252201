//! Whom a connection belongs to: what its token says, held against its Origin, the directory and
//! the sessions that were ended.

use axum::http::{HeaderMap, header};
use deskbell_domain::access::Principal;
use deskbell_domain::chat::event::Digest;
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::ids::{SessionId, WidgetId};
use jiff::Timestamp;

use super::{Edge, Refusal, is_local};
use crate::secrets::derivation::session_digest;
use crate::secrets::token::{self, Claims, TokenError};

/// A token found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Whom it names.
    pub who: Principal,
    /// Which visit or sign-in.
    pub session: SessionId,
    /// Patrons: the digest of the secret that proves the right to return.
    pub secret: Option<Digest>,
    /// When the token ends.
    pub expires: Timestamp,
}

/// The page that a request came from, as far as a browser tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    origin: Option<String>,
    /// It came from this very address: the broker served it.
    is_own: bool,
}

impl Page {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).map(|it| String::from_utf8_lossy(it.as_bytes()));
        let origin = text(header::ORIGIN);
        let authority = origin.as_deref().and_then(|it| it.split_once("://")).map(|(_, it)| it);
        let is_own = match (authority, text(header::HOST)) {
            (Some(authority), Some(host)) => authority.eq_ignore_ascii_case(&host),
            _ => false,
        };
        Self { is_own, origin: origin.map(Into::into) }
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Its origin, if it may be no desk. The broker's own may: who led a browser here under another
    /// name (DNS rebinding) has gained nothing, since nothing is granted without a password or a
    /// token.
    pub(super) fn no_desk(&self, edge: &Edge) -> Option<&str> {
        let elsewhere = if self.is_own { None } else { self.origin() };
        elsewhere.filter(|origin| !edge.is_desk_origin(origin))
    }
}

/// Says whom `token` admits from a page, or why nobody.
pub fn admit(edge: &Edge, token: &str, page: &Page) -> Result<Admitted, Refusal> {
    let claims = token::verify(&edge.keys, token, edge.node.clock.now()).map_err(refused)?;
    let (session, expires) = (claims.session(), claims.expires());
    if edge.node.ended_sessions.contains_key(&session) {
        return Err(Refusal::new(ErrorCode::Unauthorized, "this session was ended: sign in again"));
    }
    match claims {
        Claims::Patron(patron) => {
            check_widget_origin(edge, &patron.widget, page.origin())?;
            let who = Principal::Patron { session: session_digest(session), widget: patron.widget };
            Ok(Admitted { who, session, secret: Some(patron.secret), expires })
        }
        Claims::Operator(operator) => {
            if let Some(origin) = page.no_desk(edge) {
                return Err(Refusal::new(
                    ErrorCode::OriginDenied,
                    format!(
                        "{origin} is not in the broker's list of desk origins: \
                         ask its administrator to add it"
                    ),
                ));
            }
            if edge.node.directory.load().active_user(&operator.user).is_none() {
                return Err(Refusal::new(
                    ErrorCode::Unauthorized,
                    "this account is not active: ask your institution's administrator",
                ));
            }
            Ok(Admitted { who: Principal::Operator(operator.user), session, secret: None, expires })
        }
    }
}

/// Whether a page of `origin` may use `widget`. Patrons always come from a page.
pub fn check_widget_origin(
    edge: &Edge,
    widget: &WidgetId,
    origin: Option<&str>,
) -> Result<(), Refusal> {
    let Some(origin) = origin else {
        return Err(Refusal::new(
            ErrorCode::OriginRequired,
            "a patron's connection must send the Origin of its page; outside browsers, set it",
        ));
    };
    let directory = edge.node.directory.load();
    let Some(found) = directory.widgets.get(widget) else {
        return Err(Refusal::new(ErrorCode::NotFound, format!("there is no widget {widget}")));
    };
    if found.origins.contains(origin) || (edge.doors.dev && is_local(origin)) {
        Ok(())
    } else {
        Err(Refusal::new(
            ErrorCode::OriginDenied,
            format!("{origin} is not in the list of widget {widget}: ask the library to add it"),
        ))
    }
}

fn refused(error: TokenError) -> Refusal {
    let code = match error {
        TokenError::Expired => ErrorCode::TokenExpired,
        TokenError::Malformed | TokenError::BadSignature => ErrorCode::Unauthorized,
    };
    Refusal::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(origin: Option<&'static str>, host: &'static str) -> Page {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        Page::of(&headers)
    }

    #[test]
    fn a_page_is_the_broker_s_own_if_it_came_from_where_it_asks() {
        for (origin, host) in [
            ("https://desk.example.org", "desk.example.org"),
            ("https://Desk.example.org:8443", "desk.example.org:8443"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ] {
            assert!(page(Some(origin), host).is_own, "{origin} at {host}");
        }
        for (origin, host) in [
            ("https://desk.example.org", "desk.example.org:8443"),
            ("https://www.birch.example", "desk.example.org"),
            ("https://desk.example.org.evil.example", "desk.example.org"),
            ("null", "null"),
        ] {
            let page = page(Some(origin), host);
            assert!(!page.is_own && page.origin() == Some(origin), "{origin} at {host}");
        }
        assert_eq!(page(None, "desk.example.org"), Page::default());
    }
}
