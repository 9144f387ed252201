//! HTTP on the clients' port: sign-in, passwords by link, patron sessions. Answers JSON, also when
//! it says no; pages of other origins are let in exactly where their WebSocket would be.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use deskbell_domain::chat::state::{ChatState, Phase};
use deskbell_protocol::codes::ErrorCode;
use deskbell_protocol::http::{Granted, HttpError, PatronSession, SetPassword, SignIn};
use deskbell_protocol::ids::{ChatId, SessionId, UserId, WidgetId};
use serde::de::DeserializeOwned;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{Edge, Refusal, admission, availability, count_refusal, pages};
use crate::log::{LogError, StreamId, record};
use crate::secrets::SecretsError;
use crate::secrets::derivation::{Secret, secret_digest, session_digest};
use crate::secrets::password::{PasswordError, acceptable};
use crate::secrets::token::{
    self, Claims, OPERATOR_LIFETIME, OperatorClaims, PATRON_LIFETIME, PatronClaims,
};
use crate::telemetry;

/// Longest body of a request.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long after its end a patron may return to a chat.
const RETURN_WITHIN: Duration = Duration::from_hours(24);
/// Records read at once.
const PAGE: usize = 512;

/// Everything on the clients' port but the WebSocket.
pub fn router(edge: Arc<Edge>) -> Router {
    let judge = edge.clone();
    let known = move |origin: &HeaderValue, _: &_| {
        let directory = judge.node.directory.load();
        origin.to_str().is_ok_and(|origin| judge.is_known_origin(&directory, origin))
    };
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .max_age(Duration::from_mins(10));
    Router::new()
        .route("/v1/sign-in", post(sign_in))
        .route("/v1/password", post(set_password))
        .route("/v1/patron-sessions", post(patron_session))
        .route("/v1/widgets/{widget}", get(availability::widget))
        .route("/v1/widgets/{widget}/availability", get(availability::changes))
        .merge(pages::router(edge.doors.dev))
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(cors)
        .with_state(edge)
}

/// An answer that says no.
pub fn refusal(status: StatusCode, code: ErrorCode, message: &str) -> Response<Body> {
    count_refusal(code);
    (status, Json(HttpError { code, message: message.to_owned() })).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        let status = match self.code {
            ErrorCode::Unauthorized | ErrorCode::TokenExpired => StatusCode::UNAUTHORIZED,
            ErrorCode::OriginDenied | ErrorCode::OriginRequired => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Unavailable | ErrorCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        refusal(status, self.code, &self.message)
    }
}

async fn nothing_here() -> Refusal {
    let message = "there is nothing here; docs/protocol.md lists the paths";
    Refusal::new(ErrorCode::NotFound, message)
}

fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::new(ErrorCode::BadRequest, format!("the body: {error}")))
}

pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).and_then(|value| value.to_str().ok())
}

