//! Chat events at rest: `chat.opened`, `chat.posted`, …
//!
//! Promises: `decode(encode(e)) == e`; every version ever written still decodes; `blank` removes
//! the fields that the domain documents as personal, and nothing that a fold needs. Encoding builds
//! no intermediate value: texts are borrowed, because every message passes here.

mod stored;

use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{Opened, Rating};
use deskbell_domain::person::Author;
use serde::{Deserialize, Serialize};

use super::{Kind, LogError, StoredEvent, Upcaster, newer, unreadable, upcast};
use crate::json::Json;
use stored as s;

/// What a stored message holds besides its text, generously.
const POSTED_BYTES: usize = 128;

/// What is written today.
pub const KINDS: &[Kind] = &[
    ("chat.opened", 1),
    ("chat.rung", 1),
    ("chat.claimed", 1),
    ("chat.posted", 1),
    ("chat.noted", 1),
    ("chat.transfer_offered", 1),
    ("chat.transfer_canceled", 1),
    ("chat.transfer_declined", 1),
    ("chat.transfer_lapsed", 1),
    ("chat.left", 1),
    ("chat.patron_away", 1),
    ("chat.patron_back", 1),
    ("chat.operator_away", 1),
    ("chat.operator_back", 1),
    ("chat.owner_lost", 1),
    ("chat.participant_lost", 1),
    ("chat.ended", 1),
    ("chat.erased", 1),
    ("chat.returned", 1),
    ("chat.ticket_offered", 1),
    ("chat.ticket_requested", 1),
    ("chat.dismissed", 1),
    ("chat.idled", 1),
    ("chat.patron_changed", 1),
    ("chat.contact_revealed", 1),
    ("chat.tagged", 1),
    ("chat.rated", 1),
];

/// From each older version to the next.
const UPCASTERS: &[Upcaster] = &[];

/// As it is stored today.
pub fn encode(event: &ChatEvent) -> StoredEvent {
    match event {
        ChatEvent::Opened(opened) => store("chat.opened", &s::Opened::from(&**opened)),
        ChatEvent::Rung(ring) => store("chat.rung", &s::Ring::from(ring)),
        ChatEvent::Claimed { by, transfer, idle } => {
            let idle_seconds = idle.map(|it| it.as_secs());
            let (by, transfer) = (by.clone(), *transfer);
            store("chat.claimed", &s::Claimed { by, transfer, idle_seconds })
        }
        ChatEvent::Posted { by, text, lang } => posted(by, text, lang.as_deref()),
        ChatEvent::Noted { by, text } => {
            store("chat.noted", &s::Noted { by: by.clone(), text: text.as_str().into() })
        }
        ChatEvent::TransferOffered { by, to, note, tell_patron, hand_over, until } => store(
            "chat.transfer_offered",
            &s::TransferOffered {
                by: by.clone(),
                to: to.clone(),
                note: note.as_deref().map(Into::into),
                tell_patron: *tell_patron,
                hand_over: *hand_over,
                until: *until,
            },
        ),
        ChatEvent::TransferCanceled { by } => by_whom("chat.transfer_canceled", by),
        ChatEvent::TransferDeclined { by, reason } => store(
            "chat.transfer_declined",
            &s::TransferDeclined { by: by.clone(), reason: reason.as_str().into() },
        ),
        ChatEvent::TransferLapsed { reason } => {
            store("chat.transfer_lapsed", &s::TransferLapsed { reason: (*reason).into() })
        }
        ChatEvent::Left { by } => by_whom("chat.left", by),
        ChatEvent::PatronAway { until } => store("chat.patron_away", &s::Until { until: *until }),
        ChatEvent::PatronBack => store("chat.patron_back", &s::Nothing {}),
        ChatEvent::OperatorAway { who, until } => {
            store("chat.operator_away", &s::OperatorAway { who: who.clone(), until: *until })
        }
        ChatEvent::OperatorBack { who } => {
            store("chat.operator_back", &s::Who { who: who.clone() })
        }
        ChatEvent::OwnerLost { who } => store("chat.owner_lost", &s::Who { who: who.clone() }),
        ChatEvent::ParticipantLost { who } => {
            store("chat.participant_lost", &s::Who { who: who.clone() })
        }
        ChatEvent::Ended { cause, by } => {
            store("chat.ended", &s::Ended { cause: (*cause).into(), by: by.clone() })
        }
        ChatEvent::Erased { seqs } => store("chat.erased", &s::Erased { seqs: seqs.into() }),
        ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Dismissed { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Rated { .. } => encode_remark(event),
    }
}

/// What a desk offers beside answers.
fn encode_remark(event: &ChatEvent) -> StoredEvent {
    match event {
        ChatEvent::Returned { who, why, note } => {
            let (who, why, note) = (who.clone(), (*why).into(), some(note.as_ref()));
            store("chat.returned", &s::Returned { who, why, note })
        }
        ChatEvent::TicketOffered { why } => {
            store("chat.ticket_offered", &s::TicketOffered { why: (*why).into() })
        }
        ChatEvent::TicketRequested { name, email, queue } => {
            let (name, email, queue) = (name.into(), email.into(), queue.clone());
            store("chat.ticket_requested", &s::TicketRequested { name, email, queue })
        }
        ChatEvent::Dismissed { by, note } => {
            store("chat.dismissed", &s::Dismissed { by: by.clone(), note: some(note.as_ref()) })
        }
        ChatEvent::Idled { text } => store("chat.idled", &s::Idled { text: text.into() }),
        ChatEvent::PatronChanged { by, name, contact } => {
            let (by, name, contact) = (by.clone(), some(name.as_ref()), some(contact.as_ref()));
            store("chat.patron_changed", &s::PatronChanged { by, name, contact })
        }
        ChatEvent::ContactRevealed { by } => by_whom("chat.contact_revealed", by),
        ChatEvent::Tagged { by, tags } => store(
            "chat.tagged",
            &s::Tagged { by: by.clone(), tags: std::borrow::Cow::Borrowed(tags) },
        ),
        ChatEvent::Rated { rating, comment } => store(
            "chat.rated",
            &s::Rated { rating: rating.points(), comment: some(comment.as_ref()) },
        ),
        _ => unreachable!("`encode` hands over no other"),
    }
}

fn some(text: Option<&String>) -> Option<std::borrow::Cow<'_, str>> {
    text.map(|text| text.as_str().into())
}

