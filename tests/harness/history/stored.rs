//! The log as another process finds it: every chat's records, decoded.

use std::collections::BTreeMap;

use deskbell::log::record::chat;
use deskbell::log::{EventLog, LogError, Position, StreamId};
use deskbell_domain::chat::ChatEvent;
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};

use super::{Rule, Violation};

/// Records read at a time.
const PAGE_RECORDS: usize = 1_000;

/// One record of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place.
    pub seq: u64,
    /// Its identity.
    pub eid: Eid,
    /// Who made it happen.
    pub author: Author,
    /// The write that it came from, if a person wrote it.
    pub cmid: Option<Cmid>,
    /// What happened.
    pub event: ChatEvent,
}

/// All chats of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Each with its records as they stand.
    pub chats: BTreeMap<ChatId, Vec<StoredEvent>>,
}

impl Stored {
    /// Reads a log from its beginning to its end.
    pub async fn read(log: &dyn EventLog) -> Result<Self, LogError> {
        let mut stored = Self::default();
        let mut after = Position::default();
        loop {
            let page = log.scan(after.clone(), PAGE_RECORDS).await?;
            for (position, stream, record) in page.records {
                after = position;
                let StreamId::Chat(chat) = stream else { continue };
                let entry = record.entry;
                stored.chats.entry(chat).or_default().push(StoredEvent {
                    seq: record.seq,
                    eid: entry.eid,
                    author: entry.author,
                    cmid: entry.cmid,
                    event: chat::decode(&entry.event)?,
                });
            }
            if !page.more {
                return Ok(stored);
            }
        }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.chats.values().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chats.is_empty()
    }

    /// The record at a place.
    pub fn at(&self, chat: ChatId, seq: u64) -> Option<&StoredEvent> {
        let place = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.chats.get(&chat)?.get(place)
    }

    /// Whether each of these streams begins one of `other`, record for record.
    pub fn is_prefix_of(&self, other: &Self) -> bool {
        self.chats.iter().all(|(chat, records)| {
            other.chats.get(chat).is_some_and(|whole| whole.starts_with(records))
        })
    }

    pub(super) fn gaps(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (chat, records) in &self.chats {
            for (place, record) in (1..).zip(records) {
                if record.seq != place {
                    let what = format!("{chat}: {} is stored at place {place}", record.seq);
                    violations.push(Violation::of(Rule::NoGap, what));
                    break;
                }
            }
        }
        violations
    }
}
