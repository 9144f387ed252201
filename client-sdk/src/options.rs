//! What a client is told once, before it connects.
//!
//! Time comes from tokio, which a simulation pauses; ids and chance come from here, so that a run
//! can be repeated.

use std::sync::Arc;

use uuid::Uuid;

use crate::backoff::Backoff;
use crate::connector::{BoxFuture, Connector, TcpConnector};
use crate::error::ClientError;
use crate::protocol::http::Granted;
use crate::protocol::ids::ClientId;

/// Where to connect, as whom, and how.
pub struct Options {
    /// `http://host:port` or `https://host:port`.
    pub url: String,
    /// Who connects.
    pub token: Token,
    /// The page's origin: patrons must tell it, operators may.
    pub origin: Option<String>,
    /// This app, one per tab or device; a newer connection with the same one takes over.
    pub client: ClientId,
    /// Name and version of the app, for the operator of the broker.
    pub app: String,
    /// How bytes reach the broker.
    pub connector: Arc<dyn Connector>,
    /// The delays between tries.
    pub backoff: Backoff,
    /// Where `cmid`s come from.
    pub ids: Arc<dyn IdSource>,
    /// Events that may wait for the app before the SDK stops reading the socket.
    pub events_max: usize,
    /// Writes and reads that may wait for an answer before a call fails with `Full`.
    pub waiting_max: usize,
    /// Whether the others in a chat are told when their messages arrive here.
    pub tells_delivered: bool,
    /// Sees every text frame as it travels, before the SDK removes duplicates.
    pub tap: Option<Tap>,
}

/// A look at the raw frames.
pub type Tap = Box<dyn FnMut(Direction, &str) + Send>;

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the app.
    ToBroker,
    /// From the broker.
    ToClient,
}

impl Options {
    /// The ordinary way: TCP or TLS by the URL, random ids and delays.
    pub fn new(url: impl Into<String>, token: Token) -> Self {
        let ids = RandomIds;
        Self {
            url: url.into(),
            token,
            origin: None,
            client: ClientId(ids.uuid()),
            app: concat!("deskbell-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            connector: Arc::new(TcpConnector::new()),
            backoff: Backoff::seeded(ids.uuid().as_u64_pair().1),
            ids: Arc::new(ids),
            events_max: 1024,
            waiting_max: 1024,
            tells_delivered: true,
            tap: None,
        }
    }
}

/// Gets the next token when the present one is about to expire.
pub type Renew = Arc<dyn Fn() -> BoxFuture<'static, Result<Granted, ClientError>> + Send + Sync>;

/// The token that a connection shows, and where the next one comes from.
#[derive(Clone)]
pub struct Token {
    pub(crate) text: String,
    pub(crate) renew: Option<Renew>,
}

impl Token {
    /// A token that is used until it expires.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self { text: text.into(), renew: None }
    }

    /// With a way to get the next one: asked before the broker's `token_expires`, and again
    /// before a reconnect that the old one would not survive.
    #[must_use]
    pub fn renewed_by(mut self, renew: Renew) -> Self {
        self.renew = Some(renew);
        self
    }
}

impl From<Granted> for Token {
    fn from(granted: Granted) -> Self {
        Self::fixed(granted.token)
    }
}

/// Where ids come from.
pub trait IdSource: Send + Sync {
    /// A UUID that was never given before.
    fn uuid(&self) -> Uuid;
}

/// Time-ordered random UUIDs (version 7).
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "the SDK's one excused source of ids")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}
