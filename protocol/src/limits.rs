//! What the broker enforces on a connection, told in `welcome`; the defaults stand here once.

use serde::{Deserialize, Serialize};

/// Every limit of a connection, with its unit last in the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest frame a client may send.
    pub frame_bytes: u32,
    /// Longest message, note or first question.
    pub text_bytes: u32,
    /// Longest of all other texts: a name, a contact, a reason, an answer.
    pub field_bytes: u32,
    /// Requests without a reply yet; the broker reads no further until some are answered.
    pub requests_in_flight: u32,
    /// Sustained requests per second.
    pub requests_per_second: u32,
    /// Requests that may come at once on top.
    pub requests_burst: u32,
    /// Chats that one operator's connection may follow.
    pub operator_chats: u32,
    /// Live chats of one patron session.
    pub patron_chats: u32,
    /// Time from connecting to a valid `hello`.
    pub hello_ms: u32,
    /// Time to answer a `ping`.
    pub pong_ms: u32,
    /// Unsent output at which a reader counts as too slow.
    pub outbox_bytes: u32,
    /// Age of the oldest unsent output at which a reader counts as too slow.
    pub outbox_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 64 * 1024,
            text_bytes: 8 * 1024,
            field_bytes: 1024,
            requests_in_flight: 32,
            requests_per_second: 20,
            requests_burst: 40,
            operator_chats: 128,
            patron_chats: 2,
            hello_ms: 10_000,
            pong_ms: 10_000,
            outbox_bytes: 1024 * 1024,
            outbox_ms: 10_000,
        }
    }
}
