//! What in a chat's events is personal, and the events without it. Blanking keeps kind, order,
//! people and structure: a blanked history folds to the same state as the original whose erasure
//! was marked.
//!
//! Not here: removing the bytes (the log), and telling readers (`ChatEvent::Erased`).

use super::event::ChatEvent;

/// Removes what is personal in `event`.
pub fn blank(event: &mut ChatEvent) {
    match event {
        ChatEvent::Opened(opened) => {
            opened.question.clear();
            opened.name = None;
            opened.contact = None;
            for (_, answer) in &mut opened.answers {
                answer.clear();
            }
            opened.page = None;
        }
        ChatEvent::Posted { by: _, text, lang: _ } | ChatEvent::Noted { by: _, text } => {
            text.clear();
        }
        ChatEvent::TransferOffered { note, .. }
        | ChatEvent::Returned { note, .. }
        | ChatEvent::Dismissed { note, .. }
        | ChatEvent::Rated { comment: note, .. } => *note = None,
        ChatEvent::TicketRequested { name, email, queue: _ } => {
            name.clear();
            email.clear();
        }
        // That it was changed stays, and that nothing is known any more.
        ChatEvent::PatronChanged { by: _, name, contact } => {
            name.iter_mut().chain(contact).for_each(String::clear);
        }
        ChatEvent::TransferDeclined { by: _, reason } => reason.clear(),
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
}