async fn sign_in(
    State(edge): State<Arc<Edge>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<Granted>, Refusal> {
    let SignIn { user, password } = body(&bytes)?;
    if let Some(origin) = admission::Page::of(&headers).no_desk(&edge) {
        let message = format!("{origin} is not in the broker's list of desk origins");
        return Err(Refusal::new(ErrorCode::OriginDenied, message));
    }
    let is_active = edge.node.directory.load().active_user(&user).is_some();
    let stored = edge.node.secrets.password_hash(user.clone()).await?.filter(|_| is_active);
    if edge.passwords.verify(stored, password).await? {
        Ok(grant_operator(&edge, user))
    } else {
        metrics::counter!(telemetry::SIGN_INS, "result" => "refused").increment(1);
        Err(Refusal::new(ErrorCode::Unauthorized, "name and password do not match"))
    }
}

fn grant_operator(edge: &Edge, user: UserId) -> Json<Granted> {
    metrics::counter!(telemetry::SIGN_INS, "result" => "ok").increment(1);
    let session = edge.node.chance.session();
    let expires = edge.node.clock.now() + OPERATOR_LIFETIME;
    let claims = Claims::Operator(OperatorClaims { user, session, expires });
    let token = token::sign(&edge.keys, &claims);
    Json(Granted { token, session, expires: claims.expires(), secret: None })
}

async fn set_password(
    State(edge): State<Arc<Edge>>,
    bytes: Bytes,
) -> Result<Json<Granted>, Refusal> {
    let SetPassword { secret, password } = body(&bytes)?;
    // A link is used up by taking it: a password that is refused must not cost it.
    acceptable(&password)?;
    let now = edge.node.clock.now();
    let taken = edge.node.secrets.take_link(secret_digest(&secret), now).await?;
    let Some(user) = taken else {
        let message = "this link was used or has expired: ask for a new one";
        return Err(Refusal::new(ErrorCode::Unauthorized, message));
    };
    let hash = edge.passwords.hash(password, &*edge.node.chance).await?;
    edge.node.secrets.set_password_hash(user.clone(), hash).await?;
    Ok(grant_operator(&edge, user))
}

async fn patron_session(
    State(edge): State<Arc<Edge>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<Granted>, Refusal> {
    let origin = origin(&headers);
    match body(&bytes)? {
        PatronSession::New { widget } => {
            admission::check_widget_origin(&edge, &widget, origin)?;
            let session = edge.node.chance.session();
            // The session stands in the secret, so that a return finds it without a table.
            let secret = Secret::generate(&*edge.node.chance);
            let secret = format!("{session}.{}", secret.reveal());
            Ok(grant_patron(&edge, widget, session, secret))
        }
        PatronSession::Return { chat, secret } => {
            let (widget, session) = returning(&edge, chat, &secret, origin).await?;
            Ok(grant_patron(&edge, widget, session, secret))
        }
    }
}

fn grant_patron(
    edge: &Edge,
    widget: WidgetId,
    session: SessionId,
    secret: String,
) -> Json<Granted> {
    let expires = edge.node.clock.now() + PATRON_LIFETIME;
    let digest = secret_digest(&secret);
    let claims = Claims::Patron(PatronClaims { widget, session, secret: digest, expires });
    let token = token::sign(&edge.keys, &claims);
    Json(Granted { token, session, expires: claims.expires(), secret: Some(secret) })
}

/// Whose visit a secret proves, held against the chat itself: any node can tell.
async fn returning(
    edge: &Edge,
    chat: ChatId,
    secret: &str,
    origin: Option<&str>,
) -> Result<(WidgetId, SessionId), Refusal> {
    let refused = || {
        let message =
            "this chat cannot be returned to: its time is over, or the secret is not its own";
        Refusal::new(ErrorCode::NotFound, message)
    };
    let session: SessionId =
        secret.split_once('.').and_then(|(session, _)| session.parse().ok()).ok_or_else(refused)?;
    // The ring alone proves whose it is; only then is the rest worth reading.
    let ring = read_chat(edge, chat, 1).await?.ring.ok_or_else(refused)?;
    let is_hers = ring.secret == secret_digest(secret) && ring.session == session_digest(session);
    if !is_hers {
        return Err(refused());
    }
    admission::check_widget_origin(edge, &ring.widget, origin)?;
    let state = read_chat(edge, chat, u64::MAX).await?;
    let now = edge.node.clock.now();
    let is_over = match state.phase {
        Phase::Ended { at, .. } => {
            // Whom her library keeps from ringing has nothing to return for.
            let directory = edge.node.directory.load();
            let banned = directory.ban_of(&ring.session, &ring.home, now).is_some();
            banned || now >= at + RETURN_WITHIN
        }
        Phase::New | Phase::Waiting | Phase::Active { .. } => false,
    };
    if is_over { Err(refused()) } else { Ok((ring.widget.clone(), session)) }
}

/// The chat after its first `events_max` events.
async fn read_chat(edge: &Edge, chat: ChatId, events_max: u64) -> Result<ChatState, Refusal> {
    let mut state = ChatState::default();
    let page_max = usize::try_from(events_max).unwrap_or(PAGE).min(PAGE);
    loop {
        let page = edge.node.log.read(StreamId::Chat(chat), state.version, page_max).await?;
        for stored in &page.records {
            state.evolve(&record::chat::decode(&stored.entry.event)?, stored.entry.at);
        }
        if !page.more || state.version >= events_max {
            return Ok(state);
        }
    }
}

impl From<SecretsError> for Refusal {
    fn from(error: SecretsError) -> Self {
        tracing::error!(%error, "secrets cannot be used");
        Self::new(ErrorCode::Unavailable, "the store cannot be reached right now: try again")
    }
}

impl From<LogError> for Refusal {
    fn from(error: LogError) -> Self {
        tracing::error!(%error, "the log cannot be read");
        Self::new(ErrorCode::Unavailable, "the store cannot be reached right now: try again")
    }
}

impl From<PasswordError> for Refusal {
    fn from(error: PasswordError) -> Self {
        let code = match error {
            PasswordError::TooShort | PasswordError::TooLong => ErrorCode::BadText,
            PasswordError::Busy => ErrorCode::RateLimited,
            PasswordError::Damaged => ErrorCode::Internal,
        };
        Self::new(code, error.to_string())
    }
}
