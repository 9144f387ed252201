//! A pushed frame for each kind of event in a chat.

use super::{at, event_tag, id, ines, lou, maya, sam, target, to_client};
use crate::ToClient;
use crate::event::{Answer, ChatEvent, EndCause, LapseReason, OfferReason, Person, ReturnReason};

/// The name of a frame's file.
pub(super) fn name(frame: &ToClient) -> String {
    match frame {
        ToClient::ChatEvent { event, .. } => format!("event.{}", event_tag(event)),
        _ => unreachable!("every frame of this file carries an event"),
    }
}

pub(super) fn frames() -> Vec<ToClient> {
    let told = beginning().into_iter().chain(transfers()).chain(absence()).chain(ending());
    let told = told.chain(service());
    told.zip(1..).map(|(event, seq)| to_client::pushed(seq, event)).collect()
}

pub(super) fn opened() -> ChatEvent {
    ChatEvent::Opened {
        widget: id("birch-home"),
        home: id("birch"),
        question: "Can I renew a book that someone else has reserved?".into(),
        name: Some("Sam".into()),
        contact: Some("sam@example.org".into()),
        answers: vec![Answer { question: "Card number?".into(), answer: "none yet".into() }],
        page: Some("https://birch.example/catalog".into()),
        lang: Some("en".into()),
        continues: None,
        tiers: vec![target("department/birch-reference")],
    }
}

pub(super) fn rung() -> ChatEvent {
    ChatEvent::Rung { tiers: vec![target("coop/tri-county")] }
}

pub(super) fn claimed() -> ChatEvent {
    ChatEvent::Claimed { by: maya(), transfer: false }
}

pub(super) fn posted() -> ChatEvent {
    ChatEvent::Posted {
        by: maya(),
        text: "Hello Sam, let me look that up.".into(),
        lang: Some("en".into()),
    }
}

fn beginning() -> Vec<ChatEvent> {
    vec![
        opened(),
        rung(),
        claimed(),
        posted(),
        ChatEvent::Noted { by: maya(), text: "Three holds on it.".into() },
        ChatEvent::Hidden,
    ]
}

fn transfers() -> Vec<ChatEvent> {
    vec![
        ChatEvent::TransferOffered {
            by: maya(),
            to: Some(target("operator/lou")),
            to_name: "Lou".into(),
            note: Some("Knows the lending rules of Elm.".into()),
            hand_over: false,
            until: at("17:07"),
        },
        ChatEvent::TransferCanceled { by: maya() },
        ChatEvent::TransferDeclined { by: lou(), reason: "On the phone until eleven.".into() },
        ChatEvent::TransferLapsed { reason: LapseReason::Time },
        ChatEvent::Left { by: maya() },
    ]
}

fn absence() -> Vec<ChatEvent> {
    vec![
        ChatEvent::PatronAway { until: at("25:12") },
        ChatEvent::PatronBack,
        ChatEvent::OperatorAway { who: lou(), until: at("16:14") },
        ChatEvent::OperatorBack { who: lou() },
        ChatEvent::OwnerLost { who: lou() },
        ChatEvent::ParticipantLost { who: ines() },
    ]
}

fn ending() -> Vec<ChatEvent> {
    let by: Person = sam();
    vec![ChatEvent::Ended { cause: EndCause::Patron, by }, ChatEvent::Erased { seqs: vec![1, 4] }]
}

fn service() -> Vec<ChatEvent> {
    vec![
        ChatEvent::Returned {
            who: lou(),
            why: Some(ReturnReason::HandOver),
            note: Some("Wants the reading room's hours, too.".into()),
        },
        ChatEvent::TicketOffered { why: OfferReason::Waited },
        ChatEvent::TicketRequested {
            name: "Sam".into(),
            email: "sam@example.org".into(),
            queue: Some(id("birch-follow-up")),
        },
        ChatEvent::Dismissed { by: ines(), note: Some("Rang by mistake.".into()) },
        ChatEvent::Idled {
            text: "Thank you for waiting. Your question is still being worked on.".into(),
        },
        ChatEvent::PatronChanged { by: maya(), name: Some("Samuel".into()), contact: None },
        ChatEvent::ContactRevealed { by: ines() },
        ChatEvent::Tagged { by: maya(), tags: vec!["holds".into(), "renewal".into()] },
        ChatEvent::Rated { rating: 5, comment: Some("Quick and kind.".into()) },
    ]
}
