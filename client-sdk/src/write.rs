//! Everything that changes a chat, as an app says it, and the answer to it.
//!
//! Not here: when it is sent, and sent again (`outbox.rs`).

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::error::ClientError;
use crate::event::CloseReason;
use crate::protocol::event::Answer;
use crate::protocol::ids::{ChatId, Cmid, Eid, Target};
use crate::protocol::to_broker::ToBroker;

/// What a patron rings with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ring {
    /// Her first words.
    pub question: String,
    /// Her name, if she gives one.
    pub name: Option<String>,
    /// How to reach her, if she tells.
    pub contact: Option<String>,
    /// Answers to the widget's questions.
    pub answers: Vec<Answer>,
    /// The page the widget stands on.
    pub page: Option<String>,
    /// Her language (BCP 47).
    pub lang: Option<String>,
    /// An ended chat of hers that this one goes on from.
    pub continues: Option<ChatId>,
}

impl Ring {
    /// A ring with nothing but the question.
    pub fn new(question: impl Into<String>) -> Self {
        Self { question: question.into(), ..Self::default() }
    }
}

/// A change of a chat. It gets its `cmid` once, when it is submitted, and keeps it in every retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A patron rings.
    Open(Ring),
    /// Takes a waiting chat, or a transfer on offer.
    Claim(ChatId),
    /// A message to everyone in the chat.
    Post {
        /// The chat.
        chat: ChatId,
        /// Plain Unicode with line breaks.
        text: String,
        /// Its language (BCP 47).
        lang: Option<String>,
    },
    /// An internal note.
    Note {
        /// The chat.
        chat: ChatId,
        /// Plain Unicode with line breaks.
        text: String,
    },
    /// Offers the chat to someone else.
    Transfer {
        /// The chat.
        chat: ChatId,
        /// To whom.
        to: Target,
        /// For the target's eyes.
        note: Option<String>,
        /// Whether the patron is told.
        tell_patron: bool,
        /// Whether the owner has to go: if nobody takes it, the chat waits again.
        hand_over: bool,
    },
    /// Takes the offer back.
    CancelTransfer(ChatId),
    /// Says no to an offer.
    DeclineTransfer {
        /// The chat.
        chat: ChatId,
        /// Why; told to the owner.
        reason: String,
    },
    /// A participant goes.
    Leave(ChatId),
    /// The owner or the patron ends the chat.
    End(ChatId),
    /// Nobody will answer this waiting chat.
    Dismiss {
        /// The chat.
        chat: ChatId,
        /// Why, for staff.
        note: Option<String>,
    },
    /// The patron asks for a ticket.
    Ticket {
        /// The chat.
        chat: ChatId,
        /// Her name.
        name: String,
        /// Where to answer.
        email: String,
    },
    /// Corrects who the patron is: `None` stays, empty is removed.
    SetPatron {
        /// The chat.
        chat: ChatId,
        /// Her name.
        name: Option<String>,
        /// How to reach her.
        contact: Option<String>,
    },
    /// Shows the patron's contact to an operator of another library, on record.
    Reveal(ChatId),
    /// Says what the chat is about.
    Tag {
        /// The chat.
        chat: ChatId,
        /// All of them, from now on.
        tags: Vec<String>,
    },
    /// The patron says how it was.
    Rate {
        /// The chat.
        chat: ChatId,
        /// One to five, five the best.
        rating: u8,
        /// In her words.
        comment: Option<String>,
    },
}

impl Write {
    /// The chat it changes; a ring has none yet.
    pub fn chat(&self) -> Option<ChatId> {
        match self {
            Self::Open(_) => None,
            Self::Claim(chat)
            | Self::CancelTransfer(chat)
            | Self::Leave(chat)
            | Self::End(chat)
            | Self::Reveal(chat)
            | Self::Dismiss { chat, .. }
            | Self::Ticket { chat, .. }
            | Self::SetPatron { chat, .. }
            | Self::Tag { chat, .. }
            | Self::Rate { chat, .. }
            | Self::Post { chat, .. }
            | Self::Note { chat, .. }
            | Self::Transfer { chat, .. }
            | Self::DeclineTransfer { chat, .. } => Some(*chat),
        }
    }

    /// The frame, the same in every try but for the request's `id`.
    pub fn frame(&self, id: u32, cmid: Cmid) -> ToBroker {
        match self.clone() {
            Self::Open(Ring { question, name, contact, answers, page, lang, continues }) => {
                ToBroker::ChatOpen {
                    id,
                    cmid,
                    question,
                    name,
                    contact,
                    answers,
                    page,
                    lang,
                    continues,
                }
            }
            Self::Claim(chat) => ToBroker::ChatClaim { id, chat, cmid },
            Self::Post { chat, text, lang } => ToBroker::ChatPost { id, chat, cmid, text, lang },
            Self::Note { chat, text } => ToBroker::ChatNote { id, chat, cmid, text },
            Self::Transfer { chat, to, note, tell_patron, hand_over } => {
                ToBroker::ChatTransfer { id, chat, cmid, to, note, tell_patron, hand_over }
            }
            Self::CancelTransfer(chat) => ToBroker::ChatTransferCancel { id, chat, cmid },
            Self::DeclineTransfer { chat, reason } => {
                ToBroker::ChatTransferDecline { id, chat, cmid, reason }
            }
            Self::Leave(chat) => ToBroker::ChatLeave { id, chat, cmid },
            Self::End(chat) => ToBroker::ChatEnd { id, chat, cmid },
            Self::Dismiss { chat, note } => ToBroker::ChatDismiss { id, chat, cmid, note },
            Self::Ticket { chat, name, email } => {
                ToBroker::ChatTicket { id, chat, cmid, name, email }
            }
            Self::SetPatron { chat, name, contact } => {
                ToBroker::ChatPatron { id, chat, cmid, name, contact }
            }
            Self::Reveal(chat) => ToBroker::ChatReveal { id, chat, cmid },
            Self::Tag { chat, tags } => ToBroker::ChatTag { id, chat, cmid, tags },
            Self::Rate { chat, rating, comment } => {
                ToBroker::ChatRate { id, chat, cmid, rating, comment }
            }
        }
    }
}

/// A write that the broker stored, at the durability that `welcome` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The chat; for a ring, the new one.
    pub chat: ChatId,
    /// The place of the write's last event.
    pub seq: u64,
    /// Its identity.
    pub eid: Eid,
}

/// A submitted write. Resolves once the broker answered, however many connections that takes.
/// Dropping it does not take the write back.
#[derive(Debug)]
#[must_use = "a write's outcome, a refusal too, is only told here"]
pub struct Pending(pub(crate) oneshot::Receiver<Result<Written, ClientError>>);

impl Future for Pending {
    type Output = Result<Written, ClientError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|outcome| match outcome {
            Ok(answer) => answer,
            // The driver went away without an answer: its future was dropped.
            Err(_) => Err(ClientError::Closed(CloseReason::ByApp)),
        })
    }
}
