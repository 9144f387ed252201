//! The two HTTP requests that get a token: sign-in and patron sessions, over any connector.
//!
//! One request per connection, answers bounded. Not here: the WebSocket's upgrade.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HOST, ORIGIN};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Serialize;

use crate::connector::Connector;
use crate::error::ClientError;
use crate::protocol::codes::ErrorCode;
use crate::protocol::http::{Granted, HttpError, PatronSession, SignIn};
use crate::protocol::ids::{ChatId, UserId, WidgetId};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Longest time from connecting to the whole answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Signs an operator in.
pub async fn sign_in(
    connector: &dyn Connector,
    url: &str,
    user: UserId,
    password: impl Into<String>,
) -> Result<Granted, ClientError> {
    let body = SignIn { user, password: password.into() };
    post(connector, url, "/v1/sign-in", None, &body).await
}

/// Begins a patron's visit through a widget. `origin` is the page's, as `https://host`.
pub async fn patron_session(
    connector: &dyn Connector,
    url: &str,
    origin: &str,
    widget: WidgetId,
) -> Result<Granted, ClientError> {
    let body = PatronSession::New { widget };
    post(connector, url, "/v1/patron-sessions", Some(origin), &body).await
}

/// A new token for the visit that opened `chat`, by the secret that came with its first token.
pub async fn return_to_chat(
    connector: &dyn Connector,
    url: &str,
    origin: &str,
    chat: ChatId,
    secret: impl Into<String>,
) -> Result<Granted, ClientError> {
    let body = PatronSession::Return { chat, secret: secret.into() };
    post(connector, url, "/v1/patron-sessions", Some(origin), &body).await
}

/// A broker's address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, ClientError> {
        let refused = || ClientError::Url(url.chars().take(200).collect());
        let uri: hyper::Uri = url.parse().map_err(|_| refused())?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(refused()),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refused());
        }
        let authority = uri.authority().ok_or_else(refused)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(refused());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { host, port, tls })
    }

    /// As in a `Host` header.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

async fn post(
    connector: &dyn Connector,
    url: &str,
    path: &str,
    origin: Option<&str>,
    body: &impl Serialize,
) -> Result<Granted, ClientError> {
    let address = Address::parse(url)?;
    let unreachable = |source| ClientError::Unreachable { url: url.to_owned(), source };
    let body =
        serde_json::to_vec(body).map_err(|error| ClientError::Protocol(error.to_string()))?;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, address.authority())
        .header(CONTENT_TYPE, "application/json");
    if let Some(origin) = origin {
        request = request.header(ORIGIN, origin);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| ClientError::Protocol(error.to_string()))?;
    let exchange = exchange(connector, &address, request);
    let (status, answer) = match tokio::time::timeout(REQUEST_TIMEOUT, exchange).await {
        Ok(answer) => answer.map_err(unreachable)?,
        Err(elapsed) => return Err(unreachable(io::Error::new(io::ErrorKind::TimedOut, elapsed))),
    };
    read_answer(status, &answer)
}

fn read_answer(status: u16, answer: &[u8]) -> Result<Granted, ClientError> {
    if (200..300).contains(&status) {
        return serde_json::from_slice(answer)
            .map_err(|error| ClientError::Protocol(format!("answer to a sign-in: {error}")));
    }
    // A proxy in between answers in its own words.
    let error = serde_json::from_slice(answer).unwrap_or_else(|_| HttpError {
        code: ErrorCode::Unknown,
        message: format!("HTTP {status} without a reason"),
    });
    Err(ClientError::Http { status, code: error.code, message: error.message })
}

async fn exchange(
    connector: &dyn Connector,
    address: &Address,
    request: Request<Full<Bytes>>,
) -> io::Result<(u16, Bytes)> {
    let stream = connector.connect(&address.host, address.port, address.tls).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let answer = async move {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await.map_err(io::Error::other)?;
        Ok((status, body.to_bytes()))
    };
    tokio::pin!(answer);
    // The connection must be driven for the answer to come; whichever ends first decides.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = connection => {
            ended.map_err(io::Error::other)?;
            answer.await
        }
    }
}

#[cfg(test)]
mod tests;
