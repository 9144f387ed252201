//! What nodes tell each other about who is there, as JSON: `p NODE VERSION CHANGE` for what is also
//! kept beside the lease, `w NODE VERSION` if all of it was written anew, `s NODE SIGNAL` for what
//! is never kept. Nodes of different versions talk: what cannot be read is a gap.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskbell_domain::access::Principal;
use deskbell_domain::chat::event::Digest;
use deskbell_domain::person::{Author, Status};
use deskbell_protocol::ids::{
    ChatId, ClientId, SessionId, Target, TicketQueueId, UserId, WidgetId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::presence::{ConnectionId, NodeId, Signal, Told};

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Change(NodeId, u64, Change),
    Whole(NodeId, u64),
    Signal(NodeId, Signal),
}

/// Whose connection it is. The value of a field `c:CONNECTION`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Whose {
    Operator { user: UserId, session: SessionId },
    Patron { session: String },
}

/// What a person told. The value of a field `t:USER`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldText {
    status: Status,
    monitoring: BTreeSet<Target>,
    ticket_queues: BTreeSet<TicketQueueId>,
    at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Came {
        connection: ConnectionId,
        whose: Whose,
        /// An operator's, and whether it is a fresh start, whatever she told before.
        told: Option<(ToldText, bool)>,
    },
    Went {
        connection: ConnectionId,
    },
    Told {
        user: UserId,
        told: ToldText,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SignalText {
    Typing { chat: ChatId, who: String, on: bool },
    Mark { chat: ChatId, who: String, delivered: u64, read: u64 },
    Previewing { chat: ChatId, by: BTreeSet<UserId> },
    SessionsEnded { user: UserId, sessions: BTreeSet<SessionId>, until: i64 },
    TookOver { who: WhoText, client: ClientId, at: i64 },
    Banned { address: String, session: String },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhoText {
    Operator(UserId),
    Patron { session: String, widget: WidgetId },
}

impl From<Principal> for WhoText {
    fn from(who: Principal) -> Self {
        match who {
            Principal::Operator(user) => Self::Operator(user),
            Principal::Patron { session, widget } => {
                Self::Patron { session: text_of(&session), widget }
            }
        }
    }
}

impl WhoText {
    fn who(self) -> Option<Principal> {
        Some(match self {
            Self::Operator(user) => Principal::Operator(user),
            Self::Patron { session, widget } => {
                Principal::Patron { session: digest_of(&session)?, widget }
            }
        })
    }
}

impl From<Told> for ToldText {
    fn from(told: Told) -> Self {
        let Told { status, monitoring, ticket_queues, at } = told;
        Self { status, monitoring, ticket_queues, at: at.as_millisecond() }
    }
}

impl ToldText {
    pub(super) fn told(self) -> Option<Told> {
        let Self { status, monitoring, ticket_queues, at } = self;
        let at = Timestamp::from_millisecond(at).ok()?;
        Some(Told { status, monitoring, ticket_queues, at })
    }
}

pub(super) fn text_of(bytes: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn digest_of(text: &str) -> Option<Digest> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists only")
}

pub(super) fn node_text(node: NodeId) -> String {
    format!("{node:016x}")
}

pub(super) fn node_of(text: &str) -> Option<NodeId> {
    NodeId::from_str_radix(text, 16).ok()
}

pub(super) fn change(node: NodeId, version: u64, change: &Change) -> String {
    format!("p {} {version} {}", node_text(node), json(change))
}

pub(super) fn whole(node: NodeId, version: u64) -> String {
    format!("w {} {version}", node_text(node))
}

pub(super) fn signal(node: NodeId, signal: Signal) -> String {
    let text = match signal {
        Signal::Typing { chat, who, on } => SignalText::Typing { chat, who: who.to_string(), on },
        Signal::Mark { chat, who, delivered, read } => {
            SignalText::Mark { chat, who: who.to_string(), delivered, read }
        }
        Signal::Previewing { chat, by } => SignalText::Previewing { chat, by },
        Signal::SessionsEnded { user, sessions, until } => {
            SignalText::SessionsEnded { user, sessions, until: until.as_millisecond() }
        }
        Signal::TookOver { who, client, at } => {
            SignalText::TookOver { who: who.into(), client, at: at.as_microsecond() }
        }
        Signal::Banned { address, session } => {
            SignalText::Banned { address: text_of(&address), session: text_of(&session) }
        }
    };
    format!("s {} {}", node_text(node), json(&text))
}

fn signal_of(text: &str) -> Option<Signal> {
    let author = |who: String| who.parse::<Author>().ok();
    Some(match serde_json::from_str(text).ok()? {
        SignalText::Typing { chat, who, on } => Signal::Typing { chat, who: author(who)?, on },
        SignalText::Mark { chat, who, delivered, read } => {
            Signal::Mark { chat, who: author(who)?, delivered, read }
        }
        SignalText::Previewing { chat, by } => Signal::Previewing { chat, by },
        SignalText::SessionsEnded { user, sessions, until } => {
            let until = Timestamp::from_millisecond(until).ok()?;
            Signal::SessionsEnded { user, sessions, until }
        }
        SignalText::TookOver { who, client, at } => {
            let at = Timestamp::from_microsecond(at).ok()?;
            Signal::TookOver { who: who.who()?, client, at }
        }
        SignalText::Banned { address, session } => {
            Signal::Banned { address: digest_of(&address)?, session: digest_of(&session)? }
        }
    })
}

pub(super) fn read(text: &str) -> Option<Message> {
    let (kind, rest) = text.split_once(' ')?;
    let (node, rest) = rest.split_once(' ')?;
    let node = node_of(node)?;
    match kind {
        "s" => Some(Message::Signal(node, signal_of(rest)?)),
        "w" => Some(Message::Whole(node, rest.parse().ok()?)),
        "p" => {
            let (version, change) = rest.split_once(' ')?;
            let change = serde_json::from_str(change).ok()?;
            Some(Message::Change(node, version.parse().ok()?, change))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_as_it_was_told() {
        let maya: UserId = "maya".parse().unwrap();
        let told = Told {
            status: Status::Away,
            monitoring: ["coop/tri".parse().unwrap()].into(),
            ticket_queues: ["birch".parse().unwrap()].into(),
            at: Timestamp::from_millisecond(1_700_000_000_001).unwrap(),
        };
        let change = Change::Came {
            connection: 7,
            whose: Whose::Operator { user: maya.clone(), session: SessionId(9) },
            told: Some((told.clone().into(), true)),
        };
        let text = super::change(3, 5, &change);
        assert_eq!(read(&text), Some(Message::Change(3, 5, change)));
        assert_eq!(ToldText::from(told.clone()).told(), Some(told));
        assert_eq!(read(&whole(3, 6)), Some(Message::Whole(3, 6)));
        let (chat, client) = (ChatId(1), ClientId(uuid::Uuid::from_u128(5)));
        let at = Timestamp::from_microsecond(1_700_000_000_000_001).unwrap();
        let patron = Principal::Patron { session: [3; 32], widget: "birch-home".parse().unwrap() };
        for signal in [
            Signal::Typing { chat, who: Author::Patron, on: true },
            Signal::Mark { chat, who: Author::Operator(maya.clone()), delivered: 2, read: 1 },
            Signal::Previewing { chat, by: [maya.clone()].into() },
            Signal::TookOver { who: Principal::Operator(maya.clone()), client, at },
            Signal::TookOver { who: patron, client, at },
            Signal::SessionsEnded {
                user: maya,
                sessions: [SessionId(1)].into(),
                until: Timestamp::from_second(5).unwrap(),
            },
            Signal::Banned { address: [1; 32], session: [2; 32] },
        ] {
            assert_eq!(read(&super::signal(3, signal.clone())), Some(Message::Signal(3, signal)));
        }
        for unknown in ["", "p 3", "x 3 4", "s 3 {}", "p zz 1 {}", "w 3 many"] {
            assert_eq!(read(unknown), None, "{unknown}");
        }
    }
}
