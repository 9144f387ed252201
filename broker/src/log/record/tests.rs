//! What is stored reads back, is blanked where it is personal, and is checked.

use deskbell_domain::chat::ChatEvent;
use deskbell_domain::chat::event::{
    EndCause, LapseReason, OfferReason, Opened, Rating, ReturnReason, Ring,
};
use deskbell_domain::routing::{Reason, Skipped};
use proptest::prelude::*;

use super::*;
use crate::log::contract::events::{self, at, canary, entry, opened, posted};

/// One of each kind, every field filled, in the order of `chat::KINDS`.
fn every_kind() -> Vec<ChatEvent> {
    let maya = || "maya".parse().unwrap();
    let ring = || Ring {
        tiers: vec!["department/desk".parse().unwrap(), "coop/tri-county".parse().unwrap()],
        skipped: [Reason::Nobody, Reason::NotMember, Reason::Unknown]
            .map(|reason| Skipped { option: "operator/lou".parse().unwrap(), reason })
            .into(),
        rolls_at: Some(at(7)),
        directory: 12,
    };
    let ChatEvent::Opened(opened) = opened() else { panic!("it is what it says") };
    vec![
        ChatEvent::Opened(Box::new(Opened { ring: ring(), ..*opened })),
        ChatEvent::Rung(ring()),
        ChatEvent::Claimed { by: maya(), transfer: true, idle: None },
        posted("canary \"quoted\"\n\u{1f514}"),
        ChatEvent::Noted { by: maya(), text: "canary".into() },
        ChatEvent::TransferOffered {
            by: maya(),
            to: "coop/tri-county".parse().unwrap(),
            note: Some("canary".into()),
            tell_patron: true,
            hand_over: false,
            until: at(1),
        },
        ChatEvent::TransferCanceled { by: maya() },
        ChatEvent::TransferDeclined { by: maya(), reason: "canary".into() },
        ChatEvent::TransferLapsed { reason: LapseReason::TargetGone },
        ChatEvent::Left { by: maya() },
        ChatEvent::PatronAway { until: at(2) },
        ChatEvent::PatronBack,
        ChatEvent::OperatorAway { who: maya(), until: at(3) },
        ChatEvent::OperatorBack { who: maya() },
        ChatEvent::OwnerLost { who: maya() },
        ChatEvent::ParticipantLost { who: maya() },
        ChatEvent::Ended { cause: EndCause::PatronGone, by: Author::System },
        ChatEvent::Erased { seqs: vec![1, 4] },
        ChatEvent::Returned {
            who: maya(),
            why: ReturnReason::HandOver,
            note: Some("canary".into()),
        },
        ChatEvent::TicketOffered { why: OfferReason::Waited },
        ChatEvent::TicketRequested {
            name: "canary".into(),
            email: "canary@example.org".into(),
            queue: Some("birch-desk".parse().unwrap()),
        },
        ChatEvent::Dismissed { by: maya(), note: Some("canary".into()) },
        ChatEvent::Idled { text: "Still here.".into() },
        ChatEvent::PatronChanged {
            by: Author::Patron,
            name: Some("canary".into()),
            contact: Some("canary".into()),
        },
        ChatEvent::ContactRevealed { by: maya() },
        ChatEvent::Tagged { by: maya(), tags: ["maps".into(), "renewal".into()].into() },
        ChatEvent::Rated { rating: Rating::new(4).unwrap(), comment: Some("canary".into()) },
    ]
}

#[test]
fn every_kind_reads_back_as_it_was() {
    let events = every_kind();
    assert_eq!(events.len(), chat::KINDS.len());
    for (event, (kind, version)) in events.iter().zip(chat::KINDS) {
        let stored = chat::encode(event);
        assert_eq!((stored.kind, stored.version), (*kind, *version));
        assert_eq!(chat::decode(&stored).unwrap(), *event);
        assert_eq!(known(kind), Some(*kind));
    }
}

#[test]
fn every_kind_ever_written_still_reads() {
    let fixtures = include_str!("../fixtures/chat.v1.json");
    let fixtures: std::collections::BTreeMap<String, serde_json::Value> =
        serde_json::from_str(fixtures).unwrap();
    assert_eq!(fixtures.len(), chat::KINDS.len());
    for (event, (kind, _)) in every_kind().into_iter().zip(chat::KINDS) {
        let body = fixtures[*kind].to_string();
        let stored = StoredEvent { kind, version: 1, body };
        assert_eq!(chat::decode(&stored).unwrap(), event, "{kind}");
    }
}

