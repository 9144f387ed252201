//! Who may see what: which events of a chat a reader sees, and which fields of them.

use crate::chat::ChatEvent;

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
    let _ = (audience, event);
    todo!()
}

/// A contact as staff of other libraries see it: enough to recognize, not to use.
pub fn mask(contact: &str) -> String {
    let _ = contact;
    todo!()
}
