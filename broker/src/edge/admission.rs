//! Whom a connection belongs to: what its token says, held against its Origin, the directory and
//! the sessions that were ended.

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

/// Says whom `token` admits from a page of `origin`, or why nobody.
pub fn admit(edge: &Edge, token: &str, origin: Option<&str>) -> Result<Admitted, Refusal> {
    let claims = token::verify(&edge.keys, token, edge.node.clock.now()).map_err(refused)?;
    let (session, expires) = (claims.session(), claims.expires());
    if edge.node.ended_sessions.contains_key(&session) {
        return Err(Refusal::new(ErrorCode::Unauthorized, "this session was ended: sign in again"));
    }
    match claims {
        Claims::Patron(patron) => {
            check_widget_origin(edge, &patron.widget, origin)?;
            let who = Principal::Patron { session: session_digest(session), widget: patron.widget };
            Ok(Admitted { who, session, secret: Some(patron.secret), expires })
        }
        Claims::Operator(operator) => {
            if let Some(origin) = origin.filter(|origin| !edge.is_desk_origin(origin)) {
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
