//! What events look like at rest, and how they are recognized as intact.
//!
//! Stored, true and sent are three vocabularies: here live the stored ones, a module for each noun,
//! each with `encode`, `decode` and `blank` over its own serde types. A kind's schema never changes
//! under its version: a change is a new version, an upcaster from the one before, and a fixture.
//! Not here: where records are kept, and what they mean.

pub mod audit;
pub mod chat;
pub mod directory;
pub mod staffing;
pub mod summary;

use std::borrow::Cow;

use deskbell_domain::person::Author;
use serde::{Deserialize, Deserializer, Serializer};

use super::{Entry, LogError, StoredEvent, StreamId};

/// A kind of event and the newest version of its schema.
pub type Kind = (&'static str, u16);

/// Turns a body of `from` into one of the version after it, by text alone.
pub(crate) struct Upcaster {
    kind: &'static str,
    from: u16,
    upcast: fn(&str) -> Result<String, serde_json::Error>,
}

/// The kind named `text`, if this broker knows it.
pub fn known(text: &str) -> Option<&'static str> {
    let kinds = chat::KINDS.iter().chain(directory::KINDS).chain(staffing::KINDS);
    let kinds = kinds.chain(audit::KINDS);
    kinds.map(|(kind, _)| *kind).find(|kind| *kind == text)
}

/// The event without its personal fields, at the newest version of its schema.
pub fn blank(event: &StoredEvent) -> Result<StoredEvent, LogError> {
    match event.kind.split_once('.') {
        Some(("chat", _)) => chat::blank(event),
        Some(("directory", _)) => directory::blank(event),
        Some(("audit", _)) => audit::decode(event).map(|event| audit::encode(&event)),
        Some(("staffing", _)) => staffing::decode(event).map(|event| staffing::encode(&event)),
        _ => Err(newer(event.kind, event.version)),
    }
}

/// Takes the personal fields out of what an event is stored with; tells whether any were there.
pub fn blank_entry(entry: &mut Entry) -> Result<bool, LogError> {
    let event = blank(&entry.event)?;
    let is_other = entry.event != event || entry.fingerprint != 0;
    entry.event = event;
    entry.fingerprint = 0;
    Ok(is_other)
}

/// Over every field of a record and its place, so that a record moved or altered is noticed.
pub fn checksum(stream: StreamId, seq: u64, entry: &Entry) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    match stream {
        StreamId::Chat(chat) => {
            sum.update(b"c");
            sum.update(&chat.0.to_be_bytes());
        }
        StreamId::Directory => sum.update(b"d"),
        StreamId::Audit => sum.update(b"a"),
        StreamId::Staffing(day) => {
            sum.update(b"s");
            sum.update(&day.to_be_bytes());
        }
    }
    let mut fixed = [0_u8; 34];
    fixed[..8].copy_from_slice(&seq.to_be_bytes());
    fixed[8..16].copy_from_slice(&entry.eid.0.to_be_bytes());
    fixed[16..24].copy_from_slice(&entry.at.as_millisecond().to_be_bytes());
    fixed[24..32].copy_from_slice(&entry.fingerprint.to_be_bytes());
    fixed[32..].copy_from_slice(&entry.event.version.to_be_bytes());
    sum.update(&fixed);
    match &entry.author {
        Author::Patron => sum.update(b"p"),
        Author::System => sum.update(b"s"),
        Author::Operator(user) => {
            sum.update(b"o");
            text(&mut sum, user.as_str());
        }
    }
    match &entry.cmid {
        None => sum.update(&[0]),
        Some(cmid) => {
            sum.update(&[1]);
            sum.update(cmid.0.as_bytes());
        }
    }
    text(&mut sum, entry.event.kind);
    text(&mut sum, &entry.event.body);
    sum.finalize()
}

/// Length first, so that no two sequences of texts look the same.
fn text(sum: &mut crc32fast::Hasher, text: &str) {
    sum.update(&(text.len() as u64).to_be_bytes());
    sum.update(text.as_bytes());
}

/// The body at the newest version in `kinds`, or why it cannot be read.
fn upcast<'a>(
    kinds: &[Kind],
    upcasters: &[Upcaster],
    event: &'a StoredEvent,
) -> Result<Cow<'a, str>, LogError> {
    let newest = kinds.iter().find(|(kind, _)| *kind == event.kind).map(|(_, newest)| *newest);
    let Some(newest) = newest.filter(|newest| event.version <= *newest) else {
        return Err(newer(event.kind, event.version));
    };
    let mut body = Cow::Borrowed(event.body.as_str());
    for from in event.version..newest {
        let step = upcasters.iter().find(|it| it.kind == event.kind && it.from == from);
        let step = step.ok_or_else(|| unreadable(event, "no upcaster reads it"))?;
        body = (step.upcast)(&body).map_err(|error| unreadable(event, error))?.into();
    }
    Ok(body)
}

/// Names what only a newer broker can read.
fn newer(kind: &str, version: u16) -> LogError {
    LogError::Newer { what: format!("an event {kind} of version {version}") }
}

/// Names a body that does not fit its kind and version. Never quotes it: it may be personal.
fn unreadable(event: &StoredEvent, why: impl std::fmt::Display) -> LogError {
    LogError::Damaged {
        place: format!("an event {} of version {}", event.kind, event.version),
        what: format!("its body does not fit its schema: {why}"),
    }
}

/// Authors at rest: as they print.
mod author {
    use super::{Author, Cow, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(author: &Author, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(author)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Author, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Digests at rest: lower-case hex.
mod digest {
    use super::{Cow, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(digest: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0_u8; 64];
        for (two, byte) in text.chunks_exact_mut(2).zip(digest) {
            two[0] = HEX[usize::from(byte >> 4)];
            two[1] = HEX[usize::from(byte & 15)];
        }
        to.serialize_str(std::str::from_utf8(&text).expect("hex is ASCII"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        let wrong = || serde::de::Error::custom("a digest is 64 hex digits");
        let mut digest = [0_u8; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        for (byte, two) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let two = std::str::from_utf8(two).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(two, 16).map_err(|_| wrong())?;
        }
        Ok(digest)
    }
}

#[cfg(test)]
mod tests;
