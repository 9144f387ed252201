//! What other nodes tell of who is there. The node on which something happens acts on it; here it
//! only counts, and is shown. When a node ends, nobody acts for it: then every other one does, and
//! the first append wins.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Context, Handler, Message};
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, SessionId, UserId};
use jiff::Timestamp;

use super::DeskActor;
use crate::actors::session::Peer;
use crate::presence::{NodeId, Shift, Told};

/// What another node told of people.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) enum ToldElsewhere {
    Shifted(Shift),
    Told { user: UserId, told: Told, shift: Shift },
    OperatorLost { user: UserId, shift: Shift },
    PatronLost(deskbell_domain::chat::event::Digest),
    Previewing { node: NodeId, chat: ChatId, by: BTreeSet<UserId> },
    NodeLost(NodeId),
    SessionsEnded { user: UserId, sessions: BTreeSet<SessionId>, until: Timestamp },
}

impl DeskActor {
    /// Somebody stands elsewhere than before, and another node acts on it.
    fn take_note(&mut self, shift: Shift) {
        self.staffing_shifted(&shift);
        self.seat.node.staffing().heard(shift.changes);
    }

    fn sessions_ended(&self, user: &UserId, sessions: &BTreeSet<SessionId>, until: Timestamp) {
        let node = &self.seat.node;
        for session in sessions {
            node.ended_sessions.insert(*session, until);
        }
        let theirs =
            |peer: &Peer| peer.operator() == Some(user) && sessions.contains(&peer.session);
        node.registry.close_those(theirs, CloseCode::SignedOut);
    }
}

impl Handler<ToldElsewhere> for DeskActor {
    type Result = ();

    fn handle(&mut self, told: ToldElsewhere, _: &mut Context<Self>) {
        match told {
            ToldElsewhere::Shifted(shift) => self.take_note(shift),
            ToldElsewhere::Told { user, told, shift } => {
                self.tell_devices(&user, None, &told);
                self.take_note(shift);
            }
            ToldElsewhere::OperatorLost { user, shift } => {
                if shift.departed {
                    self.operator_departed(&user);
                }
                self.take_in(shift);
            }
            ToldElsewhere::PatronLost(session) => self.patron_departed(&session),
            ToldElsewhere::Previewing { node, chat, by } => {
                self.previewed(node, chat, Arc::new(by));
            }
            ToldElsewhere::NodeLost(node) => {
                let by = self.previewing.iter().filter(|(_, nodes)| nodes.contains_key(&node));
                let chats: Vec<_> = by.map(|(chat, _)| *chat).collect();
                for chat in chats {
                    self.previewed(node, chat, Arc::default());
                }
            }
            ToldElsewhere::SessionsEnded { user, sessions, until } => {
                self.sessions_ended(&user, &sessions, until);
            }
        }
    }
}
