//! What must stay on record beside the chats: written in the background, for as long as the store
//! may be away, and given up aloud.
//!
//! Not an actor: entries are rare, and nobody waits for one.

use std::sync::Arc;
use std::time::Duration;

use deskbell_domain::person::Author;

use super::directory::append_one;
use super::node::Node;
use crate::log::record::audit::{HistoryChanged, encode};
use crate::log::{Append, Entry, LiveChange, Outcome, StreamId};

const TRIES_MAX: u32 = 600;
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Puts it on record. Needs a shard's runtime.
pub fn note(node: Arc<Node>, event: HistoryChanged) {
    tokio::task::spawn_local(async move {
        let entry = Entry {
            author: Author::System,
            cmid: None,
            fingerprint: 0,
            eid: node.chance.eid(),
            at: node.clock.now(),
            event: encode(&event),
        };
        let mut expect = 0;
        for _ in 0..TRIES_MAX {
            let (entries, live) = (vec![entry.clone()], LiveChange::Keep);
            let append = Append { stream: StreamId::Audit, expect, after: None, entries, live };
            match append_one(&*node.log, append).await {
                Outcome::Appended { .. } => return,
                // The first try held, if its answer was lost.
                Outcome::Conflict { tail, .. }
                    if tail.iter().any(|it| it.entry.eid == entry.eid) =>
                {
                    return;
                }
                Outcome::Conflict { tail, .. } => expect = tail.last().map_or(0, |it| it.seq),
                Outcome::Unavailable { .. } | Outcome::Unknown { .. } => {
                    tokio::time::sleep(TRY_AGAIN_AFTER).await;
                }
            }
        }
        tracing::error!(chat = %event.chat, "a loss cannot be put on record");
    });
}
