//! The edge: HTTP and WebSocket, and the only place that knows both the wire and the domain.
//!
//! `server` accepts and routes · `address` says where a client is · `http` answers sign-in and
//! patron sessions · `admission` says whom a connection belongs to · `websocket` moves frames ·
//! `from_wire` and `to_wire` are the border crossing, pure · `health` is the second listener ·
//! `tls` the certificate · `pages` the one page of the broker's own.

mod address;
pub mod admission;
mod availability;
pub mod from_wire;
pub mod health;
pub mod http;
mod pages;
pub mod server;
pub mod tls;
pub mod to_wire;
pub mod websocket;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deskbell_domain::directory::Directory;
use deskbell_protocol::codes::{CloseCode, ErrorCode};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actors::node::Node;
use crate::config::written::AddressRange;
use crate::secrets::Keys;
use crate::secrets::derivation::Fingerprints;
use crate::secrets::password::Passwords;
use crate::telemetry;

/// Counts a refused request, on whatever way it came.
fn count_refusal(code: ErrorCode) {
    metrics::counter!(telemetry::REFUSALS, "code" => code.as_str()).increment(1);
}

/// Who is let in, and who speaks for whom.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    /// Where desks' pages may come from.
    pub desk_origins: BTreeSet<String>,
    /// Whether pages on localhost may connect.
    pub dev: bool,
    /// Who may say whom they forward for.
    pub trusted_proxies: Vec<AddressRange>,
}

/// What the edge of one node needs besides the node.
pub struct Edge {
    /// The node behind it.
    pub node: Arc<Node>,
    /// Sign and verify tokens.
    pub keys: Arc<Keys>,
    /// Tell a retry from a reused cmid.
    pub fingerprints: Fingerprints,
    /// Hashes and checks passwords, a few at a time.
    pub passwords: Passwords,
    /// Who is let in.
    pub doors: Doors,
    /// Every open connection, so that a drain can wait for them.
    pub connections: TaskTracker,
    /// Canceled when the broker goes down: nobody new is let in.
    pub draining: CancellationToken,
    /// Pages that may still follow availability.
    watchers: Arc<Semaphore>,
    next_connection: AtomicU64,
}

impl Edge {
    /// The edge of `node`.
    pub fn new(node: Arc<Node>, doors: Doors, passwords: Passwords) -> Self {
        let keys = node.secrets.keys();
        Self {
            fingerprints: Fingerprints::new(&keys),
            passwords,
            node,
            keys,
            doors,
            connections: TaskTracker::new(),
            draining: CancellationToken::new(),
            watchers: Arc::new(Semaphore::new(availability::WATCHERS_MAX)),
            next_connection: AtomicU64::new(1),
        }
    }

    fn next_connection(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a page of `origin` may be a desk.
    fn is_desk_origin(&self, origin: &str) -> bool {
        self.doors.desk_origins.contains(origin) || (self.doors.dev && is_local(origin))
    }

    /// Whether a page of `origin` may be anything at all here.
    fn is_known_origin(&self, directory: &Directory, origin: &str) -> bool {
        self.is_desk_origin(origin) || is_widget_origin(directory, origin)
    }
}

/// Whether some widget stands on pages of `origin`.
fn is_widget_origin(directory: &Directory, origin: &str) -> bool {
    directory.widgets.values().any(|widget| widget.origins.contains(origin))
}

/// A page served on this machine, on whatever port.
fn is_local(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let host = host.map(|rest| rest.rsplit_once(':').map_or(rest, |(host, _)| host));
    matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// A refusal that the edge itself makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, for programs.
    pub code: ErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl Refusal {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What a connection is closed with when its `hello` is refused like this.
    fn close_code(&self) -> CloseCode {
        match self.code {
            ErrorCode::OriginDenied | ErrorCode::OriginRequired => CloseCode::OriginDenied,
            ErrorCode::TokenExpired => CloseCode::TokenExpired,
            _ => CloseCode::Unauthorized,
        }
    }
}
