//! Audit entries at rest: `audit.history_changed`, what a store lost of a chat that had been told.
//!
//! Promises: `decode(encode(e)) == e`; every version ever written still decodes. They name chats
//! and events by their ids and hold nothing personal, so `blank` changes nothing.

use deskbell_protocol::ids::{ChatId, Eid};
use serde::{Deserialize, Serialize};

use super::{Kind, LogError, StoredEvent, Upcaster, unreadable, upcast};

/// What is written today.
pub const KINDS: &[Kind] = &[("audit.history_changed", 1)];

/// From each older version to the next.
const UPCASTERS: &[Upcaster] = &[];

/// A broker found that the store no longer holds what it had acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryChanged {
    /// Of which chat.
    pub chat: ChatId,
    /// How many records are left, or stand there now.
    pub version: u64,
    /// Places and identities of what is known to be lost: of the last 64 records that the broker
    /// had in memory.
    pub lost: Vec<(u64, Eid)>,
}

/// As it is stored today.
pub fn encode(event: &HistoryChanged) -> StoredEvent {
    let body = serde_json::to_string(event).expect("ids and numbers only");
    StoredEvent { kind: KINDS[0].0, version: KINDS[0].1, body }
}

/// What was stored, whatever its version.
pub fn decode(event: &StoredEvent) -> Result<HistoryChanged, LogError> {
    let body = upcast(KINDS, UPCASTERS, event)?;
    serde_json::from_str(&body).map_err(|error| unreadable(event, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_version_1_reads_and_is_written_the_same_today() {
        let body =
            r#"{"chat":"01jnb0cag0fgysygbbw84df98k","version":3,"lost":[[4,"ae2584kv15j96"]]}"#;
        let stored = StoredEvent { kind: "audit.history_changed", version: 1, body: body.into() };
        assert_eq!(encode(&decode(&stored).unwrap()), stored);
        assert_eq!(super::super::blank(&stored).unwrap(), stored);
        assert_eq!(super::super::known(stored.kind), Some(stored.kind));
    }
}
