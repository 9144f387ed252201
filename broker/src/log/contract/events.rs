//! What the suite appends.

use std::sync::atomic::{AtomicU64, Ordering};

use deskbell_domain::chat::event::{Opened, Ring};
use deskbell_domain::chat::state::{Attendance, Preview};
use deskbell_domain::chat::{ChatEvent, Summary};
use deskbell_domain::person::Author;
use deskbell_protocol::ids::{ChatId, Cmid, Eid};
use jiff::Timestamp;

use crate::log::{Append, Entry, LiveChange, StreamId, record};

pub(crate) fn chat(number: u128) -> StreamId {
    StreamId::Chat(ChatId(number))
}

pub(crate) fn posted(text: &str) -> ChatEvent {
    ChatEvent::Posted { by: Author::Patron, text: text.into(), lang: Some("en".into()) }
}

pub(crate) fn claimed() -> ChatEvent {
    ChatEvent::Claimed { by: "maya".parse().unwrap(), transfer: false, idle: None }
}

pub(crate) fn opened() -> ChatEvent {
    let canary = |what: &str| Some(format!("canary {what}"));
    ChatEvent::Opened(Box::new(Opened {
        widget: "birch-home".parse().unwrap(),
        home: "birch".parse().unwrap(),
        session: [7; 32],
        secret: [8; 32],
        question: "canary question".into(),
        name: canary("name"),
        contact: canary("contact"),
        answers: vec![("Your course?".into(), "canary answer".into())],
        page: canary("page"),
        lang: Some("en".into()),
        continues: None,
        ticket_at: None,
        ring: Ring {
            tiers: vec!["coop/tri-county".parse().unwrap()],
            skipped: vec![],
            rolls_at: Some(at(90_000)),
            directory: 3,
        },
    }))
}

pub(crate) fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
}

/// A fresh identity each time.
pub(crate) fn entry(event: ChatEvent) -> Entry {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Entry {
        author: Author::Operator("maya".parse().unwrap()),
        cmid: (!number.is_multiple_of(3)).then(|| Cmid(uuid::Uuid::from_u128(number.into()))),
        fingerprint: u64::MAX - number,
        eid: Eid(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        at: at(i64::try_from(number).unwrap()),
        event: record::chat::encode(&event),
    }
}

pub(crate) fn one(stream: StreamId, expect: u64, event: ChatEvent) -> Append {
    Append { stream, expect, after: None, entries: vec![entry(event)], live: LiveChange::Keep }
}

/// Many messages in one append.
pub(crate) fn filled(stream: StreamId, expect: u64, count: u64) -> Append {
    let entries = (0..count).map(|number| entry(posted(&format!("message {number}"))));
    Append { stream, expect, after: None, entries: entries.collect(), live: LiveChange::Keep }
}

/// A chat whose every personal field says "canary".
pub(crate) fn canary(stream: StreamId) -> Append {
    let by = || "maya".parse().unwrap();
    let events = [
        opened(),
        claimed(),
        posted(&"canary text ".repeat(1_000)),
        ChatEvent::Noted { by: by(), text: "canary note".into() },
        ChatEvent::TransferOffered {
            by: by(),
            to: "operator/ines".parse().unwrap(),
            note: Some("canary transfer note".into()),
            tell_patron: true,
            hand_over: false,
            until: at(500),
        },
        ChatEvent::TransferDeclined { by: by(), reason: "canary reason".into() },
    ];
    let StreamId::Chat(chat) = stream else { panic!("only a chat is live") };
    let summary = Summary {
        chat,
        changed_at_seq: 6,
        home: "birch".parse().unwrap(),
        widget: "birch-home".parse().unwrap(),
        since: at(0),
        tiers: vec!["coop/tri-county".parse().unwrap()],
        owner: Some((by(), Attendance::Here)),
        participants: vec![],
        session: [7; 32],
        patron: Attendance::Away { since: at(1), until: at(2) },
        transfer: None,
        deadline: None,
        preview: Preview {
            question: "canary question".into(),
            name: Some("canary name".into()),
            page: Some("canary page".into()),
            returned: None,
        },
    };
    Append {
        stream,
        expect: 0,
        after: None,
        entries: events.map(entry).into(),
        live: LiveChange::Put(record::summary::encode(&summary)),
    }
}
