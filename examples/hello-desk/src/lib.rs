//! What the two halves of the example share: lines from the keyboard, and what a person sees.
//!
//! Not here: anything of the SDK's own; `ring` and `answer` show that.

use std::io::BufRead;

use deskbell_client::Event;
use deskbell_client::protocol::event::{ChatEvent, Person};
use tokio::sync::mpsc;

/// Lines that may wait to be sent.
const LINES_MAX: usize = 16;

/// Lines from standard input, until it ends.
pub fn lines() -> mpsc::Receiver<String> {
    let (tx, rx) = mpsc::channel(LINES_MAX);
    // A thread of its own: reading a terminal cannot be canceled.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tx.blocking_send(line).is_err() {
                return;
            }
        }
    });
    rx
}

/// The chat events that an SDK event carries: one, or a snapshot's last ones.
pub fn chat_events(event: Event) -> Vec<ChatEvent> {
    match event {
        Event::Chat { sequenced, .. } => vec![sequenced.event],
        Event::Snapshot(snapshot) => snapshot.events.into_iter().map(|one| one.event).collect(),
        Event::Status(_)
        | Event::ChatClosed { .. }
        | Event::ChatLost { .. }
        | Event::List(_)
        | Event::Row(_)
        | Event::Gone { .. }
        | Event::Presence(_)
        | Event::Typing { .. }
        | Event::Mark { .. }
        | Event::Mine(_)
        | Event::GapAlarm { .. }
        | Event::GapOver { .. }
        | Event::Wait { .. } => Vec::new(),
    }
}

/// A chat event in a line, if it is one that people talk about.
pub fn line_of(event: &ChatEvent) -> Option<String> {
    match event {
        ChatEvent::Opened { question, .. } => Some(format!("patron: {question}")),
        ChatEvent::Posted { by, text, .. } => Some(format!("{}: {text}", name_of(by))),
        ChatEvent::Claimed { by, .. } => Some(format!("({} is here)", name_of(by))),
        ChatEvent::Left { by } => Some(format!("({} left)", name_of(by))),
        ChatEvent::Ended { by, .. } => Some(format!("({} ended the chat)", name_of(by))),
        // Silent here; a real desk shows most of these.
        ChatEvent::Hidden
        | ChatEvent::Rung { .. }
        | ChatEvent::Noted { .. }
        | ChatEvent::TransferOffered { .. }
        | ChatEvent::TransferCanceled { .. }
        | ChatEvent::TransferDeclined { .. }
        | ChatEvent::TransferLapsed { .. }
        | ChatEvent::PatronAway { .. }
        | ChatEvent::PatronBack
        | ChatEvent::OperatorAway { .. }
        | ChatEvent::OperatorBack { .. }
        | ChatEvent::OwnerLost { .. }
        | ChatEvent::ParticipantLost { .. }
        | ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Dismissed { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Rated { .. }
        | ChatEvent::Erased { .. }
        | ChatEvent::Unknown => None,
    }
}

fn name_of(person: &Person) -> &str {
    match person {
        Person::Patron { name } => name.as_deref().unwrap_or("patron"),
        Person::Operator { name, .. } => name,
        Person::System => "Deskbell",
    }
}