#[test]
fn a_summary_ever_written_still_reads() {
    let text = include_str!("../fixtures/summary.v1.json");
    let crate::log::LiveChange::Put(written) = canary(stream(1)).live else {
        panic!("the canary is live")
    };
    assert_eq!(summary::decode(text).unwrap(), summary::decode(&written).unwrap());
    let blank = summary::blank(text).unwrap();
    assert!(!blank.contains("canary"), "{blank}");
    assert_eq!(summary::decode(&blank).unwrap().preview.name, Some(String::new()));
}

fn stream(number: u128) -> StreamId {
    events::chat(number)
}

#[test]
fn blanking_leaves_no_personal_text_and_all_structure() {
    for event in every_kind() {
        let stored = chat::encode(&event);
        let blanked = blank(&stored).unwrap();
        assert!(!blanked.body.contains("canary"), "{}", blanked.body);
        assert_eq!(blanked.kind, stored.kind);
        assert_eq!(blank(&blanked).unwrap(), blanked, "blanking twice changes nothing");
        let personal = stored.body.contains("canary");
        assert_eq!(blanked != stored, personal, "{}", stored.kind);
    }
    let ChatEvent::Opened(blanked) =
        chat::decode(&blank(&chat::encode(&opened())).unwrap()).unwrap()
    else {
        panic!("it stays what it was")
    };
    assert_eq!(blanked.answers, [("Your course?".to_owned(), String::new())]);
    assert_eq!((blanked.session, blanked.contact), ([7; 32], Some(String::new())));
}

#[test]
fn what_is_newer_is_named_and_what_does_not_fit_never_quoted() {
    let newer = StoredEvent { kind: "chat.posted", version: 2, body: "{}".into() };
    let error = chat::decode(&newer).unwrap_err().to_string();
    assert!(error.contains("chat.posted of version 2"), "{error}");
    let wrong = StoredEvent { kind: "chat.posted", version: 1, body: r#"{"by":"secret"}"#.into() };
    let error = chat::decode(&wrong).unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }));
    assert!(!error.to_string().contains("secret"), "{error}");
    let elsewhere = StoredEvent { kind: "faq.asked", version: 1, body: "{}".into() };
    assert!(matches!(blank(&elsewhere), Err(LogError::Newer { .. })));
    assert_eq!(known("faq.asked"), None);
}

#[test]
fn an_old_body_goes_through_every_upcaster_between() {
    let kinds = [("chat.posted", 3)];
    let steps = [
        Upcaster { kind: "chat.posted", from: 2, upcast: |body| Ok(format!("{body}c")) },
        Upcaster { kind: "chat.posted", from: 1, upcast: |body| Ok(format!("{body}b")) },
    ];
    let at = |version| StoredEvent { kind: "chat.posted", version, body: "a".into() };
    assert_eq!(upcast(&kinds, &steps, &at(1)).unwrap(), "abc");
    assert_eq!(upcast(&kinds, &steps, &at(2)).unwrap(), "ac");
    assert_eq!(upcast(&kinds, &steps, &at(3)).unwrap(), "a");
    assert!(upcast(&kinds, &steps, &at(4)).is_err());
    assert!(upcast(&kinds, &steps[..1], &at(1)).is_err(), "a step is missing");
}

#[test]
fn the_checksum_covers_every_field_and_the_place() {
    let record = entry(posted("x"));
    let sum = checksum(stream(1), 1, &record);
    let changed: [fn(&mut Entry); 7] = [
        |it| it.author = Author::System,
        |it| it.cmid = Some(deskbell_protocol::ids::Cmid(uuid::Uuid::from_u128(99))),
        |it| it.fingerprint ^= 1,
        |it| it.eid.0 ^= 1,
        |it| it.at = at(999_999),
        |it| it.event.version += 1,
        |it| it.event.body.push(' '),
    ];
    for change in changed {
        let mut other = record.clone();
        change(&mut other);
        assert_ne!(checksum(stream(1), 1, &other), sum, "{other:?}");
    }
    assert_ne!(checksum(stream(2), 1, &record), sum);
    assert_ne!(checksum(StreamId::Directory, 1, &record), sum);
    assert_ne!(checksum(stream(1), 2, &record), sum);
}

proptest! {
    #[test]
    fn any_text_survives_storage(text in any::<String>(), lang in any::<Option<String>>()) {
        let event = ChatEvent::Posted { by: Author::Patron, text, lang };
        prop_assert_eq!(chat::decode(&chat::encode(&event)).unwrap(), event);
    }
}
