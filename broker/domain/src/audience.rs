//! Who may see what: which events of a chat a reader sees, and which fields of them.

use crate::chat::ChatEvent;
use crate::person::Author;

/// As whom a chat is read. A closed list: every event is encoded at most once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// The chat's patron: never notes, never login names, of transfers only what the owner chose.
    Patron,
    /// An operator who may claim it: all that the patron wrote while it waits, contact masked.
    Previewer,
    /// Staff in the chat, or a pending transfer's target; contact masked.
    Staff,
    /// Staff in the chat who belong to the patron's own library; contact shown.
    HomeStaff,
}

impl Audience {
    /// Every audience, in the order of their discriminants.
    pub const ALL: [Self; 4] = [Self::Patron, Self::Previewer, Self::Staff, Self::HomeStaff];

    /// Whether contact data is shown in full.
    pub fn sees_contact(self) -> bool {
        matches!(self, Self::Patron | Self::HomeStaff)
    }
}

/// Whether `audience` sees `event` at all; if not, it is told that something happened there.
pub fn sees(audience: Audience, event: &ChatEvent) -> bool {
    match audience {
        Audience::Patron => patron_sees(event),
        Audience::Previewer => previewer_sees(event),
        Audience::Staff | Audience::HomeStaff => true,
    }
}

/// Of transfers the patron sees the offer, if the owner chose so, and the claim. How an offer came
/// to nothing is the staff's affair: it changes nothing for her, and she may never have heard of
/// it. That her owner is gone she is told when it has consequences, not at every flicker of a
/// network.
fn patron_sees(event: &ChatEvent) -> bool {
    match event {
        ChatEvent::TransferOffered { tell_patron, .. } => *tell_patron,
        ChatEvent::Opened(_)
        | ChatEvent::Claimed { .. }
        | ChatEvent::Posted { .. }
        | ChatEvent::Left { .. }
        | ChatEvent::PatronAway { .. }
        | ChatEvent::PatronBack
        | ChatEvent::OwnerLost { .. }
        | ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::Rated { .. }
        | ChatEvent::Ended { .. }
        | ChatEvent::Erased { .. } => true,
        ChatEvent::Rung(_)
        | ChatEvent::Dismissed { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Noted { .. }
        | ChatEvent::TransferCanceled { .. }
        | ChatEvent::TransferDeclined { .. }
        | ChatEvent::TransferLapsed { .. }
        | ChatEvent::OperatorAway { .. }
        | ChatEvent::OperatorBack { .. }
        | ChatEvent::ParticipantLost { .. } => false,
    }
}

/// All that the patron wrote, and what became of her ring. What staff wrote in a chat that waits
/// again is read by who claims it.
fn previewer_sees(event: &ChatEvent) -> bool {
    match event {
        ChatEvent::Posted { by, .. } => *by == Author::Patron,
        ChatEvent::Opened(_)
        | ChatEvent::Rung(_)
        | ChatEvent::Claimed { .. }
        | ChatEvent::PatronAway { .. }
        | ChatEvent::PatronBack
        | ChatEvent::OwnerLost { .. }
        | ChatEvent::Returned { .. }
        | ChatEvent::TicketOffered { .. }
        | ChatEvent::TicketRequested { .. }
        | ChatEvent::Dismissed { .. }
        | ChatEvent::PatronChanged { .. }
        | ChatEvent::Ended { .. }
        | ChatEvent::Erased { .. } => true,
        ChatEvent::Noted { .. }
        | ChatEvent::Idled { .. }
        | ChatEvent::ContactRevealed { .. }
        | ChatEvent::Tagged { .. }
        | ChatEvent::Rated { .. }
        | ChatEvent::TransferOffered { .. }
        | ChatEvent::TransferCanceled { .. }
        | ChatEvent::TransferDeclined { .. }
        | ChatEvent::TransferLapsed { .. }
        | ChatEvent::Left { .. }
        | ChatEvent::OperatorAway { .. }
        | ChatEvent::OperatorBack { .. }
        | ChatEvent::ParticipantLost { .. } => false,
    }
}

/// Fewest digits of a telephone number of which two may be shown.
const PHONE_DIGITS_MIN: usize = 6;

/// A contact as staff of other libraries see it: enough to recognize, not to use. An address keeps
/// its first character (`m…@…`), a telephone number its last two digits (`…42`), anything else
/// nothing; no mask tells how long the contact is.
pub fn mask(contact: &str) -> String {
    let contact = contact.trim();
    if let Some((local, _)) = contact.split_once('@') {
        return local.chars().take(1).chain("…@…".chars()).collect();
    }
    let digits: Vec<char> = contact.chars().filter(char::is_ascii_digit).collect();
    let dialed = contact.chars().all(|c| c.is_ascii_digit() || " +-/.()".contains(c));
    match digits.as_slice() {
        [.., tens, ones] if dialed && digits.len() >= PHONE_DIGITS_MIN => format!("…{tens}{ones}"),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests;
