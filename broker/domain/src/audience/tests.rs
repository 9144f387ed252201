//! Who sees what, as sentences. That notes and untold offers stay hidden in whole chats is a
//! property of `chat/properties.rs`.

use super::*;
use crate::chat::event::LapseReason;
use crate::spec::{offered, operator, rang, second, user};

fn internal() -> Vec<ChatEvent> {
    vec![
        ChatEvent::Noted { by: user("maya"), text: "Check.".into() },
        offered("maya", "coop/tri"),
        ChatEvent::TransferCanceled { by: user("maya") },
        ChatEvent::TransferDeclined { by: user("ines"), reason: "Lunch.".into() },
        ChatEvent::TransferLapsed { reason: LapseReason::Time },
        ChatEvent::OperatorAway { who: user("maya"), until: second(60) },
        ChatEvent::OperatorBack { who: user("maya") },
        ChatEvent::ParticipantLost { who: user("maya") },
    ]
}

fn posted(by: Author) -> ChatEvent {
    ChatEvent::Posted { by, text: "Hello".into(), lang: None }
}

#[test]
fn a_patron_sees_nothing_of_what_staff_settle_among_themselves() {
    for event in internal() {
        assert!(!sees(Audience::Patron, &event), "{event:?}");
    }
}

#[test]
fn a_patron_is_told_of_an_offer_if_the_owner_chose_so_and_always_that_the_owner_was_lost() {
    let mut offer = offered("maya", "coop/tri");
    if let ChatEvent::TransferOffered { tell_patron, .. } = &mut offer {
        *tell_patron = true;
    }
    assert!(sees(Audience::Patron, &offer));
    assert!(sees(Audience::Patron, &ChatEvent::OwnerLost { who: user("maya") }));
}

#[test]
fn a_previewer_sees_what_the_patron_wrote_and_nothing_that_staff_wrote() {
    assert!(sees(Audience::Previewer, &rang()));
    assert!(sees(Audience::Previewer, &posted(Author::Patron)));
    assert!(!sees(Audience::Previewer, &posted(operator("maya"))));
    for event in internal() {
        assert!(!sees(Audience::Previewer, &event), "{event:?}");
    }
}

#[test]
fn staff_in_the_chat_see_everything() {
    for event in internal() {
        assert!(sees(Audience::Staff, &event) && sees(Audience::HomeStaff, &event));
    }
}

#[test]
fn contact_data_is_shown_to_the_patron_and_her_own_library_alone() {
    let shown = Audience::ALL.map(Audience::sees_contact);
    assert_eq!(shown, [true, false, false, true]);
}

#[test]
fn a_mask_is_enough_to_recognize_and_not_to_use() {
    let masked = [
        ("maria@example.org", "m…@…"),
        ("  maria@example.org ", "m…@…"),
        ("éva@example.org", "é…@…"),
        ("@", "…@…"),
        ("+47 (22) 33-44-56", "…56"),
        ("0664/1234567", "…67"),
        ("1234", "…"),
        ("room 123456", "…"),
        ("@sam", "…@…"),
        ("🦉🦉🦉", "…"),
        ("", "…"),
    ];
    for (contact, expected) in masked {
        assert_eq!(mask(contact), expected, "{contact:?}");
    }
}

#[test]
fn a_mask_does_not_tell_how_long_the_contact_is() {
    assert_eq!(mask("m@a.no"), mask("margaret.the.librarian@example.org"));
    assert_eq!(mask("123456"), mask("+4700000000000056"));
}
