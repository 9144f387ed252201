//! The wire: every JSON frame that a client and the broker exchange, and nothing else.
//!
//! Deskbell speaks JSON text frames over a WebSocket whose subprotocol is [`SUBPROTOCOL`]. A frame
//! is one flat object tagged by `type`. A client says [`ToBroker`]; every such frame but `pong`
//! carries an `id` of the client's choosing, and the broker answers with exactly one [`ToClient`]
//! frame whose `re` is that id. What the broker says unasked (events, rows, pings) has no `re`.
//!
//! *Stability.* Within `v1` fields and types are only ever added. Clients ignore what they do not
//! know ([`ToClient::Unknown`], [`event::ChatEvent::Unknown`]); the broker is strict and refuses
//! what it does not know with a clear error, so that a misspelt field is never silently lost.
//!
//! Not here: any rule of the business (`broker/domain`), anything stored (`broker/src/log`), any
//! runtime. `docs/protocol.md` is this crate in prose, with a golden frame for every variant.

pub mod codes;
pub mod desk;
pub mod event;
#[cfg(feature = "schema")]
pub mod generated;
#[cfg(any(test, feature = "schema"))]
pub mod golden;
pub mod http;
pub mod ids;
pub mod limits;
mod text_id;
pub mod to_broker;
pub mod to_client;
pub mod view;

pub use to_broker::ToBroker;
pub use to_client::ToClient;

/// The WebSocket subprotocol that names this version of the wire.
pub const SUBPROTOCOL: &str = "deskbell.v1.json";

/// Where the WebSocket lives on the broker's port.
pub const WEBSOCKET_PATH: &str = "/v1/connect";
