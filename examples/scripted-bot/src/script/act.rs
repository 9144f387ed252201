//! What people in a script do, once read.
//!
//! Not here: what they see and find (`script.rs`), and how an act is done (`play/act.rs`).

use deskbell_client::protocol::ids::{InstitutionId, Target, WidgetId};
use deskbell_client::protocol::view::Status;

use super::Name;

/// What somebody does. A `chat` is named by its patron; `None` is the one that the person's lines
/// named last, or a patron's own.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Connects, goes online and watches these queues.
    Monitor {
        /// Her library, on her first line.
        library: Option<InstitutionId>,
        /// All that she monitors from now on.
        queues: Vec<Target>,
    },
    /// Changes her status, and keeps monitoring.
    SetStatus(Status),
    /// Rings through a widget.
    Ring {
        /// Which.
        widget: WidgetId,
        /// The first words.
        question: String,
    },
    /// Reads and follows a chat.
    Read(Name),
    /// Follows it no more.
    StopReading(Name),
    /// Takes a chat.
    Claim(Name),
    /// Writes to everyone in the chat.
    Say {
        /// Where.
        chat: Option<Name>,
        /// What.
        text: String,
    },
    /// Writes to the staff in the chat.
    Note {
        /// Where.
        chat: Option<Name>,
        /// What.
        text: String,
    },
    /// Begins to write.
    Type {
        /// Where.
        chat: Option<Name>,
    },
    /// Offers a chat to somebody else.
    Transfer {
        /// Which.
        chat: Name,
        /// To whom.
        to: Target,
        /// For the target's eyes.
        note: Option<String>,
        /// Whether the patron is told.
        tell_patron: bool,
        /// Whether she has to go: if nobody takes it, it waits again.
        hand_over: bool,
    },
    /// Takes the offer back.
    CancelTransfer(Name),
    /// Says no to an offer.
    Decline {
        /// Which.
        chat: Name,
        /// Why.
        reason: String,
    },
    /// Goes; the chat goes on.
    Leave(Name),
    /// Ends a chat.
    End(Option<Name>),
    /// Says that nobody will answer a waiting chat.
    Dismiss {
        /// Which.
        chat: Name,
        /// Why.
        note: String,
    },
    /// Asks for a ticket, as the patron.
    Ticket {
        /// Where to answer.
        email: String,
    },
    /// Corrects the patron's name.
    Rename {
        /// Which chat.
        chat: Name,
        /// Her name.
        name: String,
    },
    /// Corrects how to reach the patron.
    Reach {
        /// Which chat.
        chat: Name,
        /// How.
        contact: String,
    },
    /// Looks at the patron's contact.
    Reveal(Name),
    /// Says what a chat is about.
    Tag {
        /// Which.
        chat: Name,
        /// All of them.
        tags: Vec<String>,
    },
    /// Says how it was, as the patron.
    Rate {
        /// One to five.
        rating: u32,
        /// In her words.
        comment: String,
    },
    /// Rings again, going on from the chat that ended.
    Continue {
        /// Through which widget.
        widget: WidgetId,
        /// The first words.
        question: String,
    },
    /// Signs out; `anyway` lets her chats wait again.
    SignOut {
        /// Whether chats that she owns may wait again.
        anyway: bool,
    },
    /// Signs a colleague out.
    SignOutOther(Name),
    /// Lets a colleague into a co-op.
    LetInto {
        /// Whom.
        user: Name,
        /// Which.
        coop: Target,
    },
    /// Takes a colleague out of a co-op.
    TakeOut {
        /// Whom.
        user: Name,
        /// Which.
        coop: Target,
    },
    /// Tells that she has read all of a chat.
    CatchUp {
        /// Which.
        chat: Option<Name>,
    },
    /// Keeps a chat's patron from ringing again.
    Ban {
        /// Which chat.
        chat: Name,
        /// For how long.
        hours: u32,
        /// Why.
        reason: String,
    },
    /// Lets the patron of a chat ring again.
    LiftBan(Name),
    /// Sends her last write again, with the same `cmid`.
    Retry,
    /// Loses the connection.
    Drop,
    /// Connects again and resumes where she was.
    Return,
    /// Loads the page again: the same session, and nothing remembered of the chat.
    Reload,
    /// Comes back with the secret alone, for which the broker gives a new token.
    ReturnBySecret,
}