/// What was stored, whatever its version.
pub fn decode(event: &StoredEvent) -> Result<ChatEvent, LogError> {
    let body = upcast(KINDS, UPCASTERS, event)?;
    decode_newest(event, &body)
}

/// Without personal fields. Optional ones stay present, so that nothing else changes.
pub fn blank(event: &StoredEvent) -> Result<StoredEvent, LogError> {
    let mut event = decode(event)?;
    match &mut event {
        ChatEvent::Opened(opened) => blank_opened(opened),
        ChatEvent::Posted { text, .. } | ChatEvent::Noted { text, .. } => text.clear(),
        ChatEvent::TransferOffered { note, .. }
        | ChatEvent::Returned { note, .. }
        | ChatEvent::Dismissed { note, .. }
        | ChatEvent::Rated { comment: note, .. } => clear(note),
        ChatEvent::TicketRequested { name, email, .. } => {
            name.clear();
            email.clear();
        }
        ChatEvent::PatronChanged { name, contact, .. } => {
            clear(name);
            clear(contact);
        }
        ChatEvent::TransferDeclined { reason, .. } => reason.clear(),
        ChatEvent::Rung(_)
        | ChatEvent::Claimed { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::TransferCanceled { .. }
        | ChatEvent::TransferLapsed { .. }
        | ChatEvent::Left { .. }
        | ChatEvent::PatronAway { .. }
        | ChatEvent::PatronBack
        | ChatEvent::OperatorAway { .. }
        | ChatEvent::OperatorBack { .. }
        | ChatEvent::OwnerLost { .. }
        | ChatEvent::ParticipantLost { .. }
        | ChatEvent::Ended { .. }
        | ChatEvent::Erased { .. } => {}
    }
    Ok(encode(&event))
}

fn blank_opened(opened: &mut Opened) {
    let Opened { question, name, contact, answers, page, .. } = opened;
    question.clear();
    clear(name);
    clear(contact);
    clear(page);
    for (_, answer) in answers {
        answer.clear();
    }
}

fn clear(text: &mut Option<String>) {
    if let Some(text) = text {
        text.clear();
    }
}

fn store(kind: &'static str, body: &impl Serialize) -> StoredEvent {
    let mut json = Vec::with_capacity(256);
    serde_json::to_writer(&mut json, body)
        .expect("stored types have text keys and no failing part");
    let body = String::from_utf8(json).expect("JSON is UTF-8");
    StoredEvent { kind, version: 1, body }
}

/// A message, which is most of what is stored: as `s::Posted` would be, byte for byte.
fn posted(by: &Author, text: &str, lang: Option<&str>) -> StoredEvent {
    let mut json = Json::with_capacity(POSTED_BYTES + text.len());
    json.raw(r#"{"by":""#);
    match by {
        Author::Patron => json.raw("patron"),
        Author::Operator(user) => json.raw("operator/").raw(user.as_str()),
        Author::System => json.raw("system"),
    };
    json.raw(r#"","text":"#).text(text);
    if let Some(lang) = lang {
        json.raw(r#","lang":"#).text(lang);
    }
    json.raw("}");
    StoredEvent { kind: "chat.posted", version: 1, body: json.finish() }
}

fn by_whom(kind: &'static str, by: &deskbell_protocol::ids::UserId) -> StoredEvent {
    store(kind, &s::By { by: by.clone() })
}

fn decode_newest(event: &StoredEvent, body: &str) -> Result<ChatEvent, LogError> {
    fn of<'a, T: Deserialize<'a>>(event: &StoredEvent, body: &'a str) -> Result<T, LogError> {
        serde_json::from_str(body).map_err(|error| unreadable(event, place_of(&error)))
    }
    Ok(match event.kind {
        "chat.opened" => ChatEvent::Opened(Box::new(of::<s::Opened>(event, body)?.into())),
        "chat.rung" => ChatEvent::Rung(of::<s::Ring>(event, body)?.into()),
        "chat.claimed" => of::<s::Claimed>(event, body)?.into(),
        "chat.posted" => of::<s::Posted>(event, body)?.into(),
        "chat.noted" => of::<s::Noted>(event, body)?.into(),
        "chat.transfer_offered" => of::<s::TransferOffered>(event, body)?.into(),
        "chat.transfer_canceled" => {
            ChatEvent::TransferCanceled { by: of::<s::By>(event, body)?.by }
        }
        "chat.transfer_declined" => of::<s::TransferDeclined>(event, body)?.into(),
        "chat.transfer_lapsed" => ChatEvent::TransferLapsed {
            reason: of::<s::TransferLapsed>(event, body)?.reason.into(),
        },
        "chat.left" => ChatEvent::Left { by: of::<s::By>(event, body)?.by },
        "chat.patron_away" => ChatEvent::PatronAway { until: of::<s::Until>(event, body)?.until },
        "chat.patron_back" => {
            let s::Nothing {} = of(event, body)?;
            ChatEvent::PatronBack
        }
        "chat.operator_away" => of::<s::OperatorAway>(event, body)?.into(),
        "chat.operator_back" => ChatEvent::OperatorBack { who: of::<s::Who>(event, body)?.who },
        "chat.owner_lost" => ChatEvent::OwnerLost { who: of::<s::Who>(event, body)?.who },
        "chat.participant_lost" => {
            ChatEvent::ParticipantLost { who: of::<s::Who>(event, body)?.who }
        }
        "chat.ended" => of::<s::Ended>(event, body)?.into(),
        "chat.erased" => {
            ChatEvent::Erased { seqs: of::<s::Erased>(event, body)?.seqs.into_owned() }
        }
        "chat.returned" => of::<s::Returned>(event, body)?.into(),
        "chat.ticket_offered" => {
            ChatEvent::TicketOffered { why: of::<s::TicketOffered>(event, body)?.why.into() }
        }
        "chat.ticket_requested" => of::<s::TicketRequested>(event, body)?.into(),
        "chat.dismissed" => of::<s::Dismissed>(event, body)?.into(),
        "chat.idled" => ChatEvent::Idled { text: of::<s::Idled>(event, body)?.text.into_owned() },
        "chat.patron_changed" => of::<s::PatronChanged>(event, body)?.into(),
        "chat.contact_revealed" => ChatEvent::ContactRevealed { by: of::<s::By>(event, body)?.by },
        "chat.tagged" => of::<s::Tagged>(event, body)?.into(),
        "chat.rated" => {
            let s::Rated { rating, comment } = of(event, body)?;
            let wrong = || unreadable(event, format!("a rating of {rating}"));
            let rating = Rating::new(rating).ok_or_else(wrong)?;
            ChatEvent::Rated { rating, comment: comment.map(Into::into) }
        }
        kind => return Err(newer(kind, event.version)),
    })
}

/// Where serde stopped, without the text it stopped at.
fn place_of(error: &serde_json::Error) -> String {
    format!("line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_stored_byte_for_byte_as_its_stored_type_says() {
        let maya = Author::Operator("maya".parse().expect("an id"));
        for by in [Author::Patron, maya, Author::System] {
            for (text, lang) in [("Hi", None), ("\"a\"\n\u{1}é😀", Some("pt-BR"))] {
                let stored =
                    s::Posted { by: by.clone(), text: text.into(), lang: lang.map(Into::into) };
                assert_eq!(posted(&by, text, lang), store("chat.posted", &stored));
            }
        }
    }
}
