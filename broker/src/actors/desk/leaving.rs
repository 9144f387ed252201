//! Who may not go on: signed out, by herself or by an administrator, or without the right to answer
//! a library's patrons. Her chats wait again at their original place.

use std::collections::BTreeSet;
use std::sync::Arc;

use deskbell_domain::chat::Command;
use deskbell_domain::chat::event::ReturnReason;
use deskbell_protocol::codes::CloseCode;
use deskbell_protocol::ids::{ChatId, SessionId, Target, UserId};

use super::DeskActor;
use crate::actors::say::{Refused, Say};
use crate::actors::session::{Deliver, Peer};
use crate::secrets::token::OPERATOR_LIFETIME;

impl DeskActor {
    /// An operator signs out. Who owns chats is told so first, unless she is still there on another
    /// sign-in, or says that they may wait again.
    pub(super) fn sign_out(&mut self, peer: &Arc<Peer>, re: u32, anyway: bool) {
        let Some(user) = peer.operator().cloned() else { return };
        let session = peer.session;
        let elsewhere = self
            .connections
            .get(&user)
            .is_some_and(|all| all.values().any(|other| other.session != session));
        let owned = if elsewhere { Vec::new() } else { self.owned_by(&user) };
        let node = &self.seat.node;
        if !owned.is_empty() && !anyway {
            let why = Refused::OwnsChats(owned);
            let say = Say::Refused { re, why: &why, next: None };
            let frame = node.encode.encode(&say, &node.directory.load());
            return peer.deliver(Deliver::answer(frame));
        }
        let say = Say::Done { re, at: None };
        peer.deliver(Deliver::answer(node.encode.encode(&say, &node.directory.load())));
        if !elsewhere {
            self.return_chats(&user, ReturnReason::SignedOut);
        }
        self.end_sessions(&user, &BTreeSet::from([session]));
    }

    /// An administrator signs somebody out everywhere.
    pub(super) fn sign_out_everywhere(&mut self, user: &UserId) {
        let connections = self.connections.get(user).into_iter().flat_map(|it| it.values());
        let sessions = connections.map(|peer| peer.session).collect();
        self.return_chats(user, ReturnReason::SignedOut);
        self.end_sessions(user, &sessions);
    }

    fn owned_by(&self, user: &UserId) -> Vec<ChatId> {
        let owns = |chat: &ChatId| {
            let owner = self.view.get(*chat).and_then(|it| it.owner.as_ref());
            owner.is_some_and(|(owner, _)| owner == user)
        };
        self.view.of_operator(user).into_iter().filter(owns).collect()
    }

    fn return_chats(&self, user: &UserId, why: ReturnReason) {
        for chat in self.view.of_operator(user) {
            self.nudge(chat, Command::Return { who: user.clone(), why });
        }
    }

    /// Their tokens are good no longer, here at once and in the store soon.
    fn end_sessions(&self, user: &UserId, sessions: &BTreeSet<SessionId>) {
        let node = &self.seat.node;
        let until = node.clock.now() + OPERATOR_LIFETIME;
        for session in sessions {
            node.ended_sessions.insert(*session, until);
            let ending = node.secrets.end_session(*session, until);
            tokio::task::spawn_local(async move {
                if let Err(error) = ending.await {
                    tracing::error!(%error, "an ended session is not stored: a restart forgets it");
                }
            });
        }
        let theirs =
            |peer: &Peer| peer.operator() == Some(user) && sessions.contains(&peer.session);
        node.registry.close_those(theirs, CloseCode::SignedOut);
    }

    /// After a change of the directory: nobody stays in a chat whose library she may not serve.
    pub(super) fn return_what_is_no_longer_theirs(&self) {
        let directory = self.seat.node.directory.load();
        for summary in self.view.all() {
            let owner = summary.owner.iter().map(|(user, _)| user);
            for user in owner.chain(summary.participants.iter().map(|(user, _)| user)) {
                if !directory.serves(&summary.home, &Target::Operator(user.clone())) {
                    let (who, why) = (user.clone(), ReturnReason::NoRight);
                    self.nudge(summary.chat, Command::Return { who, why });
                }
            }
        }
    }
}
