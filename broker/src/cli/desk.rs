//! Whoever answers a command: the broker that has the store open, or this process itself.
//!
//! Both speak HTTP with the same router behind them, one over the socket file, the other over a
//! pipe in memory: no command knows the difference, and none exists twice.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{CliError, local, remote, terminal};
use crate::admin::wire::Failure;
use crate::config::Config;

/// See the module.
pub(super) struct Desk {
    requests: SendRequest<Full<Bytes>>,
    running: bool,
}

impl Desk {
    /// The running broker, or the store itself.
    pub(super) async fn open(config: &Config) -> Result<Self, CliError> {
        match remote::connect(&config.store_directory).await? {
            Some(stream) => Ok(Self { requests: speak_over(stream).await?, running: true }),
            None => Self::open_here(config).await,
        }
    }

    /// The store itself, which no broker may have open.
    pub(super) async fn open_here(config: &Config) -> Result<Self, CliError> {
        let stream = local::open(config).await?;
        Ok(Self { requests: speak_over(stream).await?, running: false })
    }

    /// Whether a broker answers.
    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// `GET`, for JSON.
    pub(super) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, CliError> {
        let body = self.send(Method::GET, path, Bytes::new()).await?;
        read(&body)
    }

    /// `GET`, for text.
    pub(super) async fn get_text(&mut self, path: &str) -> Result<String, CliError> {
        let body = self.send(Method::GET, path, Bytes::new()).await?;
        String::from_utf8(body.into()).map_err(|_| unreadable())
    }

    /// `POST`.
    pub(super) async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        let body = self.send(Method::POST, path, json(body)).await?;
        read(&body)
    }

    /// `PUT`, for nothing.
    pub(super) async fn put(&mut self, path: &str, body: &impl Serialize) -> Result<(), CliError> {
        self.send(Method::PUT, path, json(body)).await.map(drop)
    }

    /// `POST` of what takes long: says so on standard error as long as it does.
    pub(super) async fn post_patiently<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
        doing: &str,
    ) -> Result<T, CliError> {
        terminal::patiently(doing, self.post(path, body)).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, CliError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "deskbell")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|_| CliError::Refused(format!("{path:?} holds what no id holds")))?;
        let gone = |_| CliError::Refused("the broker went away before its answer".into());
        let answer = self.requests.send_request(request).await.map_err(gone)?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(gone)?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        let failure = serde_json::from_slice::<Failure>(&body);
        Err(CliError::Refused(match failure {
            Ok(failure) => failure.error,
            Err(_) => format!("the broker answered {status}: is it of this version?"),
        }))
    }
}

async fn speak_over<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, CliError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let refused = |error: hyper::Error| CliError::Refused(error.to_string());
    let (requests, connection) = handshake(TokioIo::new(stream)).await.map_err(refused)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to the broker ended");
        }
    });
    Ok(requests)
}

fn json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("what goes over the socket is JSON").into()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, CliError> {
    serde_json::from_slice(body).map_err(|_| unreadable())
}

fn unreadable() -> CliError {
    CliError::Refused("the broker's answer cannot be read: is it of this version?".into())
}
